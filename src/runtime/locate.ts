import { NumericError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import { type Graph, type Node, nodesOf, type Value } from "../graph/index.js";
import { lower } from "../onnx/index.js";
import type { Engine, Tensors } from "./engine.js";

/**
 * Runs a graph once more with every value kept, and names the first that is NaN or Inf: its layer, its op, forward or
 * backward, and the numbers that led there.
 */
export async function locateNonFinite(
  graph: Graph,
  inputs: Tensors,
  engine: Engine,
  step: number,
): Promise<NumericError> {
  for (const [name, given] of Object.entries(inputs)) {
    const bad = given.dtype === "float32" ? firstBad(given) : undefined;
    if (bad !== undefined)
      return new NumericError(
        `the input holds ${given.data[bad]} at position ${bad} at step ${step}. Check the data, or the step before.`,
        { place: name, step, actual: given.data[bad] },
      );
  }
  const nodes = nodesOf(Object.values(graph.outputs)).filter((node) => node.inputs.length > 0);
  const values = nodes.flatMap((node) => node.outputs).filter((value) => value.dtype === "float32");
  const outputs = Object.fromEntries(values.map((value, i) => [`value/${i}`, value]));
  const program = await engine.load(lower({ inputs: graph.inputs, outputs }), { purpose: "training" });
  const results = await program.run(inputs);
  const found = new Map<Value, Tensor>(values.map((value, i) => [value, results[`value/${i}`] as Tensor]));
  for (const value of values) {
    const result = found.get(value) as Tensor;
    const bad = firstBad(result);
    if (bad !== undefined) return describe(value.node, result.data[bad] as number, step, found);
  }
  return new NumericError(`the loss is not finite at step ${step}, though every value was when run again.`, { step });
}

function describe(node: Node, bad: number, step: number, found: ReadonlyMap<Value, Tensor>): NumericError {
  const backward = /^(.*\/)?gradient(\/|$)/.test(node.scope);
  const layer = node.scope.replace(/^gradient\/?/, "") || "the network";
  const ranges = node.inputs.flatMap((x) => {
    const tensor = found.get(x);
    return tensor === undefined ? [] : [rangeOf(tensor)];
  });
  const led = ranges.length === 0 ? "" : ` from values ${ranges.join(" and ")}`;
  return new NumericError(
    `${bad} arose at step ${step}, ${backward ? "backward" : "forward"}, in the op "${node.op.name}"${led}. ` +
      "Lower the learning rate, scale the data, or clip what goes in.",
    { place: layer, step, actual: bad },
  );
}

function rangeOf({ data }: Tensor): string {
  let [low, high] = [Infinity, -Infinity];
  for (const x of data) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return `in [${low.toPrecision(3)}, ${high.toPrecision(3)}]`;
}

function firstBad({ data }: Tensor): number | undefined {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return undefined;
}
