import { gradients } from "../../src/autodiff/index.js";
import { type Graph, input, inScope, type Value } from "../../src/graph/index.js";
import { add, mul, sum } from "../../src/ops/index.js";
import type { Input } from "./inputs.js";
import { byName, type OpRow } from "./row.js";

/** A row's op, its gradient and its gradient's gradient in one graph. */
export interface TracedRow {
  /** What the op gives, on its own. */
  readonly y: readonly Value[];
  /** The inputs to differentiate by, and the outputs that are differentiated; both empty where nothing is. */
  readonly wrt: readonly string[];
  readonly differentiated: readonly number[];
  /**
   * Inputs: the row's, a `cotangent <i>` like each differentiated output, a `direction <x>` like each of `wrt`.
   * Outputs: `y <i>`, `gradient <x>` of sum(cotangent y), and `second <x>`, `second cotangent <i>` of
   * sum(direction gradient).
   */
  readonly graph: Graph;
}

export function traceRow(row: OpRow): TracedRow {
  const x = byName(Object.keys(row.inputs), (name) => {
    const { shape, dtype } = row.inputs[name] as Input;
    return input(name, shape, dtype);
  });
  const y = inScope("layer", () => row.op(x));
  const floats = Object.keys(x).filter((name) => x[name]?.dtype === "float32");
  const smooth = y.map((_, i) => i).filter((i) => y[i]?.dtype === "float32");
  const outputs = named(y, (i) => `y ${i}`);
  if (floats.length === 0 || smooth.length === 0)
    return { y, wrt: [], differentiated: [], graph: { inputs: x, outputs } };

  const cotangents = named(
    smooth.map((i) => like(`cotangent ${i}`, y[i] as Value)),
    (i) => `cotangent ${smooth[i]}`,
  );
  const directions = named(
    floats.map((name) => like(`direction ${name}`, x[name] as Value)),
    (i) => `direction ${floats[i]}`,
  );
  const wrt = floats.map((name) => x[name] as Value);
  const first = gradients(
    inner(
      smooth.map((i) => y[i] as Value),
      Object.values(cotangents),
    ),
    wrt,
  );
  const second = gradients(inner(first, Object.values(directions)), [...wrt, ...Object.values(cotangents)]);
  Object.assign(
    outputs,
    named(first, (i) => `gradient ${floats[i]}`),
    named(second, (i) => `second ${[...floats, ...Object.keys(cotangents)][i]}`),
  );
  const inputs = { ...x, ...cotangents, ...directions };
  return { y, wrt: floats, differentiated: smooth, graph: { inputs, outputs } };
}

const like = (name: string, value: Value): Value => input(name, value.shape);

const named = (values: readonly Value[], name: (i: number) => string): Record<string, Value> =>
  Object.fromEntries(values.map((value, i) => [name(i), value]));

/** The sum of a b over pairs of values. */
const inner = (a: readonly Value[], b: readonly Value[]): Value =>
  a.map((value, i) => sum(mul(value, b[i] as Value))).reduce((total, part) => add(total, part));
