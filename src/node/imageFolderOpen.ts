import { open } from "node:fs/promises";
import { DataError, FormatError, MidstError } from "../base/errors.js";
import { countOf } from "../base/shape.js";
import { tensor } from "../base/tensor.js";
import { compareCodePoints, printable } from "../base/text.js";
import { type Batch, checkIndices } from "../data/dataset.js";
import type { ImageEncoding } from "../data/encoding.js";
import { encodedArray, encodeImage } from "../data/images.js";
import { asDataError } from "./files.js";
import type { Frame } from "./imageFolderOptions.js";
import type { Found, Scan, SkippedFile } from "./imageFolderScan.js";
import { shortName } from "./imageFolderScan.js";
import { readPixels } from "./images.js";
import { checkKind, loadSharp, maxPixels, parallel, pictureError } from "./imagesDecode.js";
import { imagesThread } from "./imagesThread.js";

/** Pictures that were looked at and can be used. */
export interface Opened {
  readonly found: readonly Found[];
  readonly skipped: readonly SkippedFile[];
  readonly encoding: ImageEncoding;
  /** Encoded pictures at these positions of `found`: float32 (or bytes) [indices.length, channels, height, width]. */
  inputs(indices: ArrayLike<number>): Promise<Batch["inputs"]>;
}

/** Of all folders. */
const thread = imagesThread();

/**
 * Looks at every picture once: all of it or only its head, as the options say.
 * @param inThread makes batches besides
 */
export async function openPictures(
  folder: string,
  { found, bad }: Scan,
  frame: Frame,
  inThread = thread,
): Promise<Opened> {
  const place = printable(folder);
  const { shape, fit } = frame.encoding;
  const whole = frame.verify ?? found.length <= 5000;
  const cache = new PixelCache(frame.cache);
  const colours = new Colours(shape[0]);
  const reasons = new Map<string, string>(bad.map(({ file, reason }) => [file, reason]));

  await inParallel(found.length, async (i) => {
    const { file } = found[i] as Found;
    try {
      if (whole || frame.normalise) {
        const pixels = await readPixels(file, shape, fit);
        cache.put(file, pixels);
        if (frame.normalise) colours.add(pixels);
      } else await checkHead(file);
    } catch (error) {
      if (!(error instanceof DataError || error instanceof FormatError)) throw error;
      reasons.set(file, reasonOf(error));
    }
  });

  const skipped = [...reasons].map(([file, reason]) => ({ file, reason }));
  skipped.sort((a, b) => compareCodePoints(a.file, b.file));
  if (skipped.length > 0 && frame.badFiles === "refuse") throw refusal(place, skipped, found.length + bad.length);
  for (const { file, reason } of skipped) frame.onSkip?.(file, reason);
  const kept = found.filter(({ file }) => !reasons.has(file));
  if (kept.length === 0)
    throw new DataError(`none of its ${skipped.length} pictures can be used. The first: ${describe(skipped)}`, {
      place,
    });
  const encoding = frame.normalise ? { ...frame.encoding, ...colours.moments() } : frame.encoding;

  const pixelsOf = async (file: string): Promise<Uint8Array> => {
    const known = cache.get(file);
    if (known !== undefined) return known;
    try {
      const pixels = await readPixels(file, shape, fit);
      cache.put(file, pixels);
      return pixels;
    } catch (error) {
      if (!(error instanceof MidstError)) throw error;
      const way = 'verify: true with badFiles: "skip" finds and leaves out such files when the folder is opened.';
      throw new DataError(`${reasonOf(error)} (${way})`, { place: printable(file), cause: error });
    }
  };
  const size = countOf(shape);
  /** By the thread that is free while the network trains; undefined where it cannot. */
  const besides = async (files: readonly string[]): Promise<Float32Array | Uint8Array | undefined> => {
    const sources = files.map((file) => cache.get(file) ?? file);
    const made = await inThread({ sources, encoding, keep: cache.takes(size) });
    made?.pixels.forEach((pixels, i) => {
      if (pixels !== undefined) cache.put(files[i] as string, pixels);
    });
    return made?.data;
  };
  return {
    found: kept,
    skipped,
    encoding,
    async inputs(indices) {
      checkIndices(indices, kept.length, place);
      const files = Array.from(indices, (index) => (kept[index] as Found).file);
      const batch = [indices.length, ...shape];
      const made = await besides(files);
      if (made !== undefined) return { input: tensor(made, batch) };
      const data = encodedArray(encoding, indices.length * size);
      const fill = async (file: string, i: number) => {
        encodeImage(encoding, await pixelsOf(file), data.subarray(i * size, (i + 1) * size));
      };
      await Promise.all(files.map(fill));
      return { input: tensor(data, batch) };
    },
  };
}

