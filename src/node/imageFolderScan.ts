import { realpath } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { DataError } from "../base/errors.js";
import { printable, quote } from "../base/text.js";
import { isFolder, list, refuseParts, subfolders } from "./folders.js";

/** A picture file in a folder, and the number of its class. */
export interface Found {
  readonly file: string;
  readonly label: number;
}

/** A file that cannot be used, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

const read = new Set([".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp"]);
/** Pictures of other kinds are named and not passed over, or a folder of them would seem empty. */
const unread = new Set([".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".jxl", ".svg", ".ppm"]);

/** The pictures in a folder (and, when `deep`, in the folders in it, each once), in order. */
export async function listPictures(folder: string, deep: boolean): Promise<{ files: string[]; bad: SkippedFile[] }> {
  const files: string[] = [];
  const bad: SkippedFile[] = [];
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    const real = await realpath(path).catch(() => path);
    if (seen.has(real)) return;
    seen.add(real);
    for (const entry of await list(path)) {
      const file = join(path, entry.name);
      const ending = extname(entry.name).toLowerCase();
      if (await isFolder(path, entry)) {
        if (deep) await visit(file);
      } else if (read.has(ending)) files.push(file);
      else if (unread.has(ending)) {
        const kind = ending.slice(1).toUpperCase();
        bad.push({ file, reason: `${kind} pictures are not read. Convert it to JPEG, PNG or WebP.` });
      }
    }
  };
  await visit(folder);
  return { files, bad };
}

export interface Scan {
  /** Names of the classes, safe to print. */
  readonly classes: readonly string[];
  readonly found: readonly Found[];
  readonly bad: readonly SkippedFile[];
}

/**
 * The classes and pictures of a folder with one folder a class.
 * @param given the classes and their order; by default the folders in order of name
 * @throws DataError when the folders do not make a data set
 */
export async function scanClasses(folder: string, given: readonly string[] | undefined): Promise<Scan> {
  const place = printable(folder);
  const fail = (message: string) => new DataError(message, { place });
  const names = await subfolders(folder);
  const loose = await listPictures(folder, false);
  if (names.length === 0)
    throw fail(
      loose.files.length > 0
        ? `there are ${loose.files.length} pictures but no class folders. Put each class's pictures into a folder of its ` +
            "own, e.g. rose/ and tulip/; for pictures without classes use imageFiles()."
        : "the folder is empty. It needs a folder of pictures for each class, e.g. rose/ and tulip/.",
    );
  if (given === undefined) refuseParts(folder, names, "imageFolders");
  const classes = given ?? names.map(printable);
  const unknown = names.find((name) => !classes.includes(printable(name)));
  if (unknown !== undefined)
    throw fail(
      `the folder ${quote(unknown)} is none of the classes ${classes.map(quote).join(", ")}. Rename or move it.`,
    );
  if (classes.length < 2)
    throw fail(
      `there is one class only, ${quote(classes[0] ?? "")}; telling classes apart needs two. Add a folder for another ` +
        "class, or use imageFiles() for pictures without classes.",
    );
  const found: Found[] = [];
  const bad: SkippedFile[] = [
    ...loose.bad,
    ...loose.files.map((file) => ({ file, reason: "it lies outside the class folders. Move it into one." })),
  ];
  for (const name of names) {
    const pictures = await listPictures(join(folder, name), true);
    if (pictures.files.length + pictures.bad.length === 0)
      throw fail(`the class folder ${quote(name)} has no pictures (JPEG, PNG, WebP). Add some, or remove the folder.`);
    const label = classes.indexOf(printable(name));
    found.push(...pictures.files.map((file) => ({ file, label })));
    bad.push(...pictures.bad);
  }
  return { classes, found, bad };
}

/** A path as errors print it: the last folder and the file. */
export const shortName = (file: string): string => printable(join(basename(join(file, "..")), basename(file)));
