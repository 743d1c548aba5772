import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DataError, OptionError } from "../base/errors.js";
import type { Encoding } from "../data/index.js";
import { filesIn, subfolders } from "../node/folders.js";
import { lineFiles } from "../node/text.js";
import { isCsv, LEAVES, type Source, type SourceOptions } from "./data.js";
import { idxSource, npzSource } from "./sourceArrays.js";
import { folderSource } from "./sourceFolder.js";
import { leavesSource } from "./sourceLeaves.js";
import { seriesSource } from "./sourceSeries.js";
import { soundSource } from "./sourceSound.js";
import { tableSource } from "./sourceTable.js";
import { bookSource, textFolderSource, textTableSource } from "./sourceText.js";

/** Works out what DATA is from its name and contents. */
export async function openSource(path: string, options: SourceOptions): Promise<Source> {
  const source = await open(path, options);
  for (const { option, place, kinds } of uses)
    if (options[option] !== undefined && !kinds.includes(source.encoding.kind))
      throw new OptionError(`is for ${kinds.join(" and ")}, which this data is not. Leave it out.`, { place });
  for (const option of ["text", "target"] as const)
    if (options[option] !== undefined && !isCsv(path))
      throw new OptionError("names a column of a .csv or .tsv file, which this data is not. Leave it out.", {
        place: `--${option}`,
      });
  return source;
}

interface Use {
  readonly option: keyof SourceOptions;
  readonly place: string;
  readonly kinds: readonly Encoding["kind"][];
}

/** What data each option is for. */
const uses: readonly Use[] = [
  { option: "tokens", place: "--tokens", kinds: ["text"] },
  { option: "encoding", place: "--encoding", kinds: ["text", "table"] },
  { option: "length", place: "--length", kinds: ["text", "sound"] },
  { option: "size", place: "--size", kinds: ["images"] },
  { option: "channels", place: "--grey", kinds: ["images"] },
  { option: "skipBad", place: "--skip-bad", kinds: ["images"] },
  { option: "augment", place: "--no-augment", kinds: ["images", "sound"] },
];

async function open(path: string, options: SourceOptions): Promise<Source> {
  if (options.series !== undefined && !isCsv(path))
    throw new OptionError("is for a .csv or .tsv file with a column of times. Leave it out.", { place: "--forecast" });
  if (path === LEAVES) return leavesSource(options);
  const info = await stat(path).catch(() => undefined);
  if (info === undefined)
    throw new DataError(`there is no such file or folder. "${LEAVES}" stands for the built-in drawn leaves.`, {
      place: path,
    });
  if (options.series !== undefined) return seriesSource(path, options.series);
  if (info.isDirectory()) {
    const names = await readdir(path);
    const images = names.find((name) => /train.*images.*idx/.test(name));
    if (images !== undefined) return idxSource(path, names);
    if (await holds(path, /\.(wav|mp3|flac|ogg|m4a)$/i)) return soundSource(path, options);
    const lines = await lineFiles(path);
    if (lines !== undefined || (await holds(path, /\.txt$/i))) return textFolderSource(path, options);
    return folderSource(path, options);
  }
  if (isCsv(path))
    return options.text === undefined ? tableSource(path, options) : textTableSource(path, options.text, options);
  if (/\.txt$/i.test(path)) return bookSource(path, options);
  if (/\.npz$/i.test(path)) return npzSource(path);
  throw new DataError(
    "is none of: a folder of pictures, sounds, texts or idx files, a .csv, .tsv, .npz or .txt file.",
    {
      place: path,
    },
  );
}

/** Whether a folder, or one in it, or one in its folder `train`, has such a file: the first folder of each tells. */
async function holds(path: string, pattern: RegExp): Promise<boolean> {
  if ((await filesIn(path)).some((name) => pattern.test(name))) return true;
  const folders = await subfolders(path);
  const first = folders.includes("train") ? "train" : folders[0];
  return first !== undefined && holds(join(path, first), pattern);
}
