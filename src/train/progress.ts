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
  /** Seconds until the last epoch ends, at this rate. */
  readonly left: number;
}

/** Shows progress. */
export interface ProgressReporter {
  step(progress: Progress): void;
  /** An epoch has ended; the scores include the validation's, as `validation loss` and so on. */
  epoch(progress: Progress): void;
  end(): void;
}

/** What training needs of the program it runs in; set by the host binding. */
export interface TrainingHost {
  /** Seconds since some fixed moment. */
  now(): number;
  /** Progress on the terminal. */
  reporter(): ProgressReporter;
  /** Calls `stop` when the user interrupts (Ctrl-C); returns how to stop listening. */
  onInterrupt(stop: () => void): () => void;
}

const silent: ProgressReporter = { step: () => {}, epoch: () => {}, end: () => {} };

let host: TrainingHost = { now: () => Date.now() / 1000, reporter: () => silent, onInterrupt: () => () => {} };

/** Called once by the host binding. */
export function registerTrainingHost(binding: TrainingHost): void {
  host = binding;
}

export const trainingHost = (): TrainingHost => host;
export const silentReporter = (): ProgressReporter => silent;
