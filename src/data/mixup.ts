import { DataError, OptionError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { type Random, random } from "../base/random.js";
import type { Tensor } from "../base/tensor.js";
import { type Batch, type Dataset, describe, isLabelled } from "./dataset.js";

export interface MixupOptions {
  /** Above 0: small ones leave most batches nearly as they are, 1 mixes by any share alike. Defaults to 0.2. */
  readonly alpha?: number;
}

/**
 * The same data with its examples mixed in pairs, anew at every step (Zhang et al. 2018): for training only, with
 * crossEntropy(). A batch becomes share x + (1 - share) x', where x' are the same examples in another order and the
 * share is drawn from Beta(alpha, alpha). Its labels [batch] become probabilities [batch, classes], mixed alike; so do
 * weights.
 *
 * The mix depends on `draw` alone: the same seed and step give the same batch, and without `draw` nothing is mixed, but
 * labels become probabilities all the same.
 * @throws DataError when the data has not one label an example, or (for a batch) an input is not float32
 * @throws OptionError when `alpha` is not above 0
 */
export function mixup(data: Dataset, options: MixupOptions = {}): Dataset {
  checkOptions("mixup", options, ["alpha"]);
  const { alpha = 0.2 } = options;
  checkNumber("mixup", "alpha", alpha, { low: 0, high: Number.MAX_VALUE });
  if (alpha === 0)
    throw new OptionError("alpha must be above 0, got 0. Leave mixup out to mix nothing.", {
      place: "mixup",
      actual: alpha,
    });
  const { classes: names, targetShapes, ...rest } = describe(data);
  const [target, ...more] = Object.entries(targetShapes);
  if (names === undefined || target === undefined || more.length > 0 || target[1].length > 0)
    throw new DataError("only data with one label an example can be mixed. Give dataset() its classes.", {
      place: "mixup",
    });
  const classes = names.length;

  const mix = (batch: Batch, draw: { seed: number; step: number } | undefined): Batch => {
    const labels = batch.targets[target[0]] as Tensor;
    const targets = { [target[0]]: oneHot(labels, classes) };
    if (draw === undefined) return { ...batch, targets };
    const rng = random(draw.seed, "mixup", draw.step);
    const share = beta(rng, alpha);
    const partners = rng.permutation(labels.data.length);
    const mixAll = (tensors: Batch["inputs"]) =>
      Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, mixed(t, partners, share, name)]));
    return {
      inputs: mixAll(batch.inputs),
      targets: mixAll(targets),
      ...(batch.weights && { weights: mixed(batch.weights, partners, share, "weights") }),
    };
  };
  return {
    ...rest,
    targetShapes: { [target[0]]: [classes] },
    ...(isLabelled(data) && { labels: data.labels }),
    length: data.length,
    batch(indices, draw) {
      const batch = data.batch(indices, draw);
      return batch instanceof Promise ? batch.then((ready) => mix(ready, draw)) : mix(batch, draw);
    },
  };
}

function oneHot({ data: labels }: Tensor, classes: number): Tensor {
  const data = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) data[row * classes + label] = 1;
  return { dtype: "float32", shape: [labels.length, classes], data };
}

/** Each row times `share`, plus its partner's times the rest. */
function mixed({ dtype, shape, data: from }: Tensor, partners: Uint32Array, share: number, name: string): Tensor {
  if (dtype !== "float32")
    throw new ShapeError(`is ${dtype}: only float32 numbers can be mixed. Leave mixup out, or give it as float32.`, {
      place: `mixup, input "${name}"`,
      expected: "float32",
      actual: dtype,
    });
  const data = new Float32Array(from.length);
  const size = from.length / partners.length;
  for (const [row, partner] of partners.entries())
    for (let i = 0; i < size; i++)
      data[row * size + i] =
        share * (from[row * size + i] as number) + (1 - share) * (from[partner * size + i] as number);
  return { dtype, shape, data };
}

/** One number from Beta(alpha, alpha): of two Gamma(alpha) numbers, the share of the first in their sum. */
function beta(rng: Random, alpha: number): number {
  // By logarithms: for a small alpha both numbers may be below the smallest float.
  const [a, b] = [logGamma(rng, alpha), logGamma(rng, alpha)];
  return 1 / (1 + Math.exp(b - a));
}

/** The logarithm of one number from Gamma(alpha) (Marsaglia & Tsang 2000). */
function logGamma(rng: Random, alpha: number): number {
  if (alpha < 1) return logGamma(rng, alpha + 1) + Math.log(1 - rng.next()) / alpha;
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal(1)[0] as number;
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - rng.next()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
