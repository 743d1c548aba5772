import type { NdArray } from "./array.js";
import { axesOf, countOf } from "./array.js";
import { map, zip } from "./elementwise.js";
import { fold, sum } from "./movement.js";

type Axes = number | readonly number[] | undefined;

export const max = (x: NdArray, axes?: Axes, keepDims = false): NdArray =>
  fold(x, axes, keepDims, Number.NEGATIVE_INFINITY, Math.max);

export const min = (x: NdArray, axes?: Axes, keepDims = false): NdArray =>
  fold(x, axes, keepDims, Number.POSITIVE_INFINITY, Math.min);

export function mean(x: NdArray, axes?: Axes, keepDims = false): NdArray {
  const count = countOf(axesOf(x, axes).map((axis) => x.shape[axis] as number));
  return map(sum(x, axes, keepDims), (total) => total / count);
}

/** The population variance. */
export function variance(x: NdArray, axes?: Axes, keepDims = false): NdArray {
  return mean(
    zip((a, m) => (a - m) ** 2, x, mean(x, axes, true)),
    axes,
    keepDims,
  );
}

export function softmax(x: NdArray, axis: number): NdArray {
  const powers = zip((a, m) => Math.exp(a - m), x, max(x, axis, true));
  return zip((a, total) => a / total, powers, sum(powers, axis, true));
}

export function logSumExp(x: NdArray, axes?: Axes, keepDims = false): NdArray {
  const shifted = zip((a, m) => Math.exp(a - m), x, max(x, axes, true));
  return zip((total, m) => Math.log(total) + m, sum(shifted, axes, keepDims), max(x, axes, keepDims));
}

export const logSoftmax = (x: NdArray, axis: number): NdArray =>
  zip((a, total) => a - total, x, logSumExp(x, axis, true));
