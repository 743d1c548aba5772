import { DataError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";

/** How far forecasts are from the truth; the first two in the series' units. */
export interface ForecastScores {
  /** The mean absolute error. */
  readonly mae: number;
  /** The root of the mean squared error. */
  readonly rmse: number;
  /**
   * The mean absolute error in units of that of the seasonal naive forecast of one step within the history (Hyndman &
   * Koehler 2006): below 1 is better. NaN for a history that repeats itself exactly.
   */
  readonly mase: number;
  /** 200 |y - f| / (|y| + |f|) on average, in percent from 0 to 200 (Makridakis et al. 2020); 0 where both are 0. */
  readonly smape: number;
}

export interface ForecastScoreOptions {
  /** The values before those that are forecast, by which MASE is scaled. */
  readonly history: ArrayLike<number>;
  /** Time steps after which the pattern comes round; defaults to 1. */
  readonly season?: number;
}

/**
 * Scores of forecasts against the truth, number by number.
 * @throws DataError when they differ in number, or the history is not longer than a season
 */
export function forecastScores(
  truth: ArrayLike<number>,
  forecast: ArrayLike<number>,
  options: ForecastScoreOptions,
): ForecastScores {
  checkOptions("forecastScores", options, ["history", "season"]);
  const { history, season = 1 } = options;
  checkNumber("forecastScores", "season", season, { low: 1, integer: true });
  checkPairs("forecastScores", truth, forecast);
  if (history.length <= season)
    throw new DataError(`a history of ${history.length} values has no change over a season of ${season}. Give more.`, {
      place: "forecastScores",
      expected: season + 1,
      actual: history.length,
    });
  const n = truth.length;
  let [absolute, square, relative, naive] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [y, f] = [truth[i] as number, forecast[i] as number];
    absolute += Math.abs(y - f);
    square += (y - f) ** 2;
    if (y !== 0 || f !== 0) relative += (200 * Math.abs(y - f)) / (Math.abs(y) + Math.abs(f));
  }
  for (let i = season; i < history.length; i++)
    naive += Math.abs((history[i] as number) - (history[i - season] as number));
  const mae = absolute / n;
  const mase = naive === 0 ? Number.NaN : (mae * (history.length - season)) / naive;
  return { mae, rmse: Math.sqrt(square / n), mase, smape: relative / n };
}

/**
 * The share of truths within [lower, upper], in [0, 1]: a forecast from the 0.1 to the 0.9 quantile should have 0.8.
 * @throws DataError when they differ in number
 */
export function coverage(truth: ArrayLike<number>, lower: ArrayLike<number>, upper: ArrayLike<number>): number {
  checkPairs("coverage", truth, lower);
  checkPairs("coverage", truth, upper);
  let inside = 0;
  for (let i = 0; i < truth.length; i++)
    if ((truth[i] as number) >= (lower[i] as number) && (truth[i] as number) <= (upper[i] as number)) inside++;
  return inside / truth.length;
}

function checkPairs(place: string, truth: ArrayLike<number>, other: ArrayLike<number>): void {
  if (truth.length === other.length && truth.length > 0) return;
  throw new DataError(`cannot compare ${truth.length} truths and ${other.length} forecasts. Each needs the other.`, {
    place,
    expected: truth.length,
    actual: other.length,
  });
}
