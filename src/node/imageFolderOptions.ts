import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Fit, ImageEncoding } from "../data/encoding.js";
import { imageEncoding } from "../data/images.js";
import { checkFrame } from "./images.js";

/** How the pictures of a folder become examples. */
export interface ImageOptions {
  /** The pictures' side, or [height, width], in pixels. */
  readonly size: number | readonly [number, number];
  /** 3 for colour (the default) or 1 for grey. */
  readonly channels?: 1 | 3;
  /** How a picture of another form is brought into the size; defaults to "cover". */
  readonly fit?: Fit;
  /** Of pixels in 0..1, one for all channels or one each: `x = (pixel / 255 - mean) / deviation`. Defaults to 0. */
  readonly mean?: number | readonly number[];
  /** As `mean`; defaults to 1. */
  readonly deviation?: number | readonly number[];
  /** Measures mean and deviation of each channel over all pictures; defaults to false. */
  readonly normalise?: boolean;
  /** Pictures come as bytes, uint8, for a network that begins with `normalize(data.encoding)`. Defaults to false. */
  readonly bytes?: boolean;
  /** Bad files are refused, all listed by name (the default), or left out. */
  readonly badFiles?: "refuse" | "skip";
  /** Called for each file left out. */
  readonly onSkip?: (file: string, reason: string) => void;
  /**
   * Whether every picture is decoded once when the folder is opened. Defaults to true up to 5,000 pictures; above, only
   * the heads are read, and a damaged picture shows when its batch is asked for.
   */
  readonly verify?: boolean;
  /** How many bytes of decoded pictures are kept in memory; defaults to 256 MiB. */
  readonly cache?: number;
}

export const imageOptionNames = [
  "size",
  "channels",
  "fit",
  "mean",
  "deviation",
  "normalise",
  "bytes",
  "badFiles",
  "onSkip",
  "verify",
  "cache",
] as const satisfies readonly (keyof ImageOptions)[];

/** The options, checked and with their defaults. */
export interface Frame {
  readonly encoding: ImageEncoding & { readonly fit: Fit };
  readonly normalise: boolean;
  readonly badFiles: "refuse" | "skip";
  readonly onSkip: ImageOptions["onSkip"];
  readonly verify: boolean | undefined;
  /** Bytes. */
  readonly cache: number;
}

/** @throws OptionError for an option that does not exist or is out of its range */
export function checkImageOptions(place: string, options: ImageOptions, known: readonly string[]): Frame {
  checkOptions(place, options, known);
  const {
    size,
    channels = 3,
    fit = "cover",
    normalise = false,
    bytes = false,
    badFiles = "refuse",
    cache = 2 ** 28,
  } = options;
  const [height, width] = typeof size === "number" ? [size, size] : size;
  const shape = [channels, height, width] as const;
  checkFrame(place, shape, fit);
  checkNumber(place, "cache", cache, { low: 0 });
  if (badFiles !== "refuse" && badFiles !== "skip")
    throw new OptionError(`badFiles must be "refuse" or "skip", got ${String(badFiles)}.`, { place, actual: badFiles });
  const { mean, deviation } = options;
  if (normalise && (mean !== undefined || deviation !== undefined))
    throw new OptionError("normalise measures mean and deviation: leave those out, or leave normalise out.", { place });
  const given = { ...(mean !== undefined && { mean }), ...(deviation !== undefined && { deviation }) };
  const encoding = { ...imageEncoding({ shape, bytes, ...given }), fit };
  return { encoding, normalise, badFiles, onSkip: options.onSkip, verify: options.verify, cache };
}
