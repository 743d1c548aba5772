import type { SeriesTreatment } from "./series/read.js";
import type { CalendarFeature, Clock } from "./series/time.js";
import type { TokenizerJson } from "./text/tokenizer.js";

/**
 * How a data set turns an example into numbers: plain JSON, saved with the weights, so that a new example can be
 * encoded as the training examples were. `encodeImage`, `encodeRow`, `encodeValues`,
 * `encodeSeries`, `encodeTexts` and `encodeSounds` apply it.
 */
export type Encoding =
  | ImageEncoding
  | LatentEncoding
  | SeriesEncoding
  | SoundEncoding
  | TableEncoding
  | TextEncoding
  | ValuesEncoding;

/**
 * How a picture of another form is brought into its frame: `"cover"` fills it and cuts off what juts out, the same on both
 * sides; `"contain"` shows the whole picture with black bars; `"fill"` stretches it.
 */
export type Fit = (typeof fits)[number];
export const fits = ["cover", "contain", "fill"] as const;

/** Pictures: `x = (pixel / 255 - mean) / deviation`, channel by channel. */
export interface ImageEncoding {
  readonly kind: "images";
  /** [channels, height, width] */
  readonly shape: readonly [number, number, number];
  /** One a channel, of pixels in 0..1. */
  readonly mean: readonly number[];
  /** One a channel, of pixels in 0..1; above 0. */
  readonly deviation: readonly number[];
  /** How pictures of another form are brought into the shape; defaults to "cover". */
  readonly fit?: Fit;
  /**
   * Pictures enter the network as the bytes that they are, and the network itself begins with the formula above, as
   * `normalize(encoding)` does.
   */
  readonly bytes?: true;
  readonly classes?: readonly string[];
}

/** Noise, of which a generator makes examples. */
export interface LatentEncoding {
  readonly kind: "latent";
  /** Numbers an example. */
  readonly size: number;
  /** "normal": of mean 0 and deviation 1; "uniform": in [-1, 1). */
  readonly noise: "normal" | "uniform";
  /** How what the generator makes is encoded: as the data that it has learned from. */
  readonly of?: ImageEncoding | ValuesEncoding;
  /** Of a generator that is told which class to make. */
  readonly classes?: readonly string[];
}

/** Text as tokens: of a language model (without classes), or of texts that belong to classes. */
export interface TextEncoding {
  readonly kind: "text";
  readonly tokenizer: TokenizerJson;
  /** Tokens of an example: of a window, or of the longest text that is not cut. */
  readonly length: number;
  readonly classes?: readonly string[];
}

/** Sound as features of short stretches of it: see `soundFeatures`. Each feature becomes `(x - mean) / deviation`. */
export interface SoundEncoding {
  readonly kind: "sound";
  readonly features: SoundFeatures;
  /** Stretches of an example: of the longest sound that is not cut. */
  readonly length: number;
  /** One a feature. */
  readonly mean: readonly number[];
  /** One a feature; above 0. */
  readonly deviation: readonly number[];
  readonly classes?: readonly string[];
}

/** What is measured in each stretch of a sound. */
export interface SoundFeatures {
  readonly kind: "logMel" | "mfcc";
  /** Samples a second that sounds are brought to, Hz. */
  readonly rate: number;
  /** Samples of a stretch. */
  readonly window: number;
  /** Samples from one stretch to the next. */
  readonly hop: number;
  /** Mel bands. */
  readonly bands: number;
  /** Of mfcc: how many coefficients are kept. */
  readonly coefficients?: number;
  /** Where the lowest band begins, Hz. */
  readonly low: number;
  /** Where the highest band ends, Hz; at most half the rate. */
  readonly high: number;
}

/** Numbers that enter the network as they are. */
export interface ValuesEncoding {
  readonly kind: "values";
  /** The shape of one example. */
  readonly shape: readonly number[];
  readonly classes?: readonly string[];
}

