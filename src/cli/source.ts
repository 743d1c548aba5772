import { readdir, stat } from "node:fs/promises";

import { DataError } from "../base/errors.js";
import type { Dataset, Encoding } from "../data/index.js";
import { idxSource, npzSource } from "./sourceArrays.js";
import { folderSource } from "./sourceFolder.js";
import { leavesSource } from "./sourceLeaves.js";
import { tableSource } from "./sourceTable.js";

/** Data for training, and how the same is got in TypeScript. */
export interface Source {
  /** What it is, in one line. */
  readonly about: string;
  readonly training: Dataset;
  /** Data that training does not see. */
  readonly test: Dataset;
  readonly encoding: Encoding;
  readonly classes?: readonly string[];
  /** The lines of TypeScript that make `training` and `test`. */
  readonly code: readonly string[];
  /** What those lines import, by entry: `{ "midst/node": ["imageFolder"] }`. */
  readonly imports: Readonly<Record<string, readonly string[]>>;
}

export interface SourceOptions {
  /** Pictures' side in pixels, for folders; otherwise chosen. */
  readonly size?: number;
  readonly channels?: 1 | 3;
  /** The column to predict; defaults to the last. */
  readonly target?: string;
  readonly seed: number;
  /** Leaves bad pictures out and names them, instead of refusing them. */
  readonly skipBad?: boolean;
}

/** The word that stands for the embedded data. */
export const LEAVES = "leaves";

/** Works out what DATA is from its name and contents. */
export async function openSource(path: string, options: SourceOptions): Promise<Source> {
  if (path === LEAVES) return leavesSource(options);
  const info = await stat(path).catch(() => undefined);
  if (info === undefined)
    throw new DataError(`there is no such file or folder. "${LEAVES}" stands for the built-in drawn leaves.`, {
      place: path,
    });
  if (info.isDirectory()) {
    const names = await readdir(path);
    const images = names.find((name) => /train.*images.*idx/.test(name));
    if (images !== undefined) return idxSource(path, names);
    return folderSource(path, options);
  }
  if (/\.(csv|tsv)$/i.test(path)) return tableSource(path, options);
  if (/\.npz$/i.test(path)) return npzSource(path);
  throw new DataError("is none of: a folder of pictures, a folder of idx files, a .csv, .tsv or .npz file.", {
    place: path,
  });
}

export const quoted = (text: string): string => JSON.stringify(text);
