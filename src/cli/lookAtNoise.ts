import { DataError, OptionError } from "../base/errors.js";
import type { LatentEncoding } from "../data/index.js";
import type { Network, Tensor } from "../index.js";
import { pictureGrid, renderPicture, trace } from "../look/index.js";
import { drawLatent, generatorInputs } from "../runtime/index.js";
import { classesFor, pictureShape } from "./latent.js";
import { type Looked, showLayers, terminalOf } from "./lookAt.js";

export interface LookAtNoiseOptions {
  /** Which class is made; defaults to the first. */
  readonly class?: string;
  /** Only this layer. */
  readonly layer?: string;
  /** Columns of the terminal; defaults to its own width, or 80. */
  readonly width?: number;
  /** A folder for PNG files, one per layer. */
  readonly out?: string;
  /** Data that a network for pictures is measured on. */
  readonly data?: string;
}

/** The picture that a generator makes of a seed's noise, and the feature maps of its hidden layers on the way there. */
export async function lookAtNoise(
  net: Network,
  file: string,
  encoding: LatentEncoding,
  given: string,
  options: LookAtNoiseOptions,
): Promise<Omit<Looked, "answer"> & { readonly seed: number; readonly class?: string }> {
  if (options.data !== undefined)
    throw new OptionError("is for networks that are given pictures; a generator makes them. Leave it out.", {
      place: "--data",
    });
  const seed = Number(given);
  if (given.trim() === "" || !Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new DataError("the network makes pictures of noise. Give a seed, a whole number from 0, e.g. 7.", {
      place: given,
    });
  pictureShape(net, file);
  const told = classesFor(net, file, encoding, 1, options.class);
  const { noise, latent } = generatorInputs(file, net);
  const hidden = await trace(net, { [noise]: drawLatent(latent, 1, seed), ...told?.conditions });
  const of = encoding.of?.kind === "images" ? { encoding: encoding.of } : {};
  const terminal = terminalOf(options);
  const picture = renderPicture(pictureGrid(Object.values(hidden.outputs)[0] as Tensor, of), terminal);
  const [name] = told?.names ?? [];
  const about = `what is made of the noise of seed ${seed}${name === undefined ? "" : `, told it is to be ${name}`}`;
  const { parts, layers, checked } = await showLayers(hidden, terminal, options);
  return {
    text: [picture, about, ...parts, checked].join("\n\n"),
    layers,
    check: hidden.check,
    seed,
    ...(name !== undefined && { class: name }),
  };
}
