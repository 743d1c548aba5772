import { DataError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { Encoding } from "../data/encoding.js";
import { pad } from "../data/padded.js";
import { encodeSamples, samplesAt } from "../data/sound/data.js";
import { featureCount } from "../data/sound/features.js";
import type { Sound } from "../data/sound/wav.js";
import { textEncoder } from "../data/text/data.js";
import type { Tensors } from "./engine.js";
import type { Network } from "./network.js";

/** A class that an example may belong to. */
export interface Guess {
  readonly name: string;
  readonly probability: number;
}

/**
 * What sentences or sounds are: of each the likeliest classes first, encoded as the network's training data was.
 * @param options.top how many guesses of each; defaults to 3
 * @throws DataError when the network was not trained on sentences or sounds with classes, or one cannot be encoded
 */
export async function classify(
  net: Network,
  examples: readonly (string | Sound)[],
  options: { readonly top?: number } = {},
): Promise<Guess[][]> {
  checkOptions("classify", options, ["top"]);
  const { top = 3 } = options;
  checkNumber("classify", "top", top, { low: 1, integer: true });
  if (examples.length === 0) return [];
  const { encoding } = net;
  if ((encoding?.kind !== "text" && encoding?.kind !== "sound") || encoding.classes === undefined)
    throw new DataError("the network was not trained on sentences or sounds that belong to classes.", {
      place: "classify",
      actual: encoding?.kind,
    });
  const outputs = await net.predict(encodedExamples(net, encoding, examples));
  const scores = outputs.output ?? (Object.values(outputs)[0] as Tensor<"float32">);
  const count = encoding.classes.length;
  return examples.map((_, i) => guesses(scores.data.subarray(i * count, (i + 1) * count), encoding.classes, top));
}

type Encoded = Extract<Encoding, { kind: "text" | "sound" }>;

/** Sentences or sounds as a network's inputs: padded, with their lengths where the network reads them. */
export function encodedExamples(net: Network, encoding: Encoded, examples: readonly (string | Sound)[]): Tensors {
  const { input, lengths } = encodeAll(encoding, examples);
  return Object.hasOwn(net.architecture.inputs, "lengths") ? { input, lengths } : { input };
}

function encodeAll(encoding: Encoded, examples: readonly (string | Sound)[]) {
  const { length: time } = encoding;
  if (encoding.kind === "text") {
    const encode = textEncoder(encoding);
    const tokens = examples.map((example, i) =>
      encode(typeof example === "string" ? example : refuse(i, "a sound", "sentences"), `example ${i}`),
    );
    return pad(tokens, { dtype: "int32", shape: [], time });
  }
  const sounds = examples.map((example, i) => {
    const sound = typeof example === "string" ? refuse(i, "a text", "sounds, as readSound() gives them") : example;
    return encodeSamples(encoding, samplesAt(sound, encoding.features));
  });
  return pad(sounds, { dtype: "float32", shape: [featureCount(encoding.features)], time });
}

function refuse(example: number, is: string, expected: string): never {
  throw new DataError(`example ${example} is ${is}; the network takes ${expected}.`, { place: "classify" });
}

/** The `top` likeliest classes of one example's scores. */
export function guesses(scores: Float32Array, classes: readonly string[] = [], top = 3): Guess[] {
  const largest = Math.max(...scores);
  const weights = Array.from(scores, (score) => Math.exp(score - largest));
  const total = weights.reduce((a, b) => a + b);
  return weights
    .map((weight, c) => ({ name: classes[c] ?? `class ${c}`, probability: weight / total }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}
