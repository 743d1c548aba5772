import { describe, expect, it } from "vitest";
import { tensor } from "../../src/index.js";
import { spread } from "../../src/look/index.js";
import { noise } from "./networks.js";

const scaled = (seed: number, by: number, rows = 400) =>
  tensor(
    noise([rows, 12], seed).data.map((x) => x * by + 3),
    [rows, 3, 2, 2],
  );

describe("how varied samples are", () => {
  it("is what the mean distances say, by hand", () => {
    // Of 0, 1, 4 the mean distance is (1 + 3 + 4) / 3; of 0, 4 it is 4.
    const { value, check } = spread(tensor([0, 1, 4], [3, 1]), tensor([0, 4], [2, 1]));
    expect(value).toBeCloseTo(2 / 3, 12);
    expect(check).toBeLessThan(1e-12);
  });

  it("is about 1 for samples drawn as the data is, whatever the pairs", () => {
    for (const seed of [0, 1, 2]) {
      const { value, check } = spread(scaled(1, 1), scaled(2, 1), { seed });
      expect(value).toBeGreaterThan(0.95);
      expect(value).toBeLessThan(1.05);
      expect(check).toBeGreaterThan(0);
      expect(check).toBeLessThan(0.05);
    }
  });

  it("grows with the samples' deviation, and is 0 where all are the same", () => {
    expect(spread(scaled(1, 0.1), scaled(2, 1)).value).toBeCloseTo(0.1, 2);
    expect(spread(scaled(1, 0), scaled(2, 1)).value).toBe(0);
    expect(spread(scaled(1, 3), scaled(1, 1)).value).toBeCloseTo(3, 5);
  });

  it("is the same for the same seed", () => {
    const value = (seed: number) => spread(scaled(1, 1), scaled(2, 1), { seed, pairs: 50 }).value;
    expect(value(4)).toBe(value(4));
    expect(value(4)).not.toBe(value(5));
  });

  it("a row is no pair with itself", () => {
    // 1,225 pairs of 50 rows that are all 1 from each other: where a row met itself, the mean would be below 1.
    const corners = tensor(
      Array.from({ length: 2500 }, (_, i) => (i % 51 === 0 ? Math.SQRT1_2 : 0)),
      [50, 50],
    );
    const { check } = spread(corners, corners, { pairs: 1000 });
    expect(check).toBeLessThan(1e-6);
  });

  it("refuses what cannot be", () => {
    expect(() => spread(noise([1, 2]), noise([9, 2]))).toThrow("1 rows are too few: 2 are needed");
    expect(() => spread(noise([9, 2]), noise([9, 3]))).toThrow("rows of 2 numbers cannot be compared with rows of 3");
    expect(() => spread(noise([9, 12]), scaled(1, 0))).toThrow("the real examples are all the same");
    expect(() => spread(noise([9, 2]), noise([9, 2]), { pairs: 0 })).toThrow("pairs must be a whole number from 1");
  });
});
