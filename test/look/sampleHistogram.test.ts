import { describe, expect, it } from "vitest";
import { random, tensor } from "../../src/index.js";
import { gameValue, sampleDivergence, sampleHistogram } from "../../src/look/index.js";

describe("a histogram of examples", () => {
  it("counts every example once, those outside and those on the edges too", () => {
    const points = tensor([0, 0, 1, 0, 2, 2, 0.9, 1.1, 5, 0, 0.5, -1, Number.NaN, 1], [7, 2]);
    const { value, check } = sampleHistogram(points, { low: 0, high: 2, grid: 2 });
    // Cells hold their lower edge; the last one its upper edge as well. By row from the least y: (0,0) | (1,0), (.9,1.1) | (2,2).
    expect([...value.counts.data]).toEqual([1, 1, 1, 1]);
    expect([...value.share.data]).toEqual(new Array(4).fill(Math.fround(1 / 7)));
    expect(value).toMatchObject({ count: 7, outside: 3 });
    expect(check).toBe(0);
  });

  // A known fault of such displays (GAN Lab's): samples deleted as they are read, so that about a third is counted.
  it("sums to 1 for 450 examples", () => {
    const points = tensor(random(2).uniform(900), [450, 2]);
    const { value } = sampleHistogram(points, { low: 0, high: 1, grid: 10 });
    expect(value.counts.data.reduce((a, b) => a + b, 0)).toBe(450);
    expect(value.share.data.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
    expect(value.outside).toBe(0);
  });

  it("tells how far two sets of examples are apart: nothing for the same, ln 2 for sets with nothing in common", () => {
    const grid = { low: 0, high: 2, grid: 2 };
    const [left, right] = [tensor([0.5, 0.5, 0.5, 1.5], [2, 2]), tensor([1.5, 0.5, 1.5, 1.5], [2, 2])];
    expect(sampleDivergence(left, left, grid)).toEqual({ value: 0, check: 0 });
    expect(sampleDivergence(left, right, grid).value).toBeCloseTo(Math.LN2, 12);
    // Half in common: (1/2 ln 2 + ...) by hand: JSD([1/2, 1/2, 0], [0, 1/2, 1/2]) = ln 2 / 2.
    const half = sampleDivergence(left, tensor([0.5, 1.5, 9, 9], [2, 2]), grid);
    expect(half.value).toBeCloseTo(Math.LN2 / 2, 12);
    expect(half.check).toBeLessThan(1e-12);
  });

  it("comes near the divergence of the distributions that examples were drawn from", () => {
    const count = 20_000;
    const drawn = (mean: number, stream: string) =>
      tensor(
        random(1, stream)
          .normal(2 * count)
          .map((z, i) => (i % 2 === 0 ? mean + z : z)),
        [count, 2],
      );
    const found = sampleDivergence(drawn(1, "real"), drawn(-1, "made"), { low: -5, high: 5, grid: 20 });
    const density = (mean: number) => (x: number, y: number) =>
      Math.exp(-((x - mean) ** 2 + y * y) / 2) / (2 * Math.PI);
    const exact = gameValue(density(1), density(-1), { low: -9, high: 9 });
    expect(Math.abs(found.value - exact.value.divergence)).toBeLessThan(0.01);
  });

  it("refuses what are no points", () => {
    expect(() => sampleHistogram(tensor([1, 2, 3], [1, 3]), { low: 0, high: 1 })).toThrow("expected points [count, 2]");
    expect(() => sampleHistogram(tensor([], [0, 2]), { low: 0, high: 1 })).toThrow("there are no examples");
  });
});
