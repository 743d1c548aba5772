import { describe, expect, it } from "vitest";
import { DataError, OptionError, ShapeError } from "../../src/base/errors.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { type Batch, type Dataset, dataset, mixup, split, subset, weighted } from "../../src/data/index.js";

const classes = ["a", "b", "c"];
const inputs = [
  [1, 10],
  [2, 20],
  [4, 40],
  [8, 80],
];
const labels = [0, 1, 2, 1];
const data = dataset({ input: tensor(inputs.flat(), [4, 2]), target: labels, classes });
const all = [0, 1, 2, 3];
const numbers = (t: Tensor | undefined) => [...(t?.data ?? [])];

async function batch(of: Dataset, step?: number, seed = 1, indices: readonly number[] = all): Promise<Batch> {
  return of.batch(indices, step === undefined ? undefined : { seed, step });
}

/** The share and the partners of a batch, from its inputs alone. */
function found({ inputs: { input } }: Batch): { share: number; partners: number[] } {
  const first = (row: number) => input?.data[2 * row] as number;
  // One permutation and one share must explain all four rows: the sum stays.
  for (const partners of permutations(all)) {
    const other = all.find((row) => partners[row] !== row);
    if (other === undefined) continue;
    const [x, y] = [inputs[other]?.[0] as number, inputs[partners[other] as number]?.[0] as number];
    const share = (first(other) - y) / (x - y);
    const explained = all.every((row) => {
      const mix = share * (inputs[row]?.[0] as number) + (1 - share) * (inputs[partners[row] as number]?.[0] as number);
      return Math.abs(mix - first(row)) < 1e-4;
    });
    if (share >= 0 && share <= 1 && explained) return { share, partners };
  }
  return { share: 1, partners: all };
}

const permutations = (items: readonly number[]): number[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((first) => permutations(items.filter((x) => x !== first)).map((rest) => [first, ...rest]));

describe("mixup", () => {
  it("mixes inputs with a permutation of the batch, and targets alike", async () => {
    const mixed = mixup(data, { alpha: 1 });
    for (let step = 0; step < 30; step++) {
      const made = await batch(mixed, step);
      const { share, partners } = found(made);
      const target = numbers(made.targets.target);
      all.forEach((row) => {
        const [own, other] = [labels[row] as number, labels[partners[row] as number] as number];
        for (const second of [0, 1])
          expect(made.inputs.input?.data[2 * row + second]).toBeCloseTo(
            share * (inputs[row]?.[second] as number) +
              (1 - share) * (inputs[partners[row] as number]?.[second] as number),
            3,
          );
        const expected = [0, 1, 2].map((c) => share * Number(c === own) + (1 - share) * Number(c === other));
        target.slice(3 * row, 3 * row + 3).forEach((p, c) => {
          expect(p).toBeCloseTo(expected[c] as number, 4);
        });
      });
    }
  });

  it("depends on seed and step alone", async () => {
    const mixed = mixup(data);
    expect(await batch(mixed, 3)).toEqual(await batch(mixup(data), 3));
    const shown = new Set<string>();
    for (let step = 0; step < 10; step++) shown.add(String(numbers((await batch(mixed, step)).inputs.input)));
    expect(shown.size).toBeGreaterThan(7);
    expect(await batch(mixed, 3, 2)).not.toEqual(await batch(mixed, 3, 1));
  });

  it("mixes nothing without draw, but labels are probabilities", async () => {
    const made = await batch(mixup(data));
    expect(numbers(made.inputs.input)).toEqual(inputs.flat());
    expect(made.targets.target?.shape).toEqual([4, 3]);
    expect(numbers(made.targets.target)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0]);
  });

  // Beta(a, a): mean 1/2, variance 1 / (4 (2 a + 1)). The share is read off one pair's target.
  it.each([0.05, 0.2, 1, 4])("draws its share from Beta(%d, %d)", async (alpha) => {
    const pair = mixup(dataset({ input: [0, 1], target: [0, 1], classes: ["a", "b"] }), { alpha });
    const count = 3000;
    const shares: number[] = [];
    for (let step = 0; shares.length < count; step++) {
      const made = await batch(pair, step, 5, [0, 1]);
      const [first] = numbers(made.inputs.input) as [number];
      // Half of the permutations leave everything in place: those show nothing, the others 1 - share.
      if (first !== 0) shares.push(1 - first);
    }
    const mean = shares.reduce((a, b) => a + b) / count;
    const variance = shares.reduce((a, b) => a + (b - mean) ** 2, 0) / count;
    const expected = 1 / (4 * (2 * alpha + 1));
    if (alpha < 0.1) expect(shares.filter((x) => x < 1e-4 || x > 0.9999).length).toBeGreaterThan(count / 10);
    else {
      expect(Math.abs(mean - 0.5), "within five deviations").toBeLessThan(5 * Math.sqrt(expected / count));
      expect(Math.abs(variance / expected - 1)).toBeLessThan(0.08);
    }
  });

  it("says what its batches hold, and can still be split by class", () => {
    const mixed = mixup(data);
    expect(mixed.targetShapes).toEqual({ target: [3] });
    expect(mixed.inputShapes).toEqual({ input: [2] });
    expect(mixed).not.toHaveProperty("classes");
    expect(mixed).toHaveProperty("labels");
    expect(mixed.encoding).toEqual(data.encoding);
    expect(Object.keys(split(mixed, { a: 0.5, b: 0.5 }, 1))).toEqual(["a", "b"]);
  });

  it("mixes weights too", async () => {
    const made = await batch(mixup(weighted(data, [1, 2, 4, 8]), { alpha: 1 }), 4);
    expect(numbers(made.weights)).toEqual(numbers(made.inputs.input).filter((_, i) => i % 2 === 0));
    expect(new Set(numbers(made.weights))).not.toEqual(new Set([1, 2, 4, 8]));
  });

  it("refuses what it cannot mix", async () => {
    expect(() => mixup(dataset({ input: [1, 2], target: [0.5, 1] }))).toThrow(DataError);
    expect(() => mixup(dataset({ input: [1, 2], target: [0.5, 1] }))).toThrow(
      "mixup: only data with one label an example can be mixed. Give dataset() its classes.",
    );
    expect(() => mixup(data, { alpha: 0 })).toThrow(OptionError);
    expect(() => mixup(data, { alpha: -1 })).toThrow("mixup: alpha must be a number from 0");
    expect(() => mixup(data, { beta: 1 } as never)).toThrow('mixup: unknown option "beta".');
    const words = dataset({ input: tensor(Int32Array.of(1, 2), [2, 1]), target: [0, 1], classes: ["a", "b"] });
    await expect(async () => mixup(words).batch([0, 1], { seed: 1, step: 0 })).rejects.toBeInstanceOf(ShapeError);
    await expect(async () => mixup(words).batch([0, 1], { seed: 1, step: 0 })).rejects.toThrow(
      'mixup, input "input": is int32: only float32 numbers can be mixed.',
    );
  });
});

