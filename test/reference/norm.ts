import { array, build, type NdArray } from "./array.js";
import { mean, variance } from "./reduce.js";

/** (x - mean) / sqrt(variance + epsilon) * scale + bias per channel: `[N, C, ...]` and vectors `[C]`. */
export const normalizeWith = (
  x: NdArray,
  scale: NdArray,
  bias: NdArray,
  mean: NdArray,
  variance: NdArray,
  epsilon: number,
): NdArray =>
  build(x.shape, (index, flat) => {
    const channel = index[1] as number;
    const of = (vector: NdArray) => vector.data[channel] as number;
    return (((x.data[flat] as number) - of(mean)) / Math.sqrt(of(variance) + epsilon)) * of(scale) + of(bias);
  });

/** `[N, C, ...], [C], [C] -> y [N, C, ...], mean [C], variance [C]` */
export function batchNorm(x: NdArray, scale: NdArray, bias: NdArray, epsilon: number): [NdArray, NdArray, NdArray] {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const [mu, sigma2] = [mean(x, axes), variance(x, axes)];
  return [normalizeWith(x, scale, bias, mu, sigma2, epsilon), mu, sigma2];
}

/**
 * A weight over its largest singular value, as a matrix with a row for each index of `axis`, after one round of power
 * iteration from `u`: v = W^T u / |W^T u|, u = W v / |W v|, W / (u^T W v).
 */
export function spectralNorm(weight: NdArray, { data: u }: NdArray, axis: number): NdArray {
  const rows = Array.from(u, (): number[] => []);
  build(weight.shape, (index, flat) => rows[index[axis] as number]?.push(weight.data[flat] as number) ?? 0);
  const unit = (x: readonly number[]) => x.map((value) => value / Math.hypot(...x));
  const v = unit(
    (rows[0] ?? []).map((_, j) => rows.reduce((sum, row, i) => sum + (row[j] as number) * (u[i] as number), 0)),
  );
  const stretched = rows.map((row) => row.reduce((sum, x, j) => sum + x * (v[j] as number), 0));
  // u = stretched / |stretched|, so u^T W v = |stretched|.
  const sigma = Math.hypot(...stretched);
  return array(
    weight.data.map((x) => x / sigma),
    weight.shape,
  );
}