/** Reads only the first bytes: whether it is a picture of a kind and size that is read. */
async function checkHead(file: string): Promise<void> {
  const place = printable(file);
  const start = new Uint8Array(12);
  let length = 0;
  try {
    const handle = await open(file, "r");
    ({ bytesRead: length } = await handle.read(start, 0, start.length, 0).finally(() => handle.close()));
  } catch (error) {
    throw asDataError(error, place);
  }
  checkKind(start.subarray(0, length), place);
  const sharp = await loadSharp();
  try {
    await sharp(file, { failOn: "error", limitInputPixels: maxPixels }).metadata();
  } catch (error) {
    throw pictureError(error, place);
  }
}

/** The message without the file's name before it. */
const reasonOf = ({ message, place }: MidstError): string =>
  place !== undefined && message.startsWith(`${place}: `) ? message.slice(place.length + 2) : message;

const describe = (files: readonly SkippedFile[]): string =>
  files.map(({ file, reason }) => `${shortName(file)}: ${reason}`).join("\n  ");

function refusal(place: string, bad: readonly SkippedFile[], total: number): DataError {
  const shown = bad.slice(0, 20);
  const more = bad.length > shown.length ? `\n  and ${bad.length - shown.length} more` : "";
  return new DataError(
    `${bad.length} of ${total} pictures cannot be used:\n  ${describe(shown)}${more}\n` +
      'Repair or remove them, or pass badFiles: "skip" to leave them out.',
    { place, actual: bad },
  );
}

/** Runs `task(0)` .. `task(count - 1)`, as many at a time as there are decoders; stops at the first error. */
async function inParallel(count: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      try {
        await task(next++);
      } catch (error) {
        next = count;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

/**
 * Decoded pictures, up to so many bytes. What is in stays in: where every picture is asked for once an epoch in random
 * order, throwing out the oldest would keep almost none until its turn.
 */
class PixelCache {
  readonly #kept = new Map<string, Uint8Array>();
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get(file: string): Uint8Array | undefined {
    return this.#kept.get(file);
  }

  /** Whether there is room for another picture. */
  takes(bytes: number): boolean {
    return bytes <= this.#left;
  }

  put(file: string, pixels: Uint8Array): void {
    if (pixels.length > this.#left || this.#kept.has(file)) return;
    this.#left -= pixels.length;
    this.#kept.set(file, pixels);
  }
}

/** Mean and standard deviation of each channel over all pixels, in 0..1. Sums of whole numbers: exact in any order. */
class Colours {
  readonly #channels: number;
  readonly #sum: number[];
  readonly #squares: number[];
  #count = 0;

  constructor(channels: number) {
    this.#channels = channels;
    this.#sum = Array.from({ length: channels }, () => 0);
    this.#squares = [...this.#sum];
  }

  add(pixels: Uint8Array): void {
    this.#count += pixels.length / this.#channels;
    for (let c = 0; c < this.#channels; c++) {
      let sum = 0;
      let squares = 0;
      for (let i = c; i < pixels.length; i += this.#channels) {
        const level = pixels[i] as number;
        sum += level;
        squares += level * level;
      }
      this.#sum[c] = (this.#sum[c] as number) + sum;
      this.#squares[c] = (this.#squares[c] as number) + squares;
    }
  }

  /** The deviation of a channel that is the same everywhere is given as 1. */
  moments(): { mean: number[]; deviation: number[] } {
    const mean = this.#sum.map((sum) => sum / this.#count / 255);
    const deviation = this.#squares.map((squares, c) => {
      const variance = squares / this.#count / 255 ** 2 - (mean[c] as number) ** 2;
      return variance > 1e-12 ? Math.sqrt(variance) : 1;
    });
    return { mean, deviation };
  }
}
