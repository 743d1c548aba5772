import { OptionError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { random } from "../base/random.js";
import { formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { type Batch, type Dataset, describe, isLabelled } from "./dataset.js";

export interface AugmentOptions {
  /** Mirror every other picture, left to right. Defaults to false. */
  readonly flip?: boolean;
  /** Move pictures by up to this many pixels, whole ones, left or right and up or down. Defaults to 0. */
  readonly shift?: number;
  /** What comes in where a picture moved away: black, or its mirrored border. Defaults to "zero". */
  readonly pad?: "zero" | "reflect";
  /** Make pictures brighter or darker by up to this much, of pixels in 0..1. Defaults to 0. */
  readonly brightness?: number;
}

/**
 * The same data with its pictures (inputs [channels, height, width]) varied at random, anew at every step: for
 * training only, so that the network does not learn what does not matter. Targets stay as they are.
 *
 * The variations depend on `draw` alone: the same seed and step give the same batch, and without `draw` the pictures
 * come as they are. With an images encoding "black" and 0..1 are those of the pixels before encoding; without, black
 * is 0 and nothing is clamped.
 * @throws ShapeError when no input is a picture
 * @throws OptionError when `shift` is not below the pictures' size
 */
export function augment(data: Dataset, options: AugmentOptions): Dataset {
  checkOptions("augment", options, ["flip", "shift", "pad", "brightness"]);
  const { shift = 0, pad = "zero", brightness = 0 } = options;
  if (pad !== "zero" && pad !== "reflect")
    throw new OptionError(`pad must be "zero" or "reflect", got "${pad}".`, { place: "augment", actual: pad });
  const pictures = Object.entries(data.inputShapes).filter(([, shape]) => shape.length === 3);
  if (pictures.length === 0)
    throw new ShapeError(
      `no input is a picture [channels, height, width]: ${Object.values(data.inputShapes).map(formatShape).join(", ")}.`,
      { place: "augment", actual: data.inputShapes },
    );
  const smallest = Math.min(...pictures.flatMap(([, [, height = 0, width = 0]]) => [height, width]));
  checkNumber("augment", "shift", shift, { low: 0, high: smallest - 1, integer: true });
  checkNumber("augment", "brightness", brightness, { low: 0, high: 1 });
  const settings = { flip: options.flip ?? false, shift, pad, brightness };

  const vary = ({ inputs, targets }: Batch, draw: { seed: number; step: number }): Batch => ({
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, values]) => {
        if (!pictures.some(([picture]) => picture === name)) return [name, values];
        const draws = random(draw.seed, "augment", draw.step).uniform(drawsPerPicture * (values.shape[0] as number));
        return [name, varied(values, draws, settings, scales(data, values, name))];
      }),
    ),
    targets,
  });
  return {
    ...describe(data),
    ...(isLabelled(data) && { labels: data.labels }),
    length: data.length,
    batch(indices, draw) {
      const batch = data.batch(indices, draw);
      if (draw === undefined) return batch;
      return batch instanceof Promise ? batch.then((ready) => vary(ready, draw)) : vary(batch, draw);
    },
  };
}

/** The numbers drawn for each picture, whatever the options: whether to flip, two shifts, a brightness. */
const drawsPerPicture = 4;

/** Where the encoded values of a channel lie. */
interface Scale {
  readonly black: number;
  readonly low: number;
  readonly high: number;
  /** The encoded distance of black and white. */
  readonly unit: number;
}

function scales(data: Dataset, values: Tensor, place: string): Scale[] {
  if (values.dtype !== "float32")
    throw new ShapeError(`its pictures are ${values.dtype}, not float32. Give dataset() an imageEncoding().`, {
      place,
    });
  const { encoding } = data;
  const [channels = 0] = values.shape.slice(1);
  return Array.from({ length: channels }, (_, c) => {
    if (encoding?.kind !== "images" || !sameShape(encoding.shape, values.shape.slice(1)))
      return { black: 0, low: -Infinity, high: Infinity, unit: 1 };
    const mean = encoding.mean[c] as number;
    const deviation = encoding.deviation[c] as number;
    const black = (0 - mean) / deviation;
    return { black, low: black, high: (1 - mean) / deviation, unit: 1 / deviation };
  });
}

function varied(
  values: Tensor,
  draws: Float32Array,
  { flip, shift, pad, brightness }: Required<AugmentOptions>,
  channels: readonly Scale[],
): Tensor {
  const [count = 0, , height = 0, width = 0] = values.shape;
  const from = values.data;
  const data = new Float32Array(from.length);
  let to = 0;
  for (let n = 0; n < count; n++) {
    const drawn = (i: number) => draws[n * drawsPerPicture + i] as number;
    const mirrored = flip && drawn(0) < 0.5;
    const moved = (i: number) => Math.floor(drawn(i) * (2 * shift + 1)) - shift;
    const columns = origins(width, moved(1), pad, mirrored);
    const rows = origins(height, moved(2), pad, false);
    const brighter = brightness * (2 * drawn(3) - 1);
    for (const { black, low, high, unit } of channels) {
      const start = to;
      for (let y = 0; y < height; y++) {
        const row = rows[y] as number;
        const base = start + row * width;
        for (let x = 0; x < width; x++, to++) {
          const column = columns[x] as number;
          data[to] = row < 0 || column < 0 ? black : (from[base + column] as number);
        }
      }
      if (brightness > 0) brighten(data.subarray(start, to), brighter * unit, low, high);
    }
  }
  return { dtype: "float32", shape: values.shape, data };
}

/** From which position each position of an axis takes its value; -1 where there is none. */
function origins(length: number, moved: number, pad: "zero" | "reflect", mirrored: boolean): Int32Array {
  return Int32Array.from({ length }, (_, i) => {
    let at = i - moved;
    if (pad === "reflect") at = at < 0 ? -at : at >= length ? 2 * length - 2 - at : at;
    if (at < 0 || at >= length) return -1;
    return mirrored ? length - 1 - at : at;
  });
}

function brighten(values: Float32Array, by: number, low: number, high: number): void {
  for (let i = 0; i < values.length; i++) values[i] = Math.min(high, Math.max(low, (values[i] as number) + by));
}
