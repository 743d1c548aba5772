import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import {
  batchNorm,
  conv2d,
  convTranspose2d,
  flatten,
  groupNorm,
  type Layer,
  leakyRelu,
  relu,
  reshape,
  tanh,
} from "../nn/index.js";
import { checkedLatent, type Game, gan, type Latent, type NetworkOptions, network } from "../runtime/index.js";
import { besideLabel, chain, checkClassCount, labelInput } from "./label.js";

export interface DcganOptions extends NetworkOptions {
  /** Height and width of the pictures, in pixels. */
  readonly size: 28 | 32 | 64;
  /** Of the pictures: 1 for grey, 3 for colour. Defaults to 3. */
  readonly channels?: number;
  /** Numbers of noise, or which noise; defaults to 100, normal. The paper's is `{ size: 100, noise: "uniform" }`. */
  readonly latent?: number | Latent;
  /** Channels of the largest hidden layer, the one next to the picture; doubled at each halving. Defaults to 64. */
  readonly features?: number;
  /** How many classes the labels have; with it both networks are told each example's. Defaults to none. */
  readonly classes?: number;
  /**
   * What steadies the discriminator's hidden layers: `"batch"` (the default), or `"layer"`, layer normalisation, for objectives
   * that ask for the slope at each example (`wasserstein()`, `r1`): it judges each example alone (Gulrajani et al. 2017, section 4).
   */
  readonly discriminatorNorm?: "batch" | "layer";
}

/** What both networks are made from. */
interface Plan {
  readonly channels: number;
  /** Of the smallest hidden layer, in pixels. */
  readonly start: number;
  /** Channels of the hidden layers, the largest picture first. */
  readonly filters: readonly number[];
  readonly discriminatorNorm: "batch" | "layer";
}

/** Each hidden layer's picture is half as large as the one before, until this is left. */
const starts: ReadonlyMap<number, number> = new Map([
  [28, 7],
  [32, 4],
  [64, 4],
]);

/** The reference code's deviation of every kernel. */
const initializer = { normal: 0.02 };

/** Doubles or halves a picture. */
const window = { stride: 2, padding: 1, initializer };

/**
 * A deep convolutional game (Radford, Metz & Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional
 * Generative Adversarial Networks"), to be played by `play` with pictures in -1..1: `imageEncoding` with mean 0.5 and
 * deviation 0.5.
 *
 * Generator `[batch, latent] -> [batch, channels, size, size]`: transposed convolutions of kernel 4 and stride 2 double the
 * picture from 4 x 4 (7 x 7 for 28), each with batch normalisation and a ReLU, but the last with a tanh alone.
 * Discriminator `[batch, channels, size, size] -> [batch, 1]`: convolutions of kernel 4 and stride 2 halve it, with batch
 * normalisation but for the first, and leaky ReLUs of slope 0.2; a last one over the whole 4 x 4 (7 x 7) gives the score.
 * No pooling, no dense layers. Kernels are drawn from N(0, 0.02^2); those before batch normalisation have no bias. The
 * scales of batch normalisation start at 1 (the reference code draws them from N(1, 0.02^2)).
 *
 * With `classes`, both networks have a second input "label", int32: the generator joins an embedding of it, as long as there
 * are classes, to the noise; the discriminator joins one to the picture, as one more channel (Mirza & Osindero 2014).
 *
 * Layers are called `g_conv1`, `g_norm1`, `g_relu1`, ... and `d_conv1`, ...
 * @throws OptionError for another size, or numbers out of range
 */
export function dcgan(options: DcganOptions): Game {
  const known = ["size", "channels", "latent", "features", "classes", "discriminatorNorm", "seed", "engine"];
  checkOptions("dcgan", options, known);
  const { size, channels = 3, latent: given = 100, features = 64, classes, discriminatorNorm = "batch" } = options;
  const { seed, engine } = options;
  const start = starts.get(size);
  if (start === undefined)
    throw new OptionError(`size must be 28, 32 or 64, got ${size}.`, { place: "dcgan", actual: size });
  checkNumber("dcgan", "channels", channels, { low: 1, integer: true });
  checkNumber("dcgan", "features", features, { low: 1, integer: true });
  checkClassCount("dcgan", classes);
  if (discriminatorNorm !== "batch" && discriminatorNorm !== "layer")
    throw new OptionError(`discriminatorNorm must be "batch" or "layer", got ${JSON.stringify(discriminatorNorm)}.`, {
      place: "dcgan",
      actual: discriminatorNorm,
    });
  const latent = checkedLatent("dcgan", given);
  const halvings = Math.log2(size / start);
  const filters = Array.from({ length: halvings }, (_, i) => features * 2 ** i);
  const plan = { channels, start, filters, discriminatorNorm };
  const [makes, judges] = [generatorLayers(plan), discriminatorLayers(plan)];
  const common = { ...(seed !== undefined && { seed }), ...(engine && { engine }) };
  const generator = network(
    { latent: [latent.size], ...labelInput(classes) },
    ({ latent, label }) => chain(besideLabel(latent, label, { name: "g", classes, shape: [classes ?? 0] }), makes),
    common,
  );
  const discriminator = network(
    { input: [channels, size, size], ...labelInput(classes) },
    ({ input, label }) => chain(besideLabel(input, label, { name: "d", classes, shape: [1, size, size] }), judges),
    common,
  );
  return gan({ generator, discriminator, latent });
}

function generatorLayers({ channels, start, filters }: Plan): Layer[] {
  const hidden = [...filters].reverse().flatMap((count, i) => {
    const name = `g_conv${i + 1}`;
    return [
      i === 0
        ? convTranspose2d(count, start, { bias: false, initializer, name })
        : convTranspose2d(count, 4, { ...window, bias: false, name }),
      batchNorm({ name: `g_norm${i + 1}` }),
      relu({ name: `g_relu${i + 1}` }),
    ];
  });
  const last = convTranspose2d(channels, 4, { ...window, name: `g_conv${filters.length + 1}` });
  return [reshape([-1, 1, 1], { name: "g_reshape" }), ...hidden, last, tanh({ name: "g_tanh" })];
}

function discriminatorLayers({ start, filters, discriminatorNorm }: Plan): Layer[] {
  // Over channels, height and width of each example.
  const normalise = (name: string) => (discriminatorNorm === "batch" ? batchNorm({ name }) : groupNorm(1, { name }));
  const hidden = filters.flatMap((count, i) => [
    conv2d(count, 4, { ...window, bias: i === 0, name: `d_conv${i + 1}` }),
    ...(i === 0 ? [] : [normalise(`d_norm${i + 1}`)]),
    leakyRelu(0.2, { name: `d_relu${i + 1}` }),
  ]);
  const last = conv2d(1, start, { initializer, name: `d_conv${filters.length + 1}` });
  return [...hidden, last, flatten({ name: "d_score" })];
}
