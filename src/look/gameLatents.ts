import { OptionError, ShapeError } from "../base/errors.js";
import { checkNumber } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { checkedLatent, drawLatent, Game, type Latent, type Network, type Tensors } from "../runtime/index.js";
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
export interface Generator {
  readonly generator: Network;
  readonly latent: Required<Latent>;
  /** The generator's input that is noise. */
  readonly noise: string;
  /** Its other inputs. */
  readonly conditions: readonly string[];
}

/**
 * A game's generator, or one without a game, whose noise is normal and called "latent" where there are other inputs.
 * @throws ShapeError for a network that takes no noise
 */
export function generatorOf(place: string, given: Game | Network): Generator {
  if (given instanceof Game) return given;
  const { inputs } = given.architecture;
  const names = Object.keys(inputs);
  const noise = names.length === 1 ? (names[0] as string) : "latent";
  const spec = inputs[noise];
  if (spec === undefined)
    throw new OptionError(`the generator has the inputs ${names.join(", ")}. Call one of them "latent".`, {
      place,
      actual: names,
    });
  if (spec.shape.length !== 1 || spec.dtype !== "float32")
    throw new ShapeError(
      `the generator takes ${spec.dtype}${formatShape(["batch", ...spec.shape])} as noise, it should be float32[batch, latent].`,
      { place, actual: spec.shape },
    );
  const latent = checkedLatent(place, spec.shape[0] as number);
  return { generator: given, latent, noise, conditions: names.filter((name) => name !== noise) };
}

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
