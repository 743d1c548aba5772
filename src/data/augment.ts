import { OptionError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { type Channel, type Reach, type Variation, varyPictures } from "./augmentPictures.js";
import { type Batch, type Dataset, describe, isLabelled } from "./dataset.js";

export interface AugmentOptions {
  /** Mirror every other picture, left to right. Defaults to false. */
  readonly flip?: boolean;
  /** Move pictures by up to this many pixels, whole ones, left or right and up or down. Defaults to 0. */
  readonly shift?: number;
  /** What comes in where a picture moved away: black, or its mirrored border. Defaults to "zero". */
  readonly pad?: "zero" | "reflect";
  /** Turn pictures by up to this many degrees, either way. Defaults to 0. */
  readonly rotate?: number;
  /**
   * Enlarge a part of the picture to the whole: a part with at least this share of the area, in (0, 1], anywhere in it
   * (Szegedy et al. 2014, "Going deeper with convolutions", with 0.08). Defaults to 1: none.
   */
  readonly crop?: number;
  /**
   * How far the part's width to its height may be from the picture's own: up to this many times, or less by as much. From 1,
   * the default; 4/3 is common. A side that would be longer than the picture's is the picture's.
   */
  readonly aspect?: number;
  /** Make pictures brighter or darker by up to this much, of pixels in 0..1. Defaults to 0. */
  readonly brightness?: number;
  /** Multiply the distance from the picture's mean grey by 1 plus or minus up to this. Defaults to 0. */
  readonly contrast?: number;
  /** Multiply each pixel's distance from its own grey by 1 plus or minus up to this. Defaults to 0. Needs 3 channels. */
  readonly saturation?: number;
  /** Turn the colours by up to this many degrees, either way; 120 turns red into green. Defaults to 0. Needs 3 channels. */
  readonly hue?: number;
  /**
   * Blank a square with sides of this many pixels, its middle anywhere in the picture (DeVries & Taylor 2017, "Improved
   * regularization of convolutional neural networks with cutout"). It is filled with the encoding's mean, so that the
   * network is given 0. Defaults to 0: none.
   */
  readonly cutOut?: number;
}

type VaryPictures = (
  pixels: Float32Array | Uint8Array,
  variation: Variation,
) => ReturnType<typeof varyPictures> | Promise<ReturnType<typeof varyPictures>>;

let vary: VaryPictures = varyPictures;

/** Called once by the host binding where other threads can vary pictures. */
export function registerVaryPictures(elsewhere: VaryPictures): void {
  vary = elsewhere;
}

/**
 * The same data with its pictures (inputs [channels, height, width], float32 or bytes) varied at random, anew at every
 * step: for training only, so that the network does not learn what does not matter. Targets stay as they are.
 *
 * The variations depend on `draw` alone: the same seed and step give the same batch, and without `draw` the pictures
 * come as they are. A picture is mirrored, cropped, turned and shifted (in one pass: pixels are mixed once, bilinearly), then
 * its colours change, then a square is cut out. With an images encoding black and 0..1 are those of the pixels before
 * encoding; without, black is 0 and nothing is clamped. Large batches are varied in threads beside the main one, where the
 * host has some.
 * @throws ShapeError when no input is a picture
 * @throws OptionError for an option out of its range: `shift` and `cutOut` are bounded by the pictures' size
 */
export function augment(data: Dataset, options: AugmentOptions): Dataset {
  const pictures = Object.entries(data.inputShapes).filter(([, shape]) => shape.length === 3);
  if (pictures.length === 0)
    throw new ShapeError(
      `no input is a picture [channels, height, width]: ${Object.values(data.inputShapes).map(formatShape).join(", ")}.`,
      { place: "augment", actual: data.inputShapes },
    );
  const reach = reachOf(
    options,
    pictures.map(([, shape]) => shape),
  );
  const varyBatch = (batch: Batch, { seed, step }: { seed: number; step: number }): Batch | Promise<Batch> => {
    const results = pictures.map(([name]) => {
      const given = batch.inputs[name] as Tensor;
      const scales = scalesOf(data, given, name);
      return vary(given.data as Float32Array | Uint8Array, { shape: given.shape, scales, reach, seed, step });
    });
    const join = (ready: readonly (Float32Array | Uint8Array)[]): Batch => {
      const inputs = { ...batch.inputs };
      pictures.forEach(([name], i) => {
        inputs[name] = { ...inputs[name], data: ready[i] } as Tensor;
      });
      return { ...batch, inputs };
    };
    const ready = results.filter(
      (result): result is Exclude<typeof result, Promise<unknown>> => !(result instanceof Promise),
    );
    return ready.length === results.length ? join(ready) : Promise.all(results).then(join);
  };
  return {
    ...describe(data),
    ...(isLabelled(data) && { labels: data.labels }),
    length: data.length,
    batch(indices, draw) {
      const batch = data.batch(indices, draw);
      if (draw === undefined) return batch;
      return batch instanceof Promise ? batch.then((ready) => varyBatch(ready, draw)) : varyBatch(batch, draw);
    },
  };
}

function reachOf(options: AugmentOptions, shapes: readonly (readonly number[])[]): Reach {
  const place = "augment";
  checkOptions(place, options, [
    "flip",
    "shift",
    "pad",
    "rotate",
    "crop",
    "aspect",
    "brightness",
    "contrast",
    "saturation",
    "hue",
    "cutOut",
  ]);
  const { flip = false, shift = 0, pad = "zero", rotate = 0, crop = 1, aspect = 1 } = options;
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0, cutOut = 0 } = options;
  if (pad !== "zero" && pad !== "reflect")
    throw new OptionError(`pad must be "zero" or "reflect", got "${pad}".`, { place, actual: pad });
  const sides = shapes.flatMap(([, height = 0, width = 0]) => [height, width]);
  checkNumber(place, "shift", shift, { low: 0, high: Math.min(...sides) - 1, integer: true });
  checkNumber(place, "rotate", rotate, { low: 0, high: 180 });
  checkNumber(place, "crop", crop, { low: Number.MIN_VALUE, high: 1 });
  checkNumber(place, "aspect", aspect, { low: 1, high: 100 });
  checkNumber(place, "brightness", brightness, { low: 0, high: 1 });
  checkNumber(place, "contrast", contrast, { low: 0, high: 1 });
  checkNumber(place, "saturation", saturation, { low: 0, high: 1 });
  checkNumber(place, "hue", hue, { low: 0, high: 180 });
  checkNumber(place, "cutOut", cutOut, { low: 0, high: Math.max(...sides), integer: true });
  if ((saturation > 0 || hue > 0) && shapes.some(([channels]) => channels !== 3))
    throw new OptionError("saturation and hue need pictures of 3 channels: red, green and blue. Leave them out.", {
      place,
      actual: shapes,
    });
  return { flip, shift, pad, rotate, crop, aspect, brightness, contrast, saturation, hue, cutOut };
}

function scalesOf({ encoding }: Dataset, { dtype, shape }: Tensor, place: string): Channel[] {
  if (dtype !== "float32" && dtype !== "uint8")
    throw new ShapeError(`its pictures are ${dtype}, neither float32 nor uint8.`, { place, actual: dtype });
  const images = encoding?.kind === "images" && sameShape(encoding.shape, shape.slice(1)) ? encoding : undefined;
  return Array.from({ length: shape[1] as number }, (_, c) => {
    const mean = images?.mean[c] ?? 0;
    if (dtype === "uint8") return { black: 0, unit: 255, low: 0, high: 255, blank: 255 * mean };
    if (images === undefined) return { black: 0, unit: 1, low: -Infinity, high: Infinity, blank: 0 };
    const unit = 1 / (images.deviation[c] as number);
    const black = -mean * unit;
    return { black, unit, low: black, high: black + unit, blank: 0 };
  });
}
