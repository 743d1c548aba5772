import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import { shapeError, type Value } from "../graph/index.js";
import {
  abs,
  add,
  exp,
  log,
  logSoftmax,
  mean,
  minimum,
  mul,
  neg,
  oneHot,
  relu,
  square,
  sub,
  sum,
} from "../ops/index.js";

/** What training makes small: a scalar from a network's output and the truth. */
export interface Loss {
  readonly name: string;
  /** The mean over the batch, a float32 scalar. */
  (prediction: Value, target: Value): Value;
}

const loss = (name: string, body: (prediction: Value, target: Value) => Value): Loss => {
  const named = (prediction: Value, target: Value) => body(prediction, target);
  Object.defineProperty(named, "name", { value: name });
  return named as Loss;
};

function sameShapes(name: string, prediction: Value, target: Value): void {
  if (formatShape(prediction.shape) !== formatShape(target.shape))
    throw shapeError(
      name,
      `predictions ${formatShape(prediction.shape)} and targets ${formatShape(target.shape)} must have one shape.`,
      prediction.shape,
      target.shape,
    );
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
  return loss("crossEntropy", (scores, target) => {
    const [batch, classes] = scores.shape;
    if (scores.shape.length !== 2 || typeof classes !== "number" || target.shape[0] !== batch)
      throw shapeError(
        "crossEntropy",
        `needs scores [batch, classes] and labels [batch], got ${formatShape(scores.shape)} and ${formatShape(target.shape)}. Add flatten() and dense(classes).`,
      );
    const truth = target.dtype === "int32" ? oneHot(target, classes) : target;
    sameShapes("crossEntropy", scores, truth);
    const smooth = labelSmoothing === 0 ? truth : add(mul(truth, 1 - labelSmoothing), labelSmoothing / classes);
    return neg(mean(sum(mul(smooth, logSoftmax(scores)), 1)));
  });
}

/**
 * The cross entropy of yes-or-no answers, from scores before the sigmoid: float32 scores and targets in [0, 1] of one
 * shape. max(s, 0) - s t + ln(1 + e^-|s|), stable for any finite scores.
 */
export const binaryCrossEntropy = (): Loss =>
  loss("binaryCrossEntropy", (scores, target) => {
    sameShapes("binaryCrossEntropy", scores, target);
    return mean(add(sub(relu(scores), mul(scores, target)), log(add(exp(neg(abs(scores))), 1))));
  });

/** The mean squared error. */
export const mse = (): Loss =>
  loss("mse", (prediction, target) => {
    sameShapes("mse", prediction, target);
    return mean(square(sub(prediction, target)));
  });

/** The mean absolute error. */
export const mae = (): Loss =>
  loss("mae", (prediction, target) => {
    sameShapes("mae", prediction, target);
    return mean(abs(sub(prediction, target)));
  });

/**
 * Squared near zero, linear beyond `delta` (Huber 1964): e^2/2 for |e| <= delta, else delta (|e| - delta/2). `delta`
 * defaults to 1, in the target's units.
 */
export const huber = (delta = 1): Loss =>
  loss("huber", (prediction, target) => {
    sameShapes("huber", prediction, target);
    const error = abs(sub(prediction, target));
    const inner = minimum(error, delta);
    return mean(mul(inner, sub(error, mul(inner, 0.5))));
  });
