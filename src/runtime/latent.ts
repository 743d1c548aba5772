import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { random } from "../base/random.js";
import { type Tensor, tensor } from "../base/tensor.js";

/** The noise that a generator makes something of. */
export interface Latent {
  /** Numbers an example. */
  readonly size: number;
  /** "normal": of mean 0 and deviation 1 (the default). "uniform": in [-1, 1). */
  readonly noise?: "normal" | "uniform";
}

/**
 * Noise with its defaults filled in.
 * @throws OptionError for a size or a kind of noise that cannot be
 */
export function checkedLatent(place: string, latent: number | Latent): Required<Latent> {
  const given = typeof latent === "object" && latent !== null ? latent : { size: latent };
  checkOptions(`${place}: latent`, given, ["size", "noise"]);
  const { size, noise = "normal" } = given;
  checkNumber(place, "latent", size, { low: 1, integer: true });
  if (noise !== "normal" && noise !== "uniform")
    throw new OptionError(`noise must be "normal" or "uniform", got ${JSON.stringify(noise)}.`, {
      place: `${place}: latent`,
      actual: noise,
    });
  return { size, noise };
}

/**
 * Noise for so many examples, float32 [count, size]: the same for the same seed, stream and step. More of them begin with
 * the same ones.
 */
export function drawLatent(
  { size, noise = "normal" }: Latent,
  count: number,
  seed: number,
  stream = "latent",
  step = 0,
): Tensor<"float32"> {
  const numbers = random(seed, stream, step);
  const total = count * size;
  return tensor(noise === "normal" ? numbers.normal(total) : numbers.uniform(total, -1, 1), [count, size]);
}
