import type { DType } from "../../src/base/dtype.js";
import type { Random } from "../../src/base/random.js";
import { countOf, resolveShape, type Shape } from "../../src/base/shape.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";

/** An input of a row: its type, and how its numbers are drawn. Lengths may be "batch". */
export interface Input {
  readonly shape: Shape;
  readonly dtype: DType;
  draw(random: Random, count: number): ArrayLike<number>;
}

/** The numbers of an input for a batch of `batch`, rounded to its dtype. */
export function drawTensor(input: Input, random: Random, batch: number): Tensor {
  const shape = resolveShape(input.shape, { batch });
  return tensor(Array.from(input.draw(random, countOf(shape))), shape, input.dtype);
}

/** How far numbers stay from the points they avoid: more than the steps of the numeric derivatives. */
const margin = 0.1;

/** Normally distributed, at least 0.1 away from the points to `avoid`, where the op has a kink. */
export const normal = (shape: Shape, { avoid = [] as readonly number[], mean = 0, deviation = 1 } = {}): Input => ({
  shape,
  dtype: "float32",
  draw: (random, count) => random.normal(count, mean, deviation).map((x) => stepAside(x, avoid)),
});

function stepAside(x: number, avoid: readonly number[]): number {
  const kink = avoid.find((point) => Math.abs(x - point) < margin);
  return kink === undefined ? x : x < kink ? kink - margin : kink + margin;
}

/** Uniform in [low, high). */
export const uniform = (shape: Shape, low: number, high: number): Input => ({
  shape,
  dtype: "float32",
  draw: (random, count) => random.uniform(count, low, high),
});

/** No two alike: multiples of 0.1 around 0 in random order, moved by `offset`. For ops that pick the largest. */
export const distinct = (shape: Shape, offset = 0): Input => ({
  shape,
  dtype: "float32",
  draw: (random, count) => Array.from(random.permutation(count), (i) => (i - (count >> 1)) * margin + offset),
});

/** int32 in [low, high). */
export const integers = (shape: Shape, low: number, high: number): Input => ({
  shape,
  dtype: "int32",
  draw: (random, count) => Array.from({ length: count }, () => low + random.below(high - low)),
});

export const bools = (shape: Shape): Input => ({
  shape,
  dtype: "bool",
  draw: (random, count) => Array.from({ length: count }, () => random.below(2)),
});

/** The very numbers given. */
export const given = (
  data: readonly number[],
  shape: readonly number[] = [data.length],
  dtype: DType = "float32",
): Input => ({
  shape,
  dtype,
  draw: () => data,
});
