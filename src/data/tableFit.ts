import { DataError, OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { numberOf } from "./csv.js";
import type { FeatureEncoding, TableEncoding, TargetEncoding } from "./encoding.js";
import { checkColumn, columnOf, type Table, type TableColumn, truthOf } from "./table.js";

export interface FitTableOptions {
  /** The column to predict. Defaults to the last one. */
  readonly target?: string;
  /**
   * By default classification when the target is a category, a truth value, or whole numbers of which there are two
   * different ones, or at most 20 that occur 5 times each on average; else regression.
   */
  readonly task?: "classification" | "regression";
  /** All classes, where these rows may lack some. By default those found, in ascending order. */
  readonly classes?: readonly string[];
  /** Columns to leave out, such as a row number, or one that gives the answer away. */
  readonly ignore?: readonly string[];
  /** The most values of a category that get a column of their own, the most frequent first. Defaults to 50. */
  readonly maxCategories?: number;
}

export const fitTableOptions = ["target", "task", "classes", "ignore", "maxCategories"] as const;

/**
 * Learns how to encode a table from its rows. Give it the rows for training only: means, deviations and categories
 * must not come from the rows that test what was learned. `tableData` does all of it.
 *
 * Numbers are standardised, categories one-hot with a column for values not seen here, and a column with missing
 * values gets another that says where. Columns that are the same in every row, or texts that are different in every
 * row (more than `maxCategories` of them), are left out; see `encoding.ignored`.
 * @throws OptionError when an option names a column that is not there
 * @throws DataError when the target is missing in a row, or no other column is left
 */
export function fitTable(rows: Table, options: FitTableOptions = {}): TableEncoding {
  checkOptions("fitTable", options, fitTableOptions);
  const names = rows.columns.map(({ name }) => name);
  const { ignore = [], maxCategories = 50 } = options;
  checkNumber("fitTable", "maxCategories", maxCategories, { low: 1, high: 1e6, integer: true });
  for (const name of ignore) checkColumn(name, names, "fitTable: ignore");
  const target = targetColumn(rows, options.target);
  const features: FeatureEncoding[] = [];
  const ignored: { name: string; reason: string }[] = [];
  for (const column of rows.columns) {
    if (column === target) continue;
    const fitted = ignore.includes(column.name)
      ? "left out by option"
      : fitFeature(column, rows.decimal, maxCategories);
    if (typeof fitted === "string") ignored.push({ name: column.name, reason: fitted });
    else features.push(fitted);
  }
  if (features.length === 0)
    throw new DataError(
      `no column is left to predict "${target.name}" from: ` +
        `${ignored.map(({ name, reason }) => `${name} (${reason})`).join(", ") || "there is no other"}.`,
      { place: rows.name },
    );
  const { missing, decimal } = rows;
  return { kind: "table", features, target: fitTarget(rows, target, options), ignored, missing, decimal };
}

/** The column to predict; by default the last one. */
export function targetColumn(rows: Table, name = rows.columns.at(-1)?.name ?? ""): TableColumn {
  const names = rows.columns.map((column) => column.name);
  checkColumn(name, names, "target");
  return columnOf(rows, name);
}

/** How to encode a column, or why it is left out. */
function fitFeature(column: TableColumn, decimal: "." | ",", maxCategories: number): FeatureEncoding | string {
  const { name, kind, cells } = column;
  const present = cells.filter((cell) => cell !== undefined);
  const missing = present.length < cells.length;
  if (present.length === 0) return "no value in the training rows";
  if (kind === "category") {
    const counts = countTexts(present);
    if (counts.size === 1 && !missing) return `"${present[0]}" in every training row`;
    if (counts.size > maxCategories && counts.size === present.length) return "a different text in every training row";
    const byCount = [...counts.keys()].sort().sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
    return { kind, name, values: byCount.slice(0, maxCategories).sort(), missing };
  }
  const numbers = present.map((cell) =>
    kind === "number" ? (numberOf(cell, decimal) as number) : Number(truthOf(cell)),
  );
  const { mean, deviation } = momentsOf(numbers);
  if (deviation === 0 && !missing) return `${present[0]} in every training row`;
  return kind === "number" ? { kind, name, mean, deviation: deviation || 1, missing } : { kind, name, mean, missing };
}

function fitTarget(rows: Table, target: TableColumn, options: FitTableOptions): TargetEncoding {
  checkPresent(rows, target);
  const { name } = target;
  if ((options.task ?? taskOf(rows, target)) === "classification")
    return { kind: "class", name, classes: options.classes ?? classesIn(rows, target) };
  if (target.kind !== "number")
    throw new OptionError(`the target "${name}" holds texts: regression needs numbers.`, { place: rows.name });
  const { mean, deviation } = momentsOf(numbersIn(rows, target));
  return { kind: "number", name, mean, deviation: deviation || 1 };
}

/** Whether a target is a class or an amount; the rule is told at `FitTableOptions.task`. */
export function taskOf(rows: Table, target: TableColumn): "classification" | "regression" {
  if (target.kind !== "number") return "classification";
  const numbers = numbersIn(rows, target);
  const distinct = new Set(numbers).size;
  const few = distinct === 2 || (distinct <= 20 && numbers.length >= 5 * distinct);
  return few && numbers.every(Number.isInteger) ? "classification" : "regression";
}

/** The classes of a target column, in ascending order. */
export function classesIn(rows: Table, target: TableColumn): string[] {
  const classes = [...new Set(classTexts(rows, target))];
  return target.kind === "number" ? classes.sort((a, b) => Number(a) - Number(b)) : classes.sort();
}

/** The class of each row. Those of a column of numbers are written as numbers: 3.0 is 3. */
export function classTexts(rows: Table, target: TableColumn): string[] {
  if (target.kind === "number") return numbersIn(rows, target).map(String);
  return target.cells.filter((cell) => cell !== undefined);
}

/** @throws DataError naming the first row without a target */
export function checkPresent(rows: Table, target: TableColumn): void {
  const lacking = target.cells.filter((cell) => cell === undefined).length;
  if (lacking === 0) return;
  throw new DataError(
    `the target is missing in ${lacking} of ${rows.length} rows, first here. Fill it in, or leave such rows out ` +
      "(tableData: dropMissing: true).",
    { place: `${rows.name}:${rows.lines[target.cells.indexOf(undefined)]}:${target.name}`, actual: lacking },
  );
}

const numbersIn = (rows: Table, column: TableColumn): number[] =>
  column.cells.filter((cell) => cell !== undefined).map((cell) => numberOf(cell, rows.decimal) as number);

function countTexts(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** Mean and standard deviation, of the whole (divided by n). */
function momentsOf(numbers: readonly number[]): { mean: number; deviation: number } {
  const [first = 0] = numbers;
  // Rounding would give a constant column a deviation of its own.
  if (numbers.every((x) => x === first)) return { mean: first, deviation: 0 };
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
  return { mean, deviation: Math.sqrt(variance) };
}
