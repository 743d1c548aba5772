import type { Scores } from "./evaluate.js";

/** The scores of one epoch. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps made in all by its end. */
  readonly step: number;
  /** Means over the training batches: `loss` and the metrics. */
  readonly training: Scores;
  /** After the epoch; absent without validation data, and for an epoch cut short. */
  readonly validation?: Scores;
  /** Of the optimizer, at the epoch's last step. */
  readonly learningRate: number;
  /** Of the epoch, validation aside; the first includes compiling. */
  readonly seconds: number;
  readonly examplesPerSecond: number;
  /** The share of the epoch's time, in [0, 1], in which training waited for data. */
  readonly waiting: number;
}

/** What a training run left behind. */
export interface Run {
  readonly history: readonly EpochRecord[];
  readonly steps: number;
  /** "done", "interrupted" by the user (Ctrl-C), or "stopped" by a callback. */
  readonly ended: "done" | "interrupted" | "stopped";
  /** The epoch whose score was best, as the run's `monitor` says. */
  readonly best?: { readonly epoch: number; readonly score: number };
  /** What the run and its callbacks warned of. */
  readonly warnings: readonly string[];
}
