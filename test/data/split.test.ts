import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, OptionError } from "../../src/base/errors.js";
import { countClasses, type Dataset, dataset, folds, split } from "../../src/data/index.js";

/** The examples are their own positions, so that a part shows which it holds. */
const numbered = (length: number, labels?: number[]): Dataset =>
  dataset({
    input: Float32Array.from({ length }, (_, i) => i),
    ...(labels && { target: labels, classes: ["a", "b", "c"] }),
  });

async function members(data: Dataset): Promise<number[]> {
  const { inputs } = await data.batch(Array.from({ length: data.length }, (_, i) => i));
  return [...(inputs.input?.data ?? [])];
}

const all = (length: number) => Array.from({ length }, (_, i) => i);
const ascending = (numbers: number[]) => numbers.toSorted((a, b) => a - b);

describe("split", () => {
  it("divides 100 examples into 70, 15 and 15, all of them once", async () => {
    const parts = split(numbered(100), { train: 0.7, validation: 0.15, test: 0.15 }, 3);
    const [train, validation, test] = await Promise.all([parts.train, parts.validation, parts.test].map(members));
    expect([train?.length, validation?.length, test?.length]).toEqual([70, 15, 15]);
    expect(ascending([...(train ?? []), ...(validation ?? []), ...(test ?? [])])).toEqual(all(100));
  });

  it("is disjoint, exhaustive and within one example of each share, whatever the shares", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 40, max: 300 }),
        fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 4 }),
        fc.integer(),
        async (length, weights, seed) => {
          const sum = weights.reduce((a, b) => a + b);
          const parts = split(numbered(length), Object.fromEntries(weights.map((w, i) => [i, w / sum])), seed);
          const found: number[] = [];
          for (const [name, part] of Object.entries(parts)) {
            const share = (length * (weights[Number(name)] ?? 0)) / sum;
            expect(Math.abs(part.length - share)).toBeLessThan(1);
            found.push(...(await members(part)));
          }
          expect(ascending(found)).toEqual(all(length));
        },
      ),
    );
  });

  it("gives the same parts for the same seed, and others for another", async () => {
    const test = (seed: number) => members(split(numbered(50), { train: 0.8, test: 0.2 }, seed).test);
    expect(await test(1)).toEqual(await test(1));
    expect(await test(1)).not.toEqual(await test(2));
    expect(await test(1)).not.toEqual(all(50).slice(40));
  });

  it("draws every example into the test part equally often", async () => {
    const times = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 1000; seed++)
      for (const i of await members(split(numbered(10), { train: 0.7, test: 0.3 }, seed).test))
        times[i] = (times[i] ?? 0) + 1;
    // Binomial(1000, 0.3): mean 300, standard deviation 14.5.
    for (const count of times) expect(Math.abs(count - 300)).toBeLessThan(5 * 14.5);
  });

  it("stratified, keeps the shares of rare classes in every part", () => {
    const labels = all(1000).map((i) => (i % 100 === 0 ? 0 : i % 10 === 0 ? 1 : 2)); // 10, 90, 900
    for (let seed = 0; seed < 20; seed++) {
      const parts = split(numbered(1000, labels), { train: 0.6, validation: 0.2, test: 0.2 }, seed, { stratify: true });
      expect(classCounts(parts.train)).toEqual([6, 54, 540]);
      expect(classCounts(parts.validation)).toEqual([2, 18, 180]);
      expect(classCounts(parts.test)).toEqual([2, 18, 180]);
    }
  });

  it("stratified, is nearly proportional within each class where shares are not whole", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 60, maxLength: 200 }),
        fc.integer(),
        (labels, seed) => {
          const shares = { train: 0.55, validation: 0.25, test: 0.2 };
          const parts = split(numbered(labels.length, labels), shares, seed, { stratify: true });
          const whole = countClasses(labels, 3);
          for (const name of ["train", "validation", "test"] as const)
            classCounts(parts[name]).forEach((count, c) => {
              expect(Math.abs(count - shares[name] * (whole[c] ?? 0))).toBeLessThan(2);
            });
        },
      ),
    );
  });

  it.each([
    [{ train: 0.7, test: 0.2 }, OptionError, "the shares 0.7 + 0.2 make"],
    [{ train: 1.2, test: -0.2 }, OptionError, 'the share of "train" must be'],
    [{ train: 1, test: 0 }, OptionError, 'the share of "test" must be'],
    [{ train: 0.95, test: 0.05 }, DataError, 'the part "test" is empty: 0.05 of 5 examples'],
  ])("refuses %j of 5 examples", (parts, kind, message) => {
    expect(() => split(numbered(5), parts)).toThrow(kind);
    expect(() => split(numbered(5), parts)).toThrow(message);
  });

  it("refuses to stratify data without labels", () => {
    expect(() => split(numbered(5), { train: 0.5, test: 0.5 }, 0, { stratify: true })).toThrow(
      "split: only data with labels can be stratified",
    );
  });
});

describe("folds", () => {
  it("validates every example exactly once, and never trains on it then", async () => {
    const seen: number[] = [];
    const pairs = folds(numbered(23), 5, 4);
    expect(pairs.map(({ validation }) => validation.length).toSorted()).toEqual([4, 4, 5, 5, 5]);
    for (const { train, validation } of pairs) {
      const held = await members(validation);
      expect(ascending([...held, ...(await members(train))])).toEqual(all(23));
      seen.push(...held);
    }
    expect(ascending(seen)).toEqual(all(23));
  });

  it("stratified, shares out every class", () => {
    const labels = all(90).map((i) => Math.floor(i / 30));
    for (const { validation } of folds(numbered(90, labels), 3, 0, { stratify: true }))
      expect(classCounts(validation)).toEqual([10, 10, 10]);
  });

  it("refuses more folds than examples", () => {
    expect(() => folds(numbered(3), 4)).toThrow("folds: 3 examples cannot make 4 folds");
    expect(() => folds(numbered(3), 1)).toThrow(OptionError);
  });
});

function classCounts(data: Dataset): number[] {
  const { labels } = data as Dataset & { labels: ArrayLike<number> };
  return countClasses(labels, 3);
}
