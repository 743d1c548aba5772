import { availableParallelism } from "node:os";
import type Sharp from "sharp";
import { EngineError, FormatError } from "../base/errors.js";
import { printable } from "../base/text.js";
import type { Fit } from "../data/encoding.js";
import { limiter } from "./imagesLimit.js";

/** The most pixels a picture may have, before it is resized: beyond every camera, and 800 MB when decoded. */
export const maxPixels = 2 ** 28;
/** The most bytes a picture file may have: 256 MiB. */
export const maxFileBytes = 2 ** 28;

/** sharp, loaded when the first picture is: one thread a picture, many pictures at once. */
export function loadSharp(): Promise<typeof Sharp> {
  loading ??= import("sharp").then(
    ({ default: sharp }) => {
      sharp.concurrency(1);
      // libvips' own cache holds recent operations; no picture here is decoded the same way twice.
      sharp.cache(false);
      return sharp;
    },
    (cause: unknown) => {
      throw new EngineError("pictures need the package sharp, which cannot be loaded. Run: npm install sharp", {
        cause,
      });
    },
  );
  return loading;
}
let loading: Promise<typeof Sharp> | undefined;

/** How many pictures are decoded at a time. */
export const parallel = Math.max(4, availableParallelism());

/**
 * Runs at most `parallel` decoders at a time, over all callers: they wait here and not in the thread pool, so that the files
 * of a whole batch are not in memory at once.
 */
export const inTurn = limiter(parallel);

/** The kinds of picture that are read, by their first bytes. */
function kindOf(bytes: Uint8Array): "JPEG" | "PNG" | "WebP" | undefined {
  const starts = (at: number, ...magic: number[]) => magic.every((byte, i) => bytes[at + i] === byte);
  if (starts(0, 0xff, 0xd8, 0xff)) return "JPEG";
  if (starts(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "PNG";
  if (starts(0, 0x52, 0x49, 0x46, 0x46) && starts(8, 0x57, 0x45, 0x42, 0x50)) return "WebP";
  return undefined;
}

const again = "Fetch or save it again, or remove it.";

/** @throws FormatError when the first bytes are not those of a picture that is read */
export function checkKind(bytes: Uint8Array, place: string): void {
  if (kindOf(bytes) !== undefined) return;
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const actual = bytes.length === 0 ? "no bytes" : `bytes that begin ${start}`;
  const message = `expected a JPEG, PNG or WebP picture, got ${actual}. Convert it to one of these, or remove it.`;
  throw new FormatError(message, { place, expected: ["JPEG", "PNG", "WebP"], actual });
}

/** What sharp says as a FormatError that names the picture. */
export function pictureError(error: unknown, place: string): FormatError {
  if (error instanceof FormatError) return error;
  const lines = (error instanceof Error ? error.message : String(error)).split("\n");
  return new FormatError(`the picture cannot be decoded: ${printable(lines[0] ?? "")}. ${again}`, {
    place,
    cause: error,
  });
}

/**
 * A picture as bytes [height, width, channels] of the given shape: turned upright (EXIF), resized, in sRGB, with what is
 * transparent shown on white. One channel is grey as in PIL: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).
 * @param shape [channels, height, width], channels 1 or 3
 * @param place the file's name, for errors
 * @throws FormatError when the bytes are not a JPEG, PNG or WebP picture, or are damaged or cut short
 */
export async function decodePicture(
  bytes: Uint8Array,
  [channels, height, width]: readonly [number, number, number],
  fit: Fit,
  place: string,
): Promise<Uint8Array> {
  checkKind(bytes, place);
  const sharp = await loadSharp();
  try {
    const { data, info } = await sharp(bytes, { failOn: "error", limitInputPixels: maxPixels, autoOrient: true })
      .resize({ width, height, fit, background: "black" })
      .flatten({ background: "white" })
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`it became ${info.channels} channels and not 3`);
    return channels === 1 ? toGrey(data) : new Uint8Array(data.buffer, data.byteOffset, data.length);
  } catch (error) {
    throw pictureError(error, place);
  }
}

/** [n, 3] -> [n]. The weights are PIL's, in 1 / 65536, and sum to 65536: grey stays as it is. */
function toGrey(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0, from = 0; i < grey.length; i++, from += 3)
    grey[i] =
      ((rgb[from] as number) * 19595 + (rgb[from + 1] as number) * 38470 + (rgb[from + 2] as number) * 7471 + 32768) >>
      16;
  return grey;
}
