import { DataError, OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { constant, shapeError, type Value } from "../graph/index.js";
import { add, cast, div, greaterEqual, logSoftmax, mean, mul, neg, oneHot, reshape, sum } from "../ops/index.js";
import { type CheckTargets, checkRange, type Loss, makeLoss, meanOf, shapesDiffer, weightedMean } from "./loss.js";

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
 * Of sequences, each step counts: scores `[batch, time, classes]` and labels `[batch, time]`, or probabilities
 * `[batch, time, classes]`. A step labelled -1 does not count (PyTorch's `ignore_index`): label so what stands beyond an
 * example's length. The mean is over the steps that count, not over examples.
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
    if (classWeights !== undefined) checkLength(classWeights, classes);
    const labels = target.dtype === "int32";
    // A label of -1 gives a row of zeros.
    const truth = labels ? oneHot(target, classes) : target;
    const smooth = labelSmoothing === 0 ? truth : add(mul(truth, 1 - labelSmoothing), labelSmoothing / classes);
    const counts = classWeights && constant(classWeights, [classes]);
    const likelihood = sum(mul(counts === undefined ? smooth : mul(smooth, counts), logSoftmax(scores)), -1);
    if (!labels) return neg(meanOf(likelihood, weights));
    const sequences = target.shape.length === 2;
    if (counts === undefined && !sequences)
      return neg(weights === undefined ? mean(likelihood) : weightedMean(likelihood, weights));
    const known = sequences ? cast(greaterEqual(target, 0), "float32") : undefined;
    const own = counts === undefined ? (known as Value) : sum(mul(truth, counts), -1);
    const counted = known !== undefined && labelSmoothing > 0 ? mul(likelihood, known) : likelihood;
    const each = weights && (sequences ? reshape(weights, [...weights.shape, 1]) : weights);
    if (each === undefined) return neg(div(sum(counted), sum(own)));
    return neg(div(sum(mul(counted, each)), sum(mul(own, each))));
  };
  const check: CheckTargets = (target, scores, weights) => {
    if (target.dtype !== "int32") return checkRange(target, 1, "crossEntropy", "target", "probabilities");
    checkLabels(target, scores.at(-1) as number);
    if (weightOf(target, weights) === 0) throw nothingCounts(target);
  };
  const weightOf = (target: Tensor, weights?: Tensor) =>
    target.dtype === "int32" && (classWeights !== undefined || target.shape.length === 2)
      ? countedWeight(target, classWeights, weights)
      : undefined;
  const settings = { labelSmoothing, ...(classWeights && { classWeights: Array.from(classWeights) }) };
  return Object.assign(makeLoss("crossEntropy", body, check, settings), { weightOf });
}

/** The number of classes. Throws for scores and targets that are not of so many. */
function classesOf(scores: Value, target: Value): number {
  const rank = scores.shape.length;
  const classes = scores.shape.at(-1);
  const labels = target.dtype === "int32";
  const lessOne = target.shape.length === rank - 1;
  const given = `${formatShape(scores.shape)} and ${formatShape(target.shape)}`;
  const place = "crossEntropy";
  if (rank === 3 && target.shape.length === 1)
    throw shapeError(
      place,
      `scores [batch, time, classes] need labels [batch, time], got ${given}. For one label an example, give the last recurrent layer { returns: "last" }, or add timePool() or flatten() before dense(classes).`,
    );
  const fits = (rank === 2 || rank === 3) && target.shape[0] === scores.shape[0] && (!labels || lessOne);
  if (!fits || typeof classes !== "number")
    throw shapeError(
      place,
      `needs scores [batch, classes] and labels [batch], got ${given}. ${
        labels && rank === 2 && target.shape.length === 2
          ? 'For labels [batch, time] give scores [batch, time, classes]: recurrent layers with { returns: "all" }.'
          : "Add flatten() and dense(classes)."
      }`,
    );
  if (!labels && lessOne)
    throw shapeError(
      place,
      `labels must be int32, got ${target.dtype}${formatShape(target.shape)}. Give the data class names: dataset({ ..., classes: [...] }).`,
      "int32",
      target.dtype,
    );
  if (labels && !sameShape(target.shape, scores.shape.slice(0, -1)))
    throw shapeError(place, `scores and labels must have as many steps, got ${given}.`, scores.shape, target.shape);
  if (!labels && !sameShape(target.shape, scores.shape)) throw shapesDiffer(place, scores.shape, target.shape);
  return classes;
}

/** Throws for the first label that is no class; -1 may stand in sequences. */
function checkLabels({ data, shape }: Tensor, classes: number): void {
  const [, time] = shape;
  const low = time === undefined ? 0 : -1;
  for (let i = 0; i < data.length; i++) {
    const label = data[i] as number;
    if (label >= low && label < classes) continue;
    const where = time === undefined ? `example ${i}` : `example ${Math.floor(i / time)} at step ${i % time}`;
    const uncounted = time === undefined ? "" : ", or are -1 where nothing counts";
    throw new DataError(
      `${where} has the label ${label}, but the network gives scores for ${classes} classes: labels go from 0 to ${classes - 1}${uncounted}.`,
      { place: "crossEntropy", expected: [low, classes - 1], actual: label },
    );
  }
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

/** The sum of what labels count: each its class's weight times its example's, -1 nothing. */
function countedWeight(
  { data, shape: [, time = 1] }: Tensor,
  classWeights: readonly number[] | undefined,
  weights: Tensor | undefined,
): number {
  let total = 0;
  for (const [i, label] of data.entries())
    if (label >= 0) total += (classWeights?.[label] ?? 1) * (weights?.data[Math.floor(i / time)] ?? 1);
  return total;
}

/** The error of a batch of which nothing counts: its mean would be 0 / 0. */
function nothingCounts({ data }: Tensor): DataError {
  const labels = data.some((label) => label >= 0);
  return new DataError(
    labels
      ? "all examples of this batch have the weight 0: their mean is 0 / 0. Use larger batches."
      : "all labels of this batch are -1: their mean is 0 / 0. Use larger batches.",
    { place: "crossEntropy", actual: labels ? 0 : -1 },
  );
}
