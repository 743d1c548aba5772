import { classesOf } from "../data/encoding.js";
import { decodeTarget, type Encoding, encodeRow, type TableEncoding, type TableRecord } from "../data/index.js";
import type { Network } from "../index.js";
import { load, readImage } from "../node/index.js";
import { encodingOf, readTable } from "./encoded.js";
import { type CommonOptions, print } from "./output.js";

export interface PredictOptions extends CommonOptions {
  /** How many guesses are shown. */
  readonly top: number;
}

/** What a network makes of one example. */
export interface Answer {
  readonly example: string;
  /** The likeliest classes first, with probabilities. */
  readonly guesses?: readonly { readonly name: string; readonly probability: number }[];
  /** A regression's answer, in the target's units. */
  readonly value?: number;
}

/** midst predict NET FILE... */
export async function predict(file: string, paths: readonly string[], options: PredictOptions): Promise<void> {
  const net = await load(file);
  const encoding = encodingOf(net, file);
  const answers: Answer[] = [];
  for (const path of paths)
    answers.push(
      ...(encoding.kind === "table"
        ? await predictRows(net, encoding, path, options.top)
        : [await predictPicture(net, encoding, path, options.top)]),
    );
  print(options, answers.map(formatAnswer).join("\n"), { answers });
}

async function predictPicture(net: Network, encoding: Encoding, path: string, top: number): Promise<Answer> {
  if (encoding.kind !== "images") throw new Error("this network takes plain numbers: use predict() in code");
  const picture = await readImage(path, { fit: "cover", ...encoding });
  const [scores] = await net.predict([picture.data]);
  return { example: path, guesses: guessesFrom(scores as Float32Array, classesOf(encoding), top) };
}

async function predictRows(net: Network, encoding: TableEncoding, path: string, top: number): Promise<Answer[]> {
  const rows = await readTable(path, encoding);
  const examples = rows.lines.map((_, i) => encodeRow(encoding, recordOf(rows, i)));
  const outputs = await net.predict(examples);
  return outputs.map((scores, i) => {
    const example = `${path}:${rows.lines[i]}`;
    if (encoding.target.kind === "number") return { example, value: decodeTarget(encoding, scores)[0] as number };
    return { example, guesses: guessesFrom(scores, encoding.target.classes, top) };
  });
}

function recordOf(rows: Awaited<ReturnType<typeof readTable>>, row: number): TableRecord {
  return Object.fromEntries(rows.columns.map(({ name, cells }) => [name, cells[row]]));
}

/** The `top` likeliest classes of one example's scores. */
export function guessesFrom(
  scores: Float32Array,
  classes: readonly string[] = [],
  top = 3,
): NonNullable<Answer["guesses"]> {
  const largest = Math.max(...scores);
  const weights = Array.from(scores, (score) => Math.exp(score - largest));
  const total = weights.reduce((a, b) => a + b);
  return weights
    .map((weight, c) => ({ name: classes[c] ?? `class ${c}`, probability: weight / total }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}

export function formatAnswer({ example, guesses, value }: Answer): string {
  if (guesses === undefined) return `${example}: ${(value as number).toPrecision(6)}`;
  return `${example}: ${guesses.map(({ name, probability }) => `${name} ${(100 * probability).toFixed(1)} %`).join(", ")}`;
}
