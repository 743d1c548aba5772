import { MidstError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import { concatRows, type Examples, type Network, type Tensors } from "../runtime/index.js";
import { singleExample } from "./examples.js";
import { noNudges, runNudged, scoresAt } from "./nudged.js";
import { type ChangeMeasure, changeOf, measureFor } from "./outputChange.js";
import { countedSteps, nudgeName, type RecurrentPart, recurrentPart, recurrentParts } from "./recurrentParts.js";
import type { Checked } from "./values.js";

export interface SwapStepsOptions {
  /** The two steps that are exchanged, e.g. [0, 3]. */
  readonly swap: readonly [number, number];
  /** Which example; defaults to 0. */
  readonly example?: number;
  /** States are taken to have met again where their distance stays below this share; defaults to 0.05. */
  readonly near?: number;
  /** How outputs are compared; defaults to what fits the network: see `changeOf`. */
  readonly measure?: ChangeMeasure;
}

/** What the exchange of two steps does to one layer. */
export interface SwappedLayer {
  readonly layer: string;
  /** How far its states (h, and c of an LSTM) are apart at each step, as a share of their own length. `[time]` */
  readonly distance: Float64Array;
  /** The first step at which they differ; undefined where they never do. */
  readonly diverges: number | undefined;
  /** The first step, after both that were exchanged are read, from which on they stay near; undefined where they do not. */
  readonly rejoins: number | undefined;
}

export interface SwappedSteps {
  readonly layers: readonly SwappedLayer[];
  readonly measure: ChangeMeasure;
  /** How far the output is from what it was, `[time]` where there is one at each step, else one number. */
  readonly change: Float64Array;
}

/**
 * Whether the order matters: two steps (words) of an example are exchanged, and the states and the output compared with what
 * they were. States that meet again have forgotten the order; an output that changes depends on it.
 *
 * The check: the largest distance before the first of the two steps, of layers that read forwards: there is nothing by
 * which they could differ.
 * @throws OptionError for a step beyond the example's end
 */
export async function swapSteps(
  net: Network,
  data: Dataset | Examples,
  options: SwapStepsOptions,
): Promise<Checked<SwappedSteps>> {
  checkOptions("swapSteps", options, ["swap", "example", "near", "measure"]);
  const { swap, example = 0, near = 0.05 } = options;
  checkNumber("swapSteps", "near", near, { low: 0, high: 2 });
  const { time } = recurrentPart(net);
  const { inputs } = await singleExample(net, data, example);
  const steps = countedSteps(inputs, time);
  for (const step of swap) checkNumber("swapSteps", "swap", step, { low: 0, high: steps - 1, integer: true });
  const both = concatRows([inputs, swapped(inputs, swap, time)]);
  const { states, scores } = await runNudged(net, both, noNudges(net, 2));
  const parts = recurrentParts(net);
  const layers = parts.map((part) => compared(part, states, swap, steps, near));
  const measure = measureFor(net, "largest", options.measure);
  const change = Float64Array.from({ length: scores.shape.length === 3 ? steps : 1 }, (_, step) =>
    changeOf(measure, scoresAt(scores, 0, step), scoresAt(scores, 1, step)),
  );
  const forward = layers.filter((_, i) => !parts.slice(0, i + 1).some(({ reverse }) => reverse));
  const early = forward.flatMap(({ distance }) => [...distance.subarray(0, Math.min(...swap))]);
  return { value: { layers, measure, change }, check: Math.max(0, ...early) };
}

/** The inputs that have steps, two of them exchanged. */
function swapped(inputs: Tensors, [i, j]: readonly [number, number], time: number): Tensors {
  if (!Object.values(inputs).some(({ shape }) => shape[1] === time))
    throw new MidstError(`the recurrent layer has ${time} steps, but none of the inputs has as many to exchange.`, {
      place: "swapSteps",
      expected: time,
    });
  return Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => {
      if (given.shape[1] !== time) return [name, given];
      const data = given.data.slice();
      const size = data.length / time;
      data.set(given.data.subarray(i * size, (i + 1) * size), j * size);
      data.set(given.data.subarray(j * size, (j + 1) * size), i * size);
      return [name, { ...given, data } as Tensor];
    }),
  );
}

function compared(
  part: RecurrentPart,
  states: ReadonlyMap<string, Tensor>,
  swap: readonly [number, number],
  steps: number,
  near: number,
): SwappedLayer {
  const { time, units, reverse, name } = part;
  const pairs = part.states.map((state) => (states.get(nudgeName(part, state)) as Tensor).data);
  const distance = Float64Array.from({ length: steps }, (_, t) => {
    let [apart, own] = [0, 0];
    for (const data of pairs)
      for (let i = t * units; i < (t + 1) * units; i++) {
        const [a, b] = [data[i] as number, data[time * units + i] as number];
        apart += (a - b) ** 2;
        own += (a * a + b * b) / 2;
      }
    return own > 0 ? Math.sqrt(apart / own) : 0;
  });
  // In the order in which the layer reads.
  const read = Array.from({ length: steps }, (_, i) => (reverse ? steps - 1 - i : i));
  const behind = reverse ? Math.min(...swap) : Math.max(...swap);
  const far = (t: number): boolean => (distance[t] as number) > near;
  const after = read.slice(read.indexOf(behind));
  const lastFar = after.findLastIndex(far);
  return {
    layer: name,
    distance,
    diverges: read.find((t) => (distance[t] as number) > SAME),
    rejoins: after[lastFar + 1],
  };
}

/** What float32 leaves of two ways to one number. */
const SAME = 1e-6;
