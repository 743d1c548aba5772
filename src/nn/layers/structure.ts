import type { DType } from "../../base/dtype.js";
import { FormatError, OptionError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import { formatShape, sizeOf } from "../../base/shape.js";
import type { Value } from "../../graph/index.js";
import { add as addOp, concat as concatOp, mul, reshape as reshapeOp } from "../../ops/index.js";
import { checkLayers, defineLayer, layerFromJson } from "../layer.js";
import type { Layer, LayerJson, LayerOptions } from "../traced.js";
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
  readonly layers: readonly Layer[];
  /** Layers on the way around, for when the shape changes; defaults to none: x itself. */
  readonly shortcut?: readonly Layer[];
}

/** As JSON, a layer that stands a second time is the position of the first, counted through layers and shortcut. */
type Written = LayerJson | number;

function writeLayers(layers: readonly Layer[]): Written[] {
  return layers.map((layer, i) => (layers.indexOf(layer) < i ? layers.indexOf(layer) : layer.toJSON()));
}

function readLayers(written: readonly (Layer | Written)[]): Layer[] {
  const layers: Layer[] = [];
  for (const layer of written) {
    const made = typeof layer === "number" ? layers[layer] : typeof layer === "function" ? layer : layerFromJson(layer);
    if (made === undefined) throw new FormatError(`has no layer ${layer} before it.`, { place: "residual" });
    layers.push(made);
  }
  return layers;
}

const chain = (x: Value, layers: readonly Layer[]): Value => layers.reduce((value, layer) => layer(value), x);

const makeResidual = defineLayer<ResidualOptions>({
  kind: "residual",
  options: ["layers", "shortcut"],
  write: ({ layers, shortcut = [], ...rest }) => {
    const written = writeLayers([...layers, ...shortcut]);
    const around = written.slice(layers.length);
    return { ...rest, layers: written.slice(0, layers.length), ...(around.length > 0 && { shortcut: around }) };
  },
  revive: ({ layers, shortcut = [], ...rest }) => {
    if (!Array.isArray(layers) || !Array.isArray(shortcut))
      throw new OptionError("layers and shortcut must be lists of layers.", { place: "residual" });
    const made = readLayers([...layers, ...shortcut]);
    checkLayers("residual", made.slice(0, layers.length));
    return { ...rest, layers: made.slice(0, layers.length), shortcut: made.slice(layers.length) };
  },
  build: ([x], { layers, shortcut = [] }, scope) => {
    const inner = chain(x, layers);
    const around = chain(x, shortcut);
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
  const options = typeof last === "object" ? last : {};
  const layers = typeof last === "object" ? parts.slice(0, -1) : parts;
  if (layers.some((part) => typeof part === "object"))
    throw new OptionError("only the last argument may be options.", { place: "residual" });
  const { shortcut = [] } = options;
  checkLayers("residual", layers);
  if (shortcut.length > 0) checkLayers("residual", shortcut, layers.length + 1);
  return makeResidual({ layers: layers as Layer[], ...options });
}

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
