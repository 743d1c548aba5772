import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { type ClipOptions, checkClip } from "../optim/index.js";
import type { LossSpec } from "./losses.js";
import type { OptimizerSpec } from "./weightGroups.js";

export interface StepOptions {
  readonly loss: LossSpec;
  readonly optimizer: OptimizerSpec;
  /** Of dropout; defaults to 0. */
  readonly seed?: number;
  /** Bounds for gradients; by default there are none. */
  readonly clip?: ClipOptions;
  /**
   * Batches per update, whose gradients' mean it uses; defaults to 1. Optimizers' steps, and with them schedules, count
   * updates. Rounds go on from epoch to epoch; one that training ends in the middle of makes no update.
   */
  readonly accumulate?: number;
  /**
   * The decay of a moving average of the weights, in [0, 1), e.g. 0.999: after update t it is d average + (1 - d)
   * weight, d = min(decay, (1 + t) / (10 + t)), and so for running statistics. Evaluated and kept are the averages. By
   * default there is none.
   */
  readonly average?: number;
  /**
   * Names of layers to leave as they are, e.g. "conv2d_1" or "residual_1/conv2d_1", with all layers within. They compute
   * as in prediction: batch norm with its running statistics, which stay, and dropout off. Defaults to none.
   */
  readonly frozen?: readonly string[];
  /**
   * Whether each batch goes on in time where the one before ended, row by row (truncated backpropagation through time):
   * recurrent layers begin with the state that it has left, through which no gradient flows. Every batch must have as many
   * examples as the first. Defaults to false.
   */
  readonly stateful?: boolean;
}

/** Throws an OptionError for an option of no meaning or out of range. */
export function checkStepOptions(options: StepOptions): void {
  checkOptions("fit", options, ["loss", "optimizer", "seed", "clip", "accumulate", "average", "frozen", "stateful"]);
  const { clip, accumulate = 1, average = 0 } = options;
  if (clip !== undefined) checkClip("fit", clip);
  checkNumber("fit", "accumulate", accumulate, { low: 1, integer: true });
  checkNumber("fit", "average", average, { low: 0, high: 1 });
  if (average === 1)
    throw new OptionError("average must be less than 1, got 1: the weights would never enter it.", {
      place: "fit",
      actual: average,
    });
}
