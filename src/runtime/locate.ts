import { NumericError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import { type Graph, type Node, nodesOf, type Value } from "../graph/index.js";
import { lower } from "../onnx/index.js";
import type { Engine, Tensors } from "./engine.js";

/**
 * Runs a step's graph once more with every value kept, and names the first that is NaN or Inf: its layer, its op,
 * forward, backward or in the update, and the numbers that led there.
 * @param weights the names of the inputs that steps before have made
 */
export async function locateNonFinite(
  graph: Graph,
  inputs: Tensors,
  engine: Engine,
  step: number,
  weights: ReadonlySet<string>,
): Promise<NumericError> {
  for (const [name, given] of Object.entries(inputs)) {
    const bad = given.dtype === "float32" ? firstBad(given) : undefined;
    if (bad === undefined) continue;
    const actual = given.data[bad];
    const [what, wayOut] = weights.has(name)
      ? ["weight", "Lower the learning rate, or see with what weights it began."]
      : ["input", "Remove or replace such numbers in the data."];
    const row = Math.floor((bad * (given.shape[0] ?? 1)) / given.data.length);
    const at = weights.has(name) ? `position ${bad}` : `example ${row} of the batch`;
    return new NumericError(`the ${what} is ${actual} in ${at} at step ${step}. ${wayOut}`, {
      place: name,
      step,
      actual,
    });
  }
  const nodes = nodesOf(Object.values(graph.outputs)).filter((node) => node.inputs.length > 0);
  const values = nodes.flatMap((node) => node.outputs).filter((value) => value.dtype === "float32");
  const outputs = Object.fromEntries(values.map((value, i) => [`value/${i}`, value]));
  const program = await engine.load(lower({ inputs: graph.inputs, outputs }), { purpose: "training" });
  const results = await program.run(inputs);
  const found = new Map<Value, Tensor>(Object.entries(graph.inputs).map(([name, x]) => [x, inputs[name] as Tensor]));
  values.forEach((value, i) => void found.set(value, results[`value/${i}`] as Tensor));
  for (const value of values) {
    const result = found.get(value) as Tensor;
    const bad = firstBad(result);
    if (bad !== undefined) return describe(value.node, result.data[bad] as number, step, found);
  }
  return new NumericError(`the loss is not finite at step ${step}, though every value was when run again.`, { step });
}

function describe(node: Node, bad: number, step: number, found: ReadonlyMap<Value, Tensor>): NumericError {
  const backward = node.scope === "gradient" || node.scope.startsWith("gradient/");
  const update = node.scope === "optimizer";
  const when = backward ? "backward" : update ? "in the update" : "forward";
  const layer = node.scope.replace(/^gradient\/?/, "") || "the network";
  const ranges = node.inputs.flatMap((x) => {
    const tensor = found.get(x);
    return tensor === undefined ? [] : [rangeOf(tensor)];
  });
  const led = ranges.length === 0 ? "" : ` from values ${ranges.join(" and ")}`;
  return new NumericError(
    `${bad} arose at step ${step}, ${when}, in the op "${node.op.name}"${led}. ` +
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
