import { OptionError, ShapeError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import { formatShape, normalizeAxis } from "../../base/shape.js";
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

/** An axis of x within its examples, from the front. Throws for axis 0, the batch. */
export function exampleAxis(x: Value, axis: number): number {
  const place = currentScope();
  const found = normalizeAxis(axis, x.shape.length, place);
  if (found === 0)
    throw new ShapeError(`axis ${axis} is the batch: examples must not be mixed. Axes count from 1.`, {
      place,
      actual: axis,
    });
  return found;
}

/** Throws unless epsilon is a small number that keeps a root or a quotient finite. */
export const checkEpsilon = (place: string, epsilon: number): void =>
  checkNumber(place, "epsilon", epsilon, { low: 0, high: 1 });

/** One number for every axis, or a number per axis. */
export type PerAxis = number | readonly number[];

/**
 * The numbers of all axes.
 * @param low the smallest that is allowed; defaults to 1
 */
export function perAxis(place: string, name: string, value: PerAxis, rank: number, low = 1): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(rank).fill(value) : value;
  if (!fits(list, rank, low))
    throw new OptionError(`${name} must be ${wholeNumbers(rank, low)}, got ${JSON.stringify(value)}.`, {
      place,
      actual: value,
    });
  return list;
}

const fits = (list: unknown, rank: number, low: number): boolean =>
  Array.isArray(list) && list.length === rank && list.every((n) => Number.isInteger(n) && n >= low);

const wholeNumbers = (rank: number, low: number): string =>
  `a whole number from ${low}${rank === 1 ? "" : `, or ${rank} of them`}`;

/**
 * How a window treats the border: `"valid"` adds nothing; `"same"` adds zeros so that the output length is
 * `ceil(length / stride)`, the odd one at the end (as TensorFlow); a number or one per axis adds that many zeros on
 * both sides.
 */
export type Padding = "valid" | "same" | PerAxis;

/** How a window moves over the spatial axes, one number per axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: "valid" | "same" | readonly number[];
}

/** The window of these options, checked. Stride and dilation default to 1, padding to "valid". */
export function windowOf(
  place: string,
  rank: number,
  options: { kernel: PerAxis; stride?: PerAxis; dilation?: PerAxis; padding?: Padding },
): Window {
  const { stride = 1, dilation = 1, padding = "valid" } = options;
  const word = padding === "valid" || padding === "same";
  const numbers = typeof padding === "number" ? new Array<number>(rank).fill(padding) : padding;
  if (!word && !fits(numbers, rank, 0))
    throw new OptionError(
      `padding must be "valid", "same"${rank === 1 ? " or" : ","} ${wholeNumbers(rank, 0)}, got ${JSON.stringify(padding)}.`,
      { place, actual: padding },
    );
  return {
    kernel: perAxis(place, "kernel", options.kernel, rank),
    strides: perAxis(place, "stride", stride, rank),
    dilations: perAxis(place, "dilation", dilation, rank),
    padding: numbers,
  };
}

/** `[...begins, ...ends]` for a window over these spatial lengths. */
export function padsFor({ kernel, strides, dilations, padding }: Window, lengths: readonly number[]): number[] {
  if (padding === "valid") return lengths.flatMap(() => [0, 0]);
  if (padding !== "same") return [...padding, ...padding];
  const totals = lengths.map((length, i) => {
    const span = (dilations[i] as number) * ((kernel[i] as number) - 1) + 1;
    const stride = strides[i] as number;
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + span - length);
  });
  return [...totals.map((n) => Math.floor(n / 2)), ...totals.map((n) => Math.ceil(n / 2))];
}
