import { OptionError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";
import { checkHistory } from "./baselines.js";

/** What goes on into the future: the level alone, with a trend (Holt 1957), with a trend and a season (Winters 1960). */
export const smoothingKinds = ["simple", "holt", "holtWinters"] as const;
export type SmoothingKind = (typeof smoothingKinds)[number];

/** How fast the level, the trend and the season follow the values, each in [0, 1]. */
export interface SmoothingParameters {
  readonly alpha: number;
  readonly beta?: number;
  readonly gamma?: number;
}

export interface SmoothingOptions {
  /** By default the one with the smallest AIC, n ln(SSE / n) + 2 (parameters and initial states). */
  readonly kind?: SmoothingKind;
  /** Time steps after which the pattern comes round; defaults to 1, none. */
  readonly season?: number;
  /** Not fitted, but these. */
  readonly parameters?: SmoothingParameters;
}

export interface Smoothed {
  /** The forecast. */
  readonly values: Float64Array;
  readonly kind: SmoothingKind;
  readonly parameters: SmoothingParameters;
  /** The sum of the squared errors one step ahead within the history: what the parameters make smallest. */
  readonly error: number;
}

/**
 * Exponential smoothing, additive (Hyndman & Athanasopoulos 2018, chapter 7), with the level l, the trend b and the
 * season s of m steps:
 *
 *     f[t] = l + b + s[t-m]             (one step ahead)
 *     l'   = alpha (y[t] - s[t-m]) + (1 - alpha) (l + b)
 *     b'   = beta (l' - l) + (1 - beta) b
 *     s[t] = gamma (y[t] - l - b) + (1 - gamma) s[t-m]
 *
 * and y[n + h] = l + h b + s[n + h - m ceil(h / m)]. It begins with l = y[1] and b = 0 (simple), l = y[1] and
 * b = y[2] - y[1] from the second value on (holt), or the mean of the first season, the difference of the second's mean to it by m, and
 * s = y - l in the first season (holtWinters). The parameters in [0, 1] make the squared error one step ahead smallest:
 * the best of a grid, from where a compass search goes on.
 * @throws DataError when the history is too short: 2 values, or two seasons for holtWinters
 */
export function exponentialSmoothing(
  history: ArrayLike<number>,
  horizon: number,
  options: SmoothingOptions = {},
): Smoothed {
  const place = "exponentialSmoothing";
  checkOptions(place, options, ["kind", "season", "parameters"]);
  const { kind, season = 1, parameters } = options;
  checkNumber(place, "season", season, { low: 1, integer: true });
  if (kind !== undefined && !smoothingKinds.includes(kind))
    throw new OptionError(`kind must be one of ${smoothingKinds.join(", ")}, got ${JSON.stringify(kind)}.`, { place });
  if (kind === "holtWinters" && season === 1)
    throw new OptionError('"holtWinters" needs a season of 2 or more, e.g. season: 12.', { place, actual: season });
  checkHistory(place, history, horizon, kind === "holtWinters" ? 2 * season : 2);
  const y = Float64Array.from(history);
  if (parameters !== undefined) {
    const { alpha, beta = 0, gamma = 0 } = parameters;
    for (const [name, value] of Object.entries({ alpha, beta, gamma }))
      checkNumber(place, `parameters.${name}`, value, { low: 0, high: 1 });
    if (kind === undefined) throw new OptionError("parameters belong to a kind. Name it.", { place });
    return smoothed(y, horizon, kind, season, [alpha, beta, gamma]);
  }
  const kinds = kind
    ? [kind]
    : smoothingKinds.filter((one) => one !== "holtWinters" || (season > 1 && y.length >= 2 * season));
  const fitted = kinds.map((one) => smoothed(y, horizon, one, season, fitParameters(y, one, season)));
  const aic = ({ kind: one, error }: Smoothed): number => {
    const free = one === "simple" ? 2 : one === "holt" ? 4 : 5 + season;
    return y.length * Math.log(Math.max(error / y.length, 1e-300)) + 2 * free;
  };
  return fitted.reduce((best, next) => (aic(next) < aic(best) ? next : best));
}

type Triple = readonly [alpha: number, beta: number, gamma: number];

/** One pass through the history. */
function pass(y: Float64Array, kind: SmoothingKind, season: number, [alpha, beta, gamma]: Triple) {
  const seasonal = kind === "holtWinters";
  const mean = (begin: number) => y.subarray(begin, begin + season).reduce((sum, value) => sum + value, 0) / season;
  let level = seasonal ? mean(0) : (y[0] as number);
  let trend = seasonal ? (mean(season) - level) / season : kind === "holt" ? (y[1] as number) - level : 0;
  const places = new Float64Array(season);
  if (seasonal) for (let i = 0; i < season; i++) places[i] = (y[i] as number) - level;
  const begin = seasonal ? 0 : kind === "holt" ? 2 : 1;
  // Holt's line through the first two values stands at the second.
  if (kind === "holt") level = y[1] as number;
  let error = 0;
  for (let t = begin; t < y.length; t++) {
    const place = t % season;
    const usual = seasonal ? (places[place] as number) : 0;
    const value = y[t] as number;
    const expected = level + trend;
    error += (value - expected - usual) ** 2;
    const next = alpha * (value - usual) + (1 - alpha) * expected;
    if (kind !== "simple") trend = beta * (next - level) + (1 - beta) * trend;
    if (seasonal) places[place] = gamma * (value - expected) + (1 - gamma) * usual;
    level = next;
  }
  return { level, trend, places, error };
}

function smoothed(y: Float64Array, horizon: number, kind: SmoothingKind, season: number, triple: Triple): Smoothed {
  const { level, trend, places, error } = pass(y, kind, season, triple);
  const values = Float64Array.from({ length: horizon }, (_, i) => {
    const line = level + (i + 1) * trend;
    return kind === "holtWinters" ? line + (places[(y.length + i) % season] as number) : line;
  });
  const [alpha, beta, gamma] = triple;
  const parameters = { alpha, ...(kind !== "simple" && { beta }), ...(kind === "holtWinters" && { gamma }) };
  return { values, kind, parameters, error };
}

/** The parameters of the smallest squared error: the best point of a grid, then a compass search of ever smaller steps. */
function fitParameters(y: Float64Array, kind: SmoothingKind, season: number): Triple {
  const free = smoothingKinds.indexOf(kind) + 1;
  const errorOf = (at: readonly number[]): number => pass(y, kind, season, at as unknown as Triple).error;
  const grid = [0, 0.1, 0.3, 0.6, 0.9];
  const axis = (i: number) => (i < free ? grid : [0]);
  let best: readonly number[] = [0, 0, 0];
  let least = errorOf(best);
  const consider = (at: readonly number[]): boolean => {
    const error = errorOf(at);
    if (!(error < least)) return false;
    [best, least] = [at, error];
    return true;
  };
  for (const alpha of axis(0)) for (const beta of axis(1)) for (const gamma of axis(2)) consider([alpha, beta, gamma]);
  for (let step = 0.1; step > 1e-5; ) {
    let moved = false;
    for (let i = 0; i < free; i++)
      for (const sign of [1, -1]) {
        const at = best.map((value, j) => (i === j ? Math.min(1, Math.max(0, value + sign * step)) : value));
        moved = consider(at) || moved;
      }
    if (!moved) step /= 2;
  }
  return best as unknown as Triple;
}
