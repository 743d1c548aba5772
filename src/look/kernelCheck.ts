import { gradients } from "../autodiff/index.js";
import { countOf } from "../base/shape.js";
import { type Tensor, zeros } from "../base/tensor.js";
import { applyAll, input, type Value, type Window } from "../graph/index.js";
import { mul, sum } from "../ops/index.js";
import type { Network } from "../runtime/index.js";
import type { KernelSource } from "./kernelSource.js";
import { probe } from "./values.js";

/** How many units are checked. */
const UNITS = 16;

/**
 * The largest difference between templates and the gradients of a cell in the middle by the layer's input: the weights
 * as the network itself places them.
 */
export async function checkTemplates(net: Network, source: KernelSource): Promise<number> {
  const { templates, nodes } = source;
  const x = input("look/x", ["batch", ...source.input.shape.slice(1)]);
  const y = nodes.reduce(
    (value, node) => applyAll(node.op, [value, ...node.inputs.slice(1)], node.attrs)[0] as Value,
    x,
  );
  const mask = input("look/mask", y.shape);
  const [slope] = gradients(sum(mul(y, mask)), [x]) as [Value];
  const rows = Math.min(UNITS, templates.shape[0] as number);
  const units = Array.from({ length: rows }, (_, i) => Math.floor((i * (templates.shape[0] as number)) / rows));
  const place = y.shape.slice(2) as number[];
  const cell = place.map((length) => Math.floor(length / 2));
  const chosen = zeros([rows, ...(y.shape.slice(1) as number[])]);
  units.forEach((unit, row) => {
    const at = cell.reduce(
      (index, c, axis) => index * (place[axis] as number) + c,
      row * (y.shape[1] as number) + unit,
    );
    chosen.data[at] = 1;
  });
  const asked = probe(net, { slope });
  const results = await asked.run({ "look/mask": chosen, "look/x": zeros([rows, ...(x.shape.slice(1) as number[])]) });
  return difference(results.slope as Tensor, units, cell, source);
}

function difference(slopes: Tensor, units: readonly number[], cell: readonly number[], source: KernelSource): number {
  const { templates, groups, nodes } = source;
  const [count = 1, channels = 1, ...kernel] = templates.shape;
  const [, inputs = 1, ...lengths] = slopes.shape;
  const user = nodes.at(-1) as (typeof nodes)[number];
  const windows = kernel.length > 0 && nodes.length === 1 ? user.op.window?.(user) : undefined;
  const area = countOf(lengths);
  let most = 0;
  units.forEach((unit, row) => {
    const group = Math.floor(unit / (count / groups));
    for (let c = 0; c < inputs; c++)
      for (let i = 0; i < area; i++) {
        const channel = c - group * channels;
        const tap = channel < 0 || channel >= channels ? undefined : tapAt(i, lengths, kernel, cell, windows);
        const expected = tap === undefined ? 0 : templates.data[(unit * channels + channel) * countOf(kernel) + tap];
        most = Math.max(most, Math.abs((slopes.data[(row * inputs + c) * area + i] as number) - (expected as number)));
      }
  });
  return most;
}

/** The position in the kernel that looks at input position `index` (flat) for a cell, or undefined where none does. */
function tapAt(
  index: number,
  lengths: readonly number[],
  kernel: readonly number[],
  cell: readonly number[],
  windows: readonly Window[] | undefined,
): number | undefined {
  if (windows === undefined) return index;
  let rest = index;
  let tap = 0;
  let stride = 1;
  for (let axis = lengths.length - 1; axis >= 0; axis--) {
    const [length, size] = [lengths[axis] as number, kernel[axis] as number];
    const { jump, start, span } = windows[axis] as Window;
    const spacing = size === 1 ? 1 : (span - 1) / (size - 1);
    const at = ((rest % length) - (cell[axis] as number) * jump - start) / spacing;
    const whole = Math.round(at);
    if (Math.abs(at - whole) > 1e-6 || whole < 0 || whole >= size) return undefined;
    tap += whole * stride;
    stride *= size;
    rest = Math.floor(rest / length);
  }
  return tap;
}