describe("weighted", () => {
  it("gives each example its weight, whatever the order, in subsets too", async () => {
    const heavy = weighted(data, [1, 0, 4, 0.5]);
    expect(numbers((await batch(heavy, undefined, 1, [3, 2, 3])).weights)).toEqual([0.5, 4, 0.5]);
    expect(numbers((await batch(subset(heavy, [2, 0]), undefined, 1, [1, 0])).weights)).toEqual([1, 4]);
    expect(numbers((await batch(heavy)).inputs.input)).toEqual(inputs.flat());
    expect(heavy).toHaveProperty("labels");
    expect(heavy.classes).toEqual(classes);
  });

  it("multiplies with the weights that are there", async () => {
    const twice = weighted(weighted(data, [1, 2, 3, 4]), [2, 2, 0, 0.5]);
    expect(numbers((await batch(twice)).weights)).toEqual([2, 4, 0, 2]);
  });

  it("works for data whose batches come later", async () => {
    const slow: Dataset = { ...data, batch: async (indices) => data.batch(indices) };
    expect(numbers((await batch(weighted(slow, [1, 2, 3, 4]))).weights)).toEqual([1, 2, 3, 4]);
    expect((await batch(mixup(slow))).targets.target?.shape).toEqual([4, 3]);
  });

  it.each([
    [[1, 2], "weighted: there are 2 weights for 4 examples. Give one an example."],
    [[1, -1, 1, 1], "weighted: example 1 has the weight -1, but weights are numbers from 0."],
    [[1, 1, Number.NaN, 1], "weighted: example 2 has the weight NaN, but weights are numbers from 0."],
    [[1, 1, 1e39, 1], "weighted: example 2 has the weight 1e+39, but weights are numbers from 0."],
    [[0, 0, 0, 0], "weighted: all weights are 0: no example would count."],
  ])("refuses %j", (weights, message) => {
    expect(() => weighted(data, weights)).toThrow(DataError);
    expect(() => weighted(data, weights)).toThrow(message);
  });
});
