import { OptionError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { countOf } from "../base/shape.js";
import { dense, flatten, type Layer, leakyRelu, relu, reshape, tanh } from "../nn/index.js";
import { checkedLatent, type Game, gan, type Latent, type NetworkOptions, network } from "../runtime/index.js";
import { besideLabel, chain, checkClassCount, labelInput } from "./label.js";

export interface DenseGanOptions extends NetworkOptions {
  /** One example's: a picture's [channels, height, width], or [numbers]. */
  readonly shape: readonly number[];
  /** Numbers of noise, or which noise; defaults to 100, normal. */
  readonly latent?: number | Latent;
  /** Sizes of the generator's hidden layers; the discriminator has the same ones in reverse. Defaults to [256, 512]. */
  readonly units?: readonly number[];
  /** Behind the hidden layers; "leakyRelu" has the slope 0.2. Defaults to "leakyRelu". */
  readonly activation?: "leakyRelu" | "relu" | "tanh";
  /** Examples end in a tanh, in -1..1, as encoded pictures do, or "linear" in any numbers. Defaults to "tanh". */
  readonly output?: "tanh" | "linear";
  /** How many classes the labels have; with it both networks are told each example's. Defaults to none. */
  readonly classes?: number;
}

export interface MixtureGameOptions extends NetworkOptions {
  /** Numbers of noise, or which noise; defaults to 2, normal. */
  readonly latent?: number | Latent;
  /** Sizes of the generator's hidden layers; the discriminator has the same ones in reverse. Defaults to [128, 128]. */
  readonly units?: readonly number[];
  /** Behind the hidden layers; defaults to "relu". */
  readonly activation?: "relu" | "tanh";
}

const optionNames = ["latent", "units", "activation", "seed", "engine"];

const activations = {
  leakyRelu: (name: string) => leakyRelu(0.2, { name }),
  relu: (name: string) => relu({ name }),
  tanh: (name: string) => tanh({ name }),
};

/**
 * A fully connected game (Goodfellow et al. 2014): generator `[batch, latent] -> [batch, ...shape]`, discriminator
 * `[batch, ...shape] -> [batch, 1]`. With `classes`, both have a second input "label", int32, an embedding of which, as long
 * as there are classes, is joined to the noise and to the flattened example (Mirza & Osindero 2014).
 *
 * Layers are called `g_dense1`, `g_act1`, ... and `d_dense1`, ...
 * @throws OptionError for a shape or sizes that cannot be
 */
export function denseGan(options: DenseGanOptions): Game {
  checkOptions("denseGan", options, [...optionNames, "shape", "output", "classes"]);
  return denseGame("denseGan", options);
}

/**
 * The game of points in the plane on which modes can be counted (Metz et al. 2017, "Unrolled Generative Adversarial
 * Networks", section 3.1): generator `[batch, latent] -> [batch, 2]` with a linear output, discriminator
 * `[batch, 2] -> [batch, 1]`, small enough to learn `ringOfGaussians` in seconds. Layers are called as in `denseGan`.
 */
export function mixtureGame(options: MixtureGameOptions = {}): Game {
  checkOptions("mixtureGame", options, optionNames);
  const { latent = 2, units = [128, 128], activation = "relu" } = options;
  return denseGame("mixtureGame", { ...options, latent, units, activation, shape: [2], output: "linear" });
}

function denseGame(place: string, options: DenseGanOptions): Game {
  const { shape, units = [256, 512], activation = "leakyRelu", output = "tanh", classes, seed, engine } = options;
  checkLengths(place, "shape", shape);
  checkLengths(place, "units", units);
  checkWord(place, "activation", activation, Object.keys(activations));
  checkWord(place, "output", output, ["tanh", "linear"]);
  checkClassCount(place, classes);
  const latent = checkedLatent(place, options.latent ?? 100);
  const hidden = (player: "g" | "d", sizes: readonly number[]): Layer[] =>
    sizes.flatMap((count, i) => [
      dense(count, { name: `${player}_dense${i + 1}` }),
      activations[activation](`${player}_act${i + 1}`),
    ]);
  const last = units.length + 1;
  const makes = [
    ...hidden("g", units),
    dense(countOf(shape), { name: `g_dense${last}` }),
    ...(output === "tanh" ? [tanh({ name: "g_tanh" })] : []),
    ...(shape.length === 1 ? [] : [reshape(shape, { name: "g_reshape" })]),
  ];
  const flat = shape.length === 1 ? [] : [flatten({ name: "d_flatten" })];
  const judges = [...hidden("d", [...units].reverse()), dense(1, { name: `d_dense${last}` })];
  const common = { ...(seed !== undefined && { seed }), ...(engine && { engine }) };
  const told = { classes, shape: [classes ?? 0] };
  const generator = network(
    { latent: [latent.size], ...labelInput(classes) },
    ({ latent, label }) => chain(besideLabel(latent, label, { name: "g", ...told }), makes),
    common,
  );
  const discriminator = network(
    { input: shape, ...labelInput(classes) },
    ({ input, label }) => chain(besideLabel(chain(input, flat), label, { name: "d", ...told }), judges),
    common,
  );
  return gan({ generator, discriminator, latent });
}

function checkLengths(place: string, name: string, lengths: readonly number[]): void {
  if (Array.isArray(lengths) && lengths.length > 0 && lengths.every((n) => Number.isInteger(n) && n >= 1)) return;
  throw new OptionError(`${name} must be a list of whole numbers from 1, got ${JSON.stringify(lengths)}.`, {
    place,
    actual: lengths,
  });
}

function checkWord(place: string, name: string, word: string, known: readonly string[]): void {
  if (known.includes(word)) return;
  const list = known.map((one) => `"${one}"`).join(" or ");
  throw new OptionError(`${name} must be ${list}, got ${JSON.stringify(word)}.`, { place, actual: word });
}
