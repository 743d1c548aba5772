import { DataError } from "../base/errors.js";
import type { Forecast, Series } from "../data/index.js";
import { valuesOf } from "../data/series/read.js";

/** A forecast beside what was and what came, step by step. */
export interface ForecastLines {
  /** History and horizon. */
  readonly times: readonly number[];
  /** Steps of history; the horizon begins with this one. */
  readonly origin: number;
  /** By name, as long as `times`, NaN where there is nothing: "history", "truth" where it is known, "network" and others. */
  readonly lines: ReadonlyMap<string, readonly number[]>;
  /** From the lower to the upper quantile, the widest band first. */
  readonly bands: readonly {
    readonly share: number;
    readonly lower: readonly number[];
    readonly upper: readonly number[];
  }[];
}

/**
 * Lines for the forecast of a column of a series.
 * @param shown steps of history
 * @param others other forecasts of the same steps, by name
 * @throws DataError when the series does not reach the forecast, or another forecast has another length
 */
export function forecastLines(
  forecast: Forecast,
  from: Series,
  shown: number,
  others: Readonly<Record<string, ArrayLike<number>>> = {},
): ForecastLines {
  const { times: ahead, values, quantiles = [], name } = forecast;
  const horizon = ahead.length;
  const column = valuesOf(from, name);
  const next = from.times.findIndex((time) => time >= (ahead[0] as number));
  const end = next < 0 ? from.length : next;
  const begin = Math.max(0, end - shown);
  const origin = end - begin;
  if (origin === 0)
    throw new DataError("the series begins where the forecast does: there is no history to show.", {
      place: from.name,
    });
  const history = Array.from(column.subarray(begin, end));
  const gap = history.map(() => Number.NaN);
  // A forecast begins where the history ends, so that the lines join.
  const joined = (future: ArrayLike<number>) => [...gap.slice(1), history.at(-1) as number, ...Array.from(future)];
  const truth = Array.from({ length: horizon }, (_, i) => column[end + i] ?? Number.NaN);
  const lines = new Map<string, readonly number[]>([["history", [...history, ...new Array(horizon).fill(Number.NaN)]]]);
  if (truth.some(Number.isFinite)) lines.set("truth", joined(truth));
  for (const [other, line] of Object.entries(others)) {
    if (line.length !== horizon)
      throw new DataError(`has ${line.length} steps, the forecast has ${horizon}.`, {
        place: other,
        expected: horizon,
        actual: line.length,
      });
    lines.set(other, joined(line));
  }
  lines.set("network", joined(values));
  const bands = quantiles.slice(0, Math.floor(quantiles.length / 2)).map((low, i) => {
    const high = quantiles[quantiles.length - 1 - i] as typeof low;
    return { share: high.quantile - low.quantile, lower: joined(low.values), upper: joined(high.values) };
  });
  return { times: [...from.times.subarray(begin, end), ...ahead], origin, lines, bands };
}
