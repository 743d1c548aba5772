import { DataError, OptionError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";
import { type SeriesBase, type SeriesEncoding, type SeriesVariable, seriesBases } from "../encoding.js";
import { type Series, timeAt, valuesOf } from "./read.js";
import { type CalendarFeature, calendarFeatures, seasonOf } from "./time.js";

export interface FitSeriesOptions {
  /** The column to forecast, or several. */
  readonly target: string | readonly string[];
  /** Time steps that the network sees of the past. */
  readonly window: number;
  /** Time steps that it forecasts; defaults to 1. */
  readonly horizon?: number;
  /** Other columns whose past helps; defaults to none. */
  readonly past?: readonly string[];
  /** Columns that are known for the horizon, too, such as holidays; defaults to none. */
  readonly known?: readonly string[];
  /** What the network is told of each time, as sine and cosine; defaults to nothing. `calendarOf(series)` gives the usual ones. */
  readonly calendar?: readonly CalendarFeature[];
  /** Columns of which the logarithm is taken, for what grows by percents; defaults to none. */
  readonly log?: readonly string[];
  /**
   * What the network's answer is added to: the last value seen ("last"), or that of a season before ("season"). A series
   * that drifts or grows needs it. Defaults to the mean.
   */
  readonly relativeTo?: SeriesBase;
  /** Time steps after which the pattern comes round. By default 24 hours, 7 days, 52 weeks, 12 months; otherwise 1, none. */
  readonly season?: number;
  /**
   * The quantiles that the network gives of one target, in (0, 1), rising, with 0.5: its output is `[horizon, quantiles]`
   * and its loss `pinball(quantiles)`. Defaults to none: one number a step.
   */
  readonly quantiles?: readonly number[];
}

export const fitSeriesOptions = [
  "target",
  "window",
  "horizon",
  "past",
  "known",
  "calendar",
  "log",
  "relativeTo",
  "season",
  "quantiles",
] as const;

/**
 * Learns how to encode a series from its first `rows` rows: those for training only, since means and deviations must not
 * come from the time that tests what was learned. `seriesData` does all of it.
 * @param rows defaults to all
 * @throws OptionError when an option is out of range or names a column that is not there
 * @throws DataError when a logarithm is asked of a number that is not above 0
 */
export function fitSeries(from: Series, options: FitSeriesOptions, rows = from.length): SeriesEncoding {
  checkOptions("fitSeries", options, fitSeriesOptions);
  const { window, horizon = 1, past = [], known = [], calendar = [], log = [], relativeTo, quantiles } = options;
  const place = "fitSeries";
  const targets = typeof options.target === "string" ? [options.target] : (options.target ?? []);
  if (targets.length === 0)
    throw new OptionError(`needs a target, one of ${[...from.columns.keys()].join(", ")}.`, { place });
  for (const [name, value] of Object.entries({ window, horizon, season: options.season ?? 1 }))
    checkNumber(place, name, value, { low: 1, high: 1e6, integer: true });
  const season = options.season ?? seasonOf(from.clock);
  const columns = [...targets, ...past, ...known];
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined)
    throw new OptionError(`"${twice}" is named twice. A column is a target, past or known.`, { place, actual: twice });
  const stranger = log.find((name) => !columns.includes(name));
  if (stranger !== undefined)
    throw new OptionError(`log names "${stranger}", which is no target, past or known column.`, { place });
  for (const feature of calendar) {
    const dated = from.clock.unit !== "number";
    if (dated && calendarFeatures.includes(feature)) continue;
    const why = dated ? `the features are ${calendarFeatures.join(", ")}` : "the times are plain numbers, no dates";
    throw new OptionError(`calendar has no "${feature}": ${why}.`, { place, actual: feature });
  }
  if (relativeTo !== undefined && !seriesBases.includes(relativeTo))
    throw new OptionError(`relativeTo must be "last" or "season", got ${JSON.stringify(relativeTo)}.`, { place });
  if (relativeTo === "season" && season === 1)
    throw new OptionError('relativeTo: "season" needs a season, e.g. season: 12.', { place, actual: season });
  if (quantiles !== undefined) {
    checkQuantiles(place, quantiles);
    if (targets.length > 1 || !quantiles.includes(0.5))
      throw new OptionError("quantiles are of one target, and 0.5 is among them: it is the forecast.", {
        place,
        actual: quantiles,
      });
  }
  const lag = relativeTo === "season" ? season : relativeTo === "last" ? horizon : undefined;
  const variable = (name: string): SeriesVariable => fitVariable(from, name, rows, log.includes(name));
  return {
    kind: "series",
    time: from.time,
    clock: from.clock,
    targets: targets.map((name) => {
      const fitted = variable(name);
      return lag === undefined
        ? fitted
        : { ...fitted, change: fitChange(from, fitted, rows, lag, relativeTo === "season") };
    }),
    past: past.map(variable),
    known: known.map(variable),
    calendar: [...calendar],
    window,
    horizon,
    season,
    ...(relativeTo !== undefined && { relativeTo }),
    ...(quantiles !== undefined && { quantiles: [...quantiles] }),
    until: from.times[rows - 1] as number,
    treatment: from.treatment,
    missing: from.missing,
  };
}

