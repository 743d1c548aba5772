import { DataError, OptionError } from "../base/errors.js";
import { drawnLeaves, type ImageEncoding } from "../data/index.js";
import { type Tensor, tensor } from "../index.js";
import { load, readImage } from "../node/index.js";
import { LEAVES } from "./data.js";
import { encodingOf, openEncoded } from "./encoded.js";
import { lookAt } from "./lookAt.js";
import { type LookAtMemoryOptions, lookAtMemory } from "./lookAtMemory.js";
import { lookAtNoise } from "./lookAtNoise.js";
import { type CommonOptions, print } from "./output.js";

export interface LookOptions extends CommonOptions, LookAtMemoryOptions {
  /** Which class a generator makes. */
  readonly class?: string;
  /** Data on which each layer's health is measured. */
  readonly data?: string;
}

/** midst look NET FILE */
export async function look(file: string, path: string, options: LookOptions): Promise<void> {
  const net = await load(file);
  const encoding = encodingOf(net, file);
  if (encoding.kind === "latent") {
    const { text, ...seen } = await lookAtNoise(net, file, encoding, path, options);
    return print(options, text, seen);
  }
  if (options.class !== undefined)
    throw new OptionError("is for generators of pictures, which this network is not. Leave it out.", {
      place: "--class",
    });
  if (encoding.kind === "text" || encoding.kind === "sound" || encoding.kind === "series") {
    const { text, ...seen } = await lookAtMemory(net, encoding, path, options);
    return print(options, text, seen);
  }
  if (encoding.kind !== "images")
    throw new DataError("is no network for pictures, text, sound or series. Use trace() in code.", {
      place: file,
    });
  const picture = await pictureFor(encoding, path);
  const probe = options.data === undefined ? {} : { probe: (await openEncoded(net, file, options.data)).data };
  const { text, ...seen } = await lookAt(net, picture, encoding, { ...options, ...probe, name: path });
  print(options, text, seen);
}

async function pictureFor(encoding: ImageEncoding, path: string): Promise<Tensor> {
  if (path === LEAVES) {
    const { inputs } = await drawnLeaves({ perClass: 1, seed: 7, size: encoding.shape[1] }).batch([0]);
    return inputs.input as Tensor;
  }
  const { data } = await readImage(path, encoding);
  return tensor(data, [1, ...encoding.shape]);
}
