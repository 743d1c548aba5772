import { checkNumber, checkOptions } from "../base/options.js";
import { type ColourScale, positiveScale, scaleFor, signedScale } from "./colour.js";
import { type HiddenStates, valuesNamed } from "./hiddenStates.js";
import { enlarge, heatmap, type Picture } from "./picture.js";

export interface HiddenStatesPictureOptions {
  /** Pixels per cell, along each side; defaults to 1. */
  readonly zoom?: number;
  /** At most so many units, those that vary the most; defaults to all. */
  readonly units?: number;
}

/** One of a layer's values as a picture: time from left to right, a row per unit. */
export function hiddenStatesPicture(
  states: HiddenStates,
  value: string,
  options: HiddenStatesPictureOptions = {},
): Picture {
  checkOptions("hiddenStatesPicture", options, ["zoom", "units"]);
  const { zoom = 1, units = states.units } = options;
  checkNumber("hiddenStatesPicture", "zoom", zoom, { low: 1, integer: true });
  const rows = mostVaried(states, units);
  const numbers = rows.flatMap((unit) => seriesOf(states, value, unit));
  return enlarge(heatmap(numbers, rows.length, states.time, stateScale(states, value, rows)), zoom);
}

/** A unit's numbers, step by step. */
export function seriesOf(states: HiddenStates, value: string, unit: number): number[] {
  const numbers = valuesNamed(states, value);
  return Array.from({ length: states.time }, (_, t) => numbers[t * states.units + unit] as number);
}

/** Gates from 0 to 1, candidates from -1 to 1, others as far as these units go. */
export function stateScale(states: HiddenStates, value: string, units: readonly number[]): ColourScale {
  if (states.saturation.has(value)) return positiveScale(1);
  return value === "candidate" ? signedScale(1) : scaleFor(units.flatMap((unit) => seriesOf(states, value, unit)));
}

/** So many units whose state varies the most, in the order in which they are drawn. */
export function mostVaried(states: HiddenStates, count: number): number[] {
  checkNumber("hidden states", "units", count, { low: 1, integer: true });
  if (count >= states.units) return [...states.order];
  const spread = (unit: number): number => {
    const series = seriesOf(states, "state", unit);
    const mean = series.reduce((a, b) => a + b, 0) / series.length;
    return series.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  };
  const spreads = new Map(states.order.map((unit) => [unit, spread(unit)]));
  const chosen = [...states.order].sort((a, b) => (spreads.get(b) as number) - (spreads.get(a) as number));
  const kept = new Set(chosen.slice(0, count));
  return states.order.filter((unit) => kept.has(unit));
}
