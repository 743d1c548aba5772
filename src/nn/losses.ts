import { DataError, OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape, type Shape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { shapeError, type Value } from "../graph/index.js";
import {
  abs,
  add,
  cast,
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
  /** The mean over the batch, a float32 scalar. */
  (prediction: Value, target: Value): Value;
  /** Throws a DataError for targets that make no sense, which the graph would take in silence. */
  checkTargets?(target: Tensor, prediction: Shape): void;
}

function loss(
  name: string,
  body: (prediction: Value, target: Value) => Value,
  checkTargets?: (target: Tensor, prediction: Shape) => void,
): Loss {
  const named = (prediction: Value, target: Value) => body(prediction, target);
  Object.defineProperty(named, "name", { value: name });
  return checkTargets === undefined ? named : Object.assign(named, { checkTargets });
}

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
}

/**
 * -ln of the probability given to the true class, from scores before the softmax: `[batch, classes]` and int32 labels
 * `[batch]`, or float32 probabilities `[batch, classes]`. Stable for any finite scores.
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  checkOptions("crossEntropy", options, ["labelSmoothing"]);
  const { labelSmoothing = 0 } = options;
  checkNumber("crossEntropy", "labelSmoothing", labelSmoothing, { low: 0, high: 1 });
  if (labelSmoothing === 1)
    throw new OptionError(`labelSmoothing must be less than 1, got 1.`, { place: "crossEntropy", actual: 1 });
  const body = (scores: Value, target: Value): Value => {
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
    if (!labels && !sameShape(target.shape, scores.shape))
      throw shapesDiffer("crossEntropy", scores.shape, target.shape);
    const truth = labels ? oneHot(target, classes) : target;
    const smooth = labelSmoothing === 0 ? truth : add(mul(truth, 1 - labelSmoothing), labelSmoothing / classes);
    return neg(mean(sum(mul(smooth, logSoftmax(scores)), 1)));
  };
  return loss("crossEntropy", body, (target, scores) => {
    const classes = scores[1] as number;
    if (target.dtype === "int32") {
      const why = `the network gives scores for ${classes} classes: labels`;
      checkRange(target, classes - 1, "crossEntropy", "label", why);
    } else checkRange(target, 1, "crossEntropy", "target", "probabilities");
  });
}

/**
 * The cross entropy of yes-or-no answers, from scores before the sigmoid: float32 scores, and targets in [0, 1] of the
 * same shape, or int32 labels 0 and 1. max(s, 0) - s t + ln(1 + e^-|s|), stable for any finite scores. As all losses
 * but crossEntropy, it takes targets [batch] for scores [batch, 1].
 */
export const binaryCrossEntropy = (): Loss =>
  loss(
    "binaryCrossEntropy",
    (scores, target) => {
      const truth = fitted("binaryCrossEntropy", scores, cast(target, "float32"));
      // max, not relu: its slope at 0 is 1/2, and so is the loss's (less t).
      return mean(add(sub(maximum(scores, 0), mul(scores, truth)), log(add(exp(neg(abs(scores))), 1))));
    },
    (target) => checkRange(target, 1, "binaryCrossEntropy", "target", "yes-or-no targets"),
  );

/** The mean squared error. */
export const mse = (): Loss =>
  loss("mse", (prediction, target) => mean(square(sub(prediction, fitted("mse", prediction, target)))));

/** The mean absolute error. */
export const mae = (): Loss =>
  loss("mae", (prediction, target) => mean(abs(sub(prediction, fitted("mae", prediction, target)))));

/**
 * Squared near zero, linear beyond `delta` (Huber 1964): e^2/2 for |e| <= delta, else delta (|e| - delta/2). `delta`
 * is above 0 and defaults to 1, in the target's units.
 */
export function huber(delta = 1): Loss {
  checkNumber("huber", "delta", delta, { low: 0, high: Number.MAX_VALUE });
  if (delta === 0) throw new OptionError("delta must be above 0, got 0.", { place: "huber", actual: 0 });
  return loss("huber", (prediction, target) => {
    const error = abs(sub(prediction, fitted("huber", prediction, target)));
    const inner = minimum(error, delta);
    return mean(mul(inner, sub(error, mul(inner, 0.5))));
  });
}
