import { OptionError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import { formatShape, sizeOf } from "../../base/shape.js";
import type { Value } from "../../graph/index.js";
import { add as addOp, concat as concatOp, mul, reshape as reshapeOp } from "../../ops/index.js";
import { defineLayer, layerFromJson } from "../layer.js";
import type { Layer, LayerJson, LayerOptions } from "../traced.js";
import { layerError } from "./shared.js";

const makeFlatten = defineLayer<LayerOptions>({
  kind: "flatten",
  options: [],
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
  build: ([x], { shape }) => reshapeOp(x, [x.shape[0] as string, ...shape]),
});

/** `[batch, ...] -> [batch, ...shape]` */
export const reshape = (shape: readonly number[], options: LayerOptions = {}): Layer<ReshapeOptions> =>
  makeReshape({ shape, ...options });

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

export interface ResidualOptions extends LayerOptions {
  readonly layers: readonly (Layer | LayerJson)[];
  /** Layers on the way around, for when the shape changes; defaults to none: x itself. */
  readonly shortcut?: readonly (Layer | LayerJson)[];
}

const asLayer = (layer: Layer | LayerJson): Layer => (typeof layer === "function" ? layer : layerFromJson(layer));

const asLayers = (layers: readonly (Layer | LayerJson)[]): Layer[] => layers.map(asLayer);

const chain = (x: Value, layers: readonly Layer[]): Value => layers.reduce((value, layer) => layer(value), x);

const makeResidual = defineLayer<ResidualOptions>({
  kind: "residual",
  options: ["layers", "shortcut"],
  revive: ({ layers, shortcut, ...rest }) => ({
    ...rest,
    layers: asLayers(layers),
    ...(shortcut && { shortcut: asLayers(shortcut) }),
  }),
  build: ([x], { layers, shortcut = [] }, scope) => {
    const inner = chain(x, asLayers(layers));
    const around = chain(x, asLayers(shortcut));
    if (formatShape(inner.shape) !== formatShape(around.shape))
      throw layerError(
        `the layers to end in ${formatShape(around.shape)}, as the way around does`,
        inner,
        'Give a shortcut, e.g. { shortcut: [conv2d(filters, 1)] }, or padding "same".',
      );
    return scope.hidden("add", addOp(inner, around));
  },
});

/**
 * x + layers(x) (He et al. 2016). A last argument `{ shortcut: [...] }` puts layers on the way around:
 * `residual(conv2d(64, 3, { padding: "same", stride: 2 }), { shortcut: [conv2d(64, 1, { stride: 2 })] })`.
 */
export function residual(...parts: (Layer | Omit<ResidualOptions, "layers">)[]): Layer<ResidualOptions> {
  const last = parts.at(-1);
  const options = typeof last === "function" || last === undefined ? {} : last;
  const layers = parts.filter((part): part is Layer => typeof part === "function");
  if (layers.length < parts.length - (typeof last === "function" ? 0 : 1))
    throw new OptionError("only the last argument may be options.", { place: "residual" });
  return makeResidual({ layers, ...options });
}

const makeAdd = defineLayer<LayerOptions>({
  kind: "add",
  options: [],
  build: (inputs) => inputs.reduce((a, b) => addOp(a, b)),
});

/** The sum of its inputs: `add()(a, b)`. */
export const add = (options: LayerOptions = {}): Layer => makeAdd(options);

export interface ConcatOptions extends LayerOptions {
  /** Defaults to 1, the channels or features. */
  readonly axis?: number;
}

const makeConcat = defineLayer<ConcatOptions>({
  kind: "concat",
  options: ["axis"],
  build: (inputs, { axis = 1 }) => concatOp(inputs, axis),
});

/** Its inputs side by side along an axis: `concat()(a, b)`. */
export const concat = (options: ConcatOptions = {}): Layer<ConcatOptions> => makeConcat(options);
