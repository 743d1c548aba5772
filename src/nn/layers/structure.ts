import type { DType } from "../../base/dtype.js";
import { OptionError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import { formatShape, sizeOf } from "../../base/shape.js";
import { add as addOp, concat as concatOp, mul, reshape as reshapeOp, transpose } from "../../ops/index.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import { exampleAxis, layerError } from "./shared.js";

/** Layers that only move numbers take any. */
const anyDtype: readonly DType[] = ["float32", "int32", "uint8", "bool"];

const makeFlatten = defineLayer<LayerOptions>({
  kind: "flatten",
  options: [],
  dtypes: anyDtype,
  build: ([x]) => reshapeOp(x, [x.shape[0] as string, sizeOf(x.shape.slice(1))]),
});

/** `[batch, ...] -> [batch, features]` */
export const flatten = (options: LayerOptions = {}): Layer => makeFlatten(options);

export interface ReshapeOptions extends LayerOptions {
  /** One example's new shape, without the batch axis; one length may be -1. */
  readonly shape: readonly number[];
}

const makeReshape = defineLayer<ReshapeOptions>({
  kind: "reshape",
  options: ["shape"],
  dtypes: anyDtype,
  check: ({ shape }) => {
    const place = "reshape";
    if (!Array.isArray(shape) || shape.some((n) => !Number.isInteger(n) || (n < 1 && n !== -1)))
      throw new OptionError(`lengths must be whole numbers from 1, or -1, got ${JSON.stringify(shape)}.`, {
        place,
        actual: shape,
      });
    if (shape.filter((n) => n === -1).length > 1)
      throw new OptionError(`one length may be -1, got ${formatShape(shape)}.`, { place, actual: shape });
  },
  build: ([x], { shape }) => reshapeOp(x, [x.shape[0] as string, ...shape]),
});

/** `[batch, ...] -> [batch, ...shape]` */
export const reshape = (shape: readonly number[], options: LayerOptions = {}): Layer<ReshapeOptions> =>
  makeReshape({ shape, ...options });

export interface PermuteOptions extends LayerOptions {
  /** Where each axis of an example comes from; the batch is axis 0 and stays. */
  readonly axes: readonly number[];
}

const makePermute = defineLayer<PermuteOptions>({
  kind: "permute",
  options: ["axes"],
  dtypes: anyDtype,
  check: ({ axes }) => {
    const whole = Array.isArray(axes) && axes.length > 0 && axes.every((_, i) => axes.includes(i + 1));
    if (!whole)
      throw new OptionError(
        `takes each axis of an example once, counted from 1, e.g. permute(2, 1); got ${JSON.stringify(axes)}.`,
        { place: "permute", actual: axes },
      );
  },
  build: ([x], { axes }) => {
    if (x.shape.length !== axes.length + 1)
      throw layerError(`the batch and ${axes.length} axes`, x, "Name each axis of an example once.");
    return transpose(x, [0, ...axes]);
  },
});

/**
 * An example's axes in another order, numbered as PyTorch does, the batch as 0: `permute(2, 1)` makes
 * `[batch, time, features]` of `[batch, features, time]`, and back. A last argument may be options.
 */
export function permute(...parts: (number | LayerOptions)[]): Layer<PermuteOptions> {
  const last = parts.at(-1);
  const options = typeof last === "object" ? last : {};
  return makePermute({ axes: (last === options ? parts.slice(0, -1) : parts) as number[], ...options });
}

export interface DropoutOptions extends LayerOptions {
  /** The probability in [0, 1) that a value is dropped. */
  readonly rate: number;
}

const makeDropout = defineLayer<DropoutOptions>({
  kind: "dropout",
  options: ["rate"],
  check: ({ rate }) => {
    checkNumber("dropout", "rate", rate, { low: 0, high: 1 });
    if (rate === 1) throw new OptionError("rate must be less than 1.", { place: "dropout", actual: rate });
  },
  build: ([x], { rate }, scope) => (scope.training && rate > 0 ? mul(x, scope.dropoutMask("mask", x.shape, rate)) : x),
});

/** Each value dropped with probability `rate` while training, the rest scaled up by 1 / (1 - rate) (Srivastava et al. 2014). */
export const dropout = (rate: number, options: LayerOptions = {}): Layer<DropoutOptions> =>
  makeDropout({ rate, ...options });

const makeAdd = defineLayer<LayerOptions>({
  kind: "add",
  options: [],
  takes: "many",
  dtypes: ["float32", "int32"],
  build: (inputs) => inputs.reduce((a, b) => addOp(a, b)),
});

/** The sum of its inputs: `add()(a, b)`. */
export const add = (options: LayerOptions = {}): Layer => makeAdd(options);

export interface ConcatOptions extends LayerOptions {
  /** Not 0, the batch; defaults to 1, the channels or features. */
  readonly axis?: number;
}

const makeConcat = defineLayer<ConcatOptions>({
  kind: "concat",
  options: ["axis"],
  takes: "many",
  dtypes: anyDtype,
  check: ({ axis = 1 }) => checkNumber("concat", "axis", axis, { integer: true }),
  build: (inputs, { axis = 1 }) => concatOp(inputs, exampleAxis(inputs[0], axis)),
});

/** Its inputs side by side along an axis: `concat()(a, b)`. */
export const concat = (options: ConcatOptions = {}): Layer<ConcatOptions> => makeConcat(options);
