import { describe, expect, it } from "vitest";
import { DataError, OptionError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import * as train from "../../src/train/index.js";

/** A metric over these rows, given in batches of this many. */
function measure(metric: train.Metric, scores: Tensor, truth: Tensor, batch = scores.shape[0] as number): number {
  const counter = metric.start();
  const rows = scores.shape[0] as number;
  const cut = (t: Tensor, from: number, to: number) => {
    const width = t.data.length / rows;
    return { ...t, shape: [to - from, ...t.shape.slice(1)], data: t.data.slice(from * width, to * width) } as Tensor;
  };
  for (let from = 0; from < rows; from += batch) {
    const to = Math.min(rows, from + batch);
    counter.add(cut(scores, from, to), cut(truth, from, to));
  }
  return counter.value();
}

const labels = (...numbers: number[]) => tensor(Int32Array.from(numbers), [numbers.length]);
const column = (...numbers: number[]) => tensor(numbers, [numbers.length, 1]);

/** Scores and labels at random, with many ties. */
function drawn(rows: number, classes: number, seed: number) {
  const r = random(seed, "metrics");
  const scores = tensor(
    Float32Array.from({ length: rows * classes }, () => r.below(6)),
    [rows, classes],
  );
  return { scores, truth: labels(...Array.from({ length: rows }, () => r.below(Math.max(2, classes)))) };
}

describe("accuracy", () => {
  it("by hand", () => {
    const scores = tensor([1, 5, 2, 0, 0, 9, 4, 4, 1], [3, 3]);
    expect(measure(train.accuracy(), scores, labels(1, 2, 0)), "of equal scores the first class is taken").toBe(1);
    expect(measure(train.accuracy(), scores, labels(1, 1, 1))).toBeCloseTo(1 / 3, 12);
  });

  it("of one score a row asks whether it is above 0", () => {
    expect(measure(train.accuracy(), column(-1, 0, 0.1, 3), labels(0, 0, 1, 0))).toBe(0.75);
    expect(measure(train.accuracy(), column(-1, 0, 0.1, 3), column(0, 0, 1, 0))).toBe(0.75);
  });

  it("takes probabilities for labels, as crossEntropy does", () => {
    const scores = tensor([0, 1, 2, 5, 1, 0], [2, 3]);
    expect(measure(train.accuracy(), scores, tensor([0, 0, 1, 0, 0.9, 0.1], [2, 3]))).toBe(0.5);
  });

  it("is the same however the rows are cut", () => {
    const { scores, truth } = drawn(101, 4, 1);
    expect(measure(train.accuracy(), scores, truth, 7)).toBe(measure(train.accuracy(), scores, truth));
  });
});

describe("sequences", () => {
  /** [2 examples, 3 steps, 2 classes]; the second example counts two steps. */
  const scores = tensor([1, 0, 0, 1, 5, 2, 0, 3, 2, 2, 9, 0], [2, 3, 2]);
  const truth = tensor(Int32Array.of(0, 1, 1, 1, 0, -1), [2, 3]);

  it("accuracy counts each step, those labelled -1 aside", () => {
    expect(measure(train.accuracy(), scores, truth)).toBe(4 / 5);
    expect(measure(train.accuracy(), scores, truth, 1)).toBe(4 / 5);
    expect(measure(train.f1(), scores, truth)).toBeCloseTo(0.8, 12);
    expect(measure(train.topK(2), scores, truth)).toBe(1);
  });

  it("takes probabilities of each step", () => {
    const each = tensor([1, 0, 0.2, 0.8, 0.1, 0.9, 0, 1, 0.6, 0.4, 0.5, 0.5], [2, 3, 2]);
    expect(measure(train.accuracy(), scores, each)).toBe(5 / 6);
  });

  it("refuses labels of another number of steps, and -1 for an example that is no sequence", () => {
    expect(() => measure(train.accuracy(), scores, labels(0, 1))).toThrow("cannot compare 6 predictions and 2 truths.");
    expect(() => measure(train.accuracy(), tensor([1, 0, 0, 1], [2, 2]), labels(0, -1))).toThrow("the label -1 is not");
  });
});

describe("perplexity", () => {
  it("by hand: a uniform guess of four is 4", () => {
    const uniform = tensor(new Float32Array(24).fill(7), [2, 3, 4]);
    expect(measure(train.perplexity(), uniform, tensor(Int32Array.of(0, 1, 2, 3, -1, -1), [2, 3]))).toBeCloseTo(4, 12);
    // -ln of 3/4 and of 1/4.
    const scores = tensor([Math.log(3), 0, Math.log(3), 0], [2, 2]);
    expect(measure(train.perplexity(), scores, labels(0, 1))).toBeCloseTo(Math.sqrt(16 / 3), 6);
    expect(train.perplexity().smallerIsBetter).toBe(true);
  });

  it("is exact over batches in which different numbers of steps count", () => {
    const { scores } = drawn(12, 5, 3);
    const sequences = tensor(scores.data, [4, 3, 5]);
    const truth = tensor(Int32Array.of(1, 2, 3, 4, -1, -1, 0, 0, -1, 2, -1, -1), [4, 3]);
    const whole = measure(train.perplexity(), sequences, truth);
    expect(measure(train.perplexity(), sequences, truth, 1)).toBeCloseTo(whole, 12);
  });

  it("is finite for far scores", () => {
    expect(measure(train.perplexity(), tensor([1000, -1000, 0, 1000], [2, 2]), labels(0, 1))).toBe(1);
  });

  it("refuses numbers and single scores", () => {
    const message = "perplexity: needs scores of two classes or more and int32 labels, got [2, 1] and int32[2].";
    expect(() => measure(train.perplexity(), column(1, 2), labels(0, 1))).toThrow(message);
    expect(() => measure(train.perplexity(), tensor([1, 0], [1, 2]), tensor([1, 0], [1, 2]))).toThrow(DataError);
  });
});

describe("topK", () => {
  it.each([1, 2, 3, 5])("%i: as by sorting", (k) => {
    const { scores, truth } = drawn(200, 5, 2);
    let hits = 0;
    for (let row = 0; row < 200; row++) {
      const order = [0, 1, 2, 3, 4].sort((a, b) => {
        const [x, y] = [scores.data[row * 5 + a] as number, scores.data[row * 5 + b] as number];
        return y - x || a - b;
      });
      hits += Number(order.slice(0, k).includes(truth.data[row] as number));
    }
    expect(measure(train.topK(k), scores, truth, 33)).toBe(hits / 200);
    expect(train.topK(k).name).toBe(`top${k}`);
  });

  it("never counts a NaN", () => {
    expect(measure(train.topK(3), tensor([Number.NaN, 1, 2], [1, 3]), labels(0))).toBe(0);
  });

  it("refuses a k that is no count", () => {
    expect(() => train.topK(0)).toThrow(OptionError);
  });
});

describe("ConfusionMatrix", () => {
  // Rows true, columns predicted.
  const pairs = [
    [0, 0],
    [0, 0],
    [0, 1],
    [1, 1],
    [1, 2],
    [1, 2],
    [1, 1],
    [2, 2],
  ] as const;
  const scores = tensor(
    pairs.flatMap(([, p]) => [0, 1, 2].map((c) => Number(c === p))),
    [8, 3],
  );
  const matrix = new train.ConfusionMatrix(3);
  matrix.add(scores, labels(...pairs.map(([t]) => t)));

  it("counts", () => {
    expect([...matrix.counts]).toEqual([2, 1, 0, 0, 2, 2, 0, 0, 1]);
    expect(matrix.at(1, 2)).toBe(2);
    expect(matrix.accuracy).toBe(5 / 8);
  });

  it("gives precision, recall and F1 by hand", () => {
    expect([0, 1, 2].map((c) => matrix.precision(c))).toEqual([1, 2 / 3, 1 / 3]);
    expect([0, 1, 2].map((c) => matrix.recall(c))).toEqual([2 / 3, 1 / 2, 1]);
    expect(matrix.f1(0)).toBeCloseTo(0.8, 12);
    expect(matrix.f1(1)).toBeCloseTo(4 / 7, 12);
    expect(matrix.f1(2)).toBeCloseTo(0.5, 12);
  });

  it("gives 0 where there is nothing to divide by", () => {
    const empty = new train.ConfusionMatrix(2);
    empty.add(tensor([1, 0], [1, 2]), labels(0));
    expect([empty.precision(1), empty.recall(1), empty.f1(1)]).toEqual([0, 0, 0]);
  });

  it("of one score a row has two classes", () => {
    const two = new train.ConfusionMatrix(2);
    two.add(column(-1, 2, 3), labels(0, 0, 1));
    expect([...two.counts]).toEqual([1, 1, 0, 1]);
  });

  it.each([
    ["a label too high", scores, labels(0, 0, 0, 0, 0, 0, 0, 3), "the label 3 is not one of 3 classes"],
    ["a label below 0", scores, labels(-1, 0, 0, 0, 0, 0, 0, 0), "the label -1 is not one of 3 classes"],
    ["a label between two", scores, tensor([0.5, 0, 0, 0, 0, 0, 0, 0]), "the label 0.5 is not one of 3 classes"],
    [
      "scores of other classes",
      tensor(new Float32Array(8), [2, 4]),
      labels(0, 1),
      "is for 3 classes, the network gives 4 scores per row",
    ],
    ["fewer labels than rows", scores, labels(0, 1), "8 predictions and 2 truths"],
  ])("refuses %s", (_, given, truth, message) => {
    const fresh = new train.ConfusionMatrix(3);
    expect(() => fresh.add(given, truth)).toThrow(DataError);
    expect(() => fresh.add(given, truth)).toThrow(message);
    expect(
      fresh.counts.every((n) => n === 0),
      "nothing is counted of a refused batch",
    ).toBe(true);
  });

  it("metrics are those of class 1 for two classes, and means over classes for more", () => {
    const truth = labels(...pairs.map(([t]) => t));
    expect(measure(train.precision(3), scores, truth, 3)).toBeCloseTo((1 + 2 / 3 + 1 / 3) / 3, 12);
    expect(measure(train.recall(3), scores, truth, 3)).toBeCloseTo((2 / 3 + 1 / 2 + 1) / 3, 12);
    expect(measure(train.f1(3), scores, truth, 3)).toBeCloseTo((0.8 + 4 / 7 + 0.5) / 3, 12);
    const two = tensor([1, 0, 0, 1, 0, 1, 1, 0], [4, 2]);
    expect(measure(train.precision(), two, labels(0, 1, 0, 1))).toBe(0.5);
    expect(measure(train.recall(), two, labels(0, 1, 0, 1))).toBe(0.5);
    expect(measure(train.f1(), two, labels(0, 1, 0, 1))).toBe(0.5);
  });
});

describe("rocAuc", () => {
  const pairwise = (scores: readonly number[], truth: readonly number[]) => {
    let [wins, pairs] = [0, 0];
    for (const [i, a] of scores.entries())
      for (const [j, b] of scores.entries()) {
        if (truth[i] !== 1 || truth[j] === 1) continue;
        pairs++;
        wins += a > b ? 1 : a === b ? 0.5 : 0;
      }
    return wins / pairs;
  };

  it.each([3, 4, 5])("is the share of pairs in order, ties counting half (seed %i)", (seed) => {
    const { scores, truth } = drawn(120, 1, seed);
    expect(measure(train.rocAuc(), scores, truth, 11)).toBeCloseTo(pairwise([...scores.data], [...truth.data]), 12);
  });

  it("of two scores takes their difference", () => {
    const { scores, truth } = drawn(90, 2, 6);
    const differences = Array.from(
      { length: 90 },
      (_, i) => (scores.data[2 * i + 1] as number) - (scores.data[2 * i] as number),
    );
    expect(measure(train.rocAuc(), scores, truth)).toBeCloseTo(pairwise(differences, [...truth.data]), 12);
  });

  it("by hand", () => {
    expect(measure(train.rocAuc(), column(0.1, 0.4, 0.35, 0.8), labels(0, 0, 1, 1))).toBe(0.75);
    expect(measure(train.rocAuc(), column(1, 2, 3), labels(0, 1, 1))).toBe(1);
    expect(measure(train.rocAuc(), column(5, 5, 5, 5), labels(0, 1, 1, 0))).toBe(0.5);
  });

  it("is NaN without two classes, or with a score that is NaN, and then too it ends", () => {
    expect(measure(train.rocAuc(), column(1, 2), labels(1, 1))).toBeNaN();
    expect(measure(train.rocAuc(), column(1, Number.NaN, 2), labels(1, 0, 0))).toBeNaN();
  });

  it("refuses three classes and labels that are neither 0 nor 1", () => {
    expect(() => measure(train.rocAuc(), tensor([1, 2, 3], [1, 3]), labels(1))).toThrow(
      "rocAuc: is for two classes, got 3 scores per row.",
    );
    expect(() => measure(train.rocAuc(), column(1, 2), labels(1, 2))).toThrow(
      "rocAuc: the label 2 is not one of 2 classes",
    );
  });
});

describe("numbers", () => {
  const predicted = column(2.5, 0, 2, 8);
  const truth = tensor([3, -0.5, 2, 7]);

  it("mean absolute error and R2, by hand", () => {
    expect(measure(train.meanAbsoluteError(), predicted, truth, 3)).toBe(0.5);
    // Squares: 0.25 + 0.25 + 0 + 1 of 9 + 0.25 + 4 + 49 - 11.5^2/4.
    expect(measure(train.rSquared(), predicted, truth, 3)).toBeCloseTo(1 - 1.5 / 29.1875, 12);
  });

  it("R2 is exact far from 0: numbers and their squares differ in magnitude by all that float64 has", () => {
    // Whole numbers near 2^24, which float32 holds exactly; about the mean they are -2, -1, 0, 1, 2.
    const far = 2 ** 24 - 10;
    const shifted = (...numbers: number[]) => tensor(numbers.map((n) => n + far));
    const many = Array.from({ length: 50_000 }, (_, i) => (i % 5) - 2);
    const off = many.map((n, i) => n + (i % 2));
    const r2 = measure(train.rSquared(), { ...shifted(...off), shape: [50_000, 1] }, shifted(...many), 5000);
    expect(r2).toBeCloseTo(1 - 0.5 / 2, 10);
  });

  it("R2 of a truth that never changes is NaN", () => {
    expect(measure(train.rSquared(), column(1, 2), tensor([5, 5]))).toBeNaN();
  });

  it("refuse predictions and truths of different sizes", () => {
    const three = tensor([1, 2, 3], [1, 3]);
    for (const metric of [train.meanAbsoluteError(), train.rSquared()]) {
      expect(() => measure(metric, three, tensor([1]))).toThrow(DataError);
      expect(() => measure(metric, three, tensor([1]))).toThrow("3 predictions and 1 truths");
    }
  });
});

describe("labels that no class has", () => {
  it.each([
    ["accuracy", train.accuracy()],
    ["topK", train.topK(2)],
  ])("are refused by %s, not counted as hits", (_, metric) => {
    for (const label of [3, -1]) {
      const count = () => measure(metric, tensor([1, 2, 3], [1, 3]), labels(label));
      expect(count).toThrow(DataError);
      expect(count).toThrow(`the label ${label} is not one of 3 classes`);
    }
    expect(() => measure(metric, tensor([1, 2, 3, 4], [2, 2]), labels(0, 1, 0))).toThrow("2 predictions and 3 truths");
  });
});
