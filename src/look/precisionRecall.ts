import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import { distanceBlocks, neighbourSquares } from "./distances.js";
import { checkSpaces, type Points, pointsOf } from "./points.js";
import type { Checked } from "./values.js";

export interface PrecisionRecallOptions {
  /** How many neighbours the ball around a point reaches to; defaults to 3. */
  readonly k?: number;
}

export interface PrecisionRecall {
  /** The share of samples that lie among the real examples, in [0, 1]: how good they are. */
  readonly precision: number;
  /** The share of real examples that lie among the samples, in [0, 1]: how much of the data is covered. */
  readonly recall: number;
}

/**
 * Precision and recall of samples (Kynkäänniemi et al. 2019): a point lies among a set when it is no further from one of the
 * set's points than that is from its k-th nearest neighbour within the set. Best of as many samples as real examples,
 * thousands of features rather than pixels; both fall with fewer of them.
 *
 * The check: how far the sum of all squared distances between the sets is from n sum |x|^2 + m sum |y|^2 - 2 sum x . sum y, as a
 * share.
 * @param real features or examples `[m, ...]` @param fake `[n, ...]`
 * @throws DataError for sets of no more than k rows, or a number that is not finite
 * @throws ShapeError for rows of different sizes
 */
export function precisionRecall(
  real: Tensor,
  fake: Tensor,
  options: PrecisionRecallOptions = {},
): Checked<PrecisionRecall> {
  checkOptions("precisionRecall", options, ["k"]);
  const { k = 3 } = options;
  checkNumber("precisionRecall", "k", k, { low: 1, integer: true });
  const [truth, made] = [real, fake].map((set) => pointsOf("precisionRecall", set, k + 1)) as [Points, Points];
  checkSpaces("precisionRecall", truth, made);
  return compareBalls(ballsOf(truth, k), ballsOf(made, k));
}

/** Points, and the square of how far the ball around each reaches. */
export interface Balls {
  readonly points: Points;
  readonly squares: Float64Array;
}

export const ballsOf = (points: Points, k: number): Balls => ({ points, squares: neighbourSquares(points, k) });

/** Precision and recall of sets whose balls are known. */
export function compareBalls(real: Balls, fake: Balls): Checked<PrecisionRecall> {
  const [m, n] = [real.points.rows, fake.points.rows];
  const among = { real: new Uint8Array(n), fake: new Uint8Array(m) };
  let total = 0;
  for (const { start, rows, squares } of distanceBlocks(real.points, fake.points))
    for (let i = 0; i < rows; i++) {
      const reach = real.squares[start + i] as number;
      for (let j = 0; j < n; j++) {
        const square = squares[i * n + j] as number;
        total += square;
        if (square <= reach) among.real[j] = 1;
        if (square <= (fake.squares[j] as number)) among.fake[start + i] = 1;
      }
    }
  const expected = sumOfSquares(real.points, fake.points);
  return {
    value: { precision: among.real.reduce((a, b) => a + b, 0) / n, recall: among.fake.reduce((a, b) => a + b, 0) / m },
    check: Math.abs(total - expected) / (expected || 1),
  };
}

/** The sum of all squared distances between two sets, from the sums of each: seen from the first point, to keep digits. */
function sumOfSquares(a: Points, b: Points): number {
  let [lengths, product] = [0, 0];
  for (let k = 0; k < a.width; k++) {
    const origin = a.data[k] as number;
    const [mine, theirs] = [a, b].map(({ rows, width, data }) => {
      let [sum, squares] = [0, 0];
      for (let i = 0; i < rows; i++) {
        const x = (data[i * width + k] as number) - origin;
        sum += x;
        squares += x * x;
      }
      return { sum, squares };
    }) as [{ sum: number; squares: number }, { sum: number; squares: number }];
    lengths += b.rows * mine.squares + a.rows * theirs.squares;
    product += mine.sum * theirs.sum;
  }
  return lengths - 2 * product;
}
