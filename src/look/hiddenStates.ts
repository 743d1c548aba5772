import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Dataset } from "../data/index.js";
import type { Examples, Network } from "../runtime/index.js";
import { singleExample } from "./examples.js";
import { countedSteps, type RecurrentPart, recurrentPart } from "./recurrentParts.js";
import { trace } from "./trace.js";
import { orderOf, type UnitOrder } from "./unitOrder.js";
import type { Checked } from "./values.js";

export interface HiddenStatesOptions {
  /** Which of the examples; defaults to 0. */
  readonly example?: number;
  /** The recurrent layer, e.g. "lstm_1", "lstm_1/l1" or "lstm_1/l0_reverse"; defaults to the first. */
  readonly layer?: string;
  /** How units are put in order: by when they peak (the default), by what rises and falls together, or not. */
  readonly order?: UnitOrder;
}

/** How often a gate's units are (nearly) shut and (nearly) open, as shares of the steps. */
export interface Saturation {
  /** Below 0.1, unit by unit. */
  readonly shut: Float32Array;
  /** Above 0.9. */
  readonly open: Float32Array;
}

export interface HiddenStates {
  readonly layer: string;
  /** Steps that count. */
  readonly time: number;
  readonly units: number;
  /** `[time, units]`, by name in the layer's order: gates, `cell`, `state`. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** The units in the order in which they are drawn. */
  readonly order: readonly number[];
  /** By gate; empty for a layer without gates. */
  readonly saturation: ReadonlyMap<string, Saturation>;
}

const GATES = ["input", "forget", "output", "reset", "update"];

/**
 * What a recurrent layer holds step by step while it reads one example: its states and gates (Karpathy, Johnson & Li
 * 2015). `hiddenStatesPicture`, `renderHiddenStates` and `hiddenStatesChart` draw it.
 *
 * The check: how far the states are from what the gates make of those before them, c' = f c + i g and h = o tanh(c) (GRU:
 * h' = (1 - z) n + z h), as a share of the largest; and what `trace` checks. About 1e-7.
 * @throws MidstError for a network without that recurrent layer
 */
export async function hiddenStates(
  net: Network,
  data: Dataset | Examples,
  options: HiddenStatesOptions = {},
): Promise<Checked<HiddenStates>> {
  checkOptions("hiddenStates", options, ["example", "layer", "order"]);
  const { example = 0, layer, order = "peak" } = options;
  if (!["peak", "cluster", "none"].includes(order))
    throw new OptionError(`order must be "peak", "cluster" or "none", got "${order}".`, {
      place: "hiddenStates",
      actual: order,
    });
  const part = recurrentPart(net, layer);
  const { inputs } = await singleExample(net, data, example);
  const steps = countedSteps(inputs, part.time);
  const names = part.values.map((value) => `${part.name}/${value}`);
  const seen = await trace(net, inputs, { layers: names });
  const { units } = part;
  const values = new Map(
    part.values.map((value, i) => [
      value,
      Float32Array.from(seen.get(names[i] as string).data.subarray(0, steps * units)),
    ]),
  );
  const saturation = new Map(
    GATES.filter((gate) => values.has(gate)).map((gate) => [
      gate,
      saturationOf(values.get(gate) as Float32Array, units),
    ]),
  );
  const drawn = orderOf(values.get("state") as Float32Array, units, order);
  return {
    value: { layer: part.name, time: steps, units, values, order: drawn, saturation },
    check: Math.max(seen.check, offRule(values, part)),
  };
}

/**
 * The numbers of one of the layer's values.
 * @throws OptionError naming those it has
 */
export function valuesNamed({ values, layer }: HiddenStates, name: string): Float32Array {
  const found = values.get(name);
  if (found !== undefined) return found;
  throw new OptionError(`${layer} has no "${name}". It has: ${[...values.keys()].join(", ")}.`, {
    place: "hidden states",
    actual: name,
    expected: [...values.keys()],
  });
}

/** @throws OptionError unless the unit is one of the layer's */
export const checkUnit = (place: string, unit: number, { units }: HiddenStates): void =>
  checkNumber(place, "unit", unit, { low: 0, high: units - 1, integer: true });

function saturationOf(gate: Float32Array, units: number): Saturation {
  const [shut, open] = [new Float32Array(units), new Float32Array(units)];
  const time = gate.length / units;
  gate.forEach((value, i) => {
    const unit = i % units;
    if (value < 0.1) shut[unit] = (shut[unit] as number) + 1 / time;
    if (value > 0.9) open[unit] = (open[unit] as number) + 1 / time;
  });
  return { shut, open };
}

/** The largest distance of a state from its rule, as a share of the largest state; the first step read is left out. */
function offRule(values: ReadonlyMap<string, Float32Array>, { units, reverse }: RecurrentPart): number {
  const of = (name: string): Float32Array => values.get(name) as Float32Array;
  const back = reverse ? -units : units;
  let [off, most] = [0, 0];
  const compare = (name: string, rule: (i: number, before: number) => number, needsBefore: boolean): void => {
    const own = of(name);
    own.forEach((value, i) => {
      most = Math.max(most, Math.abs(value));
      const before = own[i - back];
      if (needsBefore && before === undefined) return;
      off = Math.max(off, Math.abs(value - rule(i, before ?? 0)));
    });
  };
  const at = (name: string, i: number): number => of(name)[i] as number;
  if (values.has("cell")) {
    compare("cell", (i, before) => at("forget", i) * before + at("input", i) * at("candidate", i), true);
    compare("state", (i) => at("output", i) * Math.tanh(at("cell", i)), false);
  } else if (values.has("update"))
    compare("state", (i, before) => (1 - at("update", i)) * at("candidate", i) + at("update", i) * before, true);
  return most > 0 ? off / most : off;
}
