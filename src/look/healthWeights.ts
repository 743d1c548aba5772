import { ShapeError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import type { Network } from "../runtime/index.js";

/** How far one weight has moved. */
export interface WeightHealth {
  /** E.g. `conv2d_1.weight`. */
  readonly weight: string;
  /** The standard deviation of its numbers, before it moved. */
  readonly std: number;
  /** The standard deviation of what was added to them. */
  readonly moved: number;
  /**
   * log10(moved / std): about -3 for one step of a healthy rate (Karpathy), below -4 too slow, above -2 too fast.
   * -Infinity when nothing moved, Infinity when the weight had no spread, as a bias that starts at 0.
   */
  readonly ratio: number;
}

/** How far the weights that the optimizer changes have moved since they were `before`. */
export function updateSizes(net: Network, before: ReadonlyMap<string, Tensor>): WeightHealth[] {
  return [...net.traced(false).parameters]
    .filter(([, { trainable }]) => trainable)
    .map(([name]) => {
      const now = net.weights.get(name) as Tensor;
      const then = before.get(name);
      if (then === undefined || then.data.length !== now.data.length)
        throw new ShapeError("the weights from before lack it. Copy them all: new Map(net.weights).", { place: name });
      const [std, moved] = [
        deviation(then.data),
        deviation(Float64Array.from(now.data, (w, i) => w - (then.data[i] as number))),
      ];
      return { weight: name, std, moved, ratio: moved === 0 ? -Infinity : Math.log10(moved / std) };
    });
}

/** Of a single number: its size, since it has no spread. */
function deviation(values: ArrayLike<number>): number {
  const count = values.length;
  if (count === 1) return Math.abs(values[0] as number);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i] as number;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += ((values[i] as number) - sum / count) ** 2;
  return Math.sqrt(squares / count);
}
