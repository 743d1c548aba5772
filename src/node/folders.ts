import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../base/errors.js";
import { compareCodePoints, printable, quote } from "../base/text.js";
import { asDataError } from "./files.js";

/** The names that the parts of a data set go by, so that they are not taken for classes. */
const partNames = { train: ["train"], test: ["test"], validation: ["validation", "val", "valid"] } as const;

/** The entries of a folder by code point, so that the order is the same everywhere; hidden ones are left out. */
export async function list(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter(({ name }) => !name.startsWith(".") && name !== "__MACOSX")
      .sort((a, b) => compareCodePoints(a.name, b.name));
  } catch (error) {
    throw asDataError(error, printable(folder));
  }
}

/** Whether an entry, or what it links to, is a folder. A link to nothing is not. */
export async function isFolder(parent: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(parent, entry.name)).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

/** The names of the folders in a folder, in order. */
export async function subfolders(folder: string): Promise<string[]> {
  const entries = await list(folder);
  const kept = await Promise.all(entries.map((entry) => isFolder(folder, entry)));
  return entries.filter((_, i) => kept[i]).map(({ name }) => name);
}

/** The names of the files in a folder, in order. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await list(folder);
  const folders = await Promise.all(entries.map((entry) => isFolder(folder, entry)));
  return entries.filter((_, i) => !folders[i]).map(({ name }) => name);
}

/**
 * @param names the folders in a folder of classes
 * @param instead the function that reads parts
 * @throws DataError when they are a data set's parts, which would be taken for its classes
 */
export function refuseParts(path: string, names: readonly string[], instead: string): void {
  const parts: readonly string[] = Object.values(partNames).flat();
  if (names.includes("train") && names.every((name) => parts.includes(name)))
    throw new DataError(
      `it has the parts ${names.join(", ")}. Use ${instead}(), or open ${quote(join(path, "train"))}.`,
      {
        place: printable(path),
      },
    );
}

/** The paths of a data set's parts. */
export interface PartFolders {
  readonly train: string;
  readonly test?: string;
  readonly validation?: string;
}

/**
 * The folders `train`, `test` and `validation` (or `val`, `valid`) of a folder.
 * @param otherwise what to use for a folder without parts
 * @throws DataError when there is no `train`, or two names of the same part
 */
export async function partFolders(path: string, otherwise: string): Promise<PartFolders> {
  const place = printable(path);
  const names = await subfolders(path);
  const folderOf = (part: keyof typeof partNames): string | undefined => {
    const all: readonly string[] = partNames[part];
    const there = names.filter((name) => all.includes(name));
    if (there.length > 1)
      throw new DataError(`the folders ${there.map(quote).join(" and ")} are the same part. Keep one of them.`, {
        place,
      });
    return there[0] === undefined ? undefined : join(path, there[0]);
  };
  const [train, test, validation] = [folderOf("train"), folderOf("test"), folderOf("validation")];
  if (train === undefined)
    throw new DataError(
      `there is no folder "train" in it, only ${names.map(quote).join(", ") || "nothing"}. ${otherwise}, ` +
        "and split() to set some examples aside.",
      { place, expected: "train", actual: names },
    );
  return { train, ...(test !== undefined && { test }), ...(validation !== undefined && { validation }) };
}
