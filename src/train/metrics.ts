import { DataError } from "../base/errors.js";
import { checkNumber } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";

/** A number that says how good predictions are. Counted batch by batch, exact over the whole data set. */
export interface Metric {
  readonly name: string;
  /** A fresh count. */
  start(): Counter;
}

export interface Counter {
  /** @param prediction the network's output `[batch, ...]` @param truth the targets of the same rows */
  add(prediction: Tensor, truth: Tensor): void;
  value(): number;
}

/** The number of scores per row: the classes. */
const width = ({ shape }: Tensor): number => shape.slice(1).reduce((n, d) => n * d, 1);

const rows = ({ shape }: Tensor): number => shape[0] as number;

/** The class with the largest score, or for a single score (a logit) whether it is above 0. */
export function predictedClass(scores: Tensor, row: number): number {
  const classes = width(scores);
  return classes === 1 ? Number((scores.data[row] as number) > 0) : largest(scores, row, classes);
}

function largest({ data }: Tensor, row: number, count: number): number {
  let best = 0;
  for (let c = 1; c < count; c++)
    if ((data[row * count + c] as number) > (data[row * count + best] as number)) best = c;
  return best;
}

/** The true class of each row: labels, one a row, or as many probabilities as there are scores. */
function trueClasses(place: string, scores: Tensor, truth: Tensor): number[] {
  const count = width(scores);
  const classes = Math.max(2, count);
  if (count > 1 && rows(truth) === rows(scores) && width(truth) === count)
    return Array.from({ length: rows(scores) }, (_, row) => largest(truth, row, count));
  checkLengths(place, rows(scores), truth.data.length);
  const labels = Array.from(truth.data);
  const wrong = labels.find((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong !== undefined)
    throw new DataError(`the label ${wrong} is not one of ${classes} classes, which count from 0.`, {
      place,
      expected: classes,
      actual: wrong,
    });
  return labels;
}

function checkLengths(place: string, predictions: number, truths: number): void {
  if (predictions !== truths)
    throw new DataError(`cannot compare ${predictions} predictions and ${truths} truths. Each needs the other.`, {
      place,
      expected: predictions,
      actual: truths,
    });
}

/** The share of rows whose largest score is the true class's, in [0, 1]; of equal scores the first class counts. */
export const accuracy = (): Metric => shareOfHits("accuracy", 1);

/** The share of rows whose true class is among the `k` largest scores, in [0, 1]. */
export function topK(k: number): Metric {
  checkNumber("topK", "k", k, { low: 1, integer: true });
  return shareOfHits(`top${k}`, k);
}

const shareOfHits = (name: string, k: number): Metric => ({
  name,
  start: () => {
    let hits = 0;
    let seen = 0;
    return {
      add: (scores, truth) => {
        trueClasses(name, scores, truth).forEach((label, row) => {
          hits += Number(
            width(scores) === 1 ? predictedClass(scores, row) === label : betterThan(scores, row, label) < k,
          );
        });
        seen += rows(scores);
      },
      value: () => hits / seen,
    };
  },
});

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

/** Row i, column j: how many of true class i were taken for class j. */
export class ConfusionMatrix {
  readonly counts: Float64Array;

  constructor(readonly classes: number) {
    checkNumber("ConfusionMatrix", "classes", classes, { low: 2, integer: true });
    this.counts = new Float64Array(classes * classes);
  }

  /** @throws DataError for another number of scores or a label that is none, and counts nothing then */
  add(scores: Tensor, truth: Tensor): void {
    const given = width(scores);
    if (Math.max(2, given) !== this.classes)
      throw new DataError(`is for ${this.classes} classes, the network gives ${given} scores per row.`, {
        place: "ConfusionMatrix",
        expected: this.classes,
        actual: given,
      });
    trueClasses("ConfusionMatrix", scores, truth).forEach((label, row) => {
      const predicted = predictedClass(scores, row);
      this.counts[label * this.classes + predicted] = this.at(label, predicted) + 1;
    });
  }

  at(truth: number, predicted: number): number {
    return this.counts[truth * this.classes + predicted] as number;
  }

  /** Of those taken for class c, the share that are; 0 when none was. */
  precision(c: number): number {
    return ratio(
      this.at(c, c),
      this.sum((_, predicted) => predicted === c),
    );
  }

  /** Of those of class c, the share found; 0 when there are none. */
  recall(c: number): number {
    return ratio(
      this.at(c, c),
      this.sum((truth) => truth === c),
    );
  }

  /** The harmonic mean of precision and recall. */
  f1(c: number): number {
    const [p, r] = [this.precision(c), this.recall(c)];
    return ratio(2 * p * r, p + r);
  }

  get accuracy(): number {
    return ratio(
      this.sum((truth, predicted) => truth === predicted),
      this.sum(() => true),
    );
  }

  private sum(where: (truth: number, predicted: number) => boolean): number {
    return this.counts.reduce(
      (total, n, i) => total + (where(Math.floor(i / this.classes), i % this.classes) ? n : 0),
      0,
    );
  }
}

const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

function fromMatrix(name: string, classes: number, value: (matrix: ConfusionMatrix) => number): Metric {
  return {
    name,
    start: () => {
      const matrix = new ConfusionMatrix(classes);
      return { add: (scores, truth) => matrix.add(scores, truth), value: () => value(matrix) };
    },
  };
}

/** The mean over classes; for two classes that of class 1, the positive one. */
function overClasses(classes: number, of: (c: number) => number): number {
  if (classes === 2) return of(1);
  return Array.from({ length: classes }, (_, c) => of(c)).reduce((a, b) => a + b) / classes;
}

/** Precision: of class 1 for two classes, else the mean over classes. */
export const precision = (classes = 2): Metric =>
  fromMatrix("precision", classes, (m) => overClasses(classes, (c) => m.precision(c)));
/** Recall: of class 1 for two classes, else the mean over classes. */
export const recall = (classes = 2): Metric =>
  fromMatrix("recall", classes, (m) => overClasses(classes, (c) => m.recall(c)));
/** F1, the harmonic mean of precision and recall: of class 1 for two classes, else the mean over classes. */
export const f1 = (classes = 2): Metric => fromMatrix("f1", classes, (m) => overClasses(classes, (c) => m.f1(c)));

/**
 * The area under the ROC curve: the probability that a positive example scores above a negative one, ties counting
 * half (Hanley & McNeil 1982). For one score per row, or two (class 1 less class 0). NaN without examples of both
 * classes.
 */
export const rocAuc = (): Metric => ({
  name: "auc",
  start: () => {
    const seen: { score: number; positive: boolean }[] = [];
    return {
      add: (scores, truth) => {
        const classes = width(scores);
        if (classes > 2)
          throw new DataError(`is for two classes, got ${classes} scores per row.`, {
            place: "rocAuc",
            expected: 2,
            actual: classes,
          });
        trueClasses("rocAuc", scores, truth).forEach((label, row) => {
          const at = (c: number) => scores.data[row * classes + c] as number;
          seen.push({ score: classes === 1 ? at(0) : at(1) - at(0), positive: label === 1 });
        });
      },
      value: () => area(seen),
    };
  },
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
  start: () => {
    let total = 0;
    let count = 0;
    return {
      add: ({ data }, truth) => {
        checkLengths("mae", data.length, truth.data.length);
        for (let i = 0; i < data.length; i++) total += Math.abs((data[i] as number) - (truth.data[i] as number));
        count += data.length;
      },
      value: () => total / count,
    };
  },
});

/**
 * R^2, the share of the target's variance explained: 1 - (sum of squared errors) / (sum of squares about the mean). 1 is
 * perfect, 0 is no better than the mean, and below 0 is worse. NaN for a target that never changes.
 */
export const rSquared = (): Metric => ({
  name: "r2",
  start: () => {
    // The sum of squares about the mean is updated number by number (Welford 1962): exact far from 0, too.
    let [errors, mean, squares, count] = [0, 0, 0, 0];
    return {
      add: ({ data }, truth) => {
        checkLengths("r2", data.length, truth.data.length);
        for (let i = 0; i < data.length; i++) {
          const t = truth.data[i] as number;
          errors += (t - (data[i] as number)) ** 2;
          const before = t - mean;
          mean += before / ++count;
          squares += before * (t - mean);
        }
      },
      value: () => (squares === 0 ? Number.NaN : 1 - errors / squares),
    };
  },
});
