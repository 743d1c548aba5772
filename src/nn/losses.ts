import { DataError, OptionError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape, type Shape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { constant, shapeError, type Value } from "../graph/index.js";
import {
  abs,
  add,
  cast,
  div,
  exp,
  log,
  logSoftmax,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  oneHot,
  reshape,
  square,
  sub,
  sum,
} from "../ops/index.js";

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
}

type CheckTargets = NonNullable<Loss["checkTargets"]>;

function loss(
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
const meanLoss = (
  name: string,
  errors: (prediction: Value, target: Value) => Value,
  check?: CheckTargets,
  settings?: Loss["settings"],
): Loss => loss(name, (prediction, target, weights) => meanOf(errors(prediction, target), weights), check, settings);

/** The mean of what the examples have; each may have its weight [batch]. */
function meanOf(errors: Value, weights?: Value): Value {
  if (weights === undefined) return mean(errors);
  const axes = errors.shape.map((_, i) => i).slice(1);
  return weightedMean(axes.length === 0 ? errors : mean(errors, axes), weights);
}

const weightedMean = (rows: Value, weights: Value): Value => div(sum(mul(rows, weights)), sum(weights));

/** The targets in the shape of the predictions; one number an example may come without its axis. Throws for others. */
function fitted(name: string, prediction: Value, target: Value): Value {
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

function shapesDiffer(name: string, prediction: Shape, target: Shape): Error {
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
function checkRange({ data, shape }: Tensor, high: number, place: string, what: string, why: string): void {
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

export interface CrossEntropyOptions {
  /** The share of each target spread evenly over all classes, in [0, 1); defaults to 0 (Szegedy et al. 2016). */
  readonly labelSmoothing?: number;
  /** How much each class counts, from 0, a number a class: more for the rare ones. Defaults to 1 each. */
  readonly classWeights?: readonly number[];
}

/**
 * -ln of the probability given to the true class, from scores before the softmax: `[batch, classes]` and int32 labels
 * `[batch]`, or float32 probabilities `[batch, classes]`. Stable for any finite scores.
 *
 * With class weights, as PyTorch has it: each class's -ln times the class's weight; of labels, divided by the sum of
 * their classes' weights instead of their number, so that it stays a mean. Weights of examples multiply with those.
 * @throws OptionError for class weights below 0, or all 0
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  checkOptions("crossEntropy", options, ["labelSmoothing", "classWeights"]);
  const { labelSmoothing = 0 } = options;
  checkNumber("crossEntropy", "labelSmoothing", labelSmoothing, { low: 0, high: 1 });
  if (labelSmoothing === 1)
    throw new OptionError(`labelSmoothing must be less than 1, got 1.`, { place: "crossEntropy", actual: 1 });
  const classWeights = options.classWeights && checkedWeights(options.classWeights);
  const body = (scores: Value, target: Value, weights?: Value): Value => {
    const classes = classesOf(scores, target);
    const labels = target.dtype === "int32";
    const truth = labels ? oneHot(target, classes) : target;
    const smooth = labelSmoothing === 0 ? truth : add(mul(truth, 1 - labelSmoothing), labelSmoothing / classes);
    if (classWeights === undefined) {
      const likelihood = sum(mul(smooth, logSoftmax(scores)), 1);
      return neg(weights === undefined ? mean(likelihood) : weightedMean(likelihood, weights));
    }
    checkLength(classWeights, classes);
    const counts = constant(classWeights, [1, classes]);
    const likelihood = sum(mul(mul(smooth, counts), logSoftmax(scores)), 1);
    if (!labels) return neg(meanOf(likelihood, weights));
    const own = sum(mul(truth, counts), 1);
    const total = weights === undefined ? own : mul(own, weights);
    return neg(div(sum(weights === undefined ? likelihood : mul(likelihood, weights)), sum(total)));
  };
  const check: CheckTargets = (target, scores, weights) => {
    const classes = scores[1] as number;
    if (target.dtype === "int32") {
      const why = `the network gives scores for ${classes} classes: labels`;
      checkRange(target, classes - 1, "crossEntropy", "label", why);
      if (classWeights !== undefined) checkCounted(target, classWeights, weights);
    } else checkRange(target, 1, "crossEntropy", "target", "probabilities");
  };
  const settings = { labelSmoothing, ...(classWeights && { classWeights: Array.from(classWeights) }) };
  return loss("crossEntropy", body, check, settings);
}

/** The number of classes. Throws for scores and targets that are not of so many. */
function classesOf(scores: Value, target: Value): number {
  const [batch, classes] = scores.shape;
  const labels = target.dtype === "int32";
  const fits = scores.shape.length === 2 && target.shape[0] === batch && (!labels || target.shape.length === 1);
  if (!fits || typeof classes !== "number")
    throw shapeError(
      "crossEntropy",
      `needs scores [batch, classes] and labels [batch], got ${formatShape(scores.shape)} and ${formatShape(target.shape)}. Add flatten() and dense(classes).`,
    );
  if (!labels && target.shape.length === 1)
    throw shapeError(
      "crossEntropy",
      `labels must be int32, got ${target.dtype}${formatShape(target.shape)}. Give the data class names: dataset({ ..., classes: [...] }).`,
      "int32",
      target.dtype,
    );
  if (!labels && !sameShape(target.shape, scores.shape)) throw shapesDiffer("crossEntropy", scores.shape, target.shape);
  return classes;
}

function checkedWeights(given: readonly number[]): readonly number[] {
  const place = "crossEntropy";
  const weights = [...given];
  for (const [i, weight] of weights.entries())
    checkNumber(place, `classWeights[${i}]`, weight, { low: 0, high: Number.MAX_VALUE });
  if (!weights.some((weight) => weight > 0))
    throw new OptionError(`classWeights must have one above 0, got ${weights.join(", ") || "none"}.`, {
      place,
      actual: given,
    });
  return weights;
}

function checkLength(classWeights: readonly number[], classes: number): void {
  if (classWeights.length === classes) return;
  throw shapeError(
    "crossEntropy",
    `there are ${classWeights.length} classWeights for scores of ${classes} classes. Give one a class.`,
    classes,
    classWeights.length,
  );
}

/** Throws for a batch of which nothing counts: its mean would be 0 / 0. */
function checkCounted({ data }: Tensor, classWeights: readonly number[], weights: Tensor | undefined): void {
  if (data.some((label, i) => (classWeights[label] as number) * (weights?.data[i] ?? 1) > 0)) return;
  throw new DataError("all examples of this batch have the weight 0: their mean is 0 / 0. Use larger batches.", {
    place: "crossEntropy",
    actual: 0,
  });
}

/**
 * The cross entropy of yes-or-no answers, from scores before the sigmoid: float32 scores, and targets in [0, 1] of the
 * same shape, or int32 labels 0 and 1. max(s, 0) - s t + ln(1 + e^-|s|), stable for any finite scores. As all losses
 * but crossEntropy, it takes targets [batch] for scores [batch, 1].
 */
export const binaryCrossEntropy = (): Loss =>
  meanLoss(
    "binaryCrossEntropy",
    (scores, target) => {
      const truth = fitted("binaryCrossEntropy", scores, cast(target, "float32"));
      // max, not relu: its slope at 0 is 1/2, and so is the loss's (less t).
      return add(sub(maximum(scores, 0), mul(scores, truth)), log(add(exp(neg(abs(scores))), 1)));
    },
    (target) => checkRange(target, 1, "binaryCrossEntropy", "target", "yes-or-no targets"),
  );

/** The mean squared error. */
export const mse = (): Loss =>
  meanLoss("mse", (prediction, target) => square(sub(prediction, fitted("mse", prediction, target))));

/** The mean absolute error. */
export const mae = (): Loss =>
  meanLoss("mae", (prediction, target) => abs(sub(prediction, fitted("mae", prediction, target))));

/**
 * Squared near zero, linear beyond `delta` (Huber 1964): e^2/2 for |e| <= delta, else delta (|e| - delta/2). `delta`
 * is above 0 and defaults to 1, in the target's units.
 */
export function huber(delta = 1): Loss {
  checkNumber("huber", "delta", delta, { low: 0, high: Number.MAX_VALUE });
  if (delta === 0) throw new OptionError("delta must be above 0, got 0.", { place: "huber", actual: 0 });
  const errors = (prediction: Value, target: Value): Value => {
    const error = abs(sub(prediction, fitted("huber", prediction, target)));
    const inner = minimum(error, delta);
    return mul(inner, sub(error, mul(inner, 0.5)));
  };
  return meanLoss("huber", errors, undefined, { delta });
}
