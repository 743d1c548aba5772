import { extname, join, parse } from "node:path";
import { DataError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { printable, quote } from "../base/text.js";
import { type CharacterEncoding, parseText } from "../data/text/bytes.js";
import { gather, type LabelledTexts, labelledLines } from "../data/text/labelled.js";
import { readBytes } from "./files.js";
import { filesIn, partFolders, refuseParts, subfolders } from "./folders.js";

export interface ReadTextOptions {
  /** "utf-8" (the default) or "latin1". */
  readonly encoding?: CharacterEncoding;
}

/**
 * The text in a file.
 * @throws DataError when there is no such file
 * @throws FormatError naming the first line that is not UTF-8
 */
export async function readText(path: string, options: ReadTextOptions = {}): Promise<string> {
  checkOptions("readText", options, ["encoding"]);
  return parseText(await readBytes(path), { ...options, name: printable(path) });
}

/**
 * Labelled texts of a folder, in one of three forms:
 * - a folder for each class with `.txt` files, each a text;
 * - files of one name whose endings are the classes (`reviews.pos`, `reviews.neg`), each line a text;
 * - `.txt` files whose names are the classes (`pos.txt`, `neg.txt`), each line a text.
 * @throws DataError when the folder has none of these forms, or a class has no text
 */
export async function textFolder(path: string, options: ReadTextOptions = {}): Promise<LabelledTexts> {
  checkOptions("textFolder", options, ["encoding"]);
  const classes = await subfolders(path);
  refuseParts(path, classes, "textFolders");
  if (classes.length > 0) return classFolders(path, classes, options);
  const files = await lineFiles(path);
  if (files === undefined)
    throw new DataError(
      "there are neither class folders of .txt files, nor files like reviews.pos and reviews.neg, nor pos.txt and neg.txt.",
      { place: printable(path) },
    );
  const lines = await Promise.all(
    Object.entries(files).map(async ([name, file]) => [printable(name), await readText(join(path, file), options)]),
  );
  return labelledLines(Object.fromEntries(lines));
}

/** The parts of a data set, as texts. */
export interface TextFolders {
  readonly train: LabelledTexts;
  readonly test?: LabelledTexts;
  readonly validation?: LabelledTexts;
}

/**
 * The labelled texts in the folders `train`, `test` and `validation` (or `val`, `valid`) of a folder, each as `textFolder`
 * reads it; `textData` takes them as they are.
 * @throws DataError when there is no `train`, and as `textFolder`
 */
export async function textFolders(path: string, options: ReadTextOptions = {}): Promise<TextFolders> {
  checkOptions("textFolders", options, ["encoding"]);
  const { train, test, validation } = await partFolders(path, "Use textFolder()");
  return {
    train: await textFolder(train, options),
    ...(test !== undefined && { test: await textFolder(test, options) }),
    ...(validation !== undefined && { validation: await textFolder(validation, options) }),
  };
}

async function classFolders(
  path: string,
  classes: readonly string[],
  options: ReadTextOptions,
): Promise<LabelledTexts> {
  const groups = await Promise.all(
    classes.map(async (name) => {
      const files = (await filesIn(join(path, name))).filter((file) => extname(file).toLowerCase() === ".txt");
      if (files.length === 0)
        throw new DataError(`the class folder ${quote(name)} has no .txt files. Add some, or remove it.`, {
          place: printable(path),
        });
      const texts: { text: string; place: string }[] = [];
      // One after the other: thousands of open files are more than a system allows.
      for (const file of files)
        texts.push({ text: await readText(join(path, name, file), options), place: printable(join(name, file)) });
      return { name: printable(name), texts };
    }),
  );
  return gather(groups);
}

/** The files whose lines are texts, by class; undefined when there are no two. */
export async function lineFiles(path: string): Promise<Record<string, string> | undefined> {
  const files = (await filesIn(path)).map((file) => ({ file, ...parse(file) }));
  const texts = files.filter(({ ext }) => ext.toLowerCase() === ".txt");
  if (texts.length > 1) return Object.fromEntries(texts.map(({ file, name }) => [name, file]));
  const [first] = files;
  const same = files.filter(({ name, ext }) => name === first?.name && ext.length > 1);
  return same.length > 1 && same.length === files.length
    ? Object.fromEntries(same.map(({ file, ext }) => [ext.slice(1), file]))
    : undefined;
}
