import { DataError, OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { countOf } from "../base/shape.js";
import type { ImageEncoding } from "./encoding.js";

export interface ImageEncodingOptions {
  /** [channels, height, width], pixels. */
  readonly shape: readonly [number, number, number];
  /** Of pixels in 0..1, one for all channels or one each. Defaults to 0. */
  readonly mean?: number | readonly number[];
  /** Of pixels in 0..1, one for all channels or one each, above 0. Defaults to 1. */
  readonly deviation?: number | readonly number[];
  readonly classes?: readonly string[];
  /** Pictures stay bytes, for a network that begins with `normalize(encoding)`. Defaults to false. */
  readonly bytes?: boolean;
}

/**
 * How pictures become numbers: `(pixel / 255 - mean) / deviation`. Mean and deviation of 0.5 give -1..1, the range
 * of a generator that ends in tanh; the defaults give 0..1.
 * @throws OptionError for a shape or a deviation that cannot be
 */
export function imageEncoding(options: ImageEncodingOptions): ImageEncoding {
  checkOptions("imageEncoding", options, ["shape", "mean", "deviation", "classes", "bytes"]);
  const { shape, mean = 0, deviation = 1, classes, bytes = false } = options;
  if (shape.length !== 3)
    throw new OptionError(`shape must be [channels, height, width], got [${shape.join(", ")}].`, {
      place: "imageEncoding",
      actual: shape,
    });
  for (const size of shape) checkNumber("imageEncoding", "each size in shape", size, { low: 1, integer: true });
  const encoding = {
    kind: "images",
    shape: [shape[0], shape[1], shape[2]],
    mean: perChannel("mean", mean, shape[0]),
    deviation: perChannel("deviation", deviation, shape[0]),
    ...(bytes && { bytes }),
    ...(classes !== undefined && { classes }),
  } as const;
  for (const value of encoding.deviation) checkNumber("imageEncoding", "deviation", value, { low: Number.MIN_VALUE });
  return encoding;
}

function perChannel(name: string, value: number | readonly number[], channels: number): readonly number[] {
  const values = typeof value === "number" ? Array.from({ length: channels }, () => value) : value;
  if (values.length !== channels)
    throw new OptionError(`${name} has ${values.length} numbers for ${channels} channels. Give one, or one each.`, {
      place: "imageEncoding",
      expected: channels,
      actual: values.length,
    });
  for (const number of values) checkNumber("imageEncoding", name, number, { low: -1e6, high: 1e6 });
  return values;
}

/** An array for `count` numbers of this encoding: bytes where it leaves them as they are. */
export const encodedArray = ({ bytes }: ImageEncoding, count: number): Float32Array | Uint8Array =>
  bytes === true ? new Uint8Array(count) : new Float32Array(count);

/**
 * One picture as the network takes it: float32, or uint8 where the encoding has `bytes`.
 * @param pixels bytes 0..255 in the order of picture files, [height, width, channels]
 * @param out where to write the [channels, height, width] numbers; a new array by default
 * @throws DataError when the number of bytes is not that of the encoding's shape
 */
export function encodeImage(
  encoding: ImageEncoding,
  pixels: Uint8Array | Uint8ClampedArray,
  out: Float32Array | Uint8Array = encodedArray(encoding, countOf(encoding.shape)),
): Float32Array | Uint8Array {
  if (out instanceof Uint8Array) return toPlanes(encoding.shape, pixels, out);
  checkPixels(encoding.shape, pixels.length);
  const [channels, height, width] = encoding.shape;
  const plane = height * width;
  for (let c = 0; c < channels; c++) {
    const table = levels(encoding, c);
    for (let i = 0; i < plane; i++) out[c * plane + i] = table[pixels[i * channels + c] as number] as number;
  }
  return out;
}

/**
 * The inverse of `encodeImage`: bytes [height, width, channels] to show or to save. Values outside 0..255 are clamped.
 * @param values [channels, height, width] as the network gives or takes them
 */
export function decodeImage(encoding: ImageEncoding, values: ArrayLike<number>): Uint8ClampedArray {
  checkPixels(encoding.shape, values.length);
  const [channels, height, width] = encoding.shape;
  const plane = height * width;
  const out = new Uint8ClampedArray(values.length);
  for (let c = 0; c < channels; c++) {
    const scale = encoding.bytes === true ? 1 : 255 * (encoding.deviation[c] as number);
    const offset = encoding.bytes === true ? 0 : 255 * (encoding.mean[c] as number);
    for (let i = 0; i < plane; i++) out[i * channels + c] = (values[c * plane + i] as number) * scale + offset;
  }
  return out;
}

/**
 * Bytes of one picture from [height, width, channels] (files) to [channels, height, width] (`dataset`'s uint8 inputs).
 * @param out where to write; a new array by default
 */
export function toPlanes(
  shape: ImageEncoding["shape"],
  pixels: Uint8Array | Uint8ClampedArray,
  out: Uint8Array = new Uint8Array(pixels.length),
): Uint8Array {
  checkPixels(shape, pixels.length);
  const [channels, height, width] = shape;
  const plane = height * width;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < plane; i++) out[c * plane + i] = pixels[i * channels + c] as number;
  return out;
}

/** The encoded value of each of the 256 levels of a channel. */
export function levels(encoding: ImageEncoding, channel: number): Float32Array {
  const mean = encoding.mean[channel] as number;
  const deviation = encoding.deviation[channel] as number;
  return Float32Array.from({ length: 256 }, (_, level) => (level / 255 - mean) / deviation);
}

function checkPixels(shape: ImageEncoding["shape"], length: number): void {
  const expected = countOf(shape);
  if (length === expected) return;
  const [channels, height, width] = shape;
  throw new DataError(
    `a picture of ${channels} x ${height} x ${width} (channels, height, width) has ${expected} values, got ${length}. ` +
      "Resize it, and give it that number of channels.",
    { expected, actual: length },
  );
}
