import { DataError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import { formatShape, type Shape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { shapeError, type Value } from "../graph/index.js";
import { div, mean, mul, reshape, sum } from "../ops/index.js";

/** What training makes small: a scalar from a network's output and the truth. */
export interface Loss {
  readonly name: string;
  /** What it was made with, to be written down. */
  readonly settings?: Readonly<Record<string, Json>>;
  /**
   * The mean over the batch, a float32 scalar.
   * @param weights how much each example counts, float32 [batch]: sum(weight loss) / sum(weight)
   */
  (prediction: Value, target: Value, weights?: Value): Value;
  /** Throws a DataError for targets (and weights) that make no sense, which the graph would take in silence. */
  checkTargets?(target: Tensor, prediction: Shape, weights?: Tensor): void;
  /**
   * What the mean over a batch divides by, and so how much it counts among others; undefined, as without this rule, for
   * the number of examples or the sum of their weights.
   */
  weightOf?(target: Tensor, weights?: Tensor): number | undefined;
}

export type CheckTargets = NonNullable<Loss["checkTargets"]>;

/** A loss of this name. */
export function makeLoss(
  name: string,
  body: (prediction: Value, target: Value, weights?: Value) => Value,
  checkTargets?: CheckTargets,
  settings: Readonly<Record<string, Json>> = {},
): Loss {
  const named = (prediction: Value, target: Value, weights?: Value) => body(prediction, target, weights);
  Object.defineProperty(named, "name", { value: name });
  return Object.assign(named, { settings, ...(checkTargets && { checkTargets }) });
}

/** A loss that is a mean of errors, one for each number predicted. */
export const meanLoss = (
  name: string,
  errors: (prediction: Value, target: Value) => Value,
  check?: CheckTargets,
  settings?: Loss["settings"],
): Loss =>
  makeLoss(name, (prediction, target, weights) => meanOf(errors(prediction, target), weights), check, settings);

/** The mean of what the examples have; each may have its weight [batch]. */
export function meanOf(errors: Value, weights?: Value): Value {
  if (weights === undefined) return mean(errors);
  const axes = errors.shape.map((_, i) => i).slice(1);
  return weightedMean(axes.length === 0 ? errors : mean(errors, axes), weights);
}

/** sum(weight row) / sum(weight) */
export const weightedMean = (rows: Value, weights: Value): Value => div(sum(mul(rows, weights)), sum(weights));

/** The targets in the shape of the predictions; one number an example may come without its axis. Throws for others. */
export function fitted(name: string, prediction: Value, target: Value): Value {
  const [one, given] = [prediction.shape, target.shape];
  if (target.dtype !== "float32")
    throw shapeError(
      name,
      `the targets are ${target.dtype} labels, the loss is for float32 numbers. Use crossEntropy(), or data without classes.`,
      "float32",
      target.dtype,
    );
  if (sameShape(one, [...given, 1])) return reshape(target, one);
  if (!sameShape(one, given)) throw shapesDiffer(name, one, given);
  return target;
}

/** The error of predictions and targets that cannot be compared number by number. */
export function shapesDiffer(name: string, prediction: Shape, target: Shape): Error {
  const numbers = target.slice(1);
  const last =
    numbers.length < 2
      ? `End the network in dense(${numbers[0] ?? 1}).`
      : `Add reshape([${numbers.join(", ")}]) at its end.`;
  return shapeError(
    name,
    `predictions ${formatShape(prediction)} and targets ${formatShape(target)} must have one shape. ${last}`,
    prediction,
    target,
  );
}

/** Throws for the first target outside [low, high]. */
export function checkRange({ data, shape }: Tensor, high: number, place: string, what: string, why: string): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (value >= 0 && value <= high) continue;
    const row = Math.floor((i * (shape[0] as number)) / data.length);
    throw new DataError(`example ${row} has the ${what} ${value}, but ${why} go from 0 to ${high}.`, {
      place,
      expected: [0, high],
      actual: value,
    });
  }
}
