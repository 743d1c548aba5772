import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { ShapeError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import { checkGaussian, type Gaussian, GaussianCount } from "./gaussian.js";
import type { Checked } from "./values.js";

/**
 * The Fréchet distance between two sets of features, each taken for a normal distribution (Heusel et al. 2017, eq. 6):
 * |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), in float64. 0: the same mean and covariance; it has no upper end. Few rows make it
 * too large, so compare only distances of equally many. Takes seconds for 512 features, eight times as long for twice as
 * many.
 *
 * The check: see `gaussianFrechetDistance`.
 * @param a features `[n, ...]`, all numbers of a row are one point
 * @throws DataError for fewer than two rows, or a number that is not finite
 * @throws ShapeError for rows of different sizes
 */
export function frechetDistance(a: Tensor, b: Tensor): Checked<number> {
  const [first, second] = [gaussianOf("frechetDistance", a), gaussianOf("frechetDistance", b)];
  checkSizes("frechetDistance", first, second);
  return betweenGaussians(first, second);
}

/** The normal distribution of a set's mean and covariance. */
export function gaussianOf(place: string, features: Tensor): Gaussian {
  const count = new GaussianCount(place);
  count.add(features);
  return count.result();
}

/**
 * The squared Fréchet (2-Wasserstein) distance between two normal distributions (Dowson & Landau 1982):
 * |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)).
 *
 * The check: how far the square roots that were taken, squared again, are from what they are roots of, as a share. It is not
 * near 0 for a matrix that is no covariance.
 * @param mean1 [d] @param covariance1 [d][d], symmetric
 * @throws ShapeError for sizes that do not fit together
 * @throws DataError for a matrix that is not symmetric, or a number that is not finite
 */
export function gaussianFrechetDistance(
  mean1: ArrayLike<number>,
  covariance1: readonly ArrayLike<number>[],
  mean2: ArrayLike<number>,
  covariance2: readonly ArrayLike<number>[],
): Checked<number> {
  const [first, second] = [
    { mean: mean1, covariance: covariance1 },
    { mean: mean2, covariance: covariance2 },
  ] as const;
  for (const gaussian of [first, second]) checkGaussian("gaussianFrechetDistance", gaussian);
  checkSizes("gaussianFrechetDistance", first, second);
  return betweenGaussians(first, second);
}

/** @throws ShapeError unless both are of as many numbers */
export function checkSizes(place: string, { mean: a }: Gaussian, { mean: b }: Gaussian): void {
  if (a.length === b.length) return;
  throw new ShapeError(
    `a distribution of ${a.length} numbers cannot be compared with one of ${b.length}. Give both the same.`,
    {
      place,
      expected: a.length,
      actual: b.length,
    },
  );
}

/** As `gaussianFrechetDistance`, of what is known to be fit for it. */
export function betweenGaussians(a: Gaussian, b: Gaussian): Checked<number> {
  const [first, second] = [a, b].map(({ covariance }) => new Matrix(covariance)) as [Matrix, Matrix];
  const root = roots.get(a) ?? squareRoot(first);
  roots.set(a, root);
  // S1 S2 has the eigenvalues of S1^(1/2) S2 S1^(1/2), which is symmetric.
  const product = root.matrix.mmul(second).mmul(root.matrix);
  const middle = squareRoot(product);
  const apart = Array.from(a.mean).reduce((sum, x, i) => sum + (x - (b.mean[i] as number)) ** 2, 0);
  const value = apart + first.trace() + second.trace() - 2 * middle.trace;
  // Rounding may go below the least distance there is.
  return { value: Math.max(0, value), check: Math.max(root.check, middle.check) };
}

/** Of the real examples' covariance, which is compared with again and again. */
const roots = new WeakMap<Gaussian, Root>();

interface Root {
  readonly matrix: Matrix;
  readonly trace: number;
  /** |R R - S| / |S| */
  readonly check: number;
}

/** The square root of a symmetric matrix without negative eigenvalues; what rounding left below 0 counts as 0. */
function squareRoot(matrix: Matrix): Root {
  // V * diag(l) * V'
  const symmetric = Matrix.add(matrix, matrix.transpose()).mul(0.5);
  const { eigenvectorMatrix: vectors, realEigenvalues } = new EigenvalueDecomposition(symmetric, {
    assumeSymmetric: true,
  });
  const roots = realEigenvalues.map((value) => Math.sqrt(Math.max(0, value)));
  const root = vectors.clone().mulRowVector(roots).mmul(vectors.transpose());
  const size = symmetric.norm();
  const residual = Matrix.sub(root.mmul(root), symmetric).norm();
  return { matrix: root, trace: roots.reduce((a, b) => a + b, 0), check: size === 0 ? residual : residual / size };
}
