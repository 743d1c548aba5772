import { gradients } from "../autodiff/index.js";
import { OptionError } from "../base/errors.js";
import { countOf, resolveShape } from "../base/shape.js";
import { type Graph, input, inScope, type Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { add, mul, sum } from "../ops/index.js";
import { averaged, clipped, type Optimizer } from "../optim/index.js";
import { lossValue, type TargetTypes } from "./losses.js";
import * as names from "./stepNames.js";
import type { StepOptions } from "./stepOptions.js";
import { flat, groupsOf, optimizersOf, parts, type WeightGroup } from "./weightGroups.js";

/** A graph, and which of its inputs it gives anew for the next step, as outputs `next/...`. */
export interface StepGraph {
  readonly graph: Graph;
  readonly carried: readonly string[];
}

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
  const batch = new Building({ ...traced.inputs, ...targets, ...weights, ...noise }, state);
  batch.outputs[names.LOSS] = value;
  for (const [name, output] of Object.entries(traced.outputs)) batch.outputs[names.prediction(name)] = output;
  for (const [name, { value: before, end }] of traced.memory) {
    state[name] = resolveShape(before.shape, { batch: rows });
    batch.outputs[names.next(name)] = end;
    batch.take(name, before);
  }
  const update = accumulate === 1 ? batch : new Building(weights, state);
  const averages: Averages = new Map();
  inScope("optimizer", () => {
    const gathered = groups.map((group) => {
      const slope = flat(group.members.map((m) => slopeOf.get(m.value) as Value));
      return accumulate === 1 ? slope : add(batch.remembered(names.accumulated(group.name), group.shape), slope);
    });
    // Before the updates: the engine works from the last result back, and so updates each weight when its gradient is
    // still in the processor's cache.
    const statistics = traced.updates.size === 0 ? [] : [flat([...traced.updates.values()])];
    batch.outputs[names.CHECK] = [...gathered, ...statistics].map((v) => sum(v)).reduce((a, b) => add(a, b));
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
    addStatistics(update, new Map(kept as [string, Value][]), options, averages);
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

type Averages = Map<string, { state: string; offset: number }>;

/** A graph being built. */
class Building {
  readonly outputs: Record<string, Value> = {};
  private readonly carried: string[] = [];

  /** @param state is told what the graph remembers */
  constructor(
    private readonly inputs: Record<string, Value>,
    private readonly state: Record<string, readonly number[]>,
  ) {}

  /** An input that a step leaves to the next. */
  remembered(name: string, shape: readonly number[]): Value {
    this.state[name] = shape;
    return this.given(name, shape);
  }

  given(name: string, shape: readonly number[] = []): Value {
    this.inputs[name] ??= input(name, shape);
    return this.inputs[name];
  }

  /** Makes a value of the graph one that a step leaves to the next. */
  take(name: string, value: Value): void {
    this.inputs[name] = value;
    this.carried.push(name);
  }

  carry(name: string, result: Value): void {
    this.outputs[names.next(name)] = result;
    this.carried.push(name);
  }

  graph(): StepGraph {
    return { graph: { inputs: this.inputs, outputs: this.outputs }, carried: this.carried };
  }
}

/** Adds the update of all weights by their gradients, and of their averages. */
function addUpdate(
  to: Building,
  groups: readonly WeightGroup[],
  slopes: readonly Value[],
  { clip = {}, average }: StepOptions,
  averages: Averages,
): void {
  const { gradients: bounded, norm } = clipped(slopes, clip);
  if (norm !== undefined) to.outputs[names.NORM] = norm;
  const scalars = new Map(
    optimizersOf(groups).map((optimizer, n) => {
      const given = Object.keys(optimizer.scalars(1)).map((name) => [name, to.given(names.scalar(n, name))]);
      return [optimizer, Object.fromEntries(given) as Record<string, Value>];
    }),
  );
  for (const [i, { name: group, optimizer, members, shape }] of groups.entries()) {
    const slots = optimizer.slots.map((name) => [name, to.remembered(names.slot(group, name), shape)]);
    const update = optimizer.update({
      parameter: flat(members.map((m) => m.value)),
      gradient: bounded[i] as Value,
      state: Object.fromEntries(slots),
      scalars: scalars.get(optimizer) as Record<string, Value>,
    });
    for (const [name, result] of Object.entries(update.state)) to.carry(names.slot(group, name), result);
    const results = parts(update.parameter, members);
    for (const [m, { name }] of members.entries()) to.carry(name, results[m] as Value);
    if (average !== undefined) addAverage(to, group, members, update.parameter, averages);
  }
}

/** Adds the averages of running statistics, all as one vector. */
function addStatistics(
  to: Building,
  statistics: ReadonlyMap<string, Value>,
  { average }: StepOptions,
  averages: Averages,
): void {
  if (average === undefined || statistics.size === 0) return;
  const members = [...statistics].map(([name, { shape }]) => ({ name, shape: shape as readonly number[] }));
  addAverage(to, "statistics", members, flat([...statistics.values()]), averages);
}

function addAverage(
  to: Building,
  group: string,
  members: readonly { readonly name: string; readonly shape: readonly number[] }[],
  value: Value,
  averages: Averages,
): void {
  const name = names.average(group);
  const before = to.remembered(name, value.shape as readonly number[]);
  to.carry(name, averaged(before, value, to.given(names.SHARE)));
  let offset = 0;
  for (const member of members) {
    averages.set(member.name, { state: name, offset });
    offset += countOf(member.shape);
  }
}
