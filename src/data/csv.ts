import { parse } from "csv-parse/browser/esm/sync";
import { DataError, FormatError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";

export interface CsvOptions {
  /** Names the file in errors. Defaults to "csv". */
  readonly name?: string;
  /** Between cells. By default the one of tab, semicolon and comma that divides the lines most evenly. */
  readonly delimiter?: string;
  /**
   * Whether the first line names the columns. By default it does when none of its cells is a number, but some column
   * under it mostly is, or none of its cells occurs again in its column. Columns without a name are called
   * `column_1`, `column_2` ...
   */
  readonly header?: boolean;
}

/** Comma-separated values: texts, without the blanks around them. */
export interface Csv {
  readonly name: string;
  readonly delimiter: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The line of the file on which each row ends, counted from 1. */
  readonly lines: readonly number[];
}

export const csvOptions = ["name", "delimiter", "header"] as const;

/**
 * Reads comma-separated values (RFC 4180): quoted cells, any line ends, with or without a byte order mark.
 * @throws DataError when a row has more or fewer cells than the first, two columns share a name, or there is no row
 * @throws FormatError when a quote is out of place
 */
export function csv(text: string, options: CsvOptions = {}): Csv {
  checkOptions("csv", options, csvOptions);
  const { name = "csv" } = options;
  const plain = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  const delimiter = options.delimiter ?? guessDelimiter(plain);
  const { rows, lines } = readRows(plain, delimiter, name);
  const width = rows[0]?.length ?? 0;
  rows.forEach((row, i) => {
    if (row.length !== width)
      throw new DataError(`expected ${width} columns, got ${row.length}. Every row must have as many as the first.`, {
        place: `${name}:${lines[i]}`,
        expected: width,
        actual: row.length,
      });
  });
  const named = options.header ?? looksLikeHeader(rows);
  const columns = (named ? rows[0] : undefined) ?? Array.from({ length: width }, () => "");
  if (rows.length <= (named ? 1 : 0)) throw new DataError("there are no rows of data.", { place: name });
  return {
    name,
    delimiter,
    columns: columnNames(columns, name),
    rows: named ? rows.slice(1) : rows,
    lines: named ? lines.slice(1) : lines,
  };
}

function readRows(text: string, delimiter: string, name: string): { rows: string[][]; lines: number[] } {
  const rows: string[][] = [];
  const lines: number[] = [];
  try {
    parse(text, {
      delimiter,
      record_delimiter: "\n",
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (row: string[], { lines: line }) => {
        rows.push(row);
        lines.push(line);
        return null;
      },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`${reason}. Write a quote within a quoted cell twice: "".`, { place: name, cause });
  }
  return { rows, lines };
}

/** Tabs and semicolons go first: a comma may be a decimal point. */
const delimiters = ["\t", ";", ","] as const;

function guessDelimiter(text: string): string {
  const sample = text
    .slice(0, 20_000)
    .replace(/"[^"]*"/g, "")
    .split("\n");
  const lines = sample.filter((line) => line.trim() !== "").slice(0, 20);
  const counts = delimiters.map((delimiter) => lines.map((line) => line.split(delimiter).length - 1));
  const even = counts.findIndex(([first = 0, ...rest]) => first > 0 && rest.every((count) => count === first));
  if (even >= 0) return delimiters[even] as string;
  const totals = counts.map((each) => each.reduce((sum, count) => sum + count, 0));
  const most = Math.max(...totals);
  return most === 0 ? "," : (delimiters[totals.indexOf(most)] as string);
}

function looksLikeHeader(rows: readonly (readonly string[])[]): boolean {
  const [first = [], ...rest] = rows;
  if (first.some(isNumber)) return false;
  const numbers = (column: number) => rest.filter((row) => isNumber(row[column] as string)).length;
  if (first.some((_, column) => numbers(column) > rest.length / 2)) return true;
  return first.every((cell, column) => cell === "" || rest.every((row) => row[column] !== cell));
}

function columnNames(columns: readonly string[], place: string): string[] {
  const names = columns.map((name, i) => (name === "" ? `column_${i + 1}` : name));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new DataError(
      `two columns are called "${twice}". Rename one, or say header: false if the first line is data.`,
      {
        place,
        actual: twice,
      },
    );
  return names;
}

const isNumber = (text: string): boolean => (numberOf(text, ".") ?? numberOf(text, ",")) !== undefined;

/**
 * The number a text stands for, if it does: digits with a decimal point and an exponent, as `-1.5e3`; undefined for
 * all else, such as `Inf`, `0x10`, `1 000` and the empty text.
 */
export function numberOf(text: string, decimal: "." | ","): number | undefined {
  const point = decimal === "," ? text.replace(",", ".") : text;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(point) || (decimal === "," && text.includes(".")))
    return undefined;
  const value = Number(point);
  return Number.isFinite(value) ? value : undefined;
}
