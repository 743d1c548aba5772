import type { Dataset, Encoding } from "../data/index.js";

/** Data for training, and how the same is got in TypeScript. */
export interface Source {
  /** What it is, in one line. */
  readonly about: string;
  readonly training: Dataset;
  /** Data that training does not see. */
  readonly test: Dataset;
  readonly encoding: Encoding;
  readonly classes?: readonly string[];
  /** The lines of TypeScript that make `training` and `test`. */
  readonly code: readonly string[];
  /** What those lines import, by entry: `{ "midst/node": ["imageFolder"] }`. */
  readonly imports: Readonly<Record<string, readonly string[]>>;
}

export interface SourceOptions {
  /** Pictures' side in pixels, for folders; otherwise chosen. */
  readonly size?: number;
  readonly channels?: 1 | 3;
  /** The column to predict; defaults to the last. */
  readonly target?: string;
  readonly seed: number;
  /** Leaves bad pictures out and names them, instead of refusing them. */
  readonly skipBad?: boolean;
}

/** The word that stands for the embedded data. */
export const LEAVES = "leaves";
