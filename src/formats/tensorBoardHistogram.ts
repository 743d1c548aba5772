/** How numbers are spread, as TensorBoard's event files hold it. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  /** How many numbers. */
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** The right end of each bucket; the first begins at `min`. */
  readonly bucketLimit: readonly number[];
  /** How many numbers are in each. */
  readonly bucket: readonly number[];
}

const BUCKETS = 30;

/**
 * 30 buckets of equal width from the smallest number to the largest, as TensorBoard's own `histogram` makes them: each
 * holds its left end, the last both. One bucket where all numbers are equal. NaN and Inf are left out.
 */
export function histogramOf(values: ArrayLike<number>): Histogram {
  let [min, max] = [Infinity, -Infinity];
  let [num, sum, sumSquares] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    num++;
    sum += value;
    sumSquares += value * value;
  }
  if (num === 0) return { min: 0, max: 0, num, sum, sumSquares, bucketLimit: [0], bucket: [0] };
  if (min === max) return { min, max, num, sum, sumSquares, bucketLimit: [max], bucket: [num] };
  const bucket = new Array<number>(BUCKETS).fill(0);
  const scale = BUCKETS / (max - min);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    const at = Math.min(BUCKETS - 1, Math.floor((value - min) * scale));
    bucket[at] = (bucket[at] as number) + 1;
  }
  const bucketLimit = bucket.map((_, i) => (i === BUCKETS - 1 ? max : min + (i + 1) / scale));
  return { min, max, num, sum, sumSquares, bucketLimit, bucket };
}
