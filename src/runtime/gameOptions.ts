import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Objective } from "../nn/index.js";
import { type ClipOptions, checkClip, type Schedule } from "../optim/index.js";
import type { OptimizerSpec } from "./weightGroups.js";

export interface GameStepOptions {
  /** What the two play for. */
  readonly objective: Objective;
  /** One for each network: its state is its own. */
  readonly optimizer: { readonly generator: OptimizerSpec; readonly discriminator: OptimizerSpec };
  /** Updates of the discriminator for each of the generator; defaults to 1. */
  readonly discriminatorSteps?: number;
  /** R1 (Mescheder et al. 2018): the discriminator also minimises half this times the squared slope at real examples. From 0. */
  readonly r1?: number;
  /**
   * The deviation of noise on all examples that the discriminator sees, in the examples' units: a number from 0, or a rule of
   * the discriminator's step, from 1. By default there is none.
   */
  readonly instanceNoise?: Schedule;
  /** Bounds for the gradients of each network; by default there are none. */
  readonly clip?: ClipOptions;
  /**
   * The decay of a moving average of the generator's weights, in [0, 1), e.g. 0.999: what it is in the end. By default there
   * is none.
   */
  readonly average?: number;
  /** Of the noise and of dropout; defaults to 0. */
  readonly seed?: number;
}

export const gameStepOptionNames = [
  "objective",
  "optimizer",
  "discriminatorSteps",
  "r1",
  "instanceNoise",
  "clip",
  "average",
  "seed",
] as const satisfies readonly (keyof GameStepOptions)[];

/** Throws an OptionError for an option of no meaning or out of range. */
export function checkGameStepOptions(place: string, options: GameStepOptions): void {
  checkOptions(place, options, gameStepOptionNames);
  const { objective, clip, discriminatorSteps = 1, r1 = 0, average = 0, instanceNoise = 0, seed = 0 } = options;
  if (typeof objective?.discriminator !== "function" || typeof objective.generator !== "function")
    throw new OptionError("objective must be one, e.g. nonSaturating(). Call it with its parentheses.", {
      place,
      actual: objective,
    });
  for (const player of ["generator", "discriminator"] as const) checkOptimizer(place, player, options.optimizer);
  if (clip !== undefined) checkClip(place, clip);
  checkNumber(place, "discriminatorSteps", discriminatorSteps, { low: 1, integer: true });
  checkNumber(place, "r1", r1, { low: 0, high: 1e6 });
  checkNumber(place, "average", average, { low: 0, high: 1 });
  checkNumber(place, "seed", seed, { integer: true });
  if (average === 1)
    throw new OptionError("average must be less than 1, got 1: the weights would never enter it.", {
      place,
      actual: average,
    });
  if (typeof instanceNoise !== "function") checkNumber(place, "instanceNoise", instanceNoise, { low: 0, high: 1e6 });
}

function checkOptimizer(
  place: string,
  player: "generator" | "discriminator",
  given: GameStepOptions["optimizer"],
): void {
  checkOptions(`${place}: optimizer`, given, ["generator", "discriminator"]);
  const { [player]: own } = given;
  if (typeof own !== "function" && typeof own?.update !== "function")
    throw new OptionError(`optimizer has none for the ${player}. Give { generator: ..., discriminator: ... }.`, {
      place,
      actual: own,
    });
}
