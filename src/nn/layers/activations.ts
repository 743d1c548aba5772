import { checkNumber } from "../../base/options.js";
import type { Value } from "../../graph/index.js";
import {
  add,
  erf,
  exp,
  leakyRelu as leakyReluOp,
  mul,
  relu as reluOp,
  sigmoid as sigmoidOp,
  softmax as softmaxOp,
  sub,
  tanh as tanhOp,
} from "../../ops/index.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import { exampleAxis } from "./shared.js";

function activation(kind: string, op: (x: Value) => Value) {
  const make = defineLayer<LayerOptions>({ kind, options: [], build: ([x]) => op(x) });
  return (options: LayerOptions = {}): Layer => make(options);
}

/** max(x, 0) (Nair & Hinton 2010) */
export const relu = activation("relu", reluOp);
/** 1 / (1 + e^-x) */
export const sigmoid = activation("sigmoid", sigmoidOp);
/** The hyperbolic tangent */
export const tanh = activation("tanh", tanhOp);
/** x Phi(x), with the exact normal distribution (Hendrycks & Gimpel 2016) */
export const gelu = activation("gelu", (x) => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1)));
/** x sigmoid(x) (Elfwing et al. 2017), also called swish */
export const silu = activation("silu", (x) => mul(x, sigmoidOp(x)));

export interface LeakyReluOptions extends LayerOptions {
  /** The slope for x < 0, in [0, 1]; defaults to 0.01. */
  readonly slope?: number;
}

const makeLeakyRelu = defineLayer<LeakyReluOptions>({
  kind: "leakyRelu",
  options: ["slope"],
  check: ({ slope = 0.01 }) => checkNumber("leakyRelu", "slope", slope, { low: 0, high: 1 }),
  build: ([x], { slope = 0.01 }) => leakyReluOp(x, slope),
});

/** x, or slope x for x < 0 (Maas et al. 2013) */
export const leakyRelu = (slope = 0.01, options: Omit<LeakyReluOptions, "slope"> = {}): Layer<LeakyReluOptions> =>
  makeLeakyRelu({ slope, ...options });

export interface EluOptions extends LayerOptions {
  /** Minus the limit for x to -Inf, from 0; defaults to 1. */
  readonly alpha?: number;
}

const makeElu = defineLayer<EluOptions>({
  kind: "elu",
  options: ["alpha"],
  check: ({ alpha = 1 }) => checkNumber("elu", "alpha", alpha, { low: 0, high: Number.MAX_VALUE }),
  // The exponent x - relu x is 0 where x is positive, so that it never overflows; its slope at 0 is 1, as PyTorch's.
  build: ([x], { alpha = 1 }) => {
    const positive = reluOp(x);
    return add(positive, mul(sub(exp(sub(x, positive)), 1), alpha));
  },
});

/** x, or alpha (e^x - 1) for x < 0 (Clevert et al. 2015) */
export const elu = (alpha = 1, options: Omit<EluOptions, "alpha"> = {}): Layer<EluOptions> =>
  makeElu({ alpha, ...options });

export interface SoftmaxOptions extends LayerOptions {
  /** Not 0, the batch; defaults to the last. */
  readonly axis?: number;
}

const makeSoftmax = defineLayer<SoftmaxOptions>({
  kind: "softmax",
  options: ["axis"],
  check: ({ axis = -1 }) => checkNumber("softmax", "axis", axis, { integer: true }),
  build: ([x], { axis = -1 }) => softmaxOp(x, exampleAxis(x, axis)),
});

/** e^x / sum e^x along an axis. Losses take the scores before it: leave it out of a network that is trained. */
export const softmax = (options: SoftmaxOptions = {}): Layer<SoftmaxOptions> => makeSoftmax(options);
