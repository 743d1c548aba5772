import { DataError } from "../base/errors.js";
import { classesOf } from "../data/encoding.js";
import {
  type CharacterEncoding,
  decodeTarget,
  type Encoding,
  encodeRow,
  type ImageEncoding,
  type TableEncoding,
  type TableRecord,
} from "../data/index.js";
import { classify, type Guess, type Network } from "../index.js";
import { load, readImage, readSound } from "../node/index.js";
import { guesses } from "../runtime/index.js";
import { isLanguage } from "./data.js";
import { encodingOf, readTable } from "./encoded.js";
import { type CommonOptions, print } from "./output.js";
import { sentencesIn } from "./sentences.js";

export interface PredictOptions extends CommonOptions {
  /** Of text files; defaults to "utf-8". */
  readonly encoding?: CharacterEncoding;
  /** The column of texts of a CSV file, for a network that reads texts. */
  readonly text?: string;
  /** How many guesses are shown. */
  readonly top: number;
}

/** What a network makes of one example. */
export interface Answer {
  readonly example: string;
  /** The likeliest classes first, with probabilities. */
  readonly guesses?: readonly Guess[];
  /** A regression's answer, in the target's units; or a discriminator's score, high for what seems real. */
  readonly value?: number;
}

/** midst predict NET FILE... */
export async function predict(file: string, paths: readonly string[], options: PredictOptions): Promise<void> {
  const net = await load(file);
  const encoding = encodingOf(net, file);
  const answers: Answer[] = [];
  for (const path of paths) answers.push(...(await predictAll(net, encoding, path, options)));
  print(options, answers.map(formatAnswer).join("\n"), { answers });
}

async function predictAll(net: Network, encoding: Encoding, path: string, options: PredictOptions): Promise<Answer[]> {
  const { top } = options;
  switch (encoding.kind) {
    case "table":
      return predictRows(net, encoding, path, options);
    case "text":
      return predictTexts(net, path, options);
    case "sound":
      return [{ example: path, guesses: (await classify(net, [await readSound(path)], { top }))[0] as Guess[] }];
    case "images":
      return [await predictPicture(net, encoding, path, top)];
    case "series":
      throw new DataError("the network is for series. Ask what comes next: midst forecast.", { place: path });
    case "latent":
      throw new DataError("the network makes pictures of noise and says nothing of any. Make some: midst generate.", {
        place: path,
      });
    default:
      throw new Error("this network takes plain numbers: use predict() in code");
  }
}

async function predictTexts(net: Network, given: string, options: PredictOptions): Promise<Answer[]> {
  if (net.encoding && isLanguage(net.encoding))
    throw new DataError("the network is a language model. Write with it: midst generate.", { place: given });
  const sentences = await sentencesIn(given, options);
  const found = await classify(
    net,
    sentences.map(({ text }) => text),
    { top: options.top },
  );
  return sentences.map(({ name }, i) => ({ example: name, guesses: found[i] as Guess[] }));
}

async function predictPicture(net: Network, encoding: ImageEncoding, path: string, top: number): Promise<Answer> {
  const picture = await readImage(path, { fit: "cover", ...encoding });
  const [scores = new Float32Array()] = await net.predict([picture.data]);
  const classes = classesOf(encoding);
  if (classes === undefined && scores.length === 1) return { example: path, value: scores[0] as number };
  return { example: path, guesses: guesses(scores, classes, top) };
}

async function predictRows(
  net: Network,
  encoding: TableEncoding,
  path: string,
  options: PredictOptions,
): Promise<Answer[]> {
  const { top } = options;
  const rows = await readTable(path, encoding, options);
  const examples = rows.lines.map((_, i) => encodeRow(encoding, recordOf(rows, i)));
  const outputs = await net.predict(examples);
  return outputs.map((scores, i) => {
    const example = `${path}:${rows.lines[i]}`;
    if (encoding.target.kind === "number") return { example, value: decodeTarget(encoding, scores)[0] as number };
    return { example, guesses: guesses(scores, encoding.target.classes, top) };
  });
}

function recordOf(rows: Awaited<ReturnType<typeof readTable>>, row: number): TableRecord {
  return Object.fromEntries(rows.columns.map(({ name, cells }) => [name, cells[row]]));
}

export function formatAnswer({ example, guesses, value }: Answer): string {
  if (guesses === undefined) return `${example}: ${(value as number).toPrecision(6)}`;
  return `${example}: ${guesses.map(({ name, probability }) => `${name} ${(100 * probability).toFixed(1)} %`).join(", ")}`;
}
