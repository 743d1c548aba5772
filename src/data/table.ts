import { DataError, OptionError } from "../base/errors.js";
import { checkOptions, nearest } from "../base/options.js";
import { type Csv, type CsvOptions, csv, csvOptions, numberOf } from "./csv.js";

export type ColumnKind = "number" | "boolean" | "category";

export interface TableColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** As written; undefined where missing. */
  readonly cells: readonly (string | undefined)[];
}

export interface Table {
  readonly name: string;
  readonly length: number;
  readonly columns: readonly TableColumn[];
  /** The line of the file that each row stands on, counted from 1. */
  readonly lines: readonly number[];
  /** Texts that stand for a missing value, in lower case. */
  readonly missing: readonly string[];
  readonly decimal: "." | ",";
}

export interface TableOptions extends CsvOptions {
  /** Kinds of columns that should not be guessed, e.g. `{ postcode: "category" }`. */
  readonly columns?: Readonly<Record<string, ColumnKind>>;
  /** Texts that stand for a missing value, in any case. Defaults to "", NA, N/A, NaN, null and ?. */
  readonly missing?: readonly string[];
  /** The decimal point. By default a comma where semicolons or tabs divide the cells and no number has a point. */
  readonly decimal?: "." | ",";
}

export const tableOptions = [...csvOptions, "columns", "missing", "decimal"] as const;

const usualMissing = ["", "na", "n/a", "nan", "null", "?"];

/** A column is numbers if at least this share of its cells are; the others are then errors to be corrected. */
const mostlyNumbers = 0.9;

/** Whether a column's cells are numbers, but for a few that are errors. */
export function isMostlyNumbers(cells: readonly (string | undefined)[], decimal: "." | ","): boolean {
  const present = cells.filter((cell) => cell !== undefined);
  const numbers = present.filter((cell) => numberOf(cell, decimal) !== undefined);
  return numbers.length > 0 && numbers.length >= mostlyNumbers * present.length;
}

/**
 * Reads a table from CSV text and finds the kind of each column:
 * - boolean, when every cell is true, false, yes or no (in any case);
 * - number, when at least 9 in 10 cells are numbers; a cell that is not is an error, since a silent change of kind
 *   would be worse;
 * - category otherwise.
 * @throws DataError naming file, line and column of a bad cell or a ragged row
 * @throws FormatError when a quote is out of place
 */
export function table(text: string, options: TableOptions = {}): Table {
  checkOptions("table", options, tableOptions);
  const { columns: kinds = {}, missing: missingTexts, decimal: point, ...rest } = options;
  const read = csv(text, rest);
  const { name, columns, lines, rows } = read;
  for (const column of Object.keys(kinds)) checkColumn(column, columns, "table: columns");
  const { cells, decimal, missing } = cellsOf(read, missingTexts, point);
  const whole: Table = { name, length: rows.length, columns: [], lines, missing, decimal };
  return {
    ...whole,
    columns: columns.map((column, i) => {
      const values = cells[i] as (string | undefined)[];
      const kind = kinds[column] ?? guessKind(values, decimal);
      const checked = { name: column, kind, cells: values };
      checkCells(whole, checked);
      return checked;
    }),
  };
}

/**
 * The cells of each column, undefined where missing, and how their numbers are written.
 * @param missing texts that stand for a missing value; defaults as in `TableOptions`
 */
export function cellsOf(
  { columns, rows, delimiter }: Csv,
  missing: readonly string[] = usualMissing,
  point?: "." | ",",
): { cells: (string | undefined)[][]; decimal: "." | ","; missing: string[] } {
  const texts = missing.map((each) => each.toLowerCase());
  const lacks = new Set(texts);
  const cells = columns.map((_, i) =>
    rows.map((row) => {
      const cell = row[i] as string;
      return lacks.has(cell.toLowerCase()) ? undefined : cell;
    }),
  );
  return { cells, decimal: point ?? (delimiter === "," ? "." : guessDecimal(cells)), missing: texts };
}

/** The rows at these positions, as a table of their own. */
export function selectRows(from: Table, indices: ArrayLike<number>): Table {
  const positions = Array.from(indices);
  return {
    ...from,
    length: positions.length,
    lines: positions.map((i) => from.lines[i] as number),
    columns: from.columns.map((column) => ({ ...column, cells: positions.map((i) => column.cells[i]) })),
  };
}

/** @throws DataError when there is no such column */
export function columnOf(from: Table, name: string): TableColumn {
  const column = from.columns.find((each) => each.name === name);
  if (column !== undefined) return column;
  const names = from.columns.map((each) => each.name);
  throw new DataError(`there is no column "${name}". ${hint(name, names)}`, {
    place: from.name,
    expected: names,
    actual: name,
  });
}

/** @throws OptionError when an option names a column that the table does not have */
export function checkColumn(name: string, names: readonly string[], place: string): void {
  if (!names.includes(name))
    throw new OptionError(`there is no column "${name}". ${hint(name, names)}`, {
      place,
      expected: names,
      actual: name,
    });
}

function hint(name: string, names: readonly string[]): string {
  const guess = nearest(name, names);
  return guess === undefined ? `The columns are ${names.join(", ")}.` : `Did you mean "${guess}"?`;
}

const truths: Readonly<Record<string, boolean>> = { true: true, yes: true, false: false, no: false };

/** The truth value a text stands for, if it does. */
export function truthOf(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return Object.hasOwn(truths, lower) ? truths[lower] : undefined;
}

function guessKind(cells: readonly (string | undefined)[], decimal: "." | ","): ColumnKind {
  const present = cells.filter((cell) => cell !== undefined);
  if (present.length === 0) return "category";
  if (present.every((cell) => truthOf(cell) !== undefined)) return "boolean";
  return isMostlyNumbers(present, decimal) ? "number" : "category";
}

function guessDecimal(columns: readonly (readonly (string | undefined)[])[]): "." | "," {
  const some = (pattern: RegExp) =>
    columns.some((cells) => cells.some((cell) => cell !== undefined && pattern.test(cell)));
  return some(/^[+-]?\d+,\d+$/) && !some(/^[+-]?\d+\.\d+$/) ? "," : ".";
}

function checkCells(whole: Table, { name, kind, cells }: TableColumn): void {
  if (kind === "category") return;
  const good = (cell: string) => (kind === "number" ? numberOf(cell, whole.decimal) : truthOf(cell)) !== undefined;
  const bad = cells.findIndex((cell) => cell !== undefined && !good(cell));
  if (bad < 0) return;
  throw new DataError(
    `"${cells[bad]}" is not a ${kind === "number" ? "number" : "truth value (true, false, yes, no)"}, as this column's ` +
      `are. Correct it, list it in \`missing\`, or read the column as texts: columns: { "${name}": "category" }.`,
    { place: `${whole.name}:${whole.lines[bad]}:${name}`, expected: kind, actual: cells[bad] },
  );
}
