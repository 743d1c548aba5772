import { checkNumber } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import {
  drawLatent,
  Game,
  type GeneratorInputs,
  generatorInputs,
  type Network,
  type Tensors,
} from "../runtime/index.js";
import { checkExamples, conditionsFor } from "./gameParts.js";

/** Which noise the generator is given. */
export interface LatentOptions {
  /** How many examples. */
  readonly count?: number;
  /** Of the noise; defaults to 0. */
  readonly seed?: number;
  /** Instead of count and seed: noise [count, latent]. */
  readonly latents?: Tensor;
  /** Of a conditional game: one row for all, or one each. */
  readonly conditions?: Tensors;
}

/** What makes examples of noise. */
export interface Generator extends GeneratorInputs {
  readonly generator: Network;
}

/**
 * A game's generator, or one without a game, whose noise is what was saved with it, else normal.
 * @throws ShapeError for a network that takes no noise
 */
export const generatorOf = (place: string, given: Game | Network): Generator =>
  given instanceof Game ? given : { generator: given, ...generatorInputs(place, given) };

/** The noise that is asked for, and the conditions of as many rows. */
export function latentsFor(
  place: string,
  { latent, conditions: names }: Pick<Generator, "latent" | "conditions">,
  { count, seed = 0, latents, conditions = {} }: LatentOptions,
  usual: number,
): { latents: Tensor; conditions: Tensors } {
  if (latents !== undefined) checkExamples(place, "latents", latents, [latent.size]);
  const rows = latents?.shape[0] ?? count ?? usual;
  checkNumber(place, "count", rows, { low: 1, integer: true });
  return {
    latents: latents ?? drawLatent(latent, rows, seed),
    conditions: conditionsFor(place, names, conditions, rows),
  };
}
