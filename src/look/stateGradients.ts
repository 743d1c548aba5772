import { gradients } from "../autodiff/index.js";
import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { type Tensor, zeros } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import { input, type Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { mul, sum } from "../ops/index.js";
import { type Examples, LOSS, type LossSpec, lossValue, type Network, type Tensors, target } from "../runtime/index.js";
import { repeated, singleExample } from "./examples.js";
import { sizeOf } from "./healthCheck.js";
import { noNudges, nudgeFeeds, runNudged, scoresAt, scoresInTime } from "./nudged.js";
import { countedSteps, hiddenName, nudgeable, nudgeName, type RecurrentPart, recurrentPart } from "./recurrentParts.js";
import { outputName } from "./target.js";
import { type Checked, keptProbe, ofLayer, PART, type Probe, probe } from "./values.js";

export interface StateGradientsOptions {
  /** Which example; defaults to 0. */
  readonly example?: number;
  /** The recurrent layer, e.g. "lstm_1" or "lstm_1/l1"; defaults to the first. */
  readonly layer?: string;
  /** The loss that is differentiated, for data with targets; defaults to a score. */
  readonly loss?: LossSpec;
  /** Without a loss: whose score; defaults to the largest. */
  readonly of?: number | "largest";
  /** Without a loss, where there is an output at each step: at which; defaults to the last that counts. */
  readonly at?: number;
}

/** Lengths of gradients step by step, `[time]` each. */
export interface StateGradients {
  readonly layer: string;
  /**
   * By state (`h`, and `c` of an LSTM): how much longer a small random change of the state at a step is when it has come to
   * the last state, `|dh_T/dh_t| / sqrt(units)` (Frobenius). 1 neither fades nor grows; h at the last step has 1, and c at the
   * last step 0: it goes to the next step only.
   */
  readonly reach: ReadonlyMap<string, Float64Array>;
  /** By state: the length of the loss's (or the score's) gradient by it, every way to the output counted. */
  readonly slope: ReadonlyMap<string, Float64Array>;
  /** The length of that gradient by the network's input at each step; absent for tokens, which have none. */
  readonly input?: Float64Array;
}

/**
 * How far back in time a network's gradients come (Pascanu et al. 2013; RNNbow, Cashman et al. 2019): a line that falls evenly
 * is a gradient that vanishes, and with it whatever should be learned over that distance.
 *
 * The check: how far the slope of the loss along its gradient by all states is from that gradient's length, as a share
 * (the loss worked out twice, the states nudged either way; float32 leaves about 0.01), or how far the reach of the last
 * state is from 1, if that is more.
 * @throws OptionError for a loss without targets
 */
export async function stateGradients(
  net: Network,
  data: Dataset | Examples,
  options: StateGradientsOptions = {},
): Promise<Checked<StateGradients>> {
  checkOptions("stateGradients", options, ["example", "layer", "loss", "of", "at"]);
  const { example = 0, layer, loss } = options;
  const part = recurrentPart(net, layer);
  const single = await singleExample(net, data, example);
  const steps = countedSteps(single.inputs, part.time);
  const reach = await reachOf(net, part, single.inputs, steps);
  const inputs = { ...single.inputs, ...nudgeFeeds(net, noNudges(net, 1)) };
  const own =
    loss === undefined
      ? await scoreOf(net, part.time, single.inputs, steps, options)
      : lossOf(net, loss, single.targets);
  const feeds = { ...inputs, ...own.feeds };
  const found = await own.asked.run(feeds);
  const slope = new Map(
    part.states.map((state) => [state, lengthsAlong(found[`slope/${nudgeName(part, state)}`] as Tensor, 0, steps)]),
  );
  const entering = found[INPUT] && lengthsAlong(found[INPUT], 1, steps);
  const last = reach.get("h")?.[part.reverse ? 0 : steps - 1] as number;
  const off = await slopeOff(net, own.value, feeds, found);
  return {
    value: { layer: part.name, reach, slope, ...(entering && { input: entering }) },
    check: Math.max(off, Math.abs(last - 1)),
  };
}

const MASK = "state-gradients/mask";
const INPUT = "slope-of-input";

/** What is differentiated, ready to be asked. */
interface Objective {
  readonly asked: Probe;
  readonly value: Probe;
  readonly feeds: Tensors;
}

/** The value and its gradients by every nudge and by the first input that has steps. */
function differentiated(traced: Traced, value: Value): Record<string, Value> {
  const entering = Object.values(traced.inputs).find(({ dtype, shape }) => dtype === "float32" && shape.length > 2);
  const nudges = [...traced.nudges];
  const wrt = [...nudges.map(([, nudge]) => nudge), ...(entering ? [entering] : [])];
  const slopes = gradients(value, wrt);
  return {
    [LOSS]: value,
    ...Object.fromEntries(nudges.map(([name], i) => [`slope/${name}`, slopes[i] as Value])),
    ...(entering && { [INPUT]: slopes[nudges.length] as Value }),
  };
}

function lossOf(net: Network, loss: LossSpec, targets: Tensors): Objective {
  if (Object.keys(targets).length === 0)
    throw new OptionError("a loss needs targets: give a data set with them, e.g. dataset({ input, target }).", {
      place: "stateGradients",
    });
  const types = Object.fromEntries(
    Object.entries(targets).map(([name, { dtype, shape }]) => [name, { dtype, shape: ["batch", ...shape.slice(1)] }]),
  );
  const { value } = lossValue(nudgeable(net), loss, types);
  const feeds = Object.fromEntries(Object.entries(targets).map(([name, tensor]) => [target(name), tensor]));
  return { asked: probe(net, differentiated(nudgeable(net), value)), value: probe(net, { [LOSS]: value }), feeds };
}

/** One score of one example, or its score at one step. */
async function scoreOf(
  net: Network,
  time: number,
  inputs: Tensors,
  steps: number,
  { of = "largest", at = steps - 1 }: StateGradientsOptions,
): Promise<Objective> {
  checkNumber("stateGradients", "at", at, { low: 0, high: steps - 1, integer: true });
  const name = outputName(net, "largest");
  const { scores } = await runNudged(net, inputs, noNudges(net, 1));
  const own = scoresAt(scores, 0, at);
  if (of !== "largest") checkNumber("stateGradients", "of", of, { low: 0, high: own.length - 1, integer: true });
  const unit = of === "largest" ? Array.from(own).indexOf(Math.max(...Array.from(own))) : of;
  const mask = zeros(scores.shape);
  mask.data[(scores.shape.length === 3 ? at * own.length : 0) + unit] = 1;
  const value = (traced: Traced): Value => {
    const all = scoresInTime(traced, name, time);
    return sum(mul(all, input(MASK, all.shape)));
  };
  const trace = { nudges: true };
  return {
    asked: keptProbe(net, "state gradients", (traced) => differentiated(traced, value(traced)), trace),
    value: keptProbe(net, "state gradients' score", (traced) => ({ [LOSS]: value(traced) }), trace),
    feeds: { [MASK]: mask },
  };
}

/** The lengths of dh_T/ds_t: a copy of the example for each unit of h_T, each differentiated by all states. */
async function reachOf(net: Network, part: RecurrentPart, inputs: Tensors, steps: number) {
  const asked = keptProbe(
    net,
    `reach of ${part.name}`,
    (traced) => {
      const state = ofLayer(traced.hidden, hiddenName(part, "h"));
      const nudges = part.states.map((name) => ofLayer(traced.nudges, nudgeName(part, name)));
      const slopes = gradients(sum(mul(state, input(MASK, state.shape))), nudges);
      return Object.fromEntries(part.states.map((name, i) => [name, slopes[i] as Value]));
    },
    { nudges: true },
  );
  const last = part.reverse ? 0 : steps - 1;
  const squares = new Map(part.states.map((name) => [name, new Float64Array(steps)]));
  for (let start = 0; start < part.units; start += PART) {
    const rows = Math.min(PART, part.units - start);
    const mask = zeros([rows, part.time, part.units]);
    for (let row = 0; row < rows; row++) mask.data[(row * part.time + last) * part.units + start + row] = 1;
    const found = await asked.run({ ...repeated(inputs, rows), ...nudgeFeeds(net, noNudges(net, rows)), [MASK]: mask });
    for (const [name, sums] of squares)
      lengthsAlong(found[name] as Tensor, 0, steps).forEach((length, t) => {
        sums[t] = (sums[t] as number) + length ** 2;
      });
  }
  return new Map([...squares].map(([name, sums]) => [name, sums.map((total) => Math.sqrt(total / part.units))]));
}

/** The length at each step of a tensor whose time axis is this one, those before it having one place. */
function lengthsAlong({ shape, data }: Tensor, axis: number, steps: number): Float64Array {
  const size = data.length / (shape[axis] as number);
  return Float64Array.from({ length: steps }, (_, t) => {
    let squares = 0;
    for (let i = t * size; i < (t + 1) * size; i++) squares += (data[i] as number) ** 2;
    return Math.sqrt(squares);
  });
}

/** By which lengths all states together are nudged: too far crosses corners, too little drowns in rounding. */
const STEPS = [0.1, 0.01, 0.001];

/** How far the slope along the gradient is from the gradient's length, as a share. */
async function slopeOff(net: Network, value: Probe, feeds: Tensors, found: Tensors): Promise<number> {
  const names = [...nudgeable(net).nudges.keys()];
  const slopes = names.map((name) => found[`slope/${name}`] as Tensor);
  const length = Math.hypot(...slopes.map(sizeOf));
  if (length === 0) return 0;
  const valueAt = async (by: number): Promise<number> => {
    const moved = slopes.map(({ data, shape }, i) => {
      const nudge = Float32Array.from(data, (slope) => (by * slope) / length);
      return [names[i] as string, { dtype: "float32", shape, data: nudge }] as const;
    });
    return (await value.run({ ...feeds, ...nudgeFeeds(net, new Map(moved)) }))[LOSS]?.data[0] as number;
  };
  let least = Infinity;
  for (const step of STEPS)
    least = Math.min(least, Math.abs(((await valueAt(step)) - (await valueAt(-step))) / (2 * step * length) - 1));
  return least;
}
