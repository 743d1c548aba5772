import { describe, expect, it } from "vitest";
import { dataset, dense, relu, sequential, tensor } from "../../src/index.js";
import { featuresOf, precisionRecall, samplePrecision, sampleRecall } from "../../src/look/index.js";
import { noise } from "./networks.js";

const shifted = (seed: number, by: number, rows = 60) =>
  tensor(
    noise([rows, 2], seed).data.map((x) => x + by),
    [rows, 2],
  );

describe("precision and recall", () => {
  it("are 1 for the same set twice", () => {
    const { value, check } = precisionRecall(noise([50, 3]), noise([50, 3]));
    expect(value).toEqual({ precision: 1, recall: 1 });
    expect(check).toBeLessThan(1e-12);
  });

  it("are 0 for sets far from each other", () => {
    expect(precisionRecall(shifted(1, 0), shifted(2, 1000)).value).toEqual({ precision: 0, recall: 0 });
  });

  it("of one mode of two: all are good, half of the data is missing", () => {
    const real = tensor([...shifted(1, 0).data, ...shifted(2, 100).data], [120, 2]);
    expect(precisionRecall(real, shifted(1, 0)).value).toEqual({ precision: 1, recall: 0.5 });
    const drawn = precisionRecall(real, shifted(3, 0)).value;
    expect(drawn.precision).toBeGreaterThan(0.85);
    expect(drawn.recall).toBeGreaterThan(0.4);
    expect(drawn.recall).toBeLessThanOrEqual(0.5);
    // The other way round, half of what is made is nowhere in the data.
    expect(precisionRecall(shifted(1, 0), real).value).toEqual({ precision: 0.5, recall: 1 });
  });

  it("of numbers on a line, by hand", () => {
    // With one neighbour real balls reach 1, 1, 1, 8, made ones 2, 2, 1, 1.
    const [real, made] = [tensor([0, 1, 2, 10], [4, 1]), tensor([0.5, 2.5, 30, 31], [4, 1])];
    expect(precisionRecall(real, made, { k: 1 }).value).toEqual({ precision: 0.5, recall: 0.75 });
    // With three, 10, 9, 8, 10 and 30.5, 28.5, 29.5, 30.5; 30 and 31 are 20 and 21 from the nearest real one.
    expect(precisionRecall(real, made).value).toEqual({ precision: 0.5, recall: 1 });
  });

  it("what lies just on a ball is in it", () => {
    const real = tensor([0, 1], [2, 1]);
    expect(precisionRecall(real, tensor([2, 50], [2, 1]), { k: 1 }).value.precision).toBe(0.5);
  });

  it("refuse too few rows and other sizes", () => {
    expect(() => precisionRecall(noise([3, 2]), noise([9, 2]))).toThrow("3 rows are too few: 4 are needed");
    expect(() => precisionRecall(noise([9, 2]), noise([9, 3]))).toThrow(
      "rows of 2 numbers cannot be compared with rows of 3",
    );
    expect(() => precisionRecall(noise([9, 2]), noise([9, 2]), { k: 0 })).toThrow("k must be a whole number from 1");
  });
});

describe("the measures", () => {
  const real = noise([300, 2], 1);
  const data = dataset({ input: real });
  const counting = () => {
    let read = 0;
    const batch = (rows: ArrayLike<number>) => {
      read += rows.length;
      return data.batch(rows);
    };
    return { data: { ...data, batch }, read: () => read };
  };

  it("share the work of one options object, and read the real examples once", async () => {
    const watched = counting();
    const how = { data: watched.data, samples: 100 };
    const [precision, recall] = [samplePrecision(how), sampleRecall(how)];
    expect([precision.name, recall.name]).toEqual(["precision", "recall"]);
    const made = shifted(2, 0.5);
    const rows = Array.from({ length: 100 }, (_, i) => 3 * i);
    const expected = precisionRecall(data.batch(rows).inputs.input as typeof real, made).value;
    expect(await precision.of(made, {})).toBe(expected.precision);
    expect(await recall.of(made, {})).toBe(expected.recall);
    expect(await recall.of(shifted(3, 0), {})).not.toBe(expected.recall);
    expect(watched.read()).toBe(100);
  });

  it("look at a classifier's features where one is given", async () => {
    const classifier = sequential({ input: [2], seed: 1 }, dense(6), relu(), dense(2));
    const made = shifted(2, 0.5);
    const features = async (x: typeof real) => (await featuresOf(classifier, x)).value;
    const expected = precisionRecall(await features(real), await features(made), { k: 2 }).value;
    const how = { data, classifier, k: 2 };
    expect(await samplePrecision(how).of(made, {})).toBe(expected.precision);
    expect(await sampleRecall(how).of(made, {})).toBe(expected.recall);
  });

  it("refuse what cannot be", async () => {
    expect(() => samplePrecision({ data, samples: 3 })).toThrow("samples must be a whole number from 4");
    expect(() => sampleRecall({ data, sample: 3 } as never)).toThrow(
      'unknown option "sample". Did you mean "samples"?',
    );
    await expect(sampleRecall({ data }).of(noise([9, 3]), {})).rejects.toThrow("rows of 2 numbers");
    const two = dataset({ input: { a: real, b: real } });
    await expect(sampleRecall({ data: two }).of(real, {})).rejects.toThrow("the data has the inputs a, b");
  });
});
