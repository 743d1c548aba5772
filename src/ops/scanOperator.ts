import type { Emit, OnnxAttrs } from "../graph/index.js";

/**
 * ONNX operators that do a whole recurrent layer, gates not to be seen: faster than a loop, and what others' programs
 * know. By the cells of `nn` whose fixed values they take.
 */
export type ScanOperator = "rnnTanh" | "rnnRelu" | "lstm" | "gruResetBehind" | "gruResetBefore";

/** The ONNX names of what goes through a scan. */
export interface ScanNames {
  /** [units, batch] */
  readonly states: readonly string[];
  /** [time, features, batch], and which steps count: bool [time, 1, batch] */
  readonly steps: readonly string[];
  readonly fixed: readonly string[];
}

interface Weights {
  readonly type: string;
  readonly attrs: OnnxAttrs;
  /** How many blocks of units rows, and in which order ONNX has them. */
  readonly order: readonly number[];
  readonly weightIn: string;
  readonly weight: string;
  /** Columns; without the second, it is 0. */
  readonly biases: readonly string[];
}

const weightsOf: Readonly<Record<ScanOperator, (emit: Emit, fixed: readonly string[]) => Weights>> = {
  rnnTanh: (_, fixed) => ({ ...plain(fixed), type: "RNN", attrs: { activations: { strings: ["Tanh"] } }, order: [0] }),
  rnnRelu: (_, fixed) => ({ ...plain(fixed), type: "RNN", attrs: { activations: { strings: ["Relu"] } }, order: [0] }),
  // i, f, g, o become i, o, f, g.
  lstm: (_, fixed) => ({ ...plain(fixed), type: "LSTM", attrs: {}, order: [0, 3, 1, 2] }),
  // r, z, n become z, r, n.
  gruResetBehind: (_, [weightIn, weight, biasIn, bias]) => ({
    type: "GRU",
    attrs: { linear_before_reset: 1 },
    order: [1, 0, 2],
    weightIn: weightIn as string,
    weight: weight as string,
    biases: [biasIn as string, bias as string],
  }),
  gruResetBefore: (emit, [weightIn, bias, gates, inner]) => ({
    type: "GRU",
    attrs: { linear_before_reset: 0 },
    order: [1, 0, 2],
    weightIn: weightIn as string,
    weight: emit.node("Concat", [gates as string, inner as string], { axis: 0 }),
    biases: [bias as string],
  }),
};

const plain = ([weightIn, weight, bias]: readonly string[]) => ({
  weightIn: weightIn as string,
  weight: weight as string,
  biases: [bias as string],
});

/** The states of all steps [time, units, batch] and the last states, as a scan gives them. */
export function emitOperator(
  emit: Emit,
  operator: ScanOperator,
  { states, steps, fixed }: ScanNames,
  units: number,
  reverse: boolean,
): { readonly all: string; readonly last: readonly string[] } {
  const { type, attrs, order, weightIn, weight, biases } = weightsOf[operator](emit, fixed);
  const axis0 = emit.constant([0], "int64");
  const swapped = (x: string) => emit.node("Transpose", [x], { perm: [1, 0] });
  const ordered = (x: string): string => {
    if (order.length === 1) return x;
    const parts = emit.nodes(
      "Split",
      [
        x,
        emit.constant(
          order.map(() => units),
          "int64",
        ),
      ],
      { axis: 0 },
      order.length,
    );
    return emit.node(
      "Concat",
      order.map((i) => parts[i] as string),
      { axis: 0 },
    );
  };
  const oneWay = (x: string) => emit.node("Unsqueeze", [x, axis0]);
  const rows = order.length * units;
  const flat = biases.map((bias) => emit.node("Reshape", [ordered(bias), emit.constant([1, rows], "int64")]));
  const zeros = emit.constant(new Float32Array(rows), "float32", [1, rows]);
  const bias = emit.node("Concat", [...flat, ...(flat.length === 1 ? [zeros] : [])], { axis: 1 });
  const [x, counts] = steps as readonly [string, string?];
  const lengths =
    counts === undefined
      ? ""
      : emit.node("ReduceSum", [emit.node("Cast", [counts], { to: INT32 }), emit.constant([0, 1], "int64")], {
          keepdims: 0,
        });
  const made = emit.nodes(
    type,
    [
      emit.node("Transpose", [x], { perm: [0, 2, 1] }),
      oneWay(ordered(weightIn)),
      oneWay(ordered(weight)),
      bias,
      lengths,
      ...states.map((state) => oneWay(swapped(state))),
    ],
    { hidden_size: units, direction: reverse ? "reverse" : "forward", ...attrs },
    1 + states.length,
  );
  const [all, ...last] = made as [string, ...string[]];
  return {
    all: emit.node("Transpose", [emit.node("Squeeze", [all, emit.constant([1], "int64")])], { perm: [0, 2, 1] }),
    last: last.map((state) => swapped(emit.node("Squeeze", [state, axis0]))),
  };
}

/** TensorProto.DataType */
const INT32 = 6;
