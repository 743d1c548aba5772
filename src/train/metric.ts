import { DataError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import type { Tensor } from "../base/tensor.js";

/** A number that says how good predictions are. Counted batch by batch, exact over the whole data set. */
export interface Metric {
  readonly name: string;
  /** Whether a smaller number is a better one, as of an error; defaults to false. */
  readonly smallerIsBetter?: boolean;
  /** A fresh count. */
  start(): Counter;
}

export interface Counter {
  /** @param prediction the network's output `[batch, ...]` @param truth the targets of the same rows */
  add(prediction: Tensor, truth: Tensor): void;
  value(): number;
  /**
   * What it has counted, for a checkpoint in the middle of an epoch. Without it, the metric of an epoch that was
   * resumed counts from there.
   */
  state?(): Json;
  /** Takes what `state` gave. */
  restore?(state: Json): void;
}

/** A counter whose state is plain numbers and lists of them. */
export function counterOf<S extends Json[]>(
  begin: S,
  add: (state: S, prediction: Tensor, truth: Tensor) => void,
  value: (state: S) => number,
): Counter {
  let state = begin;
  return {
    add: (prediction, truth) => add(state, prediction, truth),
    value: () => value(state),
    state: () => copyOf(state),
    restore: (given) => {
      state = copyOf(given) as S;
    },
  };
}

/** The number of scores in a row: the classes. */
export const width = ({ shape }: Tensor): number => (shape.length < 2 ? 1 : (shape.at(-1) as number));

/** How many rows of scores there are: an example each, or a step each of `[batch, time, classes]`. */
const rows = (scores: Tensor): number => scores.data.length / width(scores);

/** The class with the largest score, or for a single score (a logit) whether it is above 0. */
export function predictedClass(scores: Tensor, row: number): number {
  const classes = width(scores);
  return classes === 1 ? Number((scores.data[row] as number) > 0) : largest(scores, row, classes);
}

function largest({ data }: Tensor, row: number, count: number): number {
  let best = 0;
  for (let c = 1; c < count; c++)
    if ((data[row * count + c] as number) > (data[row * count + best] as number)) best = c;
  return best;
}

/**
 * Visits each row of the scores with its true class: labels, one a row, or as many probabilities as there are scores.
 * Steps of a sequence labelled -1 are left out.
 * @throws DataError before the first visit for labels that are no classes, or not one a row
 */
export function eachRow(
  place: string,
  scores: Tensor,
  truth: Tensor,
  visit: (row: number, label: number) => void,
): void {
  const known = scores.shape.length > 2 ? -1 : 0;
  trueClasses(place, scores, truth, known).forEach((label, row) => {
    if (label >= 0) visit(row, label);
  });
}

function trueClasses(place: string, scores: Tensor, truth: Tensor, lowest: number): number[] {
  const [count, length] = [width(scores), rows(scores)];
  const classes = Math.max(2, count);
  if (count > 1 && rows(truth) === length && width(truth) === count)
    return Array.from({ length }, (_, row) => largest(truth, row, count));
  checkLengths(place, length, truth.data.length);
  const labels = Array.from(truth.data);
  const wrong = labels.find((label) => !(Number.isInteger(label) && label >= lowest && label < classes));
  if (wrong !== undefined)
    throw new DataError(`the label ${wrong} is not one of ${classes} classes, which count from 0.`, {
      place,
      expected: classes,
      actual: wrong,
    });
  return labels;
}

export function checkLengths(place: string, predictions: number, truths: number): void {
  if (predictions !== truths)
    throw new DataError(`cannot compare ${predictions} predictions and ${truths} truths. Each needs the other.`, {
      place,
      expected: predictions,
      actual: truths,
    });
}

const copyOf = (json: Json): Json => JSON.parse(JSON.stringify(json));
