import { DataError, OptionError } from "../../base/errors.js";
import { checkOptions } from "../../base/options.js";
import { type Csv, type CsvOptions, csv, csvOptions, numberOf } from "../csv.js";
import { cellsOf, checkColumn, isMostlyNumbers } from "../table.js";
import { duplicateTreatments, fillGaps, gapTreatments, mergeDuplicates, type Rows, sorted } from "./repair.js";
import { type Clock, clockOf, formatTime, parseDate, usualClock } from "./time.js";

/** What is done about times and values that are not as they should be. */
export interface SeriesTreatment {
  /**
   * Of times that are left out, and of missing values. "refuse" (the default) throws; "interpolate" draws a straight line
   * between the values around; "previous" repeats the value before; "close" takes the rows as evenly spaced, whatever
   * their times (days of trade), and repeats the value before where one is missing.
   */
  readonly gaps?: (typeof gapTreatments)[number];
  /** Of rows with the same time: "refuse" (the default) throws; "mean", "first" or "last" makes one of them. */
  readonly duplicates?: (typeof duplicateTreatments)[number];
  /** Of times that go back: "refuse" (the default) throws; "sort" puts them in order. */
  readonly order?: (typeof orderTreatments)[number];
}

export const orderTreatments = ["refuse", "sort"] as const;

export interface SeriesOptions extends CsvOptions, SeriesTreatment {
  /**
   * The column with the times: ISO dates (`1949-01`, `1981-01-31`, `2016-07-01 13:00`) or plain numbers. By default the
   * one column of dates, or else the one column of numbers that rises evenly. false: there is none, the rows are evenly
   * spaced and counted from 0.
   */
  readonly time?: string | false;
  /** The columns with values. Defaults to all others that hold numbers. */
  readonly columns?: readonly string[];
  /** Texts that stand for a missing value, in any case. Defaults to "", NA, N/A, NaN, null and ?. */
  readonly missing?: readonly string[];
  /** The decimal point. By default a comma where semicolons or tabs divide the cells and no number has a point. */
  readonly decimal?: "." | ",";
}

/** Values measured at evenly spaced times. */
export interface Series {
  /** Of the file. */
  readonly name: string;
  /** The column of the times, or false. */
  readonly time: string | false;
  readonly clock: Clock;
  readonly length: number;
  /** Milliseconds since 1970 (UTC), or the numbers of the time's column. */
  readonly times: Float64Array;
  /** The values by column; NaN only at the end of a column that ends before the others. */
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** 1 where a row, or a value in it, is filled in. */
  readonly filled: Uint8Array;
  readonly treatment: SeriesTreatment;
  /** Texts that stand for a missing value, in lower case. */
  readonly missing: readonly string[];
}

const seriesOptions = [...csvOptions, "time", "columns", "gaps", "duplicates", "order", "missing", "decimal"] as const;

/**
 * Reads a series from CSV text: `series(text, { name: "passengers.csv" })`. Times must rise in even steps; what is said of
 * those that do not is an option each. A column may end before the others: its last cells are then empty, as those of
 * what is to be forecast beside what is known of the future already.
 * @throws DataError naming file, line and value of what cannot be used
 * @throws OptionError when an option names a column that is not there, or no column is a time
 */
export function series(text: string, options: SeriesOptions = {}): Series {
  checkOptions("series", options, seriesOptions);
  const { gaps = "refuse", duplicates = "refuse", order = "refuse" } = options;
  oneOf("gaps", gaps, gapTreatments);
  oneOf("duplicates", duplicates, duplicateTreatments);
  oneOf("order", order, orderTreatments);
  const { name: given, delimiter, header } = options;
  const read = csv(text, {
    name: given ?? "series",
    ...(delimiter !== undefined && { delimiter }),
    ...(header !== undefined && { header }),
  });
  const { name } = read;
  const { cells, decimal, missing } = cellsOf(read, options.missing, options.decimal);
  const time = options.time ?? guessTime(read, cells, decimal, options.columns ?? []);
  if (time !== false) checkColumn(time, read.columns, "series: time");
  const { times, dates } = timesOf(read, cells, decimal, time);
  const columns = columnsOf(read, cells, decimal, time, options.columns);

  const raw: Rows = { name, time, dates, times, lines: read.lines, columns };
  const rows = mergeDuplicates(sorted(raw, order), duplicates);
  if (rows.times.length < 2)
    throw new DataError("one row is no series. Give at least two.", { place: name, expected: 2, actual: 1 });
  const place = (row: number): string => `${name}:${rows.lines[row]}`;
  const { clock, ticks } =
    gaps === "close"
      ? { clock: usualClock(rows.times, dates), ticks: [...rows.lines.keys()] }
      : clockOf(rows.times, dates, place);
  const filled = fillGaps(rows, clock, ticks, gaps);
  return { name, time, clock, length: filled.times.length, ...filled, treatment: { gaps, duplicates, order }, missing };
}

