import { build, type NdArray } from "./array.js";
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
