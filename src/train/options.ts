import { DataError, OptionError, ShapeError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { formatShape, sameShape } from "../base/shape.js";
import { type Dataset, split, subset } from "../data/index.js";
import type { Network, StepOptions } from "../runtime/index.js";
import { checkNotEmpty } from "./batches.js";
import { checkMetrics } from "./evaluate.js";
import type { Metric } from "./metric.js";
import { checkRunOptions, type RunOptions, runOptionNames, withRunDefaults } from "./runOptions.js";

/** What `fit` is told: how each step is made, and how the run goes. */
export interface FitOptions extends Omit<StepOptions, "optimizer" | "seed">, RunOptions {
  /** Defaults to `adam()`. */
  readonly optimizer?: StepOptions["optimizer"];
  /** Measured on the training batches as they come, and on the validation data. */
  readonly metrics?: readonly Metric[];
  /** Data to evaluate on after each epoch, or the share in (0, 1) of the training data kept apart for it, by chance or, of windows that overlap, the end. */
  readonly validation?: Dataset | number;
  /** The score by which epochs are compared, on the validation data if there is any: "loss" (default) or a metric's name. */
  readonly monitor?: string;
}

/** The options with what they default to, where that is a plain value. */
export const withDefaults = (options: FitOptions) => ({
  ...withRunDefaults(options),
  monitor: options.monitor ?? "loss",
});

const optionNames: readonly (keyof FitOptions)[] = [
  "loss",
  "optimizer",
  "clip",
  "accumulate",
  "average",
  "frozen",
  "stateful",
  "metrics",
  "validation",
  "monitor",
  ...runOptionNames,
];

/** Throws for options that are unknown, out of range or at odds with each other. */
export function checkFitOptions(net: Network, options: FitOptions): void {
  checkOptions("fit", options ?? {}, optionNames);
  if (options?.loss === undefined)
    throw new OptionError("needs a loss, e.g. { loss: crossEntropy() }.", { place: "fit" });
  const { monitor, metrics = [] } = withDefaults(options);
  checkRunOptions("fit", options);
  checkMetrics(net, metrics);
  const scores = ["loss", ...metrics.map(({ name }) => name)];
  if (!scores.includes(monitor))
    throw new OptionError(`monitor must be one of ${scores.join(", ")}, got "${monitor}". Give it as a metric.`, {
      place: "fit",
      expected: scores,
      actual: monitor,
    });
}

/** The data to train on and, if there is any, to evaluate on. */
export function partsOf(data: Dataset, options: FitOptions): { training: Dataset; validation?: Dataset } {
  const { validation, seed = 0 } = options;
  checkNotEmpty(data, "fit");
  if (validation === undefined) return { training: data };
  if (typeof validation !== "number") {
    checkNotEmpty(validation, "validation");
    checkSameInputs(data, validation);
    return { training: data, validation };
  }
  if (!(validation > 0 && validation < 1))
    throw new OptionError(`validation must be a share between 0 and 1, got ${validation}.`, {
      place: "fit",
      actual: validation,
    });
  if (data.ordered)
    throw new OptionError("data in order cannot be divided by chance. Give validation data of its own.", {
      place: "fit",
      actual: validation,
    });
  if (data.overlap) return divideInOrder(data, data.overlap, validation);
  const parts = split(data, { training: 1 - validation, validation }, seed);
  return { training: parts.training as Dataset, validation: parts.validation as Dataset };
}

/** The end is kept for validation, and what overlaps it is not used. */
function divideInOrder(data: Dataset, overlap: number, validation: number): { training: Dataset; validation: Dataset } {
  const cut = Math.round((1 - validation) * data.length);
  if (cut <= overlap || cut === data.length)
    throw new DataError(
      `${data.length} examples cannot be divided by ${validation}, with ${overlap} left out between the parts. Give more data.`,
      { place: "fit", actual: data.length },
    );
  const part = (start: number, end: number) =>
    subset(
      data,
      Uint32Array.from({ length: end - start }, (_, i) => start + i),
    );
  return { training: part(0, cut - overlap), validation: part(cut, data.length) };
}

/** Throws unless validation data looks like the training data: an epoch is long, and the error would come after it. */
function checkSameInputs(data: Dataset, validation: Dataset): void {
  for (const [name, expected] of Object.entries(data.inputShapes)) {
    const actual = validation.inputShapes[name];
    if (actual !== undefined && sameShape(actual, expected)) continue;
    const is = actual === undefined ? "missing" : formatShape(actual);
    throw new ShapeError(`the input "${name}" is ${is}, in the training data it is ${formatShape(expected)}.`, {
      place: "validation",
      expected,
      actual,
    });
  }
}
