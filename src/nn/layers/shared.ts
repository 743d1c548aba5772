import { OptionError, ShapeError } from "../../base/errors.js";
import { formatShape } from "../../base/shape.js";
import { currentScope, type Value } from "../../graph/index.js";

/** A ShapeError at the layer being built: what it expects, what it got, and the way out. */
export function layerError(expected: string, x: Value, wayOut: string): ShapeError {
  return new ShapeError(`expected ${expected}, got ${formatShape(x.shape)}. ${wayOut}`, {
    place: currentScope(),
    expected,
    actual: x.shape,
  });
}

/** Throws unless x has the number of axes that `expected` names, e.g. `[batch, channels, height, width]`. */
export function expectAxes(x: Value, expected: string, wayOut: string): void {
  if (x.shape.length !== expected.split(",").length) throw layerError(expected, x, wayOut);
}

/** One number for every axis, or a number per axis. */
export type PerAxis = number | readonly number[];

export function perAxis(place: string, name: string, value: PerAxis, rank: number): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(rank).fill(value) : value;
  if (list.length !== rank || list.some((n) => !Number.isInteger(n) || n < 0))
    throw new OptionError(`${name} must be a whole number or ${rank} of them, got ${JSON.stringify(value)}.`, {
      place,
      actual: value,
    });
  return list;
}

/**
 * How a window treats the border: `"valid"` adds nothing; `"same"` adds zeros so that the output length is
 * `ceil(length / stride)`, the odd one at the end (as TensorFlow); a number or one per axis adds that many zeros on
 * both sides.
 */
export type Padding = "valid" | "same" | PerAxis;

/** `[...begins, ...ends]` for a window over these spatial lengths. */
export function padsFor(
  place: string,
  padding: Padding,
  lengths: readonly number[],
  { kernel, strides, dilations }: Record<"kernel" | "strides" | "dilations", readonly number[]>,
): number[] {
  if (padding === "valid") return lengths.flatMap(() => [0, 0]);
  if (padding !== "same") {
    const both = perAxis(place, "padding", padding, lengths.length);
    return [...both, ...both];
  }
  const totals = lengths.map((length, i) => {
    const span = (dilations[i] as number) * ((kernel[i] as number) - 1) + 1;
    const stride = strides[i] as number;
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + span - length);
  });
  return [...totals.map((n) => Math.floor(n / 2)), ...totals.map((n) => Math.ceil(n / 2))];
}
