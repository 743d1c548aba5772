import { MidstError, OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import type { Examples, Network } from "../runtime/index.js";
import { countOfExamples, repeated, singleExample } from "./examples.js";
import { type Nudged, noNudges, runNudged, scoresAt } from "./nudged.js";
import { type ChangeMeasure, changeOf, measureFor } from "./outputChange.js";
import { countedSteps, nudgeName, type RecurrentPart, recurrentPart, recurrentParts } from "./recurrentParts.js";
import { type Checked, PART } from "./values.js";

export interface CutStatesOptions {
  /** Only this recurrent layer is cut; defaults to all that read forwards. */
  readonly layer?: string;
  /** What the state becomes: "zeros" (the default), or what it is for the "next" example at the same step (or its end). */
  readonly replace?: "zeros" | "next";
  /** How many examples are looked at, evenly spread; defaults to 8, or all if there are fewer. */
  readonly samples?: number;
  /** After which steps it is cut; defaults to all but the last, or 64 of them. */
  readonly at?: readonly number[];
  /** How outputs are compared; defaults to what fits the network: see `changeOf`. */
  readonly measure?: ChangeMeasure;
}

/** One example, cut after one step. */
export interface Cut {
  readonly example: number;
  readonly at: number;
  /** How far the output at each later step is from what it was; NaN where there is none. `[time]` */
  readonly change: Float64Array;
}

export interface CutStates {
  /** The layers cut. */
  readonly layers: readonly string[];
  readonly measure: ChangeMeasure;
  /**
   * The mean change by lag, up to the longest there is: at k, of outputs k steps after the cut; NaN at 0 and where nothing was measured. Where
   * it has come down to nothing, what is older does not matter to the output.
   */
  readonly curve: Float64Array;
  /** The first lag from which on the change stays below a tenth of the largest; undefined where it does not. */
  readonly length: number | undefined;
  readonly cuts: readonly Cut[];
}

/**
 * How long a network's memory lasts, by experiment: its states are replaced after a step, and the outputs afterwards are
 * compared with what they were. All states after that step are cut, what it gives out at that step is not compared.
 *
 * Where layers read backwards too, these bring what was cut off on their way: the curve is of the others' memory alone.
 *
 * The check: how far the states after the cut are from what was put there, or outputs before it from what they were: the
 * largest difference.
 * @throws MidstError for the name of a layer that reads backwards, whose state knows what comes later
 */
export async function cutStates(
  net: Network,
  data: Dataset | Examples,
  options: CutStatesOptions = {},
): Promise<Checked<CutStates>> {
  checkOptions("cutStates", options, ["layer", "replace", "samples", "at", "measure"]);
  const { layer, replace = "zeros", samples = 8, at } = options;
  checkNumber("cutStates", "samples", samples, { low: 1, integer: true });
  if (replace !== "zeros" && replace !== "next")
    throw new OptionError(`replace must be "zeros" or "next", got "${replace}".`, {
      place: "cutStates",
      actual: replace,
    });
  const first = recurrentPart(net, layer);
  if (first.reverse)
    throw new MidstError("reads backwards: its state knows what comes later. Name a layer that does not.", {
      place: first.name,
    });
  const parts = layer === undefined ? recurrentParts(net).filter(({ reverse }) => !reverse) : [first];
  const measure = measureFor(net, "largest", options.measure);
  const count = countOfExamples(net, data);
  const chosen = Array.from({ length: Math.min(samples, count) }, (_, i) =>
    Math.floor((i * count) / Math.min(samples, count)),
  );
  if (replace === "next" && count < 2)
    throw new OptionError('replace "next" needs two examples at least.', { place: "cutStates", actual: count });
  const cuts: Cut[] = [];
  let check = 0;
  for (const example of chosen) {
    const { inputs } = await singleExample(net, data, example);
    const steps = countedSteps(inputs, (parts[0] as RecurrentPart).time);
    const other = replace === "zeros" ? undefined : await singleExample(net, data, (example + 1) % count);
    const instead = other && {
      ...(await runNudged(net, other.inputs, noNudges(net, 1))),
      steps: countedSteps(other.inputs, (parts[0] as RecurrentPart).time),
    };
    const places = stepsToCut(at, steps);
    for (let start = 0; start < places.length; start += PART) {
      const rows = places.slice(start, start + PART);
      const copies = repeated(inputs, rows.length);
      // As many rows as are cut, so that what changes nothing changes no bit.
      const before = await runNudged(net, copies, noNudges(net, rows.length));
      const { after, off } = await cutAll(net, copies, parts, rows, before, instead);
      check = Math.max(check, off);
      rows.forEach((step, row) => {
        const change = changesAfter(before.scores, after.scores, row, step, steps, measure);
        if (parts.length === recurrentParts(net).length)
          check = Math.max(check, changeBefore(before.scores, after.scores, row, step));
        cuts.push({ example, at: step, change });
      });
    }
  }
  const curve = meanByLag(cuts, (parts[0] as RecurrentPart).time);
  return { value: { layers: parts.map(({ name }) => name), measure, curve, length: lengthOf(curve), cuts }, check };
}

function stepsToCut(at: readonly number[] | undefined, steps: number): number[] {
  for (const step of at ?? []) checkNumber("cutStates", "at", step, { low: 0, high: steps - 2, integer: true });
  if (at !== undefined) return [...at];
  const count = Math.min(steps - 1, PART);
  return Array.from({ length: Math.max(0, count) }, (_, i) => Math.floor((i * (steps - 1)) / count));
}

/**
 * A row for each cut. A state after the cut depends on those of the layers below after it: as many runs as layers make
 * all of them exact.
 */
async function cutAll(
  net: Network,
  inputs: Parameters<typeof runNudged>[1],
  parts: readonly RecurrentPart[],
  cuts: readonly number[],
  before: Nudged,
  instead: (Nudged & { readonly steps: number }) | undefined,
): Promise<{ after: Nudged; off: number }> {
  const nudges = noNudges(net, cuts.length);
  const places = parts.flatMap((part) => part.states.map((state) => [nudgeName(part, state), part] as const));
  let off = 0;
  /** Adds what is missing, and says how much at most that was. */
  const correct = (states: Nudged["states"]): void => {
    off = 0;
    for (const [name, { time, units }] of places)
      cuts.forEach((step, row) => {
        const { data } = states.get(name) as Tensor;
        const wanted = instead?.states.get(name)?.data;
        // A shorter example's state stays as it was at its end.
        const from = Math.min(step, (instead?.steps ?? time) - 1) * units;
        const nudge = (nudges.get(name) as Tensor<"float32">).data;
        for (let i = 0; i < units; i++) {
          const missing = ((wanted?.[from + i] ?? 0) as number) - (data[(row * time + step) * units + i] as number);
          const at = (step * cuts.length + row) * units + i;
          nudge[at] = (nudge[at] as number) + missing;
          off = Math.max(off, Math.abs(missing));
        }
      });
  };
  correct(before.states);
  let after = await runNudged(net, inputs, nudges);
  for (const _ of parts.slice(1)) {
    correct(after.states);
    after = await runNudged(net, inputs, nudges);
  }
  correct(after.states);
  return { after, off };
}

function changesAfter(
  before: Tensor,
  after: Tensor,
  row: number,
  cut: number,
  steps: number,
  measure: ChangeMeasure,
): Float64Array {
  const change = new Float64Array(steps).fill(Number.NaN);
  const first = before.shape.length === 3 ? cut + 1 : steps - 1;
  for (let step = first; step < steps; step++)
    change[step] = changeOf(measure, scoresAt(before, row, step), scoresAt(after, row, step));
  return change;
}

/** How much outputs before the cut have changed, which they should not. */
function changeBefore(before: Tensor, after: Tensor, row: number, cut: number): number {
  if (before.shape.length !== 3) return 0;
  let most = 0;
  for (let step = 0; step < cut; step++) {
    const now = scoresAt(after, row, step);
    const then = scoresAt(before, row, step);
    for (let i = 0; i < then.length; i++) most = Math.max(most, Math.abs((then[i] as number) - (now[i] as number)));
  }
  return most;
}

function meanByLag(cuts: readonly Cut[], time: number): Float64Array {
  const [sums, counts] = [new Float64Array(time), new Float64Array(time)];
  for (const { at, change } of cuts)
    change.forEach((value, step) => {
      if (Number.isNaN(value)) return;
      sums[step - at] = (sums[step - at] as number) + value;
      counts[step - at] = (counts[step - at] as number) + 1;
    });
  // Padded examples have no long lags.
  const end = counts.findLastIndex((count) => count > 0) + 1;
  return sums.map((sum, lag) => sum / (counts[lag] as number)).slice(0, Math.max(end, 1));
}

/** The first lag from which on the change stays below a tenth of the largest. */
function lengthOf(curve: Float64Array): number | undefined {
  const measured = [...curve.entries()].filter(([, change]) => !Number.isNaN(change));
  const most = Math.max(0, ...measured.map(([, change]) => change));
  const lasting = measured.filter(([, change]) => most > 0 && change >= most / 10);
  const end = measured.findIndex(([lag]) => lag === lasting.at(-1)?.[0]);
  return measured[end + 1]?.[0];
}
