import { OptionError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import { constant, type Value } from "../../graph/index.js";
import { add, slice } from "../../ops/index.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import { gelu, relu } from "./activations.js";
import { type AttentionOptions, attention, checkAttention } from "./attention.js";
import { dense } from "./dense.js";
import { layerNorm } from "./norm.js";
import { expectAxes, innerLayers, layerError } from "./shared.js";
import { dropout as dropoutLayer } from "./structure.js";

export interface PositionalEncodingOptions extends LayerOptions {
  /** Fixed waves (the default), or learned. */
  readonly kind?: "sinusoidal" | "learned";
  /** How many steps have learned positions; defaults to the time of the network. More serve longer inputs later. */
  readonly steps?: number;
}

const makePositionalEncoding = defineLayer<PositionalEncodingOptions>({
  kind: "positionalEncoding",
  options: ["kind", "steps"],
  check: ({ kind = "sinusoidal", steps }) => {
    const place = "positionalEncoding";
    if (kind !== "sinusoidal" && kind !== "learned")
      throw new OptionError(`kind must be "sinusoidal" or "learned", got ${JSON.stringify(kind)}.`, {
        place,
        actual: kind,
      });
    if (steps === undefined) return;
    checkNumber(place, "steps", steps, { low: 1, integer: true });
    if (kind === "sinusoidal")
      throw new OptionError('steps is for kind "learned": the waves go on for ever. Leave it out.', { place });
  },
  build: ([x], { kind = "sinusoidal", steps }, scope) => {
    expectAxes(x, "[batch, time, features]", "Put embedding() before it for tokens.");
    scope.forgets();
    const [, time, features] = x.shape as readonly [string, number, number];
    if (kind === "sinusoidal") return add(x, waves(time, features));
    if (steps !== undefined && steps < time)
      throw layerError(`at most ${steps} steps`, x, "Give more steps to positionalEncoding.");
    const all = scope.parameter("weight", [steps ?? time, features], { normal: 0.02 });
    return add(x, steps === undefined ? all : slice(all, [[0, time]]));
  },
});

/** sin(t / 10000^(2i / features)) in feature 2i, the cosine in 2i + 1 */
function waves(time: number, features: number): Value {
  const at = (step: number, feature: number): number => {
    const angle = step / 10000 ** ((feature - (feature % 2)) / features);
    return feature % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  };
  return constant(
    Array.from({ length: time * features }, (_, i) => at(Math.floor(i / features), i % features)),
    [time, features],
  );
}

/**
 * Adds to each step a vector that says where it is, since attention by itself sees no order: waves of all lengths
 * (Vaswani et al. 2017, section 3.5) or learned ones. `[batch, time, features]`, shape unchanged. Weights, if learned:
 * `weight` [steps, features].
 */
export const positionalEncoding = (options: PositionalEncodingOptions = {}): Layer<PositionalEncodingOptions> =>
  makePositionalEncoding(options);

export interface TransformerBlockOptions extends Omit<AttentionOptions, "units"> {
  /** The length of the hidden layer after the attention; defaults to 4 times the features. */
  readonly units?: number;
  /** Of that hidden layer; defaults to "gelu". */
  readonly activation?: "gelu" | "relu";
}

/** The layers of a block by PyTorch's names. */
const parts = innerLayers((features: number, options: TransformerBlockOptions) => {
  const { heads, units = 4 * features, causal = false, dropout = 0, activation = "gelu" } = options;
  const dropped = (name: string) => (dropout > 0 ? dropoutLayer(dropout, { name }) : undefined);
  return {
    norm1: layerNorm({ name: "norm1" }),
    attention: attention(heads, { causal, dropout, name: "self_attn" }),
    dropout1: dropped("dropout1"),
    norm2: layerNorm({ name: "norm2" }),
    linear1: dense(units, { initializer: "glorot", name: "linear1" }),
    activation: (activation === "gelu" ? gelu : relu)({ name: "activation" }),
    dropout: dropped("dropout"),
    linear2: dense(features, { initializer: "glorot", name: "linear2" }),
    dropout2: dropped("dropout2"),
  };
});

const through = (x: Value, ...layers: (Layer | undefined)[]): Value =>
  layers.reduce((value, layer) => (layer === undefined ? value : layer(value)), x);

const makeTransformerBlock = defineLayer<TransformerBlockOptions>({
  kind: "transformerBlock",
  options: ["heads", "units", "causal", "dropout", "activation"],
  check: (options) => {
    const place = "transformerBlock";
    checkAttention(place, options);
    const { units = 1, activation = "gelu" } = options;
    checkNumber(place, "units", units, { low: 1, integer: true });
    if (activation !== "gelu" && activation !== "relu")
      throw new OptionError(`activation must be "gelu" or "relu", got ${JSON.stringify(activation)}.`, {
        place,
        actual: activation,
      });
  },
  build: ([x], options, scope) => {
    expectAxes(x, "[batch, time, features]", "Put embedding() before it for tokens.");
    const own = parts(options, x.shape[2] as number);
    const attended = scope.hidden("add", add(x, through(x, own.norm1, own.attention, own.dropout1)));
    const forward = [own.norm2, own.linear1, own.activation, own.dropout, own.linear2, own.dropout2];
    return add(attended, through(attended, ...forward));
  },
});

/**
 * One block of a transformer (Vaswani et al. 2017), its norms before what they serve (Xiong et al. 2020), which trains
 * without a warm-up: x + attention(norm(x)), then the same of two dense layers; `[batch, time, features]`, shape unchanged.
 * Blocks one after another are an encoder, with `causal` a decoder as GPT's; end them in `layerNorm()` and `dense()`.
 *
 * Weights as PyTorch's TransformerEncoderLayer with `norm_first`: `self_attn.in_proj_weight`, `self_attn.out_proj.weight`,
 * `linear1.weight`, `linear2.weight`, `norm1.weight`, `norm2.weight` and their biases. `dropout` (defaults to 0) drops
 * attention's weights, the hidden layer and what both parts add. Hidden values: `self_attn/weights`, `add`, and the layers'.
 */
export const transformerBlock = (
  heads: number,
  options: Omit<TransformerBlockOptions, "heads"> = {},
): Layer<TransformerBlockOptions> => makeTransformerBlock({ heads, ...options });
