import { ShapeError } from "../base/errors.js";
import { checkNumber } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";

/**
 * Copies of the tensors in `state` for all names in `current`.
 * @throws ShapeError for one that is missing or differs, or that a step with other options has left
 */
export function restored(
  current: Readonly<Record<string, Tensor>>,
  state: ReadonlyMap<string, Tensor>,
  count: number,
): Record<string, Tensor> {
  checkNumber("restore", "count", count, { low: 0, integer: true });
  const stranger = [...state.keys()].find((name) => !Object.hasOwn(current, name));
  if (stranger !== undefined)
    throw new ShapeError("the state has this, but the step has not. Train with the options that it was saved with.", {
      place: stranger,
    });
  const copies: Record<string, Tensor> = {};
  for (const [name, expected] of Object.entries(current)) {
    const given = state.get(name);
    if (given === undefined)
      throw new ShapeError("the state lacks this. Train with the network and the options that it was saved with.", {
        place: name,
        expected: expected.shape,
      });
    if (given.dtype !== expected.dtype || given.shape.join() !== expected.shape.join())
      throw new ShapeError(
        `expected ${expected.dtype}${formatShape(expected.shape)}, the state has ${given.dtype}${formatShape(given.shape)}. ` +
          "Train with the network and the options that it was saved with.",
        { place: name, expected: expected.shape, actual: given.shape },
      );
    copies[name] = copyOf(given);
  }
  return copies;
}

export const copyOf = (tensor: Tensor): Tensor => ({ ...tensor, data: tensor.data.slice() }) as Tensor;
