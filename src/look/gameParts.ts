import { allocate } from "../base/dtype.js";
import { ShapeError } from "../base/errors.js";
import { countOf, formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import type { Network, Tensors } from "../runtime/index.js";
import { repeated } from "./examples.js";
import { largestDifference } from "./trace.js";

/**
 * Conditions for so many examples: one row each, or one row that is for all.
 * @throws ShapeError when one is missing or has another number of rows
 */
export function conditionsFor(place: string, names: readonly string[], given: Tensors, rows: number): Tensors {
  for (const name of names) {
    const count = given[name]?.shape[0];
    if (count === 1 || count === rows) continue;
    throw new ShapeError(
      `the networks have this condition. Give "${name}" 1 row for all examples, or ${rows}; it has ${count ?? "none"}.`,
      { place: `${place}: conditions`, expected: rows, actual: count },
    );
  }
  const full = Object.entries(given).map(([name, value]) => [
    name,
    value.shape[0] === rows ? value : (repeated({ [name]: value }, rows)[name] as Tensor),
  ]);
  return Object.fromEntries(full);
}

/** A network's one output for some examples, and how much it depends on their order and company: 0 is not at all. */
export async function runBothWays(
  net: Network,
  inputs: Tensors,
): Promise<{ readonly output: Tensor<"float32">; readonly off: number }> {
  const [there, back] = [await net.predict(inputs), await net.predict(reversed(inputs))];
  const off = largestDifference(there, reversed(back));
  return { output: Object.values(there)[0] as Tensor<"float32">, off };
}

/** Rows the other way around. */
function reversed(tensors: Tensors): Tensors {
  const turned = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    const [rows = 0, ...rest] = shape;
    const size = countOf(rest);
    const out = allocate(dtype, data.length);
    for (let row = 0; row < rows; row++) out.set(data.subarray(row * size, (row + 1) * size), (rows - 1 - row) * size);
    return [name, { dtype, shape, data: out } as Tensor] as const;
  });
  return Object.fromEntries(turned);
}

/** One score an example: the mean over its places where there are several. */
export function scorePerExample({ data, shape }: Tensor): Float64Array {
  const [rows = 0, ...rest] = shape;
  const size = countOf(rest);
  return Float64Array.from({ length: rows }, (_, row) => {
    let total = 0;
    for (let i = row * size; i < (row + 1) * size; i++) total += data[i] as number;
    return total / size;
  });
}

/** @throws ShapeError unless some examples `[batch, ...]` have the shape of an example */
export function checkExamples(place: string, what: string, given: Tensor, shape: readonly number[]): void {
  if (
    given.dtype === "float32" &&
    given.shape.length === shape.length + 1 &&
    shape.every((d, i) => d === given.shape[i + 1])
  )
    return;
  throw new ShapeError(
    `${what} must be float32${formatShape(["batch", ...shape])}, got ${given.dtype}${formatShape(given.shape)}.`,
    { place, expected: shape, actual: given.shape },
  );
}
