import { DataError } from "../base/errors.js";
import { checkNumber } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import { eachRow, type Metric, predictedClass, width } from "./metric.js";

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
    eachRow("ConfusionMatrix", scores, truth, (row, label) => {
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
      return {
        add: (scores, truth) => matrix.add(scores, truth),
        value: () => value(matrix),
        state: () => [...matrix.counts],
        restore: (counts) => matrix.counts.set(counts as number[]),
      };
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
