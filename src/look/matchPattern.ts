import { DataError, OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import { type Examples, inputsOf, type Network, rowsOf, type Tensors } from "../runtime/index.js";
import { countOfExamples, isDataset } from "./examples.js";
import { hiddenStates, valuesNamed } from "./hiddenStates.js";
import { countedSteps, recurrentPart } from "./recurrentParts.js";
import { type Checked, keptProbe, ofLayer, PART } from "./values.js";

export interface MatchPatternOptions {
  /** The example in which the pattern is chosen; defaults to 0. */
  readonly example?: number;
  /** The first and the last step of the pattern. */
  readonly span: readonly [from: number, to: number];
  /** The recurrent layer; defaults to the first. */
  readonly layer?: string;
  /** Which of its values, e.g. "cell" or "forget"; defaults to "state". */
  readonly value?: string;
  /** From which value a unit is on; defaults to 0.3. */
  readonly threshold?: number;
  /** Whether units must be off in the steps beside the pattern; defaults to true. */
  readonly alone?: boolean;
  /** Which units make the pattern; defaults to all that are on throughout. */
  readonly units?: readonly number[];
  /** At most so many matches; defaults to 50. */
  readonly count?: number;
}

/** Steps of an example in which units of the pattern are on. */
export interface PatternMatch {
  readonly example: number;
  readonly from: number;
  /** The last step. */
  readonly to: number;
  /** How many of the pattern's units are on throughout. */
  readonly shared: number;
  /** Those shared, as a share of all units that are in the pattern or on throughout. */
  readonly jaccard: number;
}

export interface PatternMatches {
  /** The units that make the pattern. */
  readonly units: readonly number[];
  /** The best first: by units shared, then by Jaccard, then in the order of the data. */
  readonly matches: readonly PatternMatch[];
}

/**
 * Where else in the data a recurrent layer does what it does in some steps of one example (LSTMVis, Strobelt et al. 2018): the
 * units that are on throughout these steps, and off just before and after them, are looked for in all examples.
 * What they have in common with each other is what the units stand for.
 *
 * The check: that of `hiddenStates`, and how far the example's values are from those it has among all others.
 * @throws DataError when no unit is on throughout
 */
export async function matchPattern(
  net: Network,
  data: Dataset | Examples,
  options: MatchPatternOptions,
): Promise<Checked<PatternMatches>> {
  checkOptions("matchPattern", options, ["example", "span", "layer", "value", "threshold", "alone", "units", "count"]);
  const { example = 0, span, layer, value = "state", threshold = 0.3, alone = true, count = 50 } = options;
  checkNumber("matchPattern", "threshold", threshold);
  checkNumber("matchPattern", "count", count, { low: 1, integer: true });
  const part = recurrentPart(net, layer);
  const seen = await hiddenStates(net, data, { example, layer: part.name });
  const [from, to] = span;
  checkNumber("matchPattern", "span", from, { low: 0, high: seen.value.time - 1, integer: true });
  checkNumber("matchPattern", "span", to, { low: from, high: seen.value.time - 1, integer: true });
  const own = valuesNamed(seen.value, value);
  const rule = { units: part.units, threshold, alone };
  const pattern = new Set(options.units ?? onThroughout(own, from, to, rule));
  for (const unit of pattern)
    checkNumber("matchPattern", "units", unit, { low: 0, high: part.units - 1, integer: true });
  if (pattern.size === 0) {
    if (options.units !== undefined)
      throw new OptionError("units: name one at least.", { place: "matchPattern", actual: options.units });
    const beside = alone ? " and below it beside them; { alone: false } leaves that out" : "";
    throw new DataError(`no unit is at ${threshold} or more in steps ${from} to ${to}${beside}. Lower the threshold.`, {
      place: "matchPattern",
      actual: threshold,
    });
  }
  let check = seen.check;
  const matches: PatternMatch[] = [];
  for await (const [row, values] of everyExample(net, data, `${part.name}/${value}`, part.time)) {
    if (row === example) check = own.reduce((most, x, i) => Math.max(most, Math.abs(x - (values[i] as number))), check);
    matches.push(...matchesIn(values, pattern, rule).map((match) => ({ example: row, ...match })));
  }
  matches.sort((a, b) => b.shared - a.shared || b.jaccard - a.jaccard || a.example - b.example || a.from - b.from);
  return { value: { units: [...pattern].sort((a, b) => a - b), matches: matches.slice(0, count) }, check };
}

interface Rule {
  readonly units: number;
  readonly threshold: number;
  readonly alone: boolean;
}

/** The units that are on from one step to another, and off beside them where they must be. */
function onThroughout(values: Float32Array, from: number, to: number, { units, threshold, alone }: Rule): number[] {
  const time = values.length / units;
  const on = (t: number, unit: number): boolean => (values[t * units + unit] as number) >= threshold;
  return Array.from({ length: units }, (_, unit) => unit).filter((unit) => {
    if (alone && ((from > 0 && on(from - 1, unit)) || (to < time - 1 && on(to + 1, unit)))) return false;
    for (let t = from; t <= to; t++) if (!on(t, unit)) return false;
    return true;
  });
}

/** A match for each stretch of steps in which some unit of the pattern stays on, as long as it does. */
function matchesIn(values: Float32Array, pattern: ReadonlySet<number>, rule: Rule): Omit<PatternMatch, "example">[] {
  const { units, threshold } = rule;
  const time = values.length / units;
  const stretches = new Map<string, readonly [number, number]>();
  for (const unit of pattern) {
    let start: number | undefined;
    for (let t = 0; t <= time; t++) {
      const on = t < time && (values[t * units + unit] as number) >= threshold;
      if (on) start ??= t;
      else if (start !== undefined) {
        stretches.set(`${start} ${t - 1}`, [start, t - 1]);
        start = undefined;
      }
    }
  }
  return [...stretches.values()].map(([from, to]) => {
    const on = onThroughout(values, from, to, rule);
    const shared = on.filter((unit) => pattern.has(unit)).length;
    return { from, to, shared, jaccard: shared / (on.length + pattern.size - shared) };
  });
}

/** A hidden value of every example, `[steps that count, units]`, and the example's number. */
async function* everyExample(
  net: Network,
  data: Dataset | Examples,
  hidden: string,
  time: number,
): AsyncGenerator<[number, Float32Array]> {
  const asked = keptProbe(net, `value ${hidden}`, (traced) => ({ hidden: ofLayer(traced.hidden, hidden) }));
  const given = isDataset(data) ? undefined : inputsOf(net.architecture.inputs, data);
  const count = countOfExamples(net, data);
  for (let start = 0; start < count; start += PART) {
    const stop = Math.min(count, start + PART);
    const inputs = isDataset(data)
      ? (await data.batch(Array.from({ length: stop - start }, (_, i) => start + i))).inputs
      : some(given as Tensors, start, stop);
    const { data: numbers, shape } = (await asked.run(inputs)).hidden as Tensor;
    const size = numbers.length / (shape[0] as number);
    for (let row = 0; row < stop - start; row++) {
      const steps = countedSteps(some(inputs, row, row + 1), time);
      yield [start + row, numbers.subarray(row * size, row * size + steps * (size / time)) as Float32Array];
    }
  }
}

const some = (inputs: Tensors, start: number, stop: number): Tensors =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, rowsOf(value, start, stop)]));
