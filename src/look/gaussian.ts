import { DataError, ShapeError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import { pointsOf } from "./points.js";

/** A set of points as the normal distribution of its mean and covariance, in float64. */
export interface Gaussian {
  readonly mean: ArrayLike<number>;
  /** [width][width], symmetric. */
  readonly covariance: readonly ArrayLike<number>[];
}

/**
 * Mean and covariance of rows that come in parts. Sums are of what lies off the first row, so that a mean far from 0 costs
 * no digits.
 */
export class GaussianCount {
  private rows = 0;
  private origin: Float64Array | undefined;
  private sum = new Float64Array(0);
  private products: Float64Array[] = [];

  constructor(private readonly place: string) {}

  /** @param part rows [n, ...] */
  add(part: Tensor): void {
    const { rows, width, data } = pointsOf(this.place, part, 0);
    if (rows === 0) return;
    if (this.origin === undefined) {
      this.origin = Float64Array.from(data.subarray(0, width));
      this.sum = new Float64Array(width);
      this.products = Array.from({ length: width }, (_, i) => new Float64Array(i + 1));
    }
    const off = new Float64Array(width);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < width; i++) off[i] = (data[row * width + i] as number) - (this.origin[i] as number);
      for (let i = 0; i < width; i++) {
        const x = off[i] as number;
        this.sum[i] = (this.sum[i] as number) + x;
        const line = this.products[i] as Float64Array;
        for (let j = 0; j <= i; j++) line[j] = (line[j] as number) + x * (off[j] as number);
      }
    }
    this.rows += rows;
  }

  /**
   * The covariance is that of a sample: divided by the rows less one.
   * @throws DataError for fewer than two rows
   */
  result(): Gaussian {
    const { rows, sum, products, origin } = this;
    if (rows < 2 || origin === undefined)
      throw new DataError(`${rows} rows have no covariance: give two at least, better thousands.`, {
        place: this.place,
        expected: 2,
        actual: rows,
      });
    const at = (i: number, j: number): number =>
      ((products[i]?.[j] as number) - ((sum[i] as number) * (sum[j] as number)) / rows) / (rows - 1);
    return {
      mean: origin.map((start, i) => start + (sum[i] as number) / rows),
      covariance: products.map((_, i) => Float64Array.from(sum, (_, j) => (j <= i ? at(i, j) : at(j, i)))),
    };
  }
}

/** The share of the largest number by which a covariance may be off from a symmetric one. */
const ASYMMETRY = 1e-6;

/** @throws ShapeError or DataError for what is no mean and covariance of each other */
export function checkGaussian(place: string, { mean, covariance }: Gaussian): void {
  const size = mean.length;
  const ragged = covariance.find((line) => line.length !== size);
  if (covariance.length !== size || ragged !== undefined || size === 0)
    throw new ShapeError(
      `a mean of ${size} numbers needs a covariance of ${size} x ${size}, got ${covariance.length} x ${ragged?.length ?? covariance[0]?.length ?? 0}.`,
      { place, expected: size, actual: covariance.length },
    );
  let most = 0;
  for (const line of [mean, ...covariance])
    for (let i = 0; i < size; i++) {
      if (!Number.isFinite(line[i]))
        throw new DataError(`holds ${line[i]}. Leave out what is not finite.`, { place, actual: line[i] });
      if (line !== mean) most = Math.max(most, Math.abs(line[i] as number));
    }
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) {
      const [lower, upper] = [covariance[i]?.[j] as number, covariance[j]?.[i] as number];
      if (Math.abs(lower - upper) > ASYMMETRY * most)
        throw new DataError(
          `a covariance is symmetric, but [${i}][${j}] is ${lower} and [${j}][${i}] is ${upper}. Give both the same.`,
          { place, expected: lower, actual: upper },
        );
    }
}
