import { gradients } from "../autodiff/index.js";
import { OptionError } from "../base/errors.js";
import { resolveShape } from "../base/shape.js";
import { inScope, type Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { add, mul, sum } from "../ops/index.js";
import type { Optimizer } from "../optim/index.js";
import { lossValue, type TargetTypes } from "./losses.js";
import { Building, type StepGraph } from "./stepBuilding.js";
import * as names from "./stepNames.js";
import type { StepOptions } from "./stepOptions.js";
import { type Averages, addStatistics, addUpdate } from "./stepUpdate.js";
import { flat, groupsOf, optimizersOf } from "./weightGroups.js";

/** The graphs of a training step, and the state that goes around them besides the weights. */
export interface StepPlan {
  /** Forward, backward and update; where gradients are accumulated, the update is a graph of its own. */
  readonly batch: StepGraph;
  readonly update?: StepGraph;
  /** Shapes by name. All start as zeros, but the averages as the weights. */
  readonly state: Readonly<Record<string, readonly number[]>>;
  /** Where each weight's average is: which state, and where in it. */
  readonly averages: ReadonlyMap<string, { readonly state: string; readonly offset: number }>;
  /** The state to be set to zeros after an update. */
  readonly accumulated: readonly string[];
  /** The state that goes from batch to batch in time, to be set to zeros where a new time begins. */
  readonly memory: readonly string[];
  /** By their number in the names of scalars. */
  readonly optimizers: readonly Optimizer[];
}

/**
 * @param traced for training, frozen weights not trainable
 * @param weighted whether each example has a weight
 * @param rows examples in a batch, of a step that remembers
 */
export function stepPlan(
  traced: Traced,
  options: StepOptions,
  types: TargetTypes,
  weighted: boolean,
  rows: number,
): StepPlan {
  const { loss, optimizer, accumulate = 1 } = options;
  const { value, targets } = lossValue(traced, loss, types, weighted);
  const groups = groupsOf(traced.parameters, optimizer);
  if (groups.length === 0) throw nothingToTrain(options.frozen);
  const members = groups.flatMap((group) => group.members.map((m) => m.value));
  const slopes = gradients(value, members);
  const slopeOf = new Map(members.map((member, i) => [member, slopes[i] as Value]));
  const weights = Object.fromEntries([...traced.parameters].map(([name, p]) => [name, p.value]));
  const noise = Object.fromEntries([...traced.noise].map(([name, n]) => [name, n.value]));

  const state: Record<string, readonly number[]> = {};
  const batch = Building.of({ ...traced.inputs, ...targets, ...weights, ...noise }, state);
  batch.give(names.LOSS, value);
  for (const [name, output] of Object.entries(traced.outputs)) batch.give(names.prediction(name), output);
  for (const [name, { value: before, end }] of traced.memory) {
    state[name] = resolveShape(before.shape, { batch: rows });
    batch.take(name, before);
    batch.carry(name, end);
  }
  const update = accumulate === 1 ? batch : Building.of(weights, state);
  const averages: Averages = new Map();
  inScope("optimizer", () => {
    const gathered = groups.map((group) => {
      const slope = flat(group.members.map((m) => slopeOf.get(m.value) as Value));
      return accumulate === 1 ? slope : add(batch.remembered(names.accumulated(group.name), group.shape), slope);
    });
    // Before the updates: the engine works from the last result back, and so updates each weight when its gradient is
    // still in the processor's cache.
    const statistics = traced.updates.size === 0 ? [] : [flat([...traced.updates.values()])];
    batch.give(
      names.CHECK,
      [...gathered, ...statistics].map((v) => sum(v)).reduce((a, b) => add(a, b)),
    );
    if (update === batch) addUpdate(batch, groups, gathered, options, averages);
    else {
      for (const [i, { name }] of groups.entries()) batch.carry(names.accumulated(name), gathered[i] as Value);
      const means = groups.map(({ name, shape }) =>
        mul(update.remembered(names.accumulated(name), shape), 1 / accumulate),
      );
      addUpdate(update, groups, means, options, averages);
    }
    for (const [name, result] of traced.updates) batch.carry(name, result);
    // In a graph of its own, the update is given the statistics as the batch has left them.
    const kept = [...traced.updates].map(([name, v]) => [name, update === batch ? v : (weights[name] as Value)]);
    addStatistics(update, new Map(kept as [string, Value][]), options.average, averages);
  });
  return {
    batch: batch.graph(),
    ...(update !== batch && { update: update.graph() }),
    state,
    averages,
    accumulated: accumulate === 1 ? [] : groups.map(({ name }) => names.accumulated(name)),
    memory: [...traced.memory.keys()],
    optimizers: optimizersOf(groups),
  };
}

const nothingToTrain = (frozen: readonly string[] = []) =>
  new OptionError(
    frozen.length > 0
      ? "every layer with weights is frozen: there is nothing to train. Freeze fewer."
      : "the network has no weights to train. Add a layer that has, e.g. dense().",
    { place: "fit" },
  );