/** @throws OptionError unless these are rising numbers in (0, 1) */
function checkQuantiles(place: string, quantiles: readonly number[]): void {
  const rise = quantiles.every((q, i) => q > (quantiles[i - 1] ?? 0) && q < 1);
  if (rise && quantiles.length > 0) return;
  throw new OptionError(`quantiles must be rising numbers between 0 and 1, got ${quantiles.join(", ") || "none"}.`, {
    place,
    actual: quantiles,
  });
}

function fitVariable(from: Series, name: string, rows: number, log: boolean): SeriesVariable {
  const values = scaled(from, { name, log }, 0, rows);
  const measured = values.filter((value, row) => from.filled[row] === 0 && !Number.isNaN(value));
  if (measured.length === 0)
    throw new DataError("has no value in the time of training.", { place: `${from.name}:${name}` });
  return { name, log, ...spread(measured, true) };
}

/** Of the changes over `lag` steps: their spread, about their mean or about 0. */
function fitChange(from: Series, variable: SeriesVariable, rows: number, lag: number, centred: boolean) {
  const values = scaled(from, variable, 0, rows);
  const changes = values
    .slice(lag)
    .map((value, row) => value - (values[row] as number))
    .filter((change, row) => !Number.isNaN(change) && from.filled[row] === 0 && from.filled[row + lag] === 0);
  if (changes.length === 0)
    throw new DataError(`the time of training, ${rows} rows, is too short for changes over ${lag} steps.`, {
      place: from.name,
      expected: lag + 1,
      actual: rows,
    });
  return spread(changes, centred);
}

function spread(values: Float64Array, centred: boolean): { mean: number; deviation: number } {
  const mean = centred ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  // A variable that never changes stays as it is, at 0.
  return { mean, deviation: square > 1e-24 * mean ** 2 ? Math.sqrt(square) : 1 };
}

/**
 * The values of the rows [begin, end), or their logarithms.
 * @throws DataError for the logarithm of a number that is not above 0
 */
export function scaled(
  from: Series,
  { name, log }: Pick<SeriesVariable, "name" | "log">,
  begin: number,
  end: number,
): Float64Array {
  const values = valuesOf(from, name).slice(begin, end);
  if (!log) return values;
  const bad = values.findIndex((value) => value <= 0);
  if (bad >= 0)
    throw new DataError(
      `at ${timeAt(from, begin + bad)} it is ${values[bad]}, which has no logarithm. Leave it out of \`log\`.`,
      {
        place: `${from.name}:${name}`,
        actual: values[bad],
      },
    );
  return values.map(Math.log);
}
