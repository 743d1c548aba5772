import { OptionError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import type { ImageEncoding } from "../data/index.js";
import type { RunStore } from "./runStore.js";

/** Where training has got to. */
export interface Progress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps made in this epoch. */
  readonly step: number;
  readonly steps: number;
  /** Means over this epoch so far, by name: `loss` and the metrics. Worked out when read; read it at once or not at all. */
  readonly scores: Readonly<Record<string, number>>;
  /** Examples per second in this epoch. */
  readonly rate: number;
  /** The share of this epoch's time, in [0, 1], in which training waited for data. */
  readonly waiting: number;
  /** Seconds until the last epoch ends, at this rate. */
  readonly left: number;
}

/** Shows progress. */
export interface ProgressReporter {
  step(progress: Progress): void;
  /** A warning, to be shown as a line of its own. */
  warn?(message: string): void;
  /** An epoch has ended; the scores include the validation's, as `validation loss` and so on. */
  epoch(progress: Progress): void;
  end(): void;
}

/** Pictures for people, as PNG files. */
export interface PictureHost {
  /** Examples [count, channels, height, width] side by side, so many in a row. Without an encoding they are in -1..1. */
  grid(examples: Tensor, encoding: ImageEncoding | undefined, columns: number): Promise<Uint8Array>;
  /**
   * The first row of pictures of each of these grids, one below the other; what is no picture is left out.
   * @param rows that the last of them has
   */
  overTime(grids: readonly Uint8Array[], rows: number): Promise<Uint8Array>;
}

/** What training needs of the program it runs in; set by the host binding. */
export interface TrainingHost {
  /** Seconds since some fixed moment. */
  now(): number;
  /** Progress on the terminal. */
  reporter(): ProgressReporter;
  /** The run folder at this path; throws where the host has no files. */
  openFolder(path: string): RunStore;
  /** How pictures are drawn; undefined where the host draws none. */
  readonly pictures?: PictureHost;
  /** Calls `stop` when the user interrupts (Ctrl-C); returns how to stop listening. */
  onInterrupt(stop: () => void): () => void;
}

const silent: ProgressReporter = { step: () => {}, epoch: () => {}, end: () => {} };

let host: TrainingHost = {
  now: () => Date.now() / 1000,
  reporter: () => silent,
  openFolder: (path) => {
    throw new OptionError("there are no folders here. Give a RunStore of your own.", { place: "folder", actual: path });
  },
  onInterrupt: () => () => {},
};

/** Called once by the host binding. */
export function registerTrainingHost(binding: TrainingHost): void {
  host = binding;
}

export const trainingHost = (): TrainingHost => host;
export const silentReporter = (): ProgressReporter => silent;
