import { stat } from "node:fs/promises";
import { DataError, OptionError } from "../base/errors.js";
import { csv } from "../data/index.js";
import { checkColumn } from "../data/table.js";
import { readText } from "../node/index.js";
import { isCsv } from "./data.js";
import type { TextColumns } from "./encoded.js";

/**
 * Whether words on the command line name a file, and are not the text itself.
 * @throws DataError for a folder, and for what is called like a text file but is none
 */
export async function isTextFile(given: string): Promise<boolean> {
  const info = await stat(given).catch(() => undefined);
  if (info?.isDirectory())
    throw new DataError("it is a folder. Name a file in it, or give a sentence.", { place: given });
  if (info === undefined && /\.(txt|csv|tsv)$/i.test(given))
    throw new DataError("there is no such file. Check the path.", { place: given });
  return info !== undefined;
}

/** A text to be read, and how it is called. */
export interface Sentence {
  readonly text: string;
  readonly name: string;
}

/**
 * A sentence as it is, each line of a file that is not blank, or each row of a CSV file.
 * @throws DataError when there is none
 */
export async function sentencesIn(given: string, { text, encoding }: TextColumns): Promise<Sentence[]> {
  if (!(await isTextFile(given))) return [{ text: given, name: given }];
  const content = await readText(given, encoding && { encoding });
  const all = isCsv(given) ? column(content, given, text) : lines(content);
  if (all.length === 0) throw new DataError("there is no text in it.", { place: given });
  return all.map(({ text: sentence, line }) => ({ text: sentence, name: `${given}:${line}` }));
}

const lines = (content: string) =>
  content
    .split(/\r?\n|\r/)
    .map((text, i) => ({ text: text.trim(), line: i + 1 }))
    .filter(({ text }) => text !== "");

function column(content: string, name: string, text: string | undefined) {
  if (text === undefined) throw new OptionError("names the column of texts.", { place: "--text" });
  const { columns, rows, lines: numbers } = csv(content, { header: true, name });
  checkColumn(text, columns, name);
  const at = columns.indexOf(text);
  return rows.map((row, i) => ({ text: row[at] as string, line: numbers[i] as number }));
}
