import { NumericError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import { type Graph, nodesOf, type Value } from "../graph/index.js";
import { lower } from "../onnx/index.js";
import { mul, sum } from "../ops/index.js";
import type { Engine, Tensors } from "./engine.js";
import { DISCRIMINATOR } from "./gameNames.js";

/**
 * Runs a step's graph once more with a look at every value, and names the first that is NaN or Inf: its layer, its op,
 * forward, backward or in the update, and the numbers that led there. Where an input was so before, it is named: the
 * data, or the weight that an update before has spoiled.
 * @param made the names of the inputs that steps before have made: weights, and what optimizers remember
 */
export async function locateNonFinite(
  graph: Graph,
  inputs: Tensors,
  engine: Engine,
  step: number,
  made: ReadonlySet<string>,
): Promise<NumericError> {
  const given = badInput(inputs, step, made);
  if (given !== undefined) return given;
  const nodes = nodesOf(Object.values(graph.outputs)).filter((node) => node.inputs.length > 0);
  const values = nodes.flatMap((node) => node.outputs).filter((value) => value.dtype === "float32");
  const read = async (outputs: Record<string, Value>): Promise<Tensors> => {
    const program = await engine.load(lower({ inputs: graph.inputs, outputs }), { purpose: "training" });
    return program.run(inputs);
  };
  // 0 where all is finite, else NaN: one number for each value, since all of them may not fit into memory.
  const checks = await read(Object.fromEntries(values.map((value, i) => [`check/${i}`, sum(mul(value, 0))])));
  const first = values.find((_, i) => firstBad(checks[`check/${i}`] as Tensor) !== undefined);
  if (first === undefined)
    return new NumericError(`the loss is not finite at step ${step}, though every value was when run again.`, { step });
  const named = new Map(Object.entries(graph.inputs).map(([name, x]) => [x, name]));
  const around = [first, ...first.node.inputs.filter((x) => !named.has(x))];
  const numbers = await read(Object.fromEntries(around.map((value, i) => [`value/${i}`, value])));
  const found = new Map(around.map((value, i) => [value, numbers[`value/${i}`] as Tensor]));
  const led = first.node.inputs.map((x) => {
    const name = named.get(x);
    const tensor = name === undefined ? found.get(x) : inputs[name];
    return `${name ?? "values"} ${rangeOf(tensor as Tensor)}`;
  });
  return describe(first, found.get(first) as Tensor, step, led);
}

/** An input that is bad before the step has done anything. */
function badInput(inputs: Tensors, step: number, made: ReadonlySet<string>): NumericError | undefined {
  const bad = Object.entries(inputs).flatMap(([name, given]) => {
    const at = given.dtype === "float32" ? firstBad(given) : undefined;
    return at === undefined ? [] : [{ name, given, at }];
  });
  // Data that is wrong now, before weights: an average or a statistic may have taken it up already.
  const first = bad.find(({ name }) => !made.has(name)) ?? bad[0];
  if (first === undefined) return undefined;
  const { name, given, at } = first;
  const actual = given.data[at];
  const error = (message: string) => new NumericError(message, { place: name, step, actual });
  if (!made.has(name)) {
    const row = Math.floor((at * (given.shape[0] ?? 1)) / given.data.length);
    return error(
      `the input is ${actual} in example ${row} of the batch at step ${step}. Remove or replace such numbers in the data.`,
    );
  }
  const others = bad.length === 1 ? "" : `, and ${bad.length - 1} more ${bad.length === 2 ? "is" : "are"} not finite`;
  const when = step === 1 ? "from the start" : `at step ${step}: an update before made it so`;
  const wayOut = step === 1 ? "See with what weights it began." : "Lower the learning rate, or clip the gradients.";
  const what = name.replace(DISCRIMINATOR, "").includes("/") ? "state" : "weight";
  return error(`the ${what} is ${actual} in position ${at} ${when}${others}. ${wayOut}`);
}

function describe(value: Value, result: Tensor, step: number, led: readonly string[]): NumericError {
  const { op, scope } = value.node;
  const backward = scope === "gradient" || scope.startsWith("gradient/");
  const update = scope === "optimizer";
  const when = backward ? "backward" : update ? "in the update" : "forward";
  const at = firstBad(result) as number;
  const actual = result.data[at] as number;
  const rows = value.shape[0] === "batch" ? (result.shape[0] as number) : 0;
  const example = rows === 0 ? "" : ` in example ${Math.floor((at * rows) / result.data.length)} of the batch`;
  const from = led.length === 0 ? "" : ` from ${led.join(" and ")}`;
  return new NumericError(
    `${actual} arose at step ${step}, ${when}, in the op "${op.name}"${example}${from}. ${wayOut(when)}`,
    { place: scope.replace(/^(gradient(\/|$))+/, "") || "the network", step, actual },
  );
}

const wayOut = (when: "forward" | "backward" | "in the update"): string =>
  when === "in the update"
    ? "Lower the learning rate, or clip the gradients by value."
    : "Lower the learning rate, scale the data, or clip what goes in.";

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
