import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DataError, OptionError, ShapeError } from "../base/errors.js";
import { classesOf } from "../data/encoding.js";
import {
  type CharacterEncoding,
  type Dataset,
  type Encoding,
  encodeTable,
  encodeTexts,
  type ImageEncoding,
  labelledCsv,
  type SoundEncoding,
  type Table,
  type TableEncoding,
  type TextEncoding,
  table,
  tokenizerFrom,
  tokenWindows,
} from "../data/index.js";
import { drawnLeaves } from "../data/leaves/index.js";
import type { Network } from "../index.js";
import { imageFolder, readText, soundFolder, textFile, textFolder } from "../node/index.js";
import { isLanguage, LEAVES } from "./data.js";
import { idxSource, npzSource } from "./sourceArrays.js";
import { readSeries, unseenWindows } from "./sourceSeries.js";

/** Where the texts of a file are, and how its bytes stand for characters. */
export interface TextColumns {
  readonly text?: string;
  /** Defaults to the last. */
  readonly target?: string;
  readonly encoding?: CharacterEncoding;
}

export interface Encoded {
  readonly data: Dataset;
  readonly encoding: Encoding;
  readonly classes?: readonly string[];
}

/** The encoding saved with a network. Throws where there is none. */
export function encodingOf(net: Network, file: string): Encoding {
  if (net.encoding === undefined)
    throw new DataError(
      "says nothing of how its data is encoded, so files cannot be fed to it. Train it with midst train, or call predict() in code.",
      {
        place: file,
      },
    );
  return net.encoding;
}

/** Data encoded exactly as a network was trained: its size, scaling, classes and columns. */
export async function openEncoded(
  net: Network,
  file: string,
  path: string,
  columns: TextColumns = {},
): Promise<Encoded> {
  const encoding = encodingOf(net, file);
  const classes = classesOf(encoding);
  const named = { encoding, ...(classes && { classes }) };
  if (encoding.kind === "table")
    return { ...named, data: encodeTable(await readTable(path, encoding, columns), encoding) };
  if (encoding.kind === "text") return { ...named, data: await openText(path, encoding, columns) };
  if (encoding.kind === "sound") return { ...named, data: await openSounds(path, encoding) };
  if (encoding.kind === "series") return { ...named, data: unseenWindows(await readSeries(path, encoding), encoding) };
  if (encoding.kind === "values") throw new DataError("takes plain numbers: use evaluate() in code.", { place: file });
  if (encoding.kind === "latent")
    throw new DataError("makes pictures of noise and says nothing of any. Make some: midst generate.", { place: file });
  const data = await openPictures(path, encoding, classes);
  const [shape, expected] = [data.inputShapes.input ?? [], encoding.shape];
  if (shape.join() !== expected.join())
    throw new ShapeError(`the network takes pictures [${expected}], these are [${shape}].`, {
      place: path,
      expected,
      actual: shape,
    });
  return { ...named, data };
}

/** A book for a language model; texts with classes in a folder, or in a CSV file whose columns are named. */
async function openText(path: string, encoding: TextEncoding, columns: TextColumns): Promise<Dataset> {
  const charset = columns.encoding && { encoding: columns.encoding };
  if (isLanguage(encoding)) {
    const tokenizer = tokenizerFrom(encoding.tokenizer);
    return tokenWindows(await textFile(path, { tokenizer, ...charset }), { tokenizer, length: encoding.length });
  }
  if (!/\.(csv|tsv)$/i.test(path)) return encodeTexts(await textFolder(await testFolder(path), charset), encoding);
  const { text, target } = columns;
  if (text === undefined)
    throw new OptionError("names the column of texts, --target that of classes.", { place: "--text" });
  const content = await readText(path, charset);
  return encodeTexts(labelledCsv(content, { text, name: path, ...(target && { target }) }), encoding);
}

const openSounds = async (path: string, encoding: SoundEncoding): Promise<Dataset> =>
  soundFolder(await testFolder(path), { encoding });

/** Of a folder with parts, the test. */
async function testFolder(path: string): Promise<string> {
  const names = await readdir(path).catch(() => [] as string[]);
  return names.includes("test") ? join(path, "test") : path;
}

async function openPictures(
  path: string,
  encoding: ImageEncoding,
  classes: readonly string[] | undefined,
): Promise<Dataset> {
  const [channels, height, width] = encoding.shape;
  if (path === LEAVES) return drawnLeaves({ perClass: 40, seed: 1, size: height });
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) throw new DataError("there is no such file or folder.", { place: path });
  if (/\.npz$/i.test(path)) return (await npzSource(path)).test;
  if (!info.isDirectory()) throw new DataError("is no folder of pictures and no .npz file.", { place: path });
  const names = await readdir(path);
  if (names.some((name) => /images.*idx/.test(name))) return (await idxSource(path, names)).test;
  const { mean, deviation, fit, bytes } = encoding;
  const options = {
    size: [height, width] as const,
    channels: channels as 1 | 3,
    mean,
    deviation,
    ...(bytes && { bytes }),
    ...(fit && { fit }),
    ...(classes && { classes }),
  };
  return imageFolder(names.includes("test") ? `${path}/test` : path, options);
}

/** A table with the columns that an encoding needs. */
export async function readTable(
  path: string,
  encoding: TableEncoding,
  { encoding: charset }: TextColumns = {},
): Promise<Table> {
  return table(await readText(path, charset && { encoding: charset }), {
    name: path,
    missing: encoding.missing,
    decimal: encoding.decimal,
  });
}
