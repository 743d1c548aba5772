import { OptionError, ShapeError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import { formatShape, normalizeAxis, type Shape } from "../../base/shape.js";
import { constant, currentScope, type Value } from "../../graph/index.js";
import { less, reshape } from "../../ops/index.js";
import type { LayerScope } from "../tracing.js";

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

/**
 * Which time steps count, bool of this shape, which has 1 for all axes but these two.
 * @param lengths how many of each example count, int32 [batch]
 */
export function countedSteps(lengths: Value, shape: Shape, axes: { time: number; batch: number }): Value {
  const only = (axis: number) => shape.map((length, i) => (i === axis ? length : 1));
  const steps = Array.from({ length: shape[axes.time] as number }, (_, step) => step);
  return less(constant(steps, only(axes.time) as number[], "int32"), reshape(lengths, only(axes.batch)));
}

/** Which of x's time steps count, with 1 for all axes but the batch and the time; undefined where all do. */
export function countedIn(x: Value, scope: LayerScope, time: number): Value | undefined {
  const lengths = scope.lengthsOf(x.shape[time] as number);
  const shape = x.shape.map((length, axis) => (axis === 0 || axis === time ? length : 1));
  return lengths && countedSteps(lengths, shape, { time, batch: 0 });
}

/**
 * Layers within a layer that depend on the number of features: made at its first call, and the same ones at every other,
 * so that they keep their weights. Their owner is known by its options, which are its own.
 */
export function innerLayers<O extends object, T>(make: (features: number, options: O) => T) {
  const made = new WeakMap<object, T>();
  return (options: O, features: number): T => {
    const inner = made.get(options) ?? make(features, options);
    made.set(options, inner);
    return inner;
  };
}

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

/** How many positions a window with these pads finds in `length` elements; 1 in fewer than it spans. */
export function carriedLength({ kernel, strides, dilations, padding }: Window, pads: readonly number[]) {
  const [k, stride, dilation] = [kernel[0] as number, strides[0] as number, dilations[0] as number];
  const more = (pads[0] as number) + (pads[1] as number) - dilation * (k - 1) - 1;
  return (length: number): number =>
    Math.max(1, padding === "same" ? Math.ceil(length / stride) : Math.floor((length + more) / stride) + 1);
}