/** A row of a table: each feature becomes one or more columns, in this order. See `fitTable`. */
export interface TableEncoding {
  readonly kind: "table";
  readonly features: readonly FeatureEncoding[];
  readonly target: TargetEncoding;
  /** Columns that are not used, and why. */
  readonly ignored: readonly { readonly name: string; readonly reason: string }[];
  /** Texts that stand for a missing value, in lower case. */
  readonly missing: readonly string[];
  readonly decimal: "." | ",";
}

/** `missing`: whether the training rows lacked some of these values, so that a column of its own says so. */
export type FeatureEncoding = NumberFeature | BooleanFeature | CategoryFeature;

/** `(x - mean) / deviation`; a missing value counts as the mean. */
export interface NumberFeature {
  readonly kind: "number";
  readonly name: string;
  readonly mean: number;
  readonly deviation: number;
  readonly missing: boolean;
}

/** 0 or 1; a missing value counts as the mean. */
export interface BooleanFeature {
  readonly kind: "boolean";
  readonly name: string;
  readonly mean: number;
  readonly missing: boolean;
}

/** One column for each value and one for all others (and for missing values, unless they have their own). */
export interface CategoryFeature {
  readonly kind: "category";
  readonly name: string;
  readonly values: readonly string[];
  readonly missing: boolean;
}

/** A label (classification) or a standardised number (regression). */
export type TargetEncoding =
  | { readonly kind: "class"; readonly name: string; readonly classes: readonly string[] }
  | { readonly kind: "number"; readonly name: string; readonly mean: number; readonly deviation: number };

/**
 * A stretch of a series and what comes after it: `[window, features]` to `[horizon]`, or `[horizon, targets]` of several.
 *
 * The features of a time step: each target, each `past` and each `known` variable, standardised; each target once more as
 * `relativeTo` has it; sine and cosine of each calendar feature. With known variables the input goes on through the
 * horizon, `[window + horizon, features]`, with zeros for what is not known there, and one feature more that is 1 there.
 */
export interface SeriesEncoding {
  readonly kind: "series";
  /** The column of the times, or false. */
  readonly time: string | false;
  readonly clock: Clock;
  /** What is forecast. */
  readonly targets: readonly SeriesVariable[];
  /** Variables that are known up to the time of the forecast. */
  readonly past: readonly SeriesVariable[];
  /** Variables that are known for the horizon, too. */
  readonly known: readonly SeriesVariable[];
  readonly calendar: readonly CalendarFeature[];
  /** Time steps that the network sees. */
  readonly window: number;
  /** Time steps that it forecasts. */
  readonly horizon: number;
  /** Time steps after which the pattern comes round; 1 for none. */
  readonly season: number;
  /** What the network's answer is added to: the last value, or that of a season before. Without it, the mean. */
  readonly relativeTo?: SeriesBase;
  /** In (0, 1), rising, with 0.5: the network gives each of them, `[horizon, quantiles]`. Without, one number a step. */
  readonly quantiles?: readonly number[];
  /** The last time that training and validation have seen. */
  readonly until: number;
  readonly treatment: SeriesTreatment;
  /** Texts that stand for a missing value, in lower case. */
  readonly missing: readonly string[];
}

export const seriesBases = ["last", "season"] as const;
export type SeriesBase = (typeof seriesBases)[number];

/** `(x - mean) / deviation`, of the logarithm where `log` is true. */
export interface SeriesVariable {
  readonly name: string;
  readonly log: boolean;
  readonly mean: number;
  /** Above 0. */
  readonly deviation: number;
  /** Of the changes from `relativeTo`: mean and deviation. */
  readonly change?: { readonly mean: number; readonly deviation: number };
}

/** The class names an encoding knows of. */
export function classesOf(encoding: Encoding): readonly string[] | undefined {
  if (encoding.kind === "series") return undefined;
  if (encoding.kind !== "table") return encoding.classes;
  return encoding.target.kind === "class" ? encoding.target.classes : undefined;
}
