import { describe, expect, it } from "vitest";
import { random, type Tensor, tensor } from "../../src/index.js";
import { modeCounts, modesCovered, shareNearModes } from "../../src/look/index.js";

const points = (...rows: readonly (readonly number[])[]): Tensor<"float32"> =>
  tensor(rows.flat(), [rows.length, rows[0]?.length as number]);

const mixture = {
  modes: [
    [0, 0],
    [10, 0],
    [0, 10],
  ],
  deviation: 0.5,
};

describe("samples of a mixture", () => {
  it("are counted by hand", () => {
    // 1.5 is the edge of 3 deviations.
    const samples = points([0, 0], [1, 1], [1.5, 0], [10, 1.4], [9, 5], [0, 11.75], [0, 10], [-40, 0]);
    const { value, check } = modeCounts(samples, mixture);
    expect(value).toEqual({ near: [3, 1, 1], stray: [1, 1, 1], shares: [0.5, 0.25, 0.25] });
    expect(check).toBe(0);
    expect(modeCounts(samples, mixture, { sigmas: 1 }).value.near).toEqual([1, 0, 1]);
    expect(shareNearModes(mixture).of(samples, {})).toBe(5 / 8);
    expect(shareNearModes(mixture, { sigmas: 100 }).of(samples, {})).toBe(1);
  });

  it("are all counted, and their shares are 1 together", () => {
    const modes = Array.from({ length: 8 }, (_, i) => [Math.cos((i * Math.PI) / 4), Math.sin((i * Math.PI) / 4)]);
    for (const count of [1, 7, 450, 1000]) {
      const samples = tensor(random(count).normal(2 * count), [count, 2]);
      const { value, check } = modeCounts(samples, { modes, deviation: 0.05 });
      const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
      expect(sum(value.near) + sum(value.stray)).toBe(count);
      expect(sum(value.shares)).toBeCloseTo(1, 12);
      expect(check).toBeLessThan(1e-12);
    }
  });

  it("of the mixture itself are near its modes as often as the distribution says", () => {
    const count = 30_000;
    const noise = random(1).normal(2 * count, 0, 0.5);
    const at = random(2);
    const places = Array.from({ length: count }, () => mixture.modes[at.below(3)] as number[]);
    const samples = tensor(
      noise.map((x, i) => x + (places[i >> 1]?.[i & 1] as number)),
      [count, 2],
    );
    // In two dimensions, 1 - exp(-9 / 2).
    expect(shareNearModes(mixture).of(samples, {})).toBeCloseTo(1 - Math.exp(-4.5), 2);
    expect(modesCovered(mixture).of(samples, {})).toBe(3);
    for (const share of modeCounts(samples, mixture).value.shares) expect(share).toBeCloseTo(1 / 3, 2);
  });
});

describe("a mode", () => {
  // 60 samples: a fair share is 20, a tenth of it 2.
  const samples = points(...new Array(57).fill([0, 0]), [10, 0], [10, 0.1], [0, 10]);

  it("is covered from a tenth of its fair share on", () => {
    expect(modesCovered(mixture).of(samples, {})).toBe(2);
  });

  it("or by one sample, or as much as is asked for", () => {
    expect(modesCovered(mixture, { atLeast: 0 }).of(samples, {})).toBe(3);
    expect(modesCovered(mixture, { atLeast: 0.11 }).of(samples, {})).toBe(1);
  });

  it("is not covered by what is only nearest to it", () => {
    expect(modesCovered(mixture).of(points([0, 4], [0, 6], [20, 0]), {})).toBe(0);
  });
});

describe("measures and mixtures", () => {
  it("have names", () => {
    expect([modesCovered(mixture).name, shareNearModes(mixture).name]).toEqual(["modes", "near modes"]);
  });

  it("are refused where they cannot be", () => {
    expect(() => modeCounts(points([1]), mixture)).toThrow(
      "samples of 1 numbers are not of a mixture whose modes have 2",
    );
    expect(() => modesCovered({ modes: [], deviation: 1 })).toThrow("the mixture has no modes");
    expect(() => modesCovered({ modes: [[1], [1, 2]], deviation: 1 })).toThrow("mode 0 has 1 numbers, mode 1 has 2");
    expect(() => shareNearModes({ ...mixture, deviation: -1 })).toThrow("deviation must be a number from 0");
    expect(() => modesCovered(mixture, { atLeast: 2 })).toThrow("atLeast must be a number from 0 to 1");
    expect(() => modeCounts(points([Number.NaN, 0]), mixture)).toThrow("row 0 holds NaN");
  });
});
