import type { CharacterEncoding, Dataset, Encoding, TokenKind } from "../data/index.js";
import type { Imports } from "./literal.js";
import type { SeriesWishes } from "./seriesWishes.js";

/** Data for training, and how the same is got in TypeScript. */
export interface Source {
  /** What it is, in one line. */
  readonly about: string;
  readonly training: Dataset;
  /** Data by which the best epoch is chosen, where it must not be taken from the training data by chance. */
  readonly validation?: Dataset;
  /** Data that training does not see. */
  readonly test: Dataset;
  readonly encoding: Encoding;
  readonly classes?: readonly string[];
  /** The lines of TypeScript that make `training`, `test` and, where there is one, `validation`. */
  readonly code: readonly string[];
  /** What those lines import, by entry: `{ "midst/node": ["imageFolder"] }`. */
  readonly imports: Imports;
}

export interface SourceOptions {
  /** Pictures' side in pixels, for folders; otherwise chosen. */
  readonly size?: number;
  readonly channels?: 1 | 3;
  /** The column to predict; defaults to the last. */
  readonly target?: string;
  /** The column of a table that holds texts to be classified. */
  readonly text?: string;
  /** What text is divided into; defaults to characters for a book, words for texts with classes. */
  readonly tokens?: TokenKind;
  /** Of text files; defaults to "utf-8". */
  readonly encoding?: CharacterEncoding;
  /** Whether sounds are varied while training; defaults to true. */
  readonly augment?: boolean;
  /** Tokens of an example, or stretches of a sound; otherwise chosen. */
  readonly length?: number;
  /** What of a CSV file is forecast, and how. */
  readonly series?: SeriesWishes;
  readonly seed: number;
  /** Leaves bad pictures out and names them, instead of refusing them. */
  readonly skipBad?: boolean;
}

/** Whether the data is for a language model, which predicts the token that comes next. */
export const isLanguage = (encoding: Encoding): boolean => encoding.kind === "text" && encoding.classes === undefined;

export const isCsv = (path: string): boolean => /\.(csv|tsv)$/i.test(path);

/** The word that stands for the embedded data. */
export const LEAVES = "leaves";
