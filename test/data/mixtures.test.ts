import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { gridOfGaussians, type MixtureDataset, ringOfGaussians } from "../../src/data/index.js";

/** All points, in order. */
const pointsOf = (data: MixtureDataset): number[][] => {
  const { input } = data.batch(Array.from({ length: data.length }, (_, i) => i)).inputs;
  return Array.from({ length: data.length }, (_, i) => [...(input?.data.slice(2 * i, 2 * i + 2) ?? [])]);
};

const mean = (list: readonly number[]) => list.reduce((total, x) => total + x, 0) / list.length;

/** Over a square of this half width, by the midpoint rule: the density and its second moment along x. */
function integrals({ density }: MixtureDataset, half: number, cells: number): { mass: number; second: number } {
  const step = (2 * half) / cells;
  let [mass, second] = [0, 0];
  for (let i = 0; i < cells; i++)
    for (let j = 0; j < cells; j++) {
      const [x, y] = [-half + (i + 0.5) * step, -half + (j + 0.5) * step];
      mass += density(x, y) * step ** 2;
      second += x ** 2 * density(x, y) * step ** 2;
    }
  return { mass, second };
}

describe("ringOfGaussians", () => {
  it("has eight modes on a circle of radius 2 by default, and 10,000 points without targets", () => {
    const data = ringOfGaussians();
    expect([data.length, data.inputShapes, data.targetShapes]).toEqual([10_000, { input: [2] }, {}]);
    expect(data.deviation).toBe(0.02);
    expect(data.encoding).toEqual({ kind: "values", shape: [2] });
    const half = Math.SQRT2;
    const centres = [...[2, 0, half, half, 0, 2, -half, half], ...[-2, 0, -half, -half, 0, -2, half, -half]];
    data.modes.flat().forEach((x, i) => {
      expect(x).toBeCloseTo(centres[i] as number, 12);
    });
    const { input } = data.batch([3]).inputs;
    expect([input?.dtype, input?.shape]).toEqual(["float32", [1, 2]]);
  });

  it("scatters the points of each mode around it with the deviation", () => {
    const data = ringOfGaussians({ modes: 3, radius: 5, deviation: 0.5, count: 30_000, seed: 4 });
    const points = pointsOf(data);
    for (const [mode, centre] of data.modes.entries())
      for (const axis of [0, 1]) {
        const own = points
          .filter((_, i) => i % 3 === mode)
          .map((point) => (point[axis] as number) - (centre[axis] as number));
        // Five standard errors of 10,000.
        expect(Math.abs(mean(own))).toBeLessThan((5 * 0.5) / 100);
        expect(Math.abs(Math.sqrt(mean(own.map((x) => x * x))) / 0.5 - 1)).toBeLessThan(5 / Math.sqrt(20_000));
        // Kurtosis 3, as of a normal distribution: five standard errors of sqrt(24 / n).
        const fourth = mean(own.map((x) => x ** 4)) / mean(own.map((x) => x * x)) ** 2;
        expect(Math.abs(fourth - 3)).toBeLessThan(5 * Math.sqrt(24 / 10_000));
      }
    const product = mean(points.filter((_, i) => i % 3 === 0).map(([x = 0, y = 0]) => (x - 5) * y));
    expect(Math.abs(product), "the axes are independent").toBeLessThan((5 * 0.25) / 100);
  });

  it("knows its density", () => {
    // One standard Gaussian: 1 / (2 pi), and exp(-1/2) of it one deviation off.
    const one = ringOfGaussians({ modes: 1, radius: 0, deviation: 1 });
    expect(one.density(0, 0)).toBeCloseTo(0.15915494309189535, 14);
    expect(one.density(0, -1)).toBeCloseTo(0.09653235263005391, 14);
    // At a centre only its own Gaussian counts: 1 / (8 2 pi 0.02^2). Between two, on the circle, nothing does.
    expect(ringOfGaussians().density(2, 0)).toBeCloseTo(49.7359197162173, 9);
    expect(ringOfGaussians().density(2 * Math.cos(Math.PI / 8), 2 * Math.sin(Math.PI / 8))).toBeLessThan(1e-60);
    // In the middle of two, each is one deviation away: exp(-1/2) / (2 pi).
    expect(ringOfGaussians({ modes: 2, radius: 1, deviation: 1 }).density(0, 0)).toBeCloseTo(0.09653235263005391, 14);
    // E[x^2] = radius^2 / 2 + deviation^2.
    const { mass, second } = integrals(ringOfGaussians({ deviation: 0.3 }), 5, 200);
    expect(mass).toBeCloseTo(1, 6);
    expect(second).toBeCloseTo(2 + 0.09, 5);
  });

  it("draws by its seed, a smaller set as the beginning of a larger one", () => {
    const points = (count: number, seed: number) => pointsOf(ringOfGaussians({ count, seed }));
    expect(points(20, 1).slice(0, 7)).toEqual(points(7, 1));
    expect(points(7, 1)).not.toEqual(points(7, 2));
  });

  it.each([
    [{ modes: 0 }, "ringOfGaussians: modes must be a whole number from 1 to 10000, got 0."],
    [{ radius: -1 }, "ringOfGaussians: radius must be a number from 0 to 1000000, got -1."],
    [{ deviation: 0 }, "ringOfGaussians: deviation must be a number from 0.000001 to 1000000, got 0."],
    [{ count: 1.5 }, "ringOfGaussians: count must be a whole number from 1 to 10000000, got 1.5."],
    [{ seed: -1 }, "ringOfGaussians: seed must be a whole number from 0 to 4294967295, got -1."],
    [{ mode: 8 }, 'ringOfGaussians: unknown option "mode". Did you mean "modes"?'],
  ])("refuses %j", (options, message) => {
    const make = () => ringOfGaussians(options as object);
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});

describe("gridOfGaussians", () => {
  it("has 25 modes two apart by default", () => {
    const data = gridOfGaussians({ count: 50 });
    expect(data.modes).toHaveLength(25);
    expect([data.modes[0], data.modes[1], data.modes[5], data.modes[12], data.modes[24]]).toEqual([
      [-4, -4],
      [-2, -4],
      [-4, -2],
      [0, 0],
      [4, 4],
    ]);
    expect(data.deviation).toBe(0.05);
    expect(gridOfGaussians({ side: 2, distance: 3 }).modes).toEqual([
      [-1.5, -1.5],
      [1.5, -1.5],
      [-1.5, 1.5],
      [1.5, 1.5],
    ]);
    pointsOf(data).forEach(([x = 0, y = 0], i) => {
      const [cx, cy] = data.modes[i % 25] as readonly [number, number];
      expect(Math.hypot(x - cx, y - cy)).toBeLessThan(6 * 0.05);
    });
  });

  it("knows its density", () => {
    // At a centre: 1 / (25 2 pi 0.05^2).
    expect(gridOfGaussians().density(-4, 2)).toBeCloseTo(2.546479089470326, 10);
    // E[x^2] of 25 modes: 4 (0 + 1 + 1 + 4 + 4) / 5 + deviation^2.
    const { mass, second } = integrals(gridOfGaussians({ deviation: 0.4 }), 8, 200);
    expect(mass).toBeCloseTo(1, 6);
    expect(second).toBeCloseTo(8 + 0.16, 5);
  });

  it.each([
    [{ side: 0 }, "gridOfGaussians: side must be a whole number from 1 to 100, got 0."],
    [{ distance: Number.NaN }, "gridOfGaussians: distance must be a number from 0 to 1000000, got NaN."],
    [{ modes: 25 }, 'gridOfGaussians: unknown option "modes".'],
  ])("refuses %j", (options, message) => {
    expect(() => gridOfGaussians(options as object)).toThrow(message);
  });
});
