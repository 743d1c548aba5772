import { readdir, stat } from "node:fs/promises";

import { DataError } from "../base/errors.js";
import { LEAVES, type Source, type SourceOptions } from "./data.js";
import { idxSource, npzSource } from "./sourceArrays.js";
import { folderSource } from "./sourceFolder.js";
import { leavesSource } from "./sourceLeaves.js";
import { tableSource } from "./sourceTable.js";

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
