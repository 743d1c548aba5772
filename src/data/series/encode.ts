import type { SeriesEncoding } from "../encoding.js";
import { scaled } from "./fit.js";
import type { Series } from "./read.js";
import { onCircle } from "./time.js";

/** How many numbers a time step has. */
const featureCount = ({ targets, past, known, calendar, relativeTo }: SeriesEncoding): number =>
  targets.length * (relativeTo === undefined ? 1 : 2) +
  past.length +
  known.length +
  2 * calendar.length +
  (known.length > 0 ? 1 : 0);

/** The shape of one input: `[window, features]`, longer by the horizon with known variables. */
export const inputShape = (encoding: SeriesEncoding): readonly [time: number, features: number] => [
  encoding.window + (encoding.known.length > 0 ? encoding.horizon : 0),
  featureCount(encoding),
];

/** Rows before the window that are needed beside it. */
export const rowsBefore = ({ relativeTo, season }: SeriesEncoding): number => (relativeTo === "season" ? season : 0);

/** A series ready to be cut into windows. */
export interface EncodedSeries {
  readonly series: Series;
  readonly encoding: SeriesEncoding;
  /** The values of each target, or their logarithms. */
  readonly targets: readonly Float64Array[];
  /** [rows, features], as they stand in a window, but for what is relative to its last value. */
  readonly rows: Float32Array;
}

/** @throws OptionError when the series lacks a column, DataError for a logarithm that there is not */
export function encodeRows(series: Series, encoding: SeriesEncoding): EncodedSeries {
  const { targets, past, known, calendar, relativeTo, season } = encoding;
  const width = featureCount(encoding);
  const rows = new Float32Array(series.length * width);
  const write = (column: number, value: (row: number) => number): void => {
    for (let row = 0; row < series.length; row++) rows[row * width + column] = value(row);
  };
  let column = 0;
  const values = [...targets, ...past, ...known].map((variable) => {
    const all = scaled(series, variable, 0, series.length);
    write(column++, (row) => ((all[row] as number) - variable.mean) / variable.deviation);
    return all;
  });
  if (relativeTo !== undefined)
    for (const [i, { change }] of targets.entries()) {
      const all = values[i] as Float64Array;
      const { mean, deviation } = change as NonNullable<typeof change>;
      const at = column++;
      // What is relative to the last value differs from window to window: `writeInput` makes it.
      if (relativeTo === "season")
        write(at, (row) => ((all[row] as number) - (all[row - season] ?? Number.NaN) - mean) / deviation);
    }
  for (const feature of calendar) {
    const places = Array.from(series.times, (time) => onCircle(feature, time));
    for (const part of [0, 1] as const) write(column++, (row) => places[row]?.[part] as number);
  }
  return { series, encoding, targets: values.slice(0, targets.length), rows };
}

/** Writes the input of the window that ends with row `origin`. */
export function writeInput(encoded: EncodedSeries, origin: number, out: Float32Array, start: number): void {
  const { encoding, rows, series } = encoded;
  const { window, horizon, targets, past, known, relativeTo } = encoding;
  const width = featureCount(encoding);
  const first = origin - window + 1;
  out.set(rows.subarray(first * width, (origin + 1) * width), start);
  const own = targets.length + past.length;
  const relative = own + known.length;
  if (relativeTo === "last")
    for (const [i, values] of encoded.targets.entries()) {
      const deviation = targets[i]?.change?.deviation as number;
      for (let t = 0; t < window; t++)
        out[start + t * width + relative + i] =
          ((values[first + t] as number) - (values[origin] as number)) / deviation;
    }
  if (known.length === 0) return;
  const calendar = relative + (relativeTo === undefined ? 0 : targets.length);
  for (let h = 0; h < horizon; h++) {
    const [from, to] = [(origin + 1 + h) * width, start + (window + h) * width];
    // Beyond the file there may be no row, and nothing known: the caller has checked that.
    if (origin + 1 + h >= series.length) continue;
    out.fill(0, to, to + width);
    for (let i = own; i < relative; i++) out[to + i] = rows[from + i] as number;
    for (let i = calendar; i < width - 1; i++) out[to + i] = rows[from + i] as number;
    out[to + width - 1] = 1;
  }
}

/** What the network's answer for `ahead` steps after `origin` (from 1) is added to, in units of the target or its logarithm. */
function baseOf({ encoding, targets }: EncodedSeries, target: number, origin: number, ahead: number) {
  const { relativeTo, season } = encoding;
  const variable = encoding.targets[target] as SeriesEncoding["targets"][number];
  const { mean, deviation } = variable.change ?? variable;
  const values = targets[target] as Float64Array;
  if (relativeTo === undefined) return { base: mean, deviation };
  const from = relativeTo === "last" ? origin : origin + ahead - season * Math.ceil(ahead / season);
  // The change over a season comes once for each season ahead.
  const times = relativeTo === "last" ? 1 : Math.ceil(ahead / season);
  return { base: (values[from] as number) + times * mean, deviation };
}

/** Writes the truth that follows row `origin`, as the network should give it: [horizon, targets]. */
export function writeTarget(encoded: EncodedSeries, origin: number, out: Float32Array, start: number): void {
  const { horizon, targets } = encoded.encoding;
  let at = start;
  for (let ahead = 1; ahead <= horizon; ahead++)
    for (let target = 0; target < targets.length; target++) {
      const { base, deviation } = baseOf(encoded, target, origin, ahead);
      out[at++] = ((encoded.targets[target]?.[origin + ahead] as number) - base) / deviation;
    }
}

/** A network's answer in the units of the target: `answer` is the number it gave for `ahead` steps after `origin`, from 1. */
export function decodeAnswer(
  encoded: EncodedSeries,
  target: number,
  origin: number,
  ahead: number,
  answer: number,
): number {
  const { base, deviation } = baseOf(encoded, target, origin, ahead);
  const value = base + answer * deviation;
  return encoded.encoding.targets[target]?.log ? Math.exp(value) : value;
}
