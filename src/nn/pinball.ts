import { OptionError } from "../base/errors.js";
import { formatShape, type Shape, sameShape } from "../base/shape.js";
import { constant, shapeError, type Value } from "../graph/index.js";
import { maximum, mul, reshape, sub } from "../ops/index.js";
import { type Loss, meanLoss } from "./loss.js";

/**
 * The quantile loss (Koenker & Bassett 1978): max(q e, (q - 1) e) with e = target - prediction, the mean over the batch,
 * the time steps and the quantiles. A network that makes it small gives the q-th quantiles of what may come. Predictions
 * `[batch, horizon, quantiles]` and targets `[batch, horizon]`, or `[batch, quantiles]` and `[batch]` or `[batch, 1]`.
 * @param quantiles each in (0, 1)
 * @throws OptionError for none, or one out of range
 */
export function pinball(quantiles: readonly number[]): Loss {
  const bad = quantiles.find((q) => !(q > 0 && q < 1));
  if (bad !== undefined || quantiles.length === 0)
    throw new OptionError(`quantiles must be between 0 and 1, got ${bad ?? "none"}.`, {
      place: "pinball",
      actual: bad,
    });
  const count = quantiles.length;
  const errors = (prediction: Value, target: Value): Value => {
    const truth = reshape(target, truthShape(prediction, target, count));
    const error = sub(truth, prediction);
    const shares = constant([...quantiles], [...prediction.shape.slice(1).map(() => 1), count]);
    return maximum(mul(shares, error), mul(sub(shares, 1), error));
  };
  return meanLoss("pinball", errors, undefined, { quantiles: [...quantiles] });
}

/** The target with an axis of length 1 for the quantiles. */
function truthShape({ shape: predicted }: Value, { shape: given, dtype }: Value, count: number): Shape {
  const steps = predicted.slice(0, -1);
  const fits = sameShape(given, steps) || sameShape(given, [...steps, 1]);
  if (predicted.at(-1) === count && predicted.length > 1 && fits && dtype === "float32") return [...steps, 1];
  const [, ...horizon] = given;
  throw shapeError(
    "pinball",
    `predictions ${formatShape(predicted)} should be ${formatShape([...given, count])}: ${count} quantiles for each of the targets ${dtype}${formatShape(given)}. End the network in dense(${[...horizon, count].join(" * ")}) and reshape([${[...horizon, count].join(", ")}]).`,
    predicted,
    given,
  );
}
