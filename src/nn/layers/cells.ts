import type { Value } from "../../graph/index.js";
import {
  add,
  addmm,
  lstmGates,
  matmul,
  mul,
  relu,
  reshape,
  type ScanOperator,
  sigmoid,
  split,
  sub,
  tanh,
} from "../../ops/index.js";
import type { Initializer } from "../initializers.js";

/** What a step of a cell gives. */
export interface CellStep {
  /** The next states, each [units, batch]; the first, h, is what the layer gives. */
  readonly states: readonly Value[];
  /** Values worth a name, each [units, batch]. */
  readonly hidden: Readonly<Record<string, Value>>;
}

/** The weights of a cell, as PyTorch has them. */
export interface CellWeights {
  /** W_ih, [gates * units, features] */
  readonly weightIn: Value;
  /** W_hh, [gates * units, units] */
  readonly weight: Value;
  /** b_ih and b_hh, [gates * units] */
  readonly biasIn: Value;
  readonly bias: Value;
}

/**
 * One kind of recurrent layer, step by step. Within, the batch is the last axis: matrix products with narrow right sides are
 * faster than with low left sides.
 */
export interface Cell {
  /** How many blocks of units rows its weights have. */
  readonly gates: number;
  /** Names of the states. */
  readonly states: readonly string[];
  /** How b_ih starts. */
  readonly bias: Initializer;
  /** The ONNX operator that does all steps, from these fixed weights. */
  readonly operator: ScanOperator | undefined;
  /** The weights as a step takes them. */
  fixed(weights: CellWeights): readonly Value[];
  /**
   * @param x what is read in this step, [features, batch]
   * @param masked what of the state before enters the gates
   */
  step(states: readonly Value[], x: Value, fixed: readonly Value[], masked: (h: Value) => Value): CellStep;
}

const column = (bias: Value): Value => reshape(bias, [...bias.shape, 1]);

/** W_ih x + W_hh h + b_ih + b_hh: the weights, and the sum from them. */
const plain = {
  fixed: ({ weightIn, weight, biasIn, bias }: CellWeights): readonly Value[] => [
    weightIn,
    weight,
    column(add(biasIn, bias)),
  ],
  sum: (x: Value, h: Value, [weightIn, weight, bias]: readonly Value[]): Value =>
    addmm(addmm(bias as Value, weightIn as Value, x), weight as Value, h),
};

/** h' = f(W_ih x + W_hh h + b) (Elman 1990) */
export const simpleCell = (activation: "tanh" | "relu" | "linear"): Cell => ({
  gates: 1,
  states: ["h"],
  bias: "zeros",
  operator: activation === "linear" ? undefined : activation === "tanh" ? "rnnTanh" : "rnnRelu",
  fixed: plain.fixed,
  step: ([h], x, fixed, masked) => {
    const sum = plain.sum(x, masked(h as Value), fixed);
    const next = activation === "linear" ? sum : activation === "tanh" ? tanh(sum) : relu(sum);
    return { states: [next], hidden: {} };
  },
});

/** Long short-term memory: see `lstmGates`. */
export const lstmCell: Cell = {
  gates: 4,
  states: ["h", "c"],
  bias: { blocks: ["zeros", "ones", "zeros", "zeros"] },
  operator: "lstm",
  fixed: plain.fixed,
  step: ([h, c], x, fixed, masked) => {
    const { h: next, cell, ...gates } = lstmGates(plain.sum(x, masked(h as Value), fixed), c as Value);
    return { states: [next, cell], hidden: { ...gates, cell } };
  },
};

/** Gated recurrent units (Cho et al. 2014): r, z = sigmoid(...), h' = (1 - z) n + z h. */
export const gruCell = (resetAfter: boolean): Cell => ({
  gates: 3,
  states: ["h"],
  bias: "zeros",
  ...(resetAfter ? resetBehind : resetBefore),
});

const blend = (update: Value, candidate: Value, h: Value): Value => add(mul(sub(1, update), candidate), mul(update, h));

/** n = tanh(W_in x + b_in + r (W_hn h + b_hn)), as cuDNN and PyTorch have it. */
const resetBehind: Pick<Cell, "operator" | "fixed" | "step"> = {
  operator: "gruResetBehind",
  fixed: ({ weightIn, weight, biasIn, bias }) => [weightIn, weight, column(biasIn), column(bias)],
  step: ([before], x, [weightIn, weight, biasIn, bias], masked) => {
    const h = before as Value;
    const [xr, xz, xn] = split(addmm(biasIn as Value, weightIn as Value, x), 3, 0) as [Value, Value, Value];
    const [hr, hz, hn] = split(addmm(bias as Value, weight as Value, masked(h)), 3, 0) as [Value, Value, Value];
    const [reset, update] = [sigmoid(add(xr, hr)), sigmoid(add(xz, hz))];
    const candidate = tanh(add(xn, mul(reset, hn)));
    return { states: [blend(update, candidate, h)], hidden: { reset, update, candidate } };
  },
};

/** n = tanh(W_in x + b_in + W_hn (r h) + b_hn), as Cho et al. have it. */
const resetBefore: Pick<Cell, "operator" | "fixed" | "step"> = {
  operator: "gruResetBefore",
  fixed: ({ weightIn, weight, biasIn, bias }) => {
    const units = weight.shape[1] as number;
    return [weightIn, column(add(biasIn, bias)), ...split(weight, [2 * units, units], 0)];
  },
  step: ([before], x, [weightIn, bias, gates, inner], masked) => {
    const h = before as Value;
    const [xr, xz, xn] = split(addmm(bias as Value, weightIn as Value, x), 3, 0) as [Value, Value, Value];
    const [hr, hz] = split(matmul(gates as Value, masked(h)), 2, 0) as [Value, Value];
    const [reset, update] = [sigmoid(add(xr, hr)), sigmoid(add(xz, hz))];
    const candidate = tanh(addmm(xn, inner as Value, mul(reset, masked(h))));
    return { states: [blend(update, candidate, h)], hidden: { reset, update, candidate } };
  },
};
