import { checkNumber } from "../../base/options.js";
import { gather, linear } from "../../ops/index.js";
import type { Initializer } from "../initializers.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import { layerError } from "./shared.js";
import { checkSpectral, type SpectralOptions, weightOf } from "./spectral.js";

export interface DenseOptions extends LayerOptions, SpectralOptions {
  /** How many outputs. */
  readonly units: number;
  /** Defaults to true. */
  readonly bias?: boolean;
  /** Of the weight; defaults to "he". */
  readonly initializer?: Initializer;
}

const makeDense = defineLayer<DenseOptions>({
  kind: "dense",
  options: ["units", "bias", "initializer", "spectralNorm"],
  check: (options) => {
    checkNumber("dense", "units", options.units, { low: 1, integer: true });
    checkSpectral("dense", options);
  },
  build: ([x], { units, bias = true, initializer = "he", spectralNorm = false }, scope) => {
    const features = x.shape.at(-1);
    const [, ...rest] = x.shape;
    if (typeof features !== "number" || rest.length > 2)
      throw layerError("[batch, features]", x, "Add flatten() before it.");
    const weight = weightOf(scope, { shape: [units, features], initializer, spectralNorm });
    return linear(x, weight, bias ? scope.parameter("bias", [units], "zeros") : undefined);
  },
});

/**
 * A fully connected layer, y = x W^T + b: `[batch, features] -> [batch, units]`, also per position of
 * `[batch, time, features]`. Weights: `weight` [units, features], `bias` [units]; with `spectralNorm` also `weight_u`
 * [units].
 */
export const dense = (units: number, options: Omit<DenseOptions, "units"> = {}): Layer<DenseOptions> =>
  makeDense({ units, ...options });

export interface EmbeddingOptions extends LayerOptions {
  /** How many different tokens there are. */
  readonly count: number;
  /** The length of each token's vector. */
  readonly features: number;
  /** Defaults to a normal distribution of deviation 1, as in PyTorch. */
  readonly initializer?: Initializer;
}

const makeEmbedding = defineLayer<EmbeddingOptions>({
  kind: "embedding",
  options: ["count", "features", "initializer"],
  check: ({ count, features }) => {
    checkNumber("embedding", "count", count, { low: 1, integer: true });
    checkNumber("embedding", "features", features, { low: 1, integer: true });
  },
  dtypes: ["int32"],
  build: ([x], { count, features, initializer = { normal: 1 } }, scope) => {
    scope.expectPositions(x, count);
    return gather(scope.parameter("weight", [count, features], initializer), x);
  },
});

/**
 * A vector for each int32 token in [0, count): `[batch, ...] -> [batch, ..., features]`. Weights: `weight`
 * [count, features].
 */
export const embedding = (
  count: number,
  features: number,
  options: Omit<EmbeddingOptions, "count" | "features"> = {},
): Layer<EmbeddingOptions> => makeEmbedding({ count, features, ...options });
