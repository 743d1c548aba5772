import { type SeriesBase, seriesBases } from "../encoding.js";
import { scaled } from "./fit.js";
import type { Series } from "./read.js";
import { exponentialSmoothing, type SmoothingKind, smoothingKinds } from "./smoothing.js";
import { type CalendarFeature, calendarFeatures, rounds } from "./time.js";

export type ForecastBase = SeriesBase | "mean";
export const forecastBases = ["mean", ...seriesBases] as const;

/**
 * What a network's answers are best added to: of the mean, the last value and that of a season before the one that is
 * nearest to what came, in the first `rows` rows.
 */
export function chooseBase(
  from: Series,
  target: string,
  { rows, horizon, season, log }: { rows: number; horizon: number; season: number; log: boolean },
): ForecastBase {
  const values = scaled(from, { name: target, log }, 0, rows);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const errors = { mean: 0, last: 0, season: 0 };
  for (let at = season; at + horizon < values.length; at++)
    for (let ahead = 1; ahead <= horizon; ahead++) {
      const truth = values[at + ahead] as number;
      errors.mean += Math.abs(truth - mean);
      errors.last += Math.abs(truth - (values[at] as number));
      errors.season += Math.abs(truth - (values[at + ahead - season * Math.ceil(ahead / season)] as number));
    }
  const bases = forecastBases.filter((base) => base !== "season" || season > 1);
  return bases.reduce((best, base) => (errors[base] < errors[best] ? base : best));
}

/**
 * The calendar features worth telling: those that change from step to step and come round at least twice within the
 * first `rows` rows. One that does not tells a network when something was, not when it comes again.
 * @param rows those of training; defaults to all
 */
export function calendarOf({ clock: { unit, step }, times, length }: Series, rows = length): CalendarFeature[] {
  if (unit === "number") return [];
  const months = unit !== "millisecond";
  const whole = months ? (rounds.month / 12) * step : step;
  const span = (times[rows - 1] as number) - (times[0] as number);
  return calendarFeatures.filter(
    (feature) => (feature === "month") === months && whole < rounds[feature] && span >= 2 * rounds[feature],
  );
}

/** Origins at which kinds of smoothing are compared. */
const ORIGINS = 100;

/**
 * The kind of exponential smoothing that would have forecast the last fifth of the history best, so many steps ahead:
 * the one whose errors one step ahead are smallest need not be.
 */
export function chooseSmoothing(history: Float64Array, horizon: number, season: number): SmoothingKind {
  const begin = Math.floor(0.8 * history.length);
  const count = Math.min(ORIGINS, history.length - begin - horizon);
  const known = history.subarray(0, begin);
  const kinds = smoothingKinds.filter((kind) => kind !== "holtWinters" || (season > 1 && begin >= 2 * season));
  if (count < 1 || begin < 2) return exponentialSmoothing(history, 1, { season }).kind;
  const errors = kinds.map((kind) => {
    const { parameters } = exponentialSmoothing(known, 1, { kind, season });
    let error = 0;
    for (let i = 0; i < count; i++) {
      const end = begin + Math.floor((i * (history.length - begin - horizon)) / count);
      const { values } = exponentialSmoothing(history.subarray(0, end), horizon, { kind, season, parameters });
      for (const [h, value] of values.entries()) error += Math.abs(value - (history[end + h] as number));
    }
    return error;
  });
  return kinds[errors.indexOf(Math.min(...errors))] as SmoothingKind;
}
