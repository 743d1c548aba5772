import { MidstError, OptionError } from "../base/errors.js";
import { countOf, formatShape } from "../base/shape.js";
import { type Tensor, zeros } from "../base/tensor.js";
import type { Value } from "../graph/index.js";
import type { Network, Tensors } from "../runtime/index.js";
import type { World } from "./values.js";

/**
 * What is to be explained: a class (or output unit, or channel) for all examples, or one for each; of the output
 * named, where there are several. "largest" is each example's own largest score.
 */
export type Target = Unit | { readonly output: string; readonly unit: Unit };

type Unit = number | readonly number[] | "largest";

const unitOf = (target: Target): Unit => (typeof target === "object" && "unit" in target ? target.unit : target);

/** The name of the output that a target is about. */
export function outputName(net: Network, target: Target): string {
  const names = Object.keys(net.traced(false).outputs);
  const name = typeof target === "object" && "output" in target ? target.output : names[0];
  if (
    name === undefined ||
    !names.includes(name) ||
    (names.length > 1 && !(typeof target === "object" && "output" in target))
  )
    throw new MidstError(`the outputs are ${names.join(", ")}. Name one: { output: "${names[0]}", unit: 0 }.`, {
      place: "of",
      actual: name,
      expected: names,
    });
  return name;
}

/**
 * The scores of an output `[batch, units, ...]`: what it is before a softmax or sigmoid at its end, since those hide
 * how sure the network is behind how sure it is of the others.
 */
export function scoresOf({ outputs }: Pick<World, "outputs">, name: string): Value {
  const output = outputs[name] as Value;
  return output.node.op.givesProbabilities === true ? (output.node.inputs[0] as Value) : output;
}

/**
 * Ones where the target's scores are, zeros elsewhere: `[batch, units, ...]` as the output. A unit of many positions
 * (a channel) is all of them.
 * @param outputs the network's outputs for these examples
 */
export function targetMask(net: Network, outputs: Tensors, target: Target): Tensor<"float32"> {
  const name = outputName(net, target);
  const scores = outputs[name] as Tensor;
  const [rows = 0, units = 1, ...rest] = scores.shape;
  const unit = unitOf(target);
  const size = countOf(rest);
  const mask = zeros(scores.shape);
  if (typeof unit === "object" && unit.length !== rows)
    throw new OptionError(`${unit.length} units are given for ${rows} examples. Give one, or one each.`, {
      place: "of",
    });
  for (let row = 0; row < rows; row++) {
    const chosen = typeof unit === "number" ? unit : unit === "largest" ? largest(scores, row) : (unit[row] as number);
    if (!Number.isInteger(chosen) || chosen < 0 || chosen >= units)
      throw new OptionError(
        `there is no unit ${chosen}: "${name}" is ${formatShape(scores.shape)}, units count from 0.`,
        {
          place: "of",
          actual: chosen,
          expected: units,
        },
      );
    mask.data.fill(1, (row * units + chosen) * size, (row * units + chosen + 1) * size);
  }
  return mask;
}

/** The unit with the largest score, summed over its positions. */
function largest({ data, shape }: Tensor, row: number): number {
  const [, units = 1, ...rest] = shape;
  const size = countOf(rest);
  const totals = Array.from({ length: units }, (_, unit) => {
    const start = (row * units + unit) * size;
    return (data.subarray(start, start + size) as Float32Array).reduce((a, b) => a + b, 0);
  });
  return totals.indexOf(Math.max(...totals));
}
