import { DataError, OptionError, ShapeError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape, sameShape } from "../base/shape.js";
import { type Dataset, split, subset } from "../data/index.js";
import type { Network, StepOptions } from "../runtime/index.js";
import { checkNotEmpty } from "./batches.js";
import type { Callback } from "./callback.js";
import { checkMetrics } from "./evaluate.js";
import type { Metric } from "./metric.js";
import type { ProgressReporter } from "./progress.js";
import type { EpochRecord } from "./record.js";
import type { RunStore } from "./runStore.js";

/** What `fit` is told: how each step is made, and how the run goes. */
export interface FitOptions extends Omit<StepOptions, "optimizer"> {
  /** Defaults to `adam()`. */
  readonly optimizer?: StepOptions["optimizer"];
  /** Passes over the data; defaults to 10. */
  readonly epochs?: number;
  /** Examples per step; defaults to 32. */
  readonly batchSize?: number;
  /** Measured on the training batches as they come, and on the validation data. */
  readonly metrics?: readonly Metric[];
  /** Data to evaluate on after each epoch, or the share in (0, 1) of the training data kept apart for it, by chance or, of windows that overlap, the end. */
  readonly validation?: Dataset | number;
  /** The score by which epochs are compared, on the validation data if there is any: "loss" (default) or a metric's name. */
  readonly monitor?: string;
  /** Ends training after so many epochs without a better score; defaults to never. */
  readonly patience?: number;
  /** The weights the network has at the end: the last step's, or the best epoch's. Defaults to "best" with `patience`, else "last". */
  readonly keep?: "last" | "best";
  /** Of the order, dropout and augmentation; defaults to 0. */
  readonly seed?: number;
  /**
   * Where checkpoints, the best network and the logs are kept: in Node a folder's path, made where it is missing.
   * Defaults to nowhere.
   */
  readonly folder?: string | RunStore;
  /** Goes on, to the bit, from the folder's newest checkpoint; begins where there is none. Defaults to false. */
  readonly resume?: boolean;
  /** When checkpoints are written: after so many epochs, defaults to 1, and also after so many steps, defaults to never. */
  readonly checkpoint?: { readonly epochs?: number; readonly steps?: number; readonly keep?: number };
  /** Kept in the folder's recipe.json beside these options: what made the data, for example. */
  readonly recipe?: Json;
  /** Called while training runs. */
  readonly callbacks?: readonly Callback[];
  /** true (default) shows progress as the host does (a bar in a terminal); false shows nothing. */
  readonly progress?: boolean | ProgressReporter;
  /** Called after each epoch, the network's weights up to date, and awaited; calling `stop` ends training. */
  readonly onEpoch?: (record: EpochRecord, stop: () => void) => void | Promise<void>;
}

/** The options with what they default to, where that is a plain value. */
export function withDefaults(options: FitOptions) {
  const { epochs = 10, batchSize = 32, seed = 0, monitor = "loss" } = options;
  return { ...options, epochs, batchSize, seed, monitor };
}

const optionNames: readonly (keyof FitOptions)[] = [
  "loss",
  "optimizer",
  "clip",
  "accumulate",
  "average",
  "frozen",
  "stateful",
  "epochs",
  "batchSize",
  "metrics",
  "validation",
  "monitor",
  "patience",
  "keep",
  "seed",
  "folder",
  "resume",
  "checkpoint",
  "recipe",
  "callbacks",
  "progress",
  "onEpoch",
];

/** Throws for options that are unknown, out of range or at odds with each other. */
export function checkFitOptions(net: Network, options: FitOptions): void {
  checkOptions("fit", options ?? {}, optionNames);
  if (options?.loss === undefined)
    throw new OptionError("needs a loss, e.g. { loss: crossEntropy() }.", { place: "fit" });
  const { epochs, batchSize, seed, monitor, keep = "last", metrics = [], patience = 1 } = withDefaults(options);
  const { checkpoint = {}, callbacks = [], folder, resume } = options;
  checkNumber("fit", "epochs", epochs, { low: 1, integer: true });
  checkNumber("fit", "batchSize", batchSize, { low: 1, integer: true });
  checkNumber("fit", "seed", seed, { integer: true });
  checkNumber("fit", "patience", patience, { low: 1, integer: true });
  checkOptions("checkpoint", checkpoint, ["epochs", "steps", "keep"]);
  for (const [name, value] of Object.entries(checkpoint))
    checkNumber("checkpoint", name, value, { low: 1, integer: true });
  checkMetrics(net, metrics);
  const scores = ["loss", ...metrics.map(({ name }) => name)];
  if (!scores.includes(monitor))
    throw new OptionError(`monitor must be one of ${scores.join(", ")}, got "${monitor}". Give it as a metric.`, {
      place: "fit",
      expected: scores,
      actual: monitor,
    });
  if (keep !== "last" && keep !== "best")
    throw new OptionError(`keep must be "last" or "best", got ${JSON.stringify(keep)}.`, {
      place: "fit",
      actual: keep,
    });
  for (const [name, given] of Object.entries({ resume, checkpoint: options.checkpoint, recipe: options.recipe }))
    if (given !== undefined && given !== false && folder === undefined)
      throw new OptionError(`${name} needs a folder, e.g. { folder: "runs/1", ${name}: ... }.`, { place: "fit" });
  const names = callbacks.flatMap(({ name }) => name ?? []);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new OptionError(`two callbacks are called "${twice}". Give each its own name.`, { place: "callbacks" });
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
