import { DataError } from "../base/errors.js";
import { checkNumber } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { checkLengths, counterOf, eachRow, type Metric, predictedClass, width } from "./metric.js";

/**
 * The share of rows whose largest score is the true class's, in [0, 1]; of equal scores the first class counts. A row is
 * an example, or of scores `[batch, time, classes]` a step; steps labelled -1 do not count.
 */
export const accuracy = (): Metric => shareOfHits("accuracy", 1);

/** The share of rows whose true class is among the `k` largest scores, in [0, 1]. */
export function topK(k: number): Metric {
  checkNumber("topK", "k", k, { low: 1, integer: true });
  return shareOfHits(`top${k}`, k);
}

const shareOfHits = (name: string, k: number): Metric => ({
  name,
  start: () =>
    counterOf(
      [0, 0] as [hits: number, seen: number],
      (state, scores, truth) => {
        eachRow(name, scores, truth, (row, label) => {
          state[0] += Number(
            width(scores) === 1 ? predictedClass(scores, row) === label : betterThan(scores, row, label) < k,
          );
          state[1]++;
        });
      },
      ([hits, seen]) => hits / seen,
    ),
});

/**
 * e to the mean of -ln of the probability given to the true class: among how many equally likely classes, say characters,
 * the network still hesitates. 1 is perfect, a network that knows nothing has the number of classes. For scores and labels
 * as `crossEntropy()` takes them; steps labelled -1 do not count, each other step counts the same.
 */
export const perplexity = (): Metric => ({
  name: "perplexity",
  smallerIsBetter: true,
  start: () =>
    counterOf(
      [0, 0] as [total: number, seen: number],
      (state, scores, truth) => {
        if (truth.dtype !== "int32" || width(scores) < 2)
          throw new DataError(
            `needs scores of two classes or more and int32 labels, got ${formatShape(scores.shape)} and ${truth.dtype}${formatShape(truth.shape)}.`,
            { place: "perplexity", expected: "int32", actual: truth.dtype },
          );
        eachRow("perplexity", scores, truth, (row, label) => {
          state[0] += surprise(scores, row, label);
          state[1]++;
        });
      },
      ([total, seen]) => Math.exp(total / seen),
    ),
});

/** -ln of a class's probability: ln(sum e^s) - s, the largest score taken out first. */
function surprise(scores: Tensor, row: number, label: number): number {
  const classes = width(scores);
  const own = scores.data.subarray(row * classes, (row + 1) * classes);
  let largest = Number.NEGATIVE_INFINITY;
  for (const score of own) largest = Math.max(largest, score);
  let sum = 0;
  for (const score of own) sum += Math.exp(score - largest);
  return largest + Math.log(sum) - (own[label] as number);
}

/** How many classes rank before this one: those of larger scores, and of equal scores the earlier ones. */
function betterThan(scores: Tensor, row: number, label: number): number {
  const classes = width(scores);
  const own = scores.data[row * classes + label] as number;
  // A NaN is never a hit.
  if (Number.isNaN(own)) return Number.POSITIVE_INFINITY;
  let better = 0;
  for (let c = 0; c < classes; c++) {
    const score = scores.data[row * classes + c] as number;
    if (score > own || (score === own && c < label)) better++;
  }
  return better;
}

/**
 * The area under the ROC curve: the probability that a positive example scores above a negative one, ties counting
 * half (Hanley & McNeil 1982). For one score per row, or two (class 1 less class 0). NaN without examples of both
 * classes.
 */
export const rocAuc = (): Metric => ({
  name: "auc",
  start: () =>
    counterOf(
      [[], []] as [scores: number[], positive: boolean[]],
      (seen, scores, truth) => {
        const classes = width(scores);
        if (classes > 2)
          throw new DataError(`is for two classes, got ${classes} scores per row.`, {
            place: "rocAuc",
            expected: 2,
            actual: classes,
          });
        eachRow("rocAuc", scores, truth, (row, label) => {
          const at = (c: number) => scores.data[row * classes + c] as number;
          seen[0].push(classes === 1 ? at(0) : at(1) - at(0));
          seen[1].push(label === 1);
        });
      },
      ([scores, positive]) => area(scores.map((score, i) => ({ score, positive: positive[i] as boolean }))),
    ),
});

/** Mann-Whitney's U from the ranks, tied scores sharing their mean rank. */
function area(seen: { score: number; positive: boolean }[]): number {
  const sorted = [...seen].sort((a, b) => a.score - b.score);
  const positives = sorted.filter((s) => s.positive).length;
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0 || seen.some(({ score }) => Number.isNaN(score))) return Number.NaN;
  let ranks = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end]?.score === sorted[start]?.score) end++;
    const shared = (start + 1 + end) / 2;
    ranks += shared * sorted.slice(start, end).filter((s) => s.positive).length;
    start = end;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** The mean absolute error, in the target's units as the network sees them. */
export const meanAbsoluteError = (): Metric => ({
  name: "mae",
  smallerIsBetter: true,
  start: () =>
    counterOf(
      [0, 0] as [total: number, count: number],
      (state, { data }, truth) => {
        checkLengths("mae", data.length, truth.data.length);
        for (let i = 0; i < data.length; i++) state[0] += Math.abs((data[i] as number) - (truth.data[i] as number));
        state[1] += data.length;
      },
      ([total, count]) => total / count,
    ),
});

/**
 * R^2, the share of the target's variance explained: 1 - (sum of squared errors) / (sum of squares about the mean). 1 is
 * perfect, 0 is no better than the mean, and below 0 is worse. NaN for a target that never changes.
 */
export const rSquared = (): Metric => ({
  name: "r2",
  start: () =>
    // The sum of squares about the mean is updated number by number (Welford 1962): exact far from 0, too.
    counterOf(
      [0, 0, 0, 0] as [errors: number, mean: number, squares: number, count: number],
      (state, { data }, truth) => {
        checkLengths("r2", data.length, truth.data.length);
        let [errors, mean, squares, count] = state;
        for (let i = 0; i < data.length; i++) {
          const t = truth.data[i] as number;
          errors += (t - (data[i] as number)) ** 2;
          const before = t - mean;
          mean += before / ++count;
          squares += before * (t - mean);
        }
        state.splice(0, 4, errors, mean, squares, count);
      },
      ([errors, , squares]) => (squares === 0 ? Number.NaN : 1 - errors / squares),
    ),
});