function oneOf<T extends string>(option: string, given: T, known: readonly T[]): void {
  if (known.includes(given)) return;
  throw new OptionError(`must be ${known.map((word) => `"${word}"`).join(" or ")}, got ${JSON.stringify(given)}.`, {
    place: `series: ${option}`,
    expected: known,
    actual: given,
  });
}

type Cells = readonly (readonly (string | undefined)[])[];

function guessTime({ name, columns }: Csv, cells: Cells, decimal: "." | ",", values: readonly string[]): string {
  const others = columns.map((_, i) => i).filter((i) => !values.includes(columns[i] as string));
  const nearly = (i: number, good: (cell: string) => boolean) => {
    const present = (cells[i] as Cells[number]).filter((cell) => cell !== undefined);
    return present.length > 0 && present.filter(good).length >= 0.9 * present.length;
  };
  const dates = others.filter((i) => nearly(i, (cell) => parseDate(cell) !== undefined));
  const even = others.filter((i) =>
    risesEvenly((cells[i] as Cells[number]).map((cell) => numberOf(cell ?? "", decimal))),
  );
  const [found, second] = dates.length > 0 ? dates : even;
  if (found !== undefined && second === undefined) return columns[found] as string;
  const why =
    found === undefined
      ? "no column holds ISO dates (1949-01, 1981-01-31, 2016-07-01 13:00) or evenly rising numbers"
      : `both "${columns[found]}" and "${columns[second as number]}" could be the time`;
  throw new OptionError(
    `${why}. Name the time's column with time: "${columns[found ?? 0]}", or say time: false if the rows are evenly spaced.`,
    { place: name, expected: columns },
  );
}

function risesEvenly(values: readonly (number | undefined)[]): boolean {
  const step = (values[1] ?? Number.NaN) - (values[0] ?? Number.NaN);
  return (
    step > 0 &&
    values.length > 2 &&
    values.every((value, i) => {
      const before = i === 0 ? (value ?? Number.NaN) - step : values[i - 1];
      return Math.abs((value ?? Number.NaN) - (before as number) - step) <= 1e-6 * step;
    })
  );
}

function timesOf(
  { name, columns, lines }: Csv,
  cells: Cells,
  decimal: "." | ",",
  time: string | false,
): { times: number[]; dates: boolean } {
  if (time === false) return { times: lines.map((_, row) => row), dates: false };
  const texts = cells[columns.indexOf(time)] as Cells[number];
  const place = (row: number) => `${name}:${lines[row]}:${time}`;
  const dates = !isMostlyNumbers(texts, decimal);
  const times = texts.map((cell, row) => {
    if (cell === undefined)
      throw new DataError("there is no time. Write one, or remove the row.", { place: place(row) });
    const value = dates ? parseDate(cell) : numberOf(cell, decimal);
    if (value !== undefined) return value;
    const why = dates
      ? "is no ISO date. Write 1949-01, 1981-01-31 or 2016-07-01 13:00"
      : "is not a number, as the other times are. Correct it";
    throw new DataError(`"${cell}" ${why}.`, { place: place(row), actual: cell });
  });
  return { times, dates };
}

/** The numbers of the columns that are asked for; NaN where missing. */
function columnsOf(
  { name, columns, lines }: Csv,
  cells: Cells,
  decimal: "." | ",",
  time: string | false,
  asked: readonly string[] | undefined,
): Map<string, Float64Array> {
  for (const column of asked ?? []) checkColumn(column, columns, "series: columns");
  const wanted =
    asked ?? columns.filter((column, i) => column !== time && isMostlyNumbers(cells[i] as Cells[number], decimal));
  if (wanted.length === 0)
    throw new DataError(`no column beside the time holds numbers, only ${columns.join(", ")}.`, { place: name });
  return new Map(
    wanted.map((column) => {
      const numbers = (cells[columns.indexOf(column)] as Cells[number]).map((cell, row) => {
        const value = cell === undefined ? Number.NaN : numberOf(cell, decimal);
        if (value !== undefined) return value;
        throw new DataError(
          `"${cell}" is not a number. Correct it, list it in \`missing\`, or leave the column out with \`columns\`.`,
          { place: `${name}:${lines[row]}:${column}`, actual: cell },
        );
      });
      return [column, Float64Array.from(numbers)];
    }),
  );
}

/** The time of a row, as text. */
export const timeAt = ({ clock, times }: Series, row: number): string => formatTime(clock, times[row] as number);

/**
 * The values of a column.
 * @throws OptionError when the series has no such column
 */
export function valuesOf(from: Series, column: string): Float64Array {
  checkColumn(column, [...from.columns.keys()], from.name);
  return from.columns.get(column) as Float64Array;
}
