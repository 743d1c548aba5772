import { checkNumber } from "../base/options.js";

/** How a token is drawn from a language model's scores. */
export interface SamplingOptions {
  /** Scores are divided by it: below 1 the likely tokens become likelier, 0 always takes the likeliest. Defaults to 1. */
  readonly temperature?: number;
  /** Only the `topK` likeliest tokens are drawn from; of equal scores the first token's goes first. Defaults to all. */
  readonly topK?: number;
  /**
   * Only the fewest likeliest tokens whose probabilities add up to `topP` or more are drawn from, in (0, 1] (Holtzman et al.
   * 2020, "The curious case of neural text degeneration"). Defaults to 1: all.
   */
  readonly topP?: number;
}

/** @throws OptionError for a number out of its range */
export function checkSampling(place: string, { temperature = 1, topK = 1, topP = 1 }: SamplingOptions): void {
  checkNumber(place, "temperature", temperature, { low: 0, high: 1000 });
  checkNumber(place, "topK", topK, { low: 1, integer: true });
  checkNumber(place, "topP", topP, { low: Number.MIN_VALUE, high: 1 });
}

/** The probability of each token, after temperature, topK and topP in this order; together 1. */
export function tokenProbabilities(scores: ArrayLike<number>, options: SamplingOptions = {}): Float64Array {
  const { temperature = 1, topK = scores.length, topP = 1 } = options;
  const largest = maximum(scores);
  const weights = new Float64Array(scores.length);
  if (temperature === 0) {
    weights[largest] = 1;
    return weights;
  }
  const most = scores[largest] as number;
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    weights[i] = Math.exp(((scores[i] as number) - most) / temperature);
    total += weights[i] as number;
  }
  if (topK < weights.length || topP < 1) total = keepLikeliest(weights, topK, topP);
  return weights.map((weight) => weight / total);
}

/** Sets all other weights to 0; returns the sum of those that stay. */
function keepLikeliest(weights: Float64Array, topK: number, topP: number): number {
  const order = Uint32Array.from(weights.keys()).sort(
    (a, b) => (weights[b] as number) - (weights[a] as number) || a - b,
  );
  const kept = order.subarray(0, topK);
  const total = kept.reduce((sum, i) => sum + (weights[i] as number), 0);
  let sum = 0;
  let count = 0;
  // What is lost in rounding must not ask for one token more than reach the sum.
  while (count < kept.length && sum < topP * total * (1 - 1e-12)) sum += weights[kept[count++] as number] as number;
  for (const i of order.subarray(count)) weights[i] = 0;
  return sum;
}

function maximum(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if ((scores[i] as number) > (scores[best] as number)) best = i;
  return best;
}

/**
 * The token that a number in [0, 1) falls on, when the tokens in order take their probabilities' share of it.
 * @param chance uniform in [0, 1)
 */
export function sampleToken(scores: ArrayLike<number>, chance: number, options: SamplingOptions = {}): number {
  const probabilities = tokenProbabilities(scores, options);
  let left = chance;
  let last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const probability = probabilities[i] as number;
    if (probability === 0) continue;
    last = i;
    left -= probability;
    if (left < 0) return i;
  }
  // The probabilities may add up to a little less than 1.
  return last;
}
