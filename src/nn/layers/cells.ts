import type { Value } from "../../graph/index.js";
import { add, linear, matmul, mul, relu, sigmoid, split, sub, tanh } from "../../ops/index.js";
import type { Initializer } from "../initializers.js";

/** What a step of a cell gives. */
export interface CellStep {
  /** The next states, each [batch, units]; the first, h, is what the layer gives. */
  readonly states: readonly Value[];
  /** Values worth a name, each [batch, units]. */
  readonly hidden: Readonly<Record<string, Value>>;
}

/** One kind of recurrent layer, step by step. */
export interface Cell {
  /** How many blocks of units rows its weights have. */
  readonly gates: number;
  /** Names of the states. */
  readonly states: readonly string[];
  /** How b_ih starts. */
  readonly bias: Initializer;
  /** Whether b_hh enters within the step; else it is added to b_ih. */
  readonly innerBias: boolean;
  /** The recurrent weights as a step takes them, from W_hh [gates * units, units] and, where it is inner, b_hh. */
  fixed(weight: Value, bias: Value | undefined): readonly Value[];
  /**
   * @param given the input's share, x W_ih^T and biases: [batch, gates * units]
   * @param masked what of the state before enters the gates
   */
  step(states: readonly Value[], given: Value, fixed: readonly Value[], masked: (h: Value) => Value): CellStep;
}

/** h' = f(given + W_hh h) (Elman 1990) */
export const simpleCell = (activation: "tanh" | "relu" | "linear"): Cell => ({
  gates: 1,
  states: ["h"],
  bias: "zeros",
  innerBias: false,
  fixed: (weight) => [weight],
  step: ([h], given, [weight], masked) => {
    const sum = add(matmul(masked(h as Value), weight as Value, { transposeB: true }), given);
    const next = activation === "linear" ? sum : activation === "tanh" ? tanh(sum) : relu(sum);
    return { states: [next], hidden: {} };
  },
});

/**
 * i, f, o = sigmoid(...), g = tanh(...), c' = f c + i g, h' = o tanh(c') (Hochreiter & Schmidhuber 1997, with the forget
 * gate of Gers et al. 2000)
 */
export const lstmCell: Cell = {
  gates: 4,
  states: ["h", "c"],
  bias: { blocks: ["zeros", "ones", "zeros", "zeros"] },
  innerBias: false,
  fixed: (weight) => [weight],
  step: ([h, c], given, [weight], masked) => {
    const sum = add(matmul(masked(h as Value), weight as Value, { transposeB: true }), given);
    const [zi, zf, zg, zo] = split(sum, 4, 1) as [Value, Value, Value, Value];
    const [input, forget, candidate, output] = [sigmoid(zi), sigmoid(zf), tanh(zg), sigmoid(zo)];
    const cell = add(mul(forget, c as Value), mul(input, candidate));
    return { states: [mul(output, tanh(cell)), cell], hidden: { input, forget, candidate, output, cell } };
  },
};

/** Gated recurrent units (Cho et al. 2014): r, z = sigmoid(...), h' = (1 - z) n + z h. */
export const gruCell = (resetAfter: boolean): Cell => (resetAfter ? resetAfterCell : resetBeforeCell);

const blend = (update: Value, candidate: Value, h: Value): Value => add(mul(sub(1, update), candidate), mul(update, h));

/** n = tanh(given + r (W_hn h + b_hn)), as cuDNN and PyTorch have it. */
const resetAfterCell: Cell = {
  gates: 3,
  states: ["h"],
  bias: "zeros",
  innerBias: true,
  fixed: (weight, bias) => [weight, bias as Value],
  step: ([before], given, [weight, bias], masked) => {
    const h = before as Value;
    const [gr, gz, gn] = split(given, 3, 1) as [Value, Value, Value];
    const [hr, hz, hn] = split(linear(masked(h), weight as Value, bias), 3, 1) as [Value, Value, Value];
    const [reset, update] = [sigmoid(add(gr, hr)), sigmoid(add(gz, hz))];
    const candidate = tanh(add(gn, mul(reset, hn)));
    return { states: [blend(update, candidate, h)], hidden: { reset, update, candidate } };
  },
};

/** n = tanh(given + W_hn (r h) + b_hn), as Cho et al. have it. */
const resetBeforeCell: Cell = {
  gates: 3,
  states: ["h"],
  bias: "zeros",
  innerBias: false,
  fixed: (weight) => {
    const units = weight.shape[1] as number;
    return split(weight, [2 * units, units], 0);
  },
  step: ([before], given, [gates, inner], masked) => {
    const h = before as Value;
    const [gr, gz, gn] = split(given, 3, 1) as [Value, Value, Value];
    const [hr, hz] = split(matmul(masked(h), gates as Value, { transposeB: true }), 2, 1) as [Value, Value];
    const [reset, update] = [sigmoid(add(gr, hr)), sigmoid(add(gz, hz))];
    const candidate = tanh(add(gn, matmul(mul(reset, masked(h)), inner as Value, { transposeB: true })));
    return { states: [blend(update, candidate, h)], hidden: { reset, update, candidate } };
  },
};
