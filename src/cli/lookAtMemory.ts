import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DataError, OptionError } from "../base/errors.js";
import {
  type CharacterEncoding,
  encodeSeries,
  type SeriesEncoding,
  type SoundEncoding,
  type TextEncoding,
  tokenizerFrom,
} from "../data/index.js";
import { type Network, tensor } from "../index.js";
import {
  cutStates,
  cutStatesChart,
  hiddenStates,
  hiddenStatesChart,
  renderCutStates,
  renderHiddenStates,
  renderStateGradients,
  renderSwappedSteps,
  stateGradients,
  stateGradientsChart,
  swapSteps,
  swapStepsChart,
  type UnitOrder,
} from "../look/index.js";
import { readSound, readText, writeBytes } from "../node/index.js";
import { encodedExamples, guesses, type Tensors } from "../runtime/index.js";
import { isLanguage } from "./data.js";
import { coloursOf } from "./lookAt.js";
import { type Answer, formatAnswer } from "./predict.js";
import { isTextFile } from "./sentences.js";
import { readSeries } from "./sourceSeries.js";

export interface LookAtMemoryOptions {
  /** Only this layer. */
  readonly layer?: string;
  /** Columns of the terminal; defaults to its own width, or 80. */
  readonly width?: number;
  /** A folder for the pictures. */
  readonly out?: string;
  /** Whether the memory is tested: gradients through time, and cuts. */
  readonly memory?: boolean;
  /** Two steps to exchange. */
  readonly swap?: readonly number[];
  /** Whose state colours the tokens; defaults to the one that varies the most. */
  readonly unit?: number;
  readonly order?: UnitOrder;
  /** Of text files; defaults to "utf-8". */
  readonly encoding?: CharacterEncoding;
}

/** What a recurrent network reads: a network of its length, its inputs, and the tokens where it has some. */
interface Reading {
  readonly net: Network;
  readonly inputs: Tensors;
  readonly tokens?: readonly string[];
}

/** Of data that goes on in time. */
type RememberedEncoding = TextEncoding | SoundEncoding | SeriesEncoding;

/**
 * What a recurrent layer holds while the network reads a sentence, a sound or the last window of a series, and tests of how long it remembers: as text, and as
 * SVG when asked.
 */
export async function lookAtMemory(
  whole: Network,
  encoding: RememberedEncoding,
  given: string,
  options: LookAtMemoryOptions,
) {
  const { layer, out, memory = false, swap, unit, order = "peak" } = options;
  const columns = options.width ?? process.stdout.columns ?? 80;
  const named = layer === undefined ? {} : { layer };
  const { net, inputs, tokens } = await readingOf(whole, encoding, given, options.encoding);
  const { value: states, check } = await hiddenStates(net, inputs, { ...named, order });
  const shown = { ...(tokens && { tokens }), ...(unit !== undefined && { unit }) };
  const parts = [renderHiddenStates(states, { ...shown, columns, colours: coloursOf(process.stdout) })];
  const charts = new Map([[states.layer.replaceAll("/", "."), hiddenStatesChart(states, shown)]]);

  let answer: Answer | undefined;
  if (encoding.kind !== "series" && encoding.classes !== undefined) {
    const scores = Object.values(await net.predict(inputs))[0]?.data as Float32Array;
    answer = { example: given, guesses: guesses(scores, encoding.classes) };
    parts.unshift(formatAnswer(answer));
  }
  let checks = [check];
  const tested: Record<string, unknown> = {};
  if (memory) {
    const slopes = await stateGradients(net, inputs, named);
    const cuts = await cutStates(net, inputs, named);
    parts.push(renderStateGradients(slopes.value, { columns }), renderCutStates(cuts.value, { columns }));
    charts.set("gradients", stateGradientsChart(slopes.value)).set("cut", cutStatesChart(cuts.value));
    checks = [...checks, slopes.check, cuts.check];
    const lines = (all: ReadonlyMap<string, Float64Array>) =>
      Object.fromEntries([...all].map(([name, line]) => [name, [...line]]));
    tested.memory = {
      reach: lines(slopes.value.reach),
      slope: lines(slopes.value.slope),
      cut: [...cuts.value.curve],
      measure: cuts.value.measure,
      length: cuts.value.length,
    };
  }
  if (swap !== undefined) {
    const [first, second, ...more] = swap;
    if (first === undefined || second === undefined || more.length > 0)
      throw new OptionError("takes two steps, e.g. --swap 0 3.", { place: "--swap", actual: swap });
    const found = await swapSteps(net, inputs, { swap: [first, second] });
    parts.push(renderSwappedSteps(found.value, { columns }));
    charts.set("swap", swapStepsChart(found.value));
    checks = [...checks, found.check];
    const layers = found.value.layers.map((each) => ({ ...each, distance: [...each.distance] }));
    tested.swap = { layers, measure: found.value.measure, change: [...found.value.change] };
  }
  if (out !== undefined) {
    await mkdir(out, { recursive: true });
    for (const [name, chart] of charts) await writeBytes(join(out, `${name}.svg`), new TextEncoder().encode(chart));
  }
  const worst = Math.max(...checks);
  parts.push(`check: every answer's identity holds to within ${worst.toPrecision(2)}`);
  const { time, units } = states;
  return {
    text: parts.join("\n\n"),
    layer: states.layer,
    time,
    units,
    ...(answer && { answer }),
    ...(tokens && { tokens }),
    saturation: Object.fromEntries(
      [...states.saturation].map(([gate, { shut, open }]) => [gate, { shut: shares(shut), open: shares(open) }]),
    ),
    ...tested,
    check: worst,
  };
}

const shares = (all: Float32Array): number[] => Array.from(all, (share) => Number(share.toFixed(4)));

async function readingOf(
  net: Network,
  encoding: RememberedEncoding,
  given: string,
  charset: CharacterEncoding | undefined,
): Promise<Reading> {
  if (encoding.kind === "series") {
    const windows = encodeSeries(await readSeries(given, encoding), encoding);
    return { net, inputs: (await windows.batch([windows.length - 1])).inputs };
  }
  if (encoding.kind === "sound") return { net, inputs: encodedExamples(net, encoding, [await readSound(given)]) };
  const isFile = await isTextFile(given);
  const text = isFile ? await readText(given, charset && { encoding: charset }) : given;
  const tokenizer = tokenizerFrom(encoding.tokenizer);
  const words = (tokens: ArrayLike<number>): string[] => Array.from(tokens, (token) => tokenizer.decode([token]));
  if (!isLanguage(encoding)) {
    const inputs = encodedExamples(net, encoding, [text]);
    const steps = inputs.lengths?.data[0] ?? encoding.length;
    return { net, inputs, tokens: words((inputs.input?.data ?? []).slice(0, steps)) };
  }
  const all = tokenizer.encode(text);
  if (all.length === 0) throw new DataError("there is no text in it. Give some.", { place: given || "the text" });
  // As much of a file as the network was trained on at once; a sentence as it is.
  const tokens = isFile ? all.slice(0, encoding.length) : all;
  const input = tensor(tokens, [1, tokens.length]);
  return { net: net.at({ input: [tokens.length] }), inputs: { input }, tokens: words(tokens) };
}
