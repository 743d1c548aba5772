import { DataError, NumericError, OptionError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { random } from "../base/random.js";
import { formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { streamDecoder, type Tokenizer } from "../data/text/tokenizer.js";
import { tokenizerFrom } from "../data/text/tokenizers.js";
import type { Network } from "./network.js";
import { checkSampling, type SamplingOptions, sampleToken } from "./sampling.js";

export interface GenerateOptions extends SamplingOptions {
  /** How many tokens at most. Defaults to 200. */
  readonly length?: number;
  /** Ends before the first of these texts. */
  readonly stop?: string | readonly string[];
  /** A whole number: the same gives the same text. Defaults to 0. */
  readonly seed?: number;
}

/** Text as it is written, without the prompt. Each `for await` and each call of `text` begins anew. */
export interface Generation extends AsyncIterable<string> {
  /** The whole of it. */
  text(): Promise<string>;
}

/**
 * Goes on with a text, token by token: `for await (const piece of generate(net, "ROMEO:")) process.stdout.write(piece)`.
 *
 * The network is a language model: tokens int32 [time] to scores [time, tokens], trained on `tokenWindows`. A recurrent one
 * keeps its state from token to token; one without a state is given as many of the last tokens as its input takes, and
 * must be causal. The token for unknown text is never written.
 * @throws DataError when the network was not trained on `tokenWindows`, or the prompt is empty or has characters that the
 *   tokenizer has not seen
 * @throws OptionError for an option out of its range
 */
export function generate(net: Network, prompt: string, options: GenerateOptions = {}): Generation {
  const place = "generate";
  checkOptions(place, options, ["length", "temperature", "topK", "topP", "stop", "seed"]);
  const { length = 200, stop = [], seed = 0 } = options;
  checkNumber(place, "length", length, { low: 0, integer: true });
  checkNumber(place, "seed", seed, { integer: true });
  checkSampling(place, options);
  const tokenizer = tokenizerOf(net);
  const tokens = tokenizer.encode(prompt);
  if (tokens.length === 0)
    throw new DataError('the prompt is empty. Give it some text to go on with, e.g. "\\n" for a new line.', { place });
  const stops = textsOf(stop);

  async function* write(): AsyncGenerator<string> {
    const next = reader(net, tokenizer.size);
    const chances = random(seed, "generate");
    const decoder = streamDecoder(tokenizer, tokens.at(-1));
    const held = holdBack(stops);
    let scores = new Float32Array();
    for (const token of tokens) scores = await next(token);
    for (let i = 0; i < length && !held.ended; i++) {
      if (tokenizer.unknown !== undefined) scores[tokenizer.unknown] = -Infinity;
      const token = sampleToken(scores, chances.next(), options);
      const piece = held.push(decoder.push(token));
      if (piece !== "") yield piece;
      if (i + 1 < length && !held.ended) scores = await next(token);
    }
    const rest = held.push(decoder.end()) + held.end();
    if (rest !== "") yield rest;
  }
  return {
    [Symbol.asyncIterator]: write,
    async text() {
      let text = "";
      for await (const piece of write()) text += piece;
      return text;
    },
  };
}

/** The texts to stop at; an empty one is none. */
function textsOf(stop: string | readonly string[]): string[] {
  const texts: readonly unknown[] = Array.isArray(stop) ? stop : [stop];
  return texts.filter((text): text is string => {
    if (typeof text === "string") return text !== "";
    throw new OptionError(`stop must be a text or a list of texts, got ${JSON.stringify(stop)}.`, {
      place: "generate",
      actual: stop,
    });
  });
}

function tokenizerOf({ encoding }: Network): Tokenizer {
  if (encoding?.kind !== "text" || encoding.classes !== undefined)
    throw new DataError(
      "the network is no language model. Train one on tokenWindows(), or with midst train book.txt.",
      {
        place: "generate",
        actual: encoding?.kind,
      },
    );
  return tokenizerFrom(encoding.tokenizer);
}

/** Gives the network token after token, and returns its scores for the one after. */
function reader(net: Network, size: number): (token: number) => Promise<Float32Array<ArrayBuffer>> {
  const [time] = net.architecture.inputs.input?.shape ?? [];
  const remembers = net.traced(false, { memory: true }).memory.size > 0;
  const one = remembers ? net.at({ input: [1] }).session() : net;
  let given: number[] = [];
  return async (token) => {
    given = remembers ? [token] : [...given, token].slice(-(time as number));
    const data = new Int32Array(remembers ? 1 : (time as number));
    data.set(given);
    const input: Tensor = { dtype: "int32", shape: [1, data.length], data };
    const { data: scores, shape } = await one.predict(input);
    if (shape.length !== 3 || shape[2] !== size)
      throw new ShapeError(
        `expected scores [batch, time, ${size}], one a token, got ${formatShape(shape)}. End the network in dense(${size}).`,
        { place: "generate", expected: size, actual: shape },
      );
    const last = Float32Array.from(scores.subarray((given.length - 1) * size, given.length * size));
    const bad = last.findIndex(Number.isNaN);
    if (bad < 0) return last;
    throw new NumericError(`the network's score for token ${bad} is NaN. See with what weights it was trained.`, {
      place: "generate",
      actual: NaN,
    });
  };
}

/** Passes text on, but for what may be the beginning of a text to stop at. */
function holdBack(stops: readonly string[]) {
  let held = "";
  return {
    ended: false,
    push(text: string): string {
      if (this.ended) return "";
      held += text;
      const found = stops.map((stop) => held.indexOf(stop)).filter((at) => at >= 0);
      if (found.length > 0) {
        this.ended = true;
        const piece = held.slice(0, Math.min(...found));
        held = "";
        return piece;
      }
      let kept = Math.min(held.length, Math.max(0, ...stops.map((stop) => stop.length - 1)));
      while (kept > 0 && !stops.some((stop) => stop.startsWith(held.slice(-kept)))) kept--;
      const piece = held.slice(0, held.length - kept);
      held = held.slice(held.length - kept);
      return piece;
    },
    end: () => held,
  };
}
