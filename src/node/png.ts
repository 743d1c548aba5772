import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { writeBytes } from "./files.js";
import { loadSharp } from "./imagesDecode.js";

export interface Picture {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Bytes [height, width, channels] with 3 channels (red, green, blue), 1 (grey) or 4 (with alpha). */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * The bytes of a PNG file, lossless.
 * @throws OptionError when the number of bytes does not fit width and height
 */
export async function encodePng(picture: Picture): Promise<Uint8Array> {
  checkOptions("encodePng", picture, ["width", "height", "data"]);
  const { width, height, data } = picture;
  checkNumber("encodePng", "width", width, { low: 1, high: 65_535, integer: true });
  checkNumber("encodePng", "height", height, { low: 1, high: 65_535, integer: true });
  const channels = data.length / (width * height);
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw new OptionError(
      `${width} x ${height} pixels (width, height) take ${width * height * 3} bytes of red, green, blue ` +
        `(or a third of it in grey), got ${data.length}.`,
      { place: "encodePng", expected: width * height * 3, actual: data.length },
    );
  const sharp = await loadSharp();
  const png = await sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .png()
    .toBuffer();
  return new Uint8Array(png.buffer, png.byteOffset, png.length);
}

/**
 * Writes a PNG file, whole or not at all (see `writeBytes`).
 * @throws OptionError when the number of bytes does not fit width and height
 * @throws DataError when the file cannot be written
 */
export async function writePng(path: string, picture: Picture): Promise<void> {
  await writeBytes(path, await encodePng(picture));
}
