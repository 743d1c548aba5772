import { describe, expect, it } from "vitest";
import { dataset, random, tensor } from "../../src/index.js";
import { nearestExamples } from "../../src/look/index.js";
import { noise } from "./networks.js";

const pictures = tensor(noise([600, 48], 1).data, [600, 3, 4, 4]);
const data = dataset({ input: pictures });
const picture = (i: number) => pictures.data.subarray(48 * i, 48 * (i + 1));

describe("the nearest training examples", () => {
  it("of a copy is the one it is a copy of", async () => {
    const nearly = picture(431).map((x) => x + 0.001);
    const fresh = noise([1, 48], 2).data;
    const samples = tensor([...picture(37), ...nearly, ...fresh], [3, 3, 4, 4]);
    const { value, check } = await nearestExamples(samples, data);
    expect(check).toBe(0);
    const [copy, close, other] = value.samples;
    expect(copy).toEqual({ indices: [37], distances: [0], ratio: 0 });
    expect(close?.indices).toEqual([431]);
    expect(close?.distances[0]).toBeCloseTo(0.001 * Math.sqrt(48), 5);
    expect(close?.ratio).toBeLessThan(0.01);
    // Drawn as the data was, it is as far from it as the data is from itself.
    expect(other?.ratio).toBeGreaterThan(0.8);
    expect(other?.ratio).toBeLessThan(1.25);
  });

  it("are as many as asked for, in order, whatever the parts", async () => {
    const line = dataset({ input: tensor([0, 10, 11, 13, 16, 20, 100], [7, 1]) });
    for (const batchSize of [1, 2, 3, 256]) {
      const { value, check } = await nearestExamples(tensor([12.4], [1, 1]), line, { count: 3, batchSize });
      expect(value.samples[0]?.indices).toEqual([3, 2, 1]);
      const distances = value.samples[0]?.distances ?? [];
      for (const [i, expected] of [0.6, 1.4, 2.4].entries()) expect(distances[i]).toBeCloseTo(expected, 5);
      // From each to the next one: 10, 1, 1, 2, 3, 4, 80.
      expect(value.typical).toBe(3);
      expect(value.samples[0]?.ratio).toBeCloseTo(0.2, 5);
      expect(check).toBe(0);
    }
  });

  it("typical is the median over some of the data, each against all of it", async () => {
    const line = dataset({ input: tensor([0, 10, 11, 13, 16, 20, 100], [7, 1]) });
    // Of the first and the fourth: 10 and 2.
    expect((await nearestExamples(tensor([0], [1, 1]), line, { typical: 2 })).value.typical).toBe(6);
    const same = dataset({ input: tensor([5, 5, 5], [3, 1]) });
    const { samples } = (await nearestExamples(tensor([5, 6], [2, 1]), same)).value;
    expect(samples.map(({ ratio }) => ratio)).toEqual([1, Infinity]);
  });

  it("the check sees data that changes as it is read", async () => {
    let read = 0;
    const changing = {
      ...data,
      batch: (rows: ArrayLike<number>) => {
        const { inputs } = data.batch(rows);
        const moved = random(read++).normal(rows.length * 48, 0, 0.5);
        const input = tensor(
          moved.map((x, i) => x + (inputs.input?.data[i] as number)),
          [rows.length, 3, 4, 4],
        );
        return { inputs: { input }, targets: {} };
      },
    };
    const { check } = await nearestExamples(tensor(picture(3), [1, 3, 4, 4]), changing);
    expect(check).toBeGreaterThan(0.001);
  });

  it("refuses what cannot be", async () => {
    await expect(nearestExamples(noise([2, 9]), data)).rejects.toThrow(
      "rows of 9 numbers cannot be compared with rows of 48",
    );
    await expect(nearestExamples(noise([2, 48]), data, { count: 0 })).rejects.toThrow("count must be a whole number");
    const one = dataset({ input: tensor([1], [1, 1]) });
    await expect(nearestExamples(noise([2, 1]), one)).rejects.toThrow("one training example has no neighbour");
    const bad = tensor([Number.NaN], [1, 1]);
    await expect(nearestExamples(bad, dataset({ input: noise([9, 1]) }))).rejects.toThrow("row 0 holds NaN");
  });
});
