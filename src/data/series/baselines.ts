import { DataError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";

/**
 * Each step of the horizon is the last value seen at the same place of the season: y[n + h - season * ceil(h / season)].
 * With a season of 1 it is the last value (the naive forecast).
 * @throws DataError when the history is shorter than a season
 */
export function seasonalNaive(
  history: ArrayLike<number>,
  horizon: number,
  options: { readonly season?: number } = {},
): Float64Array {
  checkOptions("seasonalNaive", options, ["season"]);
  const { season = 1 } = options;
  checkNumber("seasonalNaive", "season", season, { low: 1, integer: true });
  checkHistory("seasonalNaive", history, horizon, season);
  const begin = history.length - season;
  return Float64Array.from({ length: horizon }, (_, i) => history[begin + (i % season)] as number);
}

/**
 * The straight line through the first and the last value, continued: y[n] + h (y[n] - y[1]) / (n - 1).
 * @throws DataError when there are fewer than two values
 */
export function drift(history: ArrayLike<number>, horizon: number): Float64Array {
  checkHistory("drift", history, horizon, 2);
  const last = history[history.length - 1] as number;
  const slope = (last - (history[0] as number)) / (history.length - 1);
  return Float64Array.from({ length: horizon }, (_, i) => last + (i + 1) * slope);
}

/** @throws DataError when a history is too short or holds a number that is none, OptionError for a horizon below 1 */
export function checkHistory(place: string, history: ArrayLike<number>, horizon: number, least: number): void {
  checkNumber(place, "horizon", horizon, { low: 1, high: 1e6, integer: true });
  if (history.length < least)
    throw new DataError(`a history of ${history.length} values is too short, it needs ${least}. Give more.`, {
      place,
      expected: least,
      actual: history.length,
    });
  for (let i = 0; i < history.length; i++)
    if (!Number.isFinite(history[i]))
      throw new DataError(`value ${i} of the history is ${history[i]}. Fill it in, or leave it out.`, {
        place,
        actual: history[i],
      });
}
