import { checkNumber, checkOptions } from "../base/options.js";
import {
  coverage,
  drift,
  exponentialSmoothing,
  type ForecastScores,
  forecastScores,
  type SeriesDataset,
  type SeriesEncoding,
  type Smoothed,
  seasonalNaive,
} from "../data/index.js";
import { chooseSmoothing } from "../data/series/choose.js";
import { valuesOf } from "../data/series/read.js";
import type { Network } from "../runtime/index.js";
import { type Answers, answersAt } from "./forecast.js";

export interface BacktestOptions {
  /** Of seasonalNaive, of the smoothing and of MASE; defaults to the encoding's. */
  readonly season?: number;
  /** Windows from one forecast to the next; defaults to 1, all. */
  readonly every?: number;
}

/** A method's scores over all origins and steps. */
export interface BacktestScores extends ForecastScores {
  /** The share of truths between the outermost quantiles, and what it should be; only of networks that give quantiles. */
  readonly coverage?: { readonly share: number; readonly expected: number };
  /** The mean absolute error of each step ahead. */
  readonly maeByStep: readonly number[];
}

/** How good a network's forecasts of one target would have been, and how good the simple ones. */
export interface Backtest {
  /** The target. */
  readonly name: string;
  /** How many forecasts were made. */
  readonly origins: number;
  readonly horizon: number;
  /** Of seasonalNaive, of the smoothing and of MASE. */
  readonly season: number;
  /** `network`, `seasonalNaive`, `drift` and `exponentialSmoothing`. */
  readonly scores: Readonly<Record<string, BacktestScores>>;
  /**
   * The kind that forecast the last fifth of the time before the first forecast best, and what was fitted to that time,
   * and not afterwards: as the network was.
   */
  readonly smoothing: Pick<Smoothed, "kind" | "parameters">;
}

/**
 * Forecasts from rolling origins, as if each time the future were not known: one from every window of `data` (the test
 * part of `seriesData`, or windows made by `encodeSeries`), each compared with what came, beside the forecasts of
 * `seasonalNaive`, `drift` and `exponentialSmoothing` from the same values. MASE is scaled by the time before the first
 * forecast. One result a target.
 */
export async function backtest(net: Network, data: SeriesDataset, options: BacktestOptions = {}): Promise<Backtest[]> {
  checkOptions("backtest", options, ["season", "every"]);
  const { encoded, encoding } = data;
  const { season = encoding.season, every = 1 } = options;
  checkNumber("backtest", "season", season, { low: 1, integer: true });
  checkNumber("backtest", "every", every, { low: 1, integer: true });
  const origins = data.origins.filter((_, i) => i % every === 0);
  const answers: Answers[] = [];
  for (let start = 0; start < origins.length; start += ROWS)
    answers.push(...(await answersAt(net, encoded, origins.subarray(start, start + ROWS))));
  return encoding.targets.map(({ name }, i) =>
    compare({ name, encoding, origins, season }, valuesOf(encoded.series, name), i, answers),
  );
}

/** Windows encoded at a time. */
const ROWS = 256;

interface Task {
  readonly name: string;
  readonly encoding: SeriesEncoding;
  readonly origins: Uint32Array;
  readonly season: number;
}

function compare(
  { name, encoding, origins, season }: Task,
  values: Float64Array,
  target: number,
  answers: readonly Answers[],
): Backtest {
  const { horizon, quantiles } = encoding;
  const history = values.subarray(0, (origins[0] as number) + 1);
  const kind = chooseSmoothing(history, horizon, season);
  const { parameters } = exponentialSmoothing(history, 1, { kind, season });
  const at = (origin: number) => values.subarray(0, origin + 1);
  const truth = joined(origins, (origin) => values.subarray(origin + 1, origin + 1 + horizon));
  const point = joined(origins, (_, i) => answers[i]?.point[target] as Float64Array);
  const methods = {
    network: point,
    seasonalNaive: joined(origins, (origin) => seasonalNaive(at(origin), horizon, { season })),
    drift: joined(origins, (origin) => drift(at(origin), horizon)),
    exponentialSmoothing: joined(
      origins,
      (origin) => exponentialSmoothing(at(origin), horizon, { kind, season, parameters }).values,
    ),
  };
  const scores: Record<string, BacktestScores> = Object.fromEntries(
    Object.entries(methods).map(([method, forecast]) => [
      method,
      { ...forecastScores(truth, forecast, { history, season }), maeByStep: maeByStep(truth, forecast, horizon) },
    ]),
  );
  if (quantiles !== undefined && quantiles.length > 1) {
    const edge = (q: number) => joined(origins, (_, i) => answers[i]?.quantiles?.at(q) as Float64Array);
    const expected = (quantiles.at(-1) as number) - (quantiles[0] as number);
    const network = scores.network as BacktestScores;
    scores.network = { ...network, coverage: { share: coverage(truth, edge(0), edge(-1)), expected } };
  }
  return { name, origins: origins.length, horizon, season, scores, smoothing: { kind, parameters } };
}

/** Forecasts one after the other. */
function joined(origins: Uint32Array, forecast: (origin: number, i: number) => Float64Array): Float64Array {
  const parts = Array.from(origins, forecast);
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}

function maeByStep(truth: Float64Array, forecast: Float64Array, horizon: number): number[] {
  const sums = new Array<number>(horizon).fill(0);
  for (let i = 0; i < truth.length; i++)
    sums[i % horizon] = (sums[i % horizon] as number) + Math.abs((truth[i] as number) - (forecast[i] as number));
  return sums.map((sum) => (sum * horizon) / truth.length);
}
