import { OptionError } from "../base/errors.js";
import { checkNumber } from "../base/options.js";
import type { Value } from "../graph/index.js";
import { abs, add, cast, exp, log, maximum, minimum, mul, neg, square, sub } from "../ops/index.js";
import { checkRange, fitted, type Loss, meanLoss } from "./loss.js";

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
