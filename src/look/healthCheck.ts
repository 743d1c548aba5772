import type { Tensor } from "../base/tensor.js";
import type { ValueType } from "../graph/index.js";
import { LOSS, type LossSpec, lossValue, type Network, type Tensors } from "../runtime/index.js";
import { nudgeable } from "./recurrentParts.js";
import { loopStates } from "./slopes.js";
import { edited, type Probe, probe, replacement, replacing } from "./values.js";

/**
 * By which share of itself the loss is meant to change: a wide step crosses corners of it, a short one drowns in
 * rounding. A gradient that is right is right with one of them, a wrong one with none.
 */
const STEPS = [0.1, 0.01, 0.001];

/** The farthest a layer is moved, as a share of its own size. */
const FARTHEST = 0.1;

/**
 * How far the slope of the loss along the first layer's gradient is from the size of that gradient, as a share: the
 * loss worked out twice from the layer moved a little either way.
 */
export async function slopeCheck(
  net: Network,
  loss: LossSpec,
  targets: Readonly<Record<string, ValueType>>,
  feeds: Tensors,
  asked: Probe,
): Promise<number> {
  const results = await asked.run(feeds);
  const traced = net.traced(false);
  const states = loopStates(nudgeable(net));
  const isMoved = (name: string): boolean => {
    const slope = results[`gradient/${name}`];
    // A loop's state is no value that can be moved as a whole.
    return slope !== undefined && !states.has(name) && sizeOf(slope) > 0;
  };
  const layer = [...traced.hidden.keys()].find(isMoved);
  // Nothing that the loss depends on: there is no slope to compare.
  if (layer === undefined) return 0;
  const [value, gradient] = [results[`layer/${layer}`] as Tensor, results[`gradient/${layer}`] as Tensor];
  const world = edited(traced, replacing([layer]));
  const rest = probe(net, { [LOSS]: lossValue({ ...traced, outputs: world.outputs }, loss, targets).value });
  const lossAt = async (by: number): Promise<number> => {
    const data = Float32Array.from(value.data, (x, i) => x + by * (gradient.data[i] as number));
    const moved = { ...value, data } as Tensor;
    return (await rest.run({ ...feeds, [replacement(layer)]: moved }))[LOSS]?.data[0] as number;
  };
  const size = Math.abs(results[LOSS]?.data[0] as number) || 1;
  let least = Infinity;
  for (const share of STEPS) {
    const step = Math.min((share * size) / sizeOf(gradient) ** 2, (FARTHEST * (sizeOf(value) || 1)) / sizeOf(gradient));
    const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
    least = Math.min(least, Math.abs(slope / sizeOf(gradient) ** 2 - 1));
  }
  return least;
}

/** The Euclidean length. */
export function sizeOf({ data }: Tensor): number {
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i] as number) ** 2;
  return Math.sqrt(squares);
}
