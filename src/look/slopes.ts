import { gradients } from "../autodiff/index.js";
import type { Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { transpose } from "../ops/index.js";
import { hiddenName, nudgeName, partsOf } from "./recurrentParts.js";
import { ofLayer } from "./values.js";

/** The states that loops give out, by the names of the hidden layers that hold them: their nudges, [time, batch, units]. */
export const loopStates = (traced: Traced): ReadonlyMap<string, Value> =>
  new Map(
    partsOf(traced).map((part) => [hiddenName(part, "h"), ofLayer(traced.nudges, nudgeName(part, "h"))] as const),
  );

/**
 * The gradients of a total by hidden layers, by name. That by a recurrent layer's state counts every way from each step to
 * the total. Left out are a recurrent layer's gates and cells: copies of what is within its loop, by which nothing can be
 * differentiated.
 * @param traced the network traced for nudges
 */
export function slopesBy(traced: Traced, total: Value, names: Iterable<string>): ReadonlyMap<string, Value> {
  const states = loopStates(traced);
  const within = new Set(partsOf(traced).flatMap(({ name, values }) => values.map((value) => `${name}/${value}`)));
  const known = [...names].filter((name) => states.has(name) || !within.has(name));
  const slopes = gradients(
    total,
    known.map((name) => states.get(name) ?? ofLayer(traced.hidden, name)),
  );
  return new Map(
    known.map((name, i) => {
      const slope = slopes[i] as Value;
      return [name, states.has(name) ? transpose(slope, [1, 0, 2]) : slope];
    }),
  );
}
