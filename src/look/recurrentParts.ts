import { MidstError } from "../base/errors.js";
import type { Traced } from "../nn/index.js";
import type { Network, Tensors } from "../runtime/index.js";
import { ofLayer } from "./values.js";

/** One layer of recurrent units that reads the time in one direction. */
export interface RecurrentPart {
  /** As its hidden values begin: `lstm_1`, `lstm_1/l1`, `lstm_1/l0_reverse`. */
  readonly name: string;
  readonly units: number;
  /** Steps it goes through. */
  readonly time: number;
  /** Whether it goes from the last step to the first. */
  readonly reverse: boolean;
  /** The last parts of its hidden values' names, in order: `forget`, `cell`, `state`. */
  readonly values: readonly string[];
  /** Its states as they are named where they can be nudged: `h`, and `c` of an LSTM. */
  readonly states: readonly string[];
}

/** A network traced so that the states within its loops can be nudged. */
export const nudgeable = (net: Network): Traced => net.traced(false, { nudges: true });

/** The nudge of a part's state, by name: `lstm_1/l0/h`. */
export const nudgeName = ({ name }: RecurrentPart, state: string): string =>
  `${/(^|\/)l\d+(_reverse)?$/.test(name) ? name : `${name}/l0`}/${state}`;

/** The hidden value that holds a state: h is what the layer calls its state, c its cell. */
export const hiddenName = ({ name }: RecurrentPart, state: string): string =>
  `${name}/${state === "c" ? "cell" : "state"}`;

/** Whether a value is of a second call of the same layer: `lstm_1/state:2`. */
const isAgain = (name: string): boolean => /:\d+$/.test(name);

/** Every recurrent part of a network, in order; of a layer that is called several times, its first call. */
export const recurrentParts = (net: Network): readonly RecurrentPart[] => partsOf(nudgeable(net));

/** As `recurrentParts`, of a network traced for nudges. */
export function partsOf({ nudges, hidden }: Traced): readonly RecurrentPart[] {
  const parts = new Map<string, RecurrentPart>();
  for (const [full, { shape }] of nudges) {
    const cut = full.lastIndexOf("/");
    const [place, state] = [full.slice(0, cut), full.slice(cut + 1)];
    if (isAgain(state)) continue;
    const name = place.endsWith("/l0") ? place.slice(0, -"/l0".length) : place;
    const known = parts.get(name);
    const values = [...hidden.keys()].filter((key) => key.slice(0, key.lastIndexOf("/")) === name && !isAgain(key));
    parts.set(name, {
      name,
      units: shape[2] as number,
      time: shape[0] as number,
      reverse: name.endsWith("_reverse"),
      values: known?.values ?? values.map((key) => key.slice(name.length + 1)),
      states: [...(known?.states ?? []), state],
    });
  }
  return [...parts.values()];
}

/**
 * One recurrent part by name; the first where none is given.
 * @throws MidstError naming the parts there are
 */
export function recurrentPart(net: Network, name?: string): RecurrentPart {
  const parts = new Map(recurrentParts(net).map((part) => [part.name, part]));
  const [first] = parts.keys();
  if (first === undefined)
    throw new MidstError("the network has no recurrent layer: no lstm, gru or simpleRnn.", { place: "look" });
  return ofLayer(parts, name ?? first);
}

/** How many of `time` steps of a single example count. */
export const countedSteps = (inputs: Tensors, time: number): number => Math.min(time, inputs.lengths?.data[0] ?? time);
