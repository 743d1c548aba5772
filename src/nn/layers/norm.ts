import { checkNumber } from "../../base/options.js";
import { type Dim, sizeOf } from "../../base/shape.js";
import type { Value } from "../../graph/index.js";
import {
  add,
  batchNorm as batchNormOp,
  div,
  mean,
  mul,
  normalizeWith,
  pow,
  reshape,
  size,
  sub,
  variance,
} from "../../ops/index.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import { checkEpsilon, layerError } from "./shared.js";

export interface BatchNormOptions extends LayerOptions {
  /** Added to the variance; defaults to 1e-5. */
  readonly epsilon?: number;
  /** The share of the new batch in the running statistics, in [0, 1]; defaults to 0.1. */
  readonly momentum?: number;
}

const makeBatchNorm = defineLayer<BatchNormOptions>({
  kind: "batchNorm",
  options: ["epsilon", "momentum"],
  check: ({ momentum = 0.1, epsilon = 1e-5 }) => {
    checkNumber("batchNorm", "momentum", momentum, { low: 0, high: 1 });
    checkEpsilon("batchNorm", epsilon);
  },
  build: ([x], { epsilon = 1e-5, momentum = 0.1 }, scope) => {
    const channels = x.shape[1];
    if (typeof channels !== "number")
      throw layerError("[batch, channels, ...]", x, "Normalise after a layer with channels.");
    const weight = scope.parameter("weight", [channels], "ones");
    const bias = scope.parameter("bias", [channels], "zeros");
    const runningMean = scope.state("running_mean", [channels], "zeros");
    const runningVar = scope.state("running_var", [channels], "ones");
    if (!scope.training) return normalizeWith(x, weight, bias, runningMean, runningVar, epsilon);
    const { y, mean: batchMean, variance: batchVariance } = batchNormOp(x, weight, bias, epsilon);
    const counted = x.shape.filter((_, i) => i !== 1);
    if (sizeOf(counted.slice(1)) === 1) scope.needRows(2);
    const count = size(sizeOf(counted));
    // The running variance is the unbiased one, n / (n - 1) times the batch's own.
    const unbiased = mul(batchVariance, div(count, sub(count, 1)));
    // As (1 - momentum) old + momentum now, but nothing in it is ready before the batch's statistics are: engines take
    // long to order graphs in which much is.
    const mix = (old: Value, now: Value) => add(old, mul(sub(now, old), momentum));
    scope.update("running_mean", mix(runningMean, batchMean));
    scope.update("running_var", mix(runningVar, unbiased));
    return y;
  },
});

/**
 * Batch normalisation per channel (Ioffe & Szegedy 2015): `[batch, channels, ...]`, shape unchanged. Training uses
 * the batch's statistics and keeps running ones; evaluation uses the running ones. A batch of one value per channel
 * has no variance: use batches of two or more. Weights: `weight`, `bias`, `running_mean`, `running_var`, all [channels].
 */
export const batchNorm = (options: BatchNormOptions = {}): Layer<BatchNormOptions> => makeBatchNorm(options);

/** (x - mean) / sqrt(variance + epsilon) over `axes`. */
function standardize(x: Value, axes: readonly number[], epsilon: number): Value {
  const centred = sub(x, mean(x, axes, { keepDims: true }));
  return mul(centred, pow(add(variance(x, axes, { keepDims: true }), epsilon), -0.5));
}

export interface LayerNormOptions extends LayerOptions {
  /** How many trailing axes are normalised together; defaults to 1. */
  readonly axes?: number;
  /** Added to the variance; defaults to 1e-5. */
  readonly epsilon?: number;
}

const makeLayerNorm = defineLayer<LayerNormOptions>({
  kind: "layerNorm",
  options: ["axes", "epsilon"],
  check: ({ axes = 1, epsilon = 1e-5 }) => {
    checkNumber("layerNorm", "axes", axes, { low: 1, integer: true });
    checkEpsilon("layerNorm", epsilon);
  },
  build: ([x], { axes: count = 1, epsilon = 1e-5 }, scope) => {
    if (count >= x.shape.length) throw layerError(`more than ${count} axes`, x, "The batch axis is not normalised.");
    const axes = x.shape.map((_, i) => i).slice(-count);
    const shape = x.shape.slice(-count) as number[];
    const y = standardize(x, axes, epsilon);
    return add(mul(y, scope.parameter("weight", shape, "ones")), scope.parameter("bias", shape, "zeros"));
  },
});

/** Layer normalisation over the trailing axes of each example (Ba et al. 2016), shape unchanged. `weight`, `bias`: those axes. */
export const layerNorm = (options: LayerNormOptions = {}): Layer<LayerNormOptions> => makeLayerNorm(options);

export interface GroupNormOptions extends LayerOptions {
  /** How many groups the channels form; must divide their number. */
  readonly groups: number;
  /** Added to the variance; defaults to 1e-5. */
  readonly epsilon?: number;
}

const makeGroupNorm = defineLayer<GroupNormOptions>({
  kind: "groupNorm",
  options: ["groups", "epsilon"],
  check: ({ groups, epsilon = 1e-5 }) => {
    checkNumber("groupNorm", "groups", groups, { low: 1, integer: true });
    checkEpsilon("groupNorm", epsilon);
  },
  build: ([x], { groups, epsilon = 1e-5 }, scope) => {
    const [batch, channels, ...lengths] = x.shape as [Dim, number, ...number[]];
    if (channels % groups !== 0)
      throw layerError(`channels that ${groups} groups divide`, x, "Choose another number of groups.");
    const rest = lengths.reduce((n, d) => n * d, channels / groups);
    const y = reshape(standardize(reshape(x, [batch, groups, rest]), [2], epsilon), x.shape);
    const spread = (vector: Value) => reshape(vector, [channels, ...lengths.map(() => 1)]);
    const weight = spread(scope.parameter("weight", [channels], "ones"));
    return add(mul(y, weight), spread(scope.parameter("bias", [channels], "zeros")));
  },
});

/** Group normalisation: `[batch, channels, ...]`, shape unchanged (Wu & He 2018). Weights: `weight`, `bias` [channels]. */
export const groupNorm = (groups: number, options: Omit<GroupNormOptions, "groups"> = {}): Layer<GroupNormOptions> =>
  makeGroupNorm({ groups, ...options });
