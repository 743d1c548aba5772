import { countOf } from "../base/shape.js";
import type { Value } from "../graph/index.js";
import { clip as bounded } from "../ops/index.js";
import { averaged, type ClipOptions, clipped } from "../optim/index.js";
import type { Building } from "./stepBuilding.js";
import * as names from "./stepNames.js";
import { flat, optimizersOf, parts, type WeightGroup } from "./weightGroups.js";

/** Where each weight's average is: which state, and where in it. */
export type Averages = Map<string, { readonly state: string; readonly offset: number }>;

export interface UpdateOptions {
  readonly clip?: ClipOptions;
  /** After the update no weight is further from 0. */
  readonly bound?: number;
  /** The decay of the weights' averages; without, there are none. */
  readonly average?: number;
}

/**
 * Adds the update of all weights by their gradients, one a group, and of their averages.
 * @param averages is told of those
 * @returns the new weights by name
 */
export function addUpdate(
  to: Building,
  groups: readonly WeightGroup[],
  slopes: readonly Value[],
  { clip = {}, bound, average }: UpdateOptions,
  averages: Averages,
): Map<string, Value> {
  const { gradients, norm } = clipped(slopes, clip);
  if (norm !== undefined) to.give(names.NORM, norm);
  const scalars = new Map(
    optimizersOf(groups).map((optimizer, n) => {
      const given = Object.keys(optimizer.scalars(1)).map((name) => [name, to.given(names.scalar(n, name))]);
      return [optimizer, Object.fromEntries(given) as Record<string, Value>];
    }),
  );
  const made = new Map<string, Value>();
  for (const [i, { name: group, optimizer, members, shape }] of groups.entries()) {
    const slots = optimizer.slots.map((name) => [name, to.remembered(names.slot(group, name), shape)]);
    const update = optimizer.update({
      parameter: flat(members.map((m) => m.value)),
      gradient: gradients[i] as Value,
      state: Object.fromEntries(slots),
      scalars: scalars.get(optimizer) as Record<string, Value>,
    });
    for (const [name, result] of Object.entries(update.state)) to.carry(names.slot(group, name), result);
    const parameter = bound === undefined ? update.parameter : bounded(update.parameter, -bound, bound);
    const results = parts(parameter, members);
    for (const [m, { name }] of members.entries()) {
      to.carry(name, results[m] as Value);
      made.set(name, results[m] as Value);
    }
    if (average !== undefined) addAverage(to, group, members, parameter, averages);
  }
  return made;
}

/** Adds the averages of running statistics, all as one vector. */
export function addStatistics(
  to: Building,
  statistics: ReadonlyMap<string, Value>,
  average: number | undefined,
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
    averages.set(to.full(member.name), { state: to.full(name), offset });
    offset += countOf(member.shape);
  }
}
