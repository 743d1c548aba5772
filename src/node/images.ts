import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { type Tensor, tensor } from "../base/tensor.js";
import { printable } from "../base/text.js";
import { type Fit, fits, type ImageEncoding } from "../data/encoding.js";
import { encodeImage, toPlanes } from "../data/images.js";
import { readBytes } from "./files.js";
import { decodePicture, inTurn, maxFileBytes } from "./imagesDecode.js";

export interface ReadImageOptions {
  /** [channels, height, width], pixels; channels are 1 (grey) or 3 (colour). */
  readonly shape: readonly [number, number, number];
  /** How a picture of another form is brought into the shape; defaults to "cover". */
  readonly fit?: Fit;
  /** The order of the axes: "chw" as networks take it (the default), or "hwc" as picture files and canvases do. */
  readonly layout?: "chw" | "hwc";
}

/**
 * A JPEG, PNG or WebP picture from a path or from bytes. It is turned upright (EXIF), brought into the shape, and what is
 * transparent is shown on white.
 *
 * Smaller pictures are enlarged, which moves them by half a pixel to the lower right (libvips).
 *
 * With an encoding (a data set's, or the one saved with a network): [channels, height, width] as the network takes it,
 * float32 (or uint8, where the encoding has `bytes`). With plain options: the bytes 0..255 themselves, uint8.
 * @throws DataError when the file is missing or above 256 MiB
 * @throws FormatError naming the file when it is no such picture, is damaged or cut short, or has more than 2^28 pixels
 */
export async function readImage(
  source: string | Uint8Array,
  encoding: ImageEncoding,
): Promise<Tensor<"float32" | "uint8">>;
export async function readImage(source: string | Uint8Array, options: ReadImageOptions): Promise<Tensor<"uint8">>;
export async function readImage(
  source: string | Uint8Array,
  options: ImageEncoding | ReadImageOptions,
): Promise<Tensor<"float32" | "uint8">> {
  const encoding = "kind" in options ? options : undefined;
  if (encoding === undefined) checkOptions("readImage", options, ["shape", "fit", "layout"]);
  else if (encoding.kind !== "images")
    throw new OptionError(`the encoding is one of ${String(encoding.kind)}, not of images.`, { place: "readImage" });
  const { shape, fit = "cover" } = options;
  const layout = "layout" in options ? options.layout : "chw";
  checkFrame("readImage", shape, fit);
  if (layout !== "chw" && layout !== "hwc")
    throw new OptionError(`layout must be "chw" or "hwc", got ${String(layout)}.`, { place: "readImage" });
  const pixels = await readPixels(source, shape, fit);
  if (encoding !== undefined) return tensor(encodeImage(encoding, pixels), shape) as Tensor<"float32" | "uint8">;
  const [channels, height, width] = shape;
  return layout === "chw"
    ? { dtype: "uint8", shape, data: toPlanes(shape, pixels) }
    : { dtype: "uint8", shape: [height, width, channels], data: pixels };
}

/** The bytes [height, width, channels] of a picture; waits for its turn among all that are decoded. */
export function readPixels(
  source: string | Uint8Array,
  shape: readonly [number, number, number],
  fit: Fit,
): Promise<Uint8Array> {
  return inTurn(async () => {
    if (typeof source !== "string") return decodePicture(source, shape, fit, "picture");
    const bytes = await readBytes(source, { limit: maxFileBytes });
    return decodePicture(bytes, shape, fit, printable(source));
  });
}

/** @throws OptionError for a shape that is not [1 or 3, height, width] or a fit that does not exist */
export function checkFrame(place: string, shape: readonly number[], fit: Fit): void {
  const [channels, ...sizes] = shape;
  if ((channels !== 1 && channels !== 3) || sizes.length !== 2)
    throw new OptionError(`shape must be [channels, height, width] with 1 or 3 channels, got [${shape.join(", ")}].`, {
      place,
      actual: shape,
    });
  for (const size of sizes) checkNumber(place, "a height or width", size, { low: 1, high: 8192, integer: true });
  if (!fits.includes(fit))
    throw new OptionError(`fit must be one of ${fits.join(", ")}, got ${String(fit)}.`, { place, actual: fit });
}
