import { gradients } from "../../src/autodiff/index.js";
import type { Tensor } from "../../src/base/tensor.js";
import { input, type Value } from "../../src/graph/index.js";
import { lower } from "../../src/onnx/index.js";
import { sum } from "../../src/ops/index.js";
import { strictSession } from "./session.js";

/** What `body` makes of the tensors, as plain numbers: one list per value. */
export async function evaluate(
  body: (...x: Value[]) => Value | readonly Value[],
  ...tensors: Tensor[]
): Promise<number[][]> {
  const values = tensors.map((t, i) => input(`x${i}`, t.shape, t.dtype));
  const result = body(...values);
  const outputs = Array.isArray(result) ? (result as Value[]) : [result as Value];
  const named = <T>(prefix: string, items: readonly T[]) =>
    Object.fromEntries(items.map((item, i) => [`${prefix}${i}`, item]));
  const run = await strictSession(lower({ inputs: named("x", values), outputs: named("y", outputs) }).bytes);
  const results = await run(named("x", tensors));
  return outputs.map((_, i) => Array.from((results[`y${i}`] as Tensor).data));
}

/** The gradients of `sum(body(...))` by each of the tensors. */
export const derivatives = (body: (...x: Value[]) => Value, ...tensors: Tensor[]): Promise<number[][]> =>
  evaluate((...x) => gradients(sum(body(...x)), x), ...tensors);
