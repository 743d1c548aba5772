import { gradients } from "../autodiff/index.js";
import { OptionError } from "../base/errors.js";
import { countOf } from "../base/shape.js";
import { type Graph, input, inScope, type Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { add, concat, reshape, split, sum } from "../ops/index.js";
import type { Optimizer } from "../optim/index.js";
import { type LossSpec, lossValue, type TargetTypes } from "./losses.js";

/** Weights below this count of numbers are updated together, as one vector: fewer, larger nodes. */
const JOINED_BELOW = 16_384;

/** Weights updated together. */
interface Group {
  readonly name: string;
  readonly members: readonly { readonly name: string; readonly value: Value; readonly shape: readonly number[] }[];
}

/** The graph of one training step, and which outputs become which inputs of the next step. */
export interface StepGraph {
  readonly graph: Graph;
  /** Next input by output name. */
  readonly carried: Readonly<Record<string, string>>;
  readonly slots: Readonly<Record<string, readonly number[]>>;
}

/** Names in a step's graph, each with a slash, which the names of inputs have not. Weights and inputs keep their own. */
const slot = (group: string, name: string) => `optimizer/${group}/${name}`;
export const scalar = (name: string) => `optimizer/${name}`;
const next = (name: string) => `next/${name}`;

export const LOSS = "step/loss";
/** NaN or Inf where a gradient or a running statistic is. */
export const CHECK = "step/check";

/** Forward, backward and update as one graph. */
export function stepGraph(traced: Traced, loss: LossSpec, optimizer: Optimizer, targetTypes: TargetTypes): StepGraph {
  const { value, targets } = lossValue(traced, loss, targetTypes);
  const trainable = [...traced.parameters].filter(([, p]) => p.trainable);
  if (trainable.length === 0)
    throw new OptionError("the network has no weights to train. Add a layer that has, e.g. dense().", { place: "fit" });
  const slopes = gradients(
    value,
    trainable.map(([, p]) => p.value),
  );
  const slopeOf = new Map(trainable.map(([, p], i) => [p.value, slopes[i] as Value]));
  const groups = groupsOf(traced);
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars(1)).map((name) => [name, input(scalar(name), [])]));

  const inputs: Record<string, Value> = { ...traced.inputs, ...targets };
  for (const [name, parameter] of traced.parameters) inputs[name] = parameter.value;
  for (const [name, noise] of traced.noise) inputs[name] = noise.value;
  for (const [name, v] of Object.entries(scalars)) inputs[scalar(name)] = v;
  const outputs: Record<string, Value> = { [LOSS]: value, ...predictions(traced) };
  const carried: Record<string, string> = {};
  const slots: Record<string, readonly number[]> = {};
  const carry = (name: string, result: Value) => {
    outputs[next(name)] = result;
    carried[next(name)] = name;
  };

  inScope("optimizer", () => {
    const slopesOf = new Map(
      groups.map((group) => [group, flat(group.members.map((m) => slopeOf.get(m.value) as Value))]),
    );
    // Before the updates: the engine works from the last result back, and so updates each weight when its gradient is
    // still in the processor's cache.
    outputs[CHECK] = [...slopesOf.values(), ...traced.updates.values()].map((v) => sum(v)).reduce((a, b) => add(a, b));
    for (const group of groups) {
      const joined = group.members.length > 1;
      const parameter = flat(group.members.map((m) => m.value));
      const gradient = slopesOf.get(group) as Value;
      const state = Object.fromEntries(
        optimizer.slots.map((name) => {
          const full = slot(group.name, name);
          slots[full] = parameter.shape as readonly number[];
          inputs[full] = input(full, parameter.shape);
          return [name, inputs[full] as Value];
        }),
      );
      const update = optimizer.update({ parameter, gradient, state, scalars });
      for (const [name, result] of Object.entries(update.state)) carry(slot(group.name, name), result);
      const sizes = group.members.map((m) => countOf(m.shape));
      const parts = joined ? split(update.parameter, sizes, 0) : [update.parameter];
      group.members.forEach((m, i) => {
        carry(m.name, reshape(parts[i] as Value, m.shape));
      });
    }
    for (const [name, result] of traced.updates) carry(name, result);
  });
  return { graph: { inputs, outputs }, carried, slots };
}

/** Several values as one vector. */
const flat = (values: readonly Value[]): Value =>
  values.length === 1
    ? (values[0] as Value)
    : concat(
        values.map((v) => reshape(v, [countOf(v.shape as number[])])),
        0,
      );

/** The network's outputs, under names that no other output of the step has. */
const predictions = (traced: Traced): Record<string, Value> =>
  Object.fromEntries(Object.entries(traced.outputs).map(([name, value]) => [prediction(name), value]));

export const prediction = (name: string): string => `prediction/${name}`;

function groupsOf(traced: Traced): Group[] {
  const members = [...traced.parameters]
    .filter(([, p]) => p.trainable)
    .map(([name, { value, shape }]) => ({ name, value, shape }));
  const small = members.filter((m) => countOf(m.shape) < JOINED_BELOW);
  const large = members.filter((m) => countOf(m.shape) >= JOINED_BELOW);
  const groups: Group[] = large.map((m) => ({ name: m.name, members: [m] }));
  return small.length === 0 ? groups : [...groups, { name: "small", members: small }];
}
