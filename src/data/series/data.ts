import { DataError, OptionError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";
import { type Batch, checkIndices, type Dataset } from "../dataset.js";
import type { SeriesEncoding } from "../encoding.js";
import { type EncodedSeries, encodeRows, inputShape, rowsBefore, writeInput, writeTarget } from "./encode.js";
import { type FitSeriesOptions, fitSeries, fitSeriesOptions } from "./fit.js";
import { type Series, valuesOf } from "./read.js";

/** Windows of a series: inputs `[window, features]`, targets `[horizon]`, or `[horizon, targets]` of several. */
export interface SeriesDataset extends Dataset {
  readonly encoding: SeriesEncoding;
  readonly encoded: EncodedSeries;
  /** The last row that each window sees. */
  readonly origins: Uint32Array;
  batch(indices: ArrayLike<number>): Batch;
}

export interface SeriesDataOptions<K extends string> extends FitSeriesOptions {
  /**
   * The share of time of each part, in order: the scaling is learned on `train`, the first. Defaults to 0.7, 0.15 and 0.15.
   * A part's targets lie within it; its windows may begin before.
   */
  readonly split?: Readonly<Record<K | "train", number>>;
  /** Time steps from one window to the next; defaults to 1. */
  readonly stride?: number;
}

/**
 * From a series to data sets in the order of time: learns on the training part alone how to encode (see `fitSeries`), and
 * cuts every part into windows. Nothing of a later part is seen by an earlier one.
 * `const { train, validation, test } = seriesData(series(text), { target: "Passengers", window: 24, horizon: 12 })`
 * @throws DataError when a part is too short for one window and its horizon
 * @throws OptionError for shares that are not above 0 and 1 in all
 */
export function seriesData<K extends string = "validation" | "test">(
  from: Series,
  options: SeriesDataOptions<K>,
): Record<K | "train", SeriesDataset> {
  checkOptions("seriesData", options, [...fitSeriesOptions, "split", "stride"]);
  const usual = { train: 0.7, validation: 0.15, test: 0.15 } as Record<string, number>;
  const { split = usual as Record<K | "train", number>, stride = 1, ...fitted } = options;
  const names = Object.keys(split) as (K | "train")[];
  checkShares(split, names);
  const rows = targetRows(from, fitted.target);
  const bounds: number[] = [];
  let share = 0;
  for (const name of names) {
    share += split[name];
    bounds.push(Math.round(share * rows));
  }
  const learned = fitSeries(from, fitted, bounds[0]);
  // What is validated on is seen as well, by whoever chooses the best epoch; only "test" is not.
  const seen = names.reduce((last, name, i) => (name === "test" ? last : (bounds[i] as number)), 0);
  const encoding = { ...learned, until: from.times[seen - 1] as number };
  const encoded = encodeRows(from, encoding);
  return Object.fromEntries(
    names.map((name, i) => [
      name,
      windows(encoded, { begin: bounds[i - 1] ?? 0, end: bounds[i] as number, stride }, `the part "${name}"`),
    ]),
  ) as Record<K | "train", SeriesDataset>;
}

function checkShares<K extends string>(split: Readonly<Record<K, number>>, names: readonly K[]): void {
  const place = "seriesData: split";
  if ((names[0] as string) !== "train")
    throw new OptionError(`the first part must be "train", got ${names.join(", ") || "none"}.`, { place });
  for (const name of names)
    checkNumber(place, `the share of "${name}"`, split[name], { low: Number.MIN_VALUE, high: 1 });
  const sum = names.reduce((total, name) => total + split[name], 0);
  if (Math.abs(sum - 1) > 1e-6)
    throw new OptionError(`the shares make ${sum}; they should make 1.`, { place, expected: 1, actual: sum });
}

/** How many rows there are until the first target ends. */
export function targetRows(from: Series, target: string | readonly string[]): number {
  const names = typeof target === "string" ? [target] : target;
  return Math.min(
    ...names.map((name) => valuesOf(from, name).findLastIndex((value) => !Number.isNaN(value)) + 1),
    from.length,
  );
}

export interface EncodeSeriesOptions {
  /** The first row that is forecast; defaults to the first that has a whole window before it. */
  readonly begin?: number;
  /** The row before which all targets end; defaults to the end. */
  readonly end?: number;
  /** Time steps from one window to the next; defaults to 1. */
  readonly stride?: number;
}

/**
 * The windows of a series, encoded as a network was trained.
 * @throws DataError when there is no whole window, or the series goes by another clock
 */
export function encodeSeries(from: Series, encoding: SeriesEncoding, options: EncodeSeriesOptions = {}): SeriesDataset {
  checkOptions("encodeSeries", options, ["begin", "end", "stride"]);
  return windows(encodeRows(checkedClock(from, encoding), encoding), options, from.name);
}

/** @throws DataError when the series goes by another clock than in training */
export function checkedClock(from: Series, { clock }: SeriesEncoding): Series {
  if (from.clock.unit === clock.unit && Math.abs(from.clock.step / clock.step - 1) < 1e-6) return from;
  const said = ({ unit, step }: SeriesEncoding["clock"]) => `${step} ${unit}`;
  throw new DataError(`its rows are ${said(from.clock)} apart, in training they were ${said(clock)}.`, {
    place: from.name,
    expected: clock,
    actual: from.clock,
  });
}

function windows(encoded: EncodedSeries, options: EncodeSeriesOptions, part: string): SeriesDataset {
  const { series, encoding } = encoded;
  const { window, horizon, past, known } = encoding;
  const { begin = 0, stride = 1 } = options;
  checkNumber("encodeSeries", "stride", stride, { low: 1, integer: true });
  const names = encoding.targets.map(({ name }) => name);
  const last = targetRows(series, [...names, ...past.map(({ name }) => name), ...known.map(({ name }) => name)]);
  const end = Math.min(options.end ?? last, last);
  const origins: number[] = [];
  const before = window - 1 + rowsBefore(encoding);
  // A window ends and its targets end with measured values, so that no value filled in comes from the time behind it.
  for (let origin = Math.max(begin - 1, before); origin + horizon < end; origin += stride)
    if (series.filled[origin] === 0 && series.filled[origin + horizon] === 0) origins.push(origin);
  if (origins.length === 0)
    throw new DataError(
      `there is no window: ${part} ends with row ${end} and begins to be forecast at ${Math.max(begin, before + 1)}, but a horizon of ${horizon} after a window of ${before + 1} needs ${horizon} rows. Give more rows, a shorter window or a shorter horizon.`,
      { place: series.name, expected: before + 1 + horizon, actual: end },
    );
  const kept = Uint32Array.from(origins);
  const shape = inputShape(encoding);
  const size = shape[0] * shape[1];
  const goal = names.length === 1 ? [horizon] : [horizon, names.length];
  const goals = horizon * names.length;
  return {
    length: kept.length,
    inputShapes: { input: shape },
    targetShapes: { target: goal },
    encoding,
    // So many windows aim at times that the next one's input ends with; parts drawn by chance would know the future.
    overlap: Math.max(1, Math.ceil(horizon / stride) - 1),
    encoded,
    origins: kept,
    batch(indices) {
      checkIndices(indices, kept.length, "series.batch");
      const input = new Float32Array(indices.length * size);
      const target = new Float32Array(indices.length * goals);
      Array.from(indices).forEach((index, i) => {
        writeInput(encoded, kept[index] as number, input, i * size);
        writeTarget(encoded, kept[index] as number, target, i * goals);
      });
      return {
        inputs: { input: { dtype: "float32", shape: [indices.length, ...shape], data: input } },
        targets: { target: { dtype: "float32", shape: [indices.length, ...goal], data: target } },
      };
    },
  };
}
