import { DataError } from "../../base/errors.js";
import { type Clock, formatStep, formatTime, later } from "./time.js";

export const gapTreatments = ["refuse", "interpolate", "previous", "close"] as const;
export const duplicateTreatments = ["refuse", "mean", "first", "last"] as const;

/** Rows as they stand in a file. */
export interface Rows {
  readonly name: string;
  readonly time: string | false;
  /** Whether the times are dates, in milliseconds. */
  readonly dates: boolean;
  readonly times: readonly number[];
  readonly lines: readonly number[];
  /** NaN where a value is missing. */
  readonly columns: ReadonlyMap<string, Float64Array>;
}

const placeOf = ({ name, lines, time }: Rows, row: number, column: string | false = time): string =>
  `${name}:${lines[row]}${column === false ? "" : `:${column}`}`;

const shown = ({ dates }: Rows, time: number): string =>
  formatTime({ unit: dates ? "millisecond" : "number", step: 1 }, time).replace(/ 00:00$/, "");

/** The rows at these positions. */
function taken(rows: Rows, order: readonly number[]): Rows {
  return {
    ...rows,
    times: order.map((row) => rows.times[row] as number),
    lines: order.map((row) => rows.lines[row] as number),
    columns: new Map(
      [...rows.columns].map(([name, values]) => [name, Float64Array.from(order, (row) => values[row] as number)]),
    ),
  };
}

/** @throws DataError when a time is before that of the row above, and `order` is not "sort" */
export function sorted(rows: Rows, order: "refuse" | "sort"): Rows {
  const { times } = rows;
  const back = times.findIndex((time, row) => row > 0 && time < (times[row - 1] as number));
  if (back < 0) return rows;
  if (order === "refuse")
    throw new DataError(
      `${shown(rows, times[back] as number)} comes after ${shown(rows, times[back - 1] as number)}. Times must rise. Put the rows in order, or say order: "sort".`,
      { place: placeOf(rows, back), actual: times[back] },
    );
  return taken(
    rows,
    [...times.keys()].sort((a, b) => (times[a] as number) - (times[b] as number)),
  );
}

/** @throws DataError when two rows have the same time, and nothing is said of it */
export function mergeDuplicates(rows: Rows, how: (typeof duplicateTreatments)[number]): Rows {
  const { times } = rows;
  const twice = times.findIndex((time, row) => row > 0 && time === times[row - 1]);
  if (twice < 0) return rows;
  if (how === "refuse")
    throw new DataError(
      `${shown(rows, times[twice] as number)} is there twice, on line ${rows.lines[twice - 1]} too. Remove one, or say duplicates: "mean", "first" or "last".`,
      { place: placeOf(rows, twice), actual: times[twice] },
    );
  const groups: number[][] = [];
  for (const row of times.keys())
    if (row > 0 && times[row] === times[row - 1]) groups.at(-1)?.push(row);
    else groups.push([row]);
  const one = taken(
    rows,
    groups.map((group) => (how === "first" ? group[0] : group.at(-1)) as number),
  );
  if (how !== "mean") return one;
  const mean = (values: Float64Array, group: readonly number[]): number => {
    const present = group.map((row) => values[row] as number).filter((value) => !Number.isNaN(value));
    return present.reduce((sum, value) => sum + value, 0) / present.length;
  };
  return {
    ...one,
    columns: new Map(
      [...rows.columns].map(([name, values]) => [name, Float64Array.from(groups, (group) => mean(values, group))]),
    ),
  };
}

/**
 * The rows on every tick of the clock.
 * @throws DataError for a time that is left out or a value that is missing, and nothing is said of it
 */
export function fillGaps(
  rows: Rows,
  clock: Clock,
  ticks: readonly number[],
  gaps: (typeof gapTreatments)[number],
): { times: Float64Array; columns: ReadonlyMap<string, Float64Array>; filled: Uint8Array } {
  const count = (ticks.at(-1) as number) + 1;
  checkGaps(rows, clock, ticks, gaps);
  const filled = new Uint8Array(count).fill(1);
  for (const tick of ticks) filled[tick] = 0;
  const columns = new Map(
    [...rows.columns].map(([name, values]) => [name, fillColumn(rows, name, values, ticks, count, gaps, filled)]),
  );
  const [first = 0] = rows.times;
  // "close" keeps the times that there are.
  const times = Float64Array.from({ length: count }, (_, i) =>
    gaps === "close" ? (rows.times[i] as number) : later(clock, first, i),
  );
  return { times, columns, filled };
}

function checkGaps(rows: Rows, clock: Clock, ticks: readonly number[], gaps: (typeof gapTreatments)[number]): void {
  const wide = ticks.findIndex((tick, row) => row > 0 && tick !== (ticks[row - 1] as number) + 1);
  if (wide < 0) return;
  const count = (ticks.at(-1) as number) + 1;
  if (gaps !== "refuse" && count <= 2 * ticks.length) return;
  const [before, after] = [rows.times[wide - 1] as number, rows.times[wide] as number];
  const missing = (ticks[wide] as number) - (ticks[wide - 1] as number) - 1;
  const way =
    gaps === "refuse"
      ? 'Add the rows, or say gaps: "interpolate", "previous" or "close".'
      : `In all ${count - ticks.length} of ${count} would be filled in, more than there are. Correct the times, or say gaps: "close".`;
  throw new DataError(
    `after ${formatTime(clock, before)} comes ${formatTime(clock, after)}: ${missing} ${missing === 1 ? "row is" : "rows are"} missing, where the step is ${formatStep(clock)}. ${way}`,
    { place: placeOf(rows, wide), expected: later(clock, before, 1), actual: after },
  );
}

/** One column on the clock's ticks; marks the rows that are filled in. The values after its last one are NaN. */
function fillColumn(
  rows: Rows,
  name: string,
  values: Float64Array,
  ticks: readonly number[],
  count: number,
  gaps: (typeof gapTreatments)[number],
  filled: Uint8Array,
): Float64Array {
  const out = new Float64Array(count).fill(Number.NaN);
  for (const [row, tick] of ticks.entries()) out[tick] = values[row] as number;
  const last = out.findLastIndex((value) => !Number.isNaN(value));
  if (last < 0) throw new DataError("there is no value in the column.", { place: `${rows.name}:${name}` });
  for (let at = 0; at <= last; at++) {
    if (!Number.isNaN(out[at] as number)) continue;
    const row = ticks.indexOf(at);
    if (at === 0)
      throw new DataError(
        "the column begins with a missing value, with none before it. Remove the rows before its first.",
        {
          place: placeOf(rows, row, name),
        },
      );
    if (gaps === "refuse")
      throw new DataError('the value is missing. Write it, or say gaps: "interpolate" or "previous".', {
        place: placeOf(rows, row, name),
      });
    let next = at;
    while (Number.isNaN(out[next] as number)) next++;
    const [low, high] = [out[at - 1] as number, out[next] as number];
    for (let i = at; i < next; i++) {
      out[i] = gaps === "interpolate" ? low + ((high - low) * (i - at + 1)) / (next - at + 1) : low;
      filled[i] = 1;
    }
    at = next;
  }
  return out;
}
