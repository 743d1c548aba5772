import { OptionError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import { constant, type Value } from "../../graph/index.js";
import { lessEqual, linear, matmul, mul, reshape, softmax, split, transpose, where } from "../../ops/index.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import type { LayerScope } from "../tracing.js";
import { dense } from "./dense.js";
import { countedIn, expectAxes, innerLayers, layerError } from "./shared.js";

export interface AttentionOptions extends LayerOptions {
  /** In how many ways each step looks at the others; must divide `units`. */
  readonly heads: number;
  /** The length of all heads' queries together, and of keys and values; defaults to the number of features. */
  readonly units?: number;
  /** Whether a step sees itself and the steps before it only; defaults to false. */
  readonly causal?: boolean;
  /** The probability in [0, 1) that a weight is dropped while training; defaults to 0. */
  readonly dropout?: number;
}

/** Checks what attention and the layers made of it share. */
export function checkAttention(kind: string, { heads, causal = false, dropout = 0 }: Omit<AttentionOptions, "units">) {
  checkNumber(kind, "heads", heads, { low: 1, integer: true });
  checkNumber(kind, "dropout", dropout, { low: 0, high: 1 });
  if (dropout === 1) throw new OptionError("dropout must be less than 1, got 1.", { place: kind, actual: 1 });
  if (typeof causal !== "boolean")
    throw new OptionError(`causal must be true or false, got ${JSON.stringify(causal)}.`, {
      place: kind,
      actual: causal,
    });
}

const output = innerLayers((features: number) => dense(features, { initializer: "glorot", name: "out_proj" }));

/** A score that leaves nothing in a softmax. */
const NEVER = -1e30;

const makeAttention = defineLayer<AttentionOptions>({
  kind: "attention",
  options: ["heads", "units", "causal", "dropout"],
  check: (options) => {
    checkAttention("attention", options);
    const { heads, units = heads } = options;
    checkNumber("attention", "units", units, { low: 1, integer: true });
    if (units % heads !== 0)
      throw new OptionError(`units must be a multiple of the ${heads} heads, got ${units}.`, {
        place: "attention",
        expected: heads,
        actual: units,
      });
  },
  build: ([x], options, scope) => {
    expectAxes(x, "[batch, time, features]", "Put embedding() before it for tokens.");
    scope.forgets();
    const [batch, time, features] = x.shape as readonly [string, number, number];
    const { heads, units = features, causal = false, dropout = 0 } = options;
    if (units % heads !== 0)
      throw layerError(`features that ${heads} heads divide`, x, "Choose another number of heads, or give units.");
    const weight = scope.parameter("in_proj_weight", [3 * units, features], { blocks: ["glorot", "glorot", "glorot"] });
    const given = linear(x, weight, scope.parameter("in_proj_bias", [3 * units], "zeros"));
    const [query, key, value] = split(given, 3, 2).map((part) =>
      transpose(reshape(part, [batch, time, heads, units / heads]), [0, 2, 1, 3]),
    ) as [Value, Value, Value];
    const scores = matmul(mul(query, Math.sqrt(heads / units)), key, { transposeB: true });
    const weights = scope.hidden("weights", softmax(visible(scores, x, causal, scope)));
    const kept =
      dropout > 0 && scope.training ? mul(weights, scope.dropoutMask("dropout", weights.shape, dropout)) : weights;
    const heard = reshape(transpose(matmul(kept, value), [0, 2, 1, 3]), [batch, time, units]);
    const y = output(options, features)(heard);
    const counted = countedIn(x, scope, 1);
    return counted ? where(counted, y, 0) : y;
  },
});

/** Scores [batch, heads, time, time] without hope where a step must not look: at later ones, or beyond the length. */
function visible(scores: Value, x: Value, causal: boolean, scope: LayerScope): Value {
  const time = x.shape[1] as number;
  const counted = countedIn(x, scope, 1);
  const known = counted ? where(reshape(counted, [x.shape[0] as string, 1, 1, time]), scores, NEVER) : scores;
  if (!causal) return known;
  const steps = Array.from({ length: time }, (_, step) => step);
  const earlier = lessEqual(constant(steps, [1, time], "int32"), constant(steps, [time, 1], "int32"));
  return where(earlier, known, NEVER);
}

/**
 * Multi-head self-attention (Vaswani et al. 2017): each step's query is compared with all steps' keys, and their values are
 * mixed by softmax(q k / sqrt(units / heads)); `[batch, time, features]`, shape unchanged. `causal` leaves each step only
 * itself and those before it. Where the network has lengths, nothing looks beyond them, and the output there is 0.
 *
 * Weights as PyTorch's MultiheadAttention: `in_proj_weight` [3 * units, features] and `in_proj_bias` (query, key, value),
 * `out_proj.weight` [features, units], `out_proj.bias`. Hidden value: `weights` [batch, heads, time, time], how much each
 * step (third axis) takes from each (last axis).
 * @throws OptionError for heads that do not divide the units
 */
export const attention = (heads: number, options: Omit<AttentionOptions, "heads"> = {}): Layer<AttentionOptions> =>
  makeAttention({ heads, ...options });
