import { describe, expect, it } from "vitest";
import { random, type Tensor, tensor } from "../../src/index.js";
import { frechetDistance, gaussianFrechetDistance } from "../../src/look/index.js";
import { noise } from "./networks.js";

const diagonal = (...values: number[]): number[][] =>
  values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));
const zero = (size: number): number[] => new Array(size).fill(0);

/** R S R', for a rotation of the first two axes. */
function rotated(matrix: number[][], angle: number): number[][] {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const r = matrix.map((_, i) =>
    matrix.map((_, j) => (i > 1 || j > 1 ? Number(i === j) : i === j ? c : i < j ? -s : s)),
  );
  const times = (a: number[][], b: number[][]) =>
    a.map((row) => b.map((_, j) => row.reduce((sum, x, k) => sum + x * (b[k]?.[j] as number), 0)));
  const transposed = r.map((_, i) => r.map((row) => row[i] as number));
  return times(times(r, matrix), transposed);
}

describe("between normal distributions", () => {
  it("is 0 between equal ones", () => {
    const covariance = [
      [2, 0.3],
      [0.3, 1],
    ];
    const { value, check } = gaussianFrechetDistance([1, -4], covariance, [1, -4], covariance);
    expect(value).toBeCloseTo(0, 12);
    expect(check).toBeLessThan(1e-12);
  });

  it("of one number is that of mean and deviation", () => {
    // (1 - 4)^2 + (3 - 5)^2
    expect(gaussianFrechetDistance([1], [[9]], [4], [[25]]).value).toBeCloseTo(13, 12);
  });

  it("of diagonal covariances is the sum of what the deviations differ by, squared", () => {
    const { value } = gaussianFrechetDistance(zero(3), diagonal(1, 4, 9), zero(3), diagonal(16, 25, 1));
    expect(value).toBeCloseTo(9 + 9 + 4, 12);
  });

  it("does not change when both are turned", () => {
    const [a, b] = [rotated(diagonal(1, 4, 9), 0.7), rotated(diagonal(16, 25, 1), 0.7)];
    expect(gaussianFrechetDistance(zero(3), a, zero(3), b).value).toBeCloseTo(22, 10);
  });

  it("of covariances that do not commute is as worked out by hand and by another program", () => {
    // Of 2 x 2 matrices, tr sqrt(M) = sqrt(tr M + 2 sqrt(det M)); here tr S1 S2 = 13 and det S1 S2 = 5 * 3.75.
    const [s1, s2] = [
      [
        [2, 1],
        [1, 3],
      ],
      [
        [1, -0.5],
        [-0.5, 4],
      ],
    ] as const;
    const byHand = 5 + 10 - 2 * Math.sqrt(13 + 2 * Math.sqrt(18.75));
    expect(gaussianFrechetDistance([1, 2], s1, [0, 0], s2).value).toBeCloseTo(byHand, 12);
    // numpy: |m1 - m2|^2 + tr S1 + tr S2 - 2 sum(sqrt(eigvals(S1 @ S2)))
    const three = gaussianFrechetDistance(
      [1, -1, 2],
      [
        [4, 1, 0.5],
        [1, 3, -1],
        [0.5, -1, 2],
      ],
      [0, 0.5, 1],
      [
        [1, 0.2, 0],
        [0.2, 2, 0.7],
        [0, 0.7, 5],
      ],
    );
    expect(three.value).toBeCloseTo(6.726331812570669, 12);
    expect(three.check).toBeLessThan(1e-13);
  });

  it("holds for covariances without an inverse", () => {
    // The first varies along (1, 1) alone: S1^(1/2) = S1 / sqrt(2), so tr sqrt(S1 S2) = sqrt((1, 1) S2 (1, 1)') = sqrt(5).
    const flat = [
      [1, 1],
      [1, 1],
    ];
    const { value, check } = gaussianFrechetDistance([0, 0], flat, [0, 0], diagonal(1, 4));
    expect(value).toBeCloseTo(2 + 5 - 2 * Math.sqrt(5), 7);
    expect(check).toBeLessThan(1e-12);
    expect(gaussianFrechetDistance([3], [[0]], [0], [[0]])).toEqual({ value: 9, check: 0 });
  });

  it("the check tells of a matrix that is no covariance", () => {
    expect(gaussianFrechetDistance([0, 0], diagonal(1, -1), [0, 0], diagonal(1, 1)).check).toBeGreaterThan(0.5);
  });

  it("refuses what does not fit together", () => {
    expect(() => gaussianFrechetDistance([0, 0], diagonal(1), [0, 0], diagonal(1, 1))).toThrow(
      "a mean of 2 numbers needs a covariance of 2 x 2, got 1 x 1",
    );
    expect(() => gaussianFrechetDistance([0], [[1]], [0, 0], diagonal(1, 1))).toThrow(
      "of 1 numbers cannot be compared with one of 2",
    );
    const skew = [
      [1, 0.5],
      [0, 1],
    ];
    expect(() => gaussianFrechetDistance([0, 0], skew, [0, 0], skew)).toThrow("[1][0] is 0 and [0][1] is 0.5");
    expect(() => gaussianFrechetDistance([0], [[Number.NaN]], [0], [[1]])).toThrow("holds NaN");
  });
});

