import { allocate } from "../base/dtype.js";
import { countOf } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";

/** Examples of different length, each [time, ...shape]. */
export interface Ragged {
  readonly dtype: "int32" | "float32";
  /** The shape of one time step. */
  readonly shape: readonly number[];
  /** Time steps of every example when padded. */
  readonly time: number;
}

/**
 * Examples padded with zeros at their end, or cut there: `input` [examples, time, ...shape] and `lengths` [examples], how
 * many of an example's time steps count, from 1.
 */
export function pad(
  examples: readonly (Int32Array | Float32Array)[],
  { dtype, shape, time }: Ragged,
): { input: Tensor; lengths: Tensor<"int32"> } {
  const step = countOf(shape);
  const data = allocate(dtype, examples.length * time * step);
  const lengths = new Int32Array(examples.length);
  examples.forEach((example, row) => {
    const kept = example.subarray(0, time * step);
    data.set(kept, row * time * step);
    lengths[row] = kept.length / step;
  });
  return {
    input: { dtype, shape: [examples.length, time, ...shape], data } as Tensor,
    lengths: { dtype: "int32", shape: [examples.length], data: lengths },
  };
}
