import type { Tensor } from "../base/tensor.js";
import type { Batch, Dataset } from "../data/index.js";
import type { Network, Tensors } from "../runtime/index.js";
import type { Scores } from "./evaluate.js";
import type { Metric } from "./metric.js";
import type { RunSetting } from "./setting.js";

/** A number of a batch, and how much the batch counts in its mean over the epoch. */
export type Share = readonly [value: number, weight: number];

/** What one step came to. */
export interface StepOutcome {
  /** The run's loss first. */
  readonly means: Readonly<Record<string, Share>> & { readonly loss: Share };
  /** For metrics. */
  readonly outputs: Tensors;
  readonly gradientNorm?: number;
}

/** The step of what is trained: see `TrainingStep` and `GameStep`, whose names these are. */
export interface LoopStep {
  readonly count: number;
  readonly learningRate: number;
  learningRateFactor: number;
  run(batch: Batch): Promise<StepOutcome>;
  /** Begins a new time, where the state goes from batch to batch. */
  forget(): void;
  publish(): void;
  state(): ReadonlyMap<string, Tensor>;
  restore(state: ReadonlyMap<string, Tensor>, count: number): void;
}

/**
 * A step for the loop.
 * @param step the step itself
 * @param run makes one, and says what it came to
 */
export const loopStep = (
  step: Omit<LoopStep, "run" | "forget">,
  run: LoopStep["run"],
  forget: LoopStep["forget"] = () => {},
): LoopStep => ({
  get count() {
    return step.count;
  },
  get learningRate() {
    return step.learningRate;
  },
  get learningRateFactor() {
    return step.learningRateFactor;
  },
  set learningRateFactor(factor) {
    step.learningRateFactor = factor;
  },
  run,
  forget,
  publish: () => step.publish(),
  state: () => step.state(),
  restore: (state, count) => step.restore(state, count),
});

/** What a run trains, as its loop sees it: one network, or two that play. */
export interface Trainee {
  /** The network that the run is about: its best weights are kept, its file is `net.safetensors`. */
  readonly net: Network;
  /** Further networks, saved beside it: by the file's name. */
  readonly beside: Readonly<Record<string, Network>>;
  /** The data to train on. */
  readonly training: Dataset;
  /** Measured on the training batches as they come. */
  readonly metrics: readonly Metric[];
  /** The score by which epochs are compared, and whether a smaller one is better; undefined: they are not. */
  readonly monitor: { readonly name: string; readonly smallerIsBetter: boolean } | undefined;
  /** What must be the same for a run to go on. */
  readonly setting: RunSetting;
  /** What made the run, as JSON. */
  made(): object;
  /**
   * Compiles the step.
   * @param example the run's first batch
   */
  create(example: Batch, warn: (message: string) => void): Promise<LoopStep>;
  /** After each whole epoch, the networks up to date: what is measured beside the training. */
  measure(epoch: number, files: EpochFiles | undefined): Promise<Scores | undefined>;
}

/** The run's folder, if there is one. */
export interface EpochFiles {
  write(file: string, bytes: Uint8Array): Promise<void>;
  /** The bytes of a file written before; undefined where there are none. */
  read(file: string): Promise<Uint8Array | undefined>;
}