describe("between sets of features", () => {
  const rows = (values: readonly (readonly number[])[]): Tensor<"float32"> =>
    tensor(values.flat(), [values.length, values[0]?.length as number]);

  it("takes the mean and the covariance of a sample", () => {
    const a = rows([
      [0, 0],
      [2, 0],
      [0, 2],
      [2, 2],
      [1, 4],
    ]);
    const b = rows([
      [1, 1],
      [3, 2],
      [5, 4],
      [2, 2],
    ]);
    // numpy, with np.cov
    const { value, check } = frechetDistance(a, b);
    expect(value).toBeCloseTo(5.7471744949439305, 10);
    expect(check).toBeLessThan(1e-12);
    expect(frechetDistance(b, a).value).toBeCloseTo(value, 10);
  });

  it("loses no digits to a mean far from 0", () => {
    const far = (seed: number) =>
      tensor(
        noise([200, 3], seed).data.map((x) => Math.round(x * 8) / 8 + 4096),
        [200, 3],
      );
    const near = (seed: number) =>
      tensor(
        noise([200, 3], seed).data.map((x) => Math.round(x * 8) / 8),
        [200, 3],
      );
    expect(frechetDistance(far(1), far(2)).value).toBeCloseTo(frechetDistance(near(1), near(2)).value, 9);
  });

  it("comes to that of the distributions that they are drawn from", () => {
    const draw = (seed: number, mean: number, deviation: number) =>
      tensor(random(seed).normal(20_000 * 2, mean, deviation), [20_000, 2]);
    // 2 * (1^2 + (2 - 1)^2)
    expect(frechetDistance(draw(1, 0, 1), draw(2, 1, 2)).value).toBeCloseTo(4, 0);
    expect(frechetDistance(draw(1, 0, 1), draw(2, 0, 1)).value).toBeLessThan(0.001);
  });

  it("more features than rows", () => {
    const { value, check } = frechetDistance(noise([10, 40], 1), noise([10, 40], 1));
    expect(value).toBeLessThan(1e-5);
    expect(check).toBeLessThan(1e-10);
  });

  it("maps are points of all their numbers", () => {
    const maps = (seed: number) => tensor(noise([20, 8], seed).data, [20, 2, 2, 2]);
    expect(frechetDistance(maps(1), maps(2)).value).toBe(frechetDistance(noise([20, 8], 1), noise([20, 8], 2)).value);
  });

  it("refuses too few rows, other sizes and numbers that are not finite", () => {
    expect(() => frechetDistance(noise([1, 2]), noise([9, 2]))).toThrow("1 rows have no covariance");
    expect(() => frechetDistance(noise([9, 2]), noise([9, 3]))).toThrow(
      "of 2 numbers cannot be compared with one of 3",
    );
    expect(() => frechetDistance(rows([[0], [Number.NaN]]), noise([9, 1]))).toThrow("row 1 holds NaN");
  });
});
