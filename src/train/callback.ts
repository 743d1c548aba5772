import type { Json } from "../base/json.js";
import type { Network } from "../runtime/index.js";
import type { Scores } from "./evaluate.js";
import type { EpochRecord, Run } from "./record.js";

/** One training step, just made. */
export interface StepRecord {
  /** Steps made in all, from 1. */
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  /** Of this batch. */
  readonly loss: number;
  /** Examples in the batch. */
  readonly examples: number;
  /** Of the gradient of the loss by all weights, before clipping; only where `clip.norm` is given. */
  readonly gradientNorm?: number;
  /** Of the optimizer, at this step. */
  readonly learningRate: number;
  /** What else was measured on the batch, by name: of games, see `play`. */
  readonly scores?: Scores;
}

/** What a callback may do to the run that calls it. */
export interface Control {
  /** Ends training after this step, or this epoch. */
  stop(): void;
  /** From the next step on, the learning rate is the schedule's times this and all factors given before. */
  scaleLearningRate(factor: number): void;
  /** Shows a line to the user and keeps it in the run's `warnings`. */
  warn(message: string): void;
}

/** A run that begins. */
export interface RunStart {
  readonly net: Network;
  /** Epochs asked for. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Steps made before, where the run goes on from a checkpoint; else 0. */
  readonly step: number;
}

/**
 * Called while a network trains, and awaited; every method is optional. What throws ends the run.
 *
 * `onStep` sees the network as it was when the run began or at the last epoch's end; `onEpoch` and `onEnd` see its
 * weights up to date. For a run that goes on from a checkpoint as if never stopped, a callback that remembers has a
 * `name`, unlike all others', and gives what it remembers as `state`.
 */
export interface Callback {
  readonly name?: string;
  onStart?(run: RunStart): void | Promise<void>;
  onStep?(record: StepRecord, control: Control): void | Promise<void>;
  onEpoch?(record: EpochRecord, control: Control): void | Promise<void>;
  /** After a run that no error ended. */
  onEnd?(run: Run): void | Promise<void>;
  /** What it remembers. */
  state?(): Json;
  /** Takes what `state` gave when the checkpoint was written. Called after `onStart`. */
  restore?(state: Json): void;
}
