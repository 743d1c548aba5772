/**
 * How a data set turns an example into numbers: plain JSON, saved with the weights, so that a new example can be
 * encoded as the training examples were. `encodeImage`, `encodeRow` and `encodeValues` apply it.
 */
export type Encoding = ImageEncoding | TableEncoding | ValuesEncoding;

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

/** The class names an encoding knows of. */
export function classesOf(encoding: Encoding): readonly string[] | undefined {
  if (encoding.kind !== "table") return encoding.classes;
  return encoding.target.kind === "class" ? encoding.target.classes : undefined;
}
