import type { Json } from "../base/json.js";
import type { Batch } from "../data/index.js";
import { countBatch, type Scores } from "./evaluate.js";
import type { Counter, Metric } from "./metric.js";
import type { Progress } from "./progress.js";
import type { EpochRecord } from "./record.js";
import type { Share, StepOutcome } from "./trainee.js";

/** What an epoch under way has counted, for a checkpoint. */
export interface EpochCountState {
  readonly examples: number;
  readonly steps: number;
  /** By name: the sum, each batch times what it counts, and what they count together. */
  readonly means: Readonly<Record<string, Share>>;
  readonly counters: readonly (Json | null)[];
}

/** Means, speed and time left of one epoch. */
export class EpochCount {
  /** Batches of this epoch that were trained on. */
  steps = 0;
  examples = 0;
  private readonly counters: readonly Counter[];
  private means: Record<string, Share> = {};
  private waited = 0;
  private before = 0;
  private readonly began: number;

  constructor(
    readonly epoch: number,
    private readonly epochs: number,
    private readonly stepsInAll: number,
    private readonly metrics: readonly Metric[],
    private readonly now: () => number,
  ) {
    this.counters = metrics.map((metric) => metric.start());
    this.began = now();
  }

  /** Counts a batch; returns the number of its examples. */
  add(batch: Batch, { means, outputs }: StepOutcome): number {
    const rows = Object.values(batch.inputs)[0]?.shape[0] as number;
    this.examples += rows;
    this.steps++;
    for (const [name, [value, weight]] of Object.entries(means)) {
      const [sum, all] = this.means[name] ?? [0, 0];
      this.means[name] = [sum + weight * value, all + weight];
    }
    countBatch(this.counters, outputs, batch.targets);
    return rows;
  }

  /** The time that `data` took to come, in which nothing was trained. */
  async waiting<T>(data: Promise<T>): Promise<T> {
    const from = this.now();
    const came = await data;
    this.waited += this.now() - from;
    return came;
  }

  /** Whether every batch of the epoch was trained on. */
  get complete(): boolean {
    return this.steps >= this.stepsInAll;
  }

  /** What the epoch came to, validation aside. */
  record(step: { readonly count: number; readonly learningRate: number }): EpochRecord {
    const { epoch } = this;
    const speed = { seconds: this.seconds(), examplesPerSecond: this.rate(), waiting: this.share() };
    return { epoch, step: step.count, training: this.scores(), learningRate: step.learningRate, ...speed };
  }

  /** Seconds since the epoch began, or was taken up again. */
  private seconds(): number {
    return Math.max(1e-9, this.now() - this.began);
  }

  private rate(): number {
    return (this.examples - this.before) / this.seconds();
  }

  /** The share of the time, in [0, 1], in which training waited for data. */
  private share(): number {
    return this.waited / this.seconds();
  }

  private scores(): Scores {
    const values = this.metrics.map((metric, i) => [metric.name, (this.counters[i] as Counter).value()] as const);
    const means = Object.entries(this.means).map(([name, [sum, weight]]) => [name, sum / weight] as const);
    return { ...Object.fromEntries(means), ...Object.fromEntries(values) };
  }

  state(): EpochCountState {
    const { examples, steps, means } = this;
    return {
      examples,
      steps,
      means: { ...means },
      counters: this.counters.map((counter) => counter.state?.() ?? null),
    };
  }

  restore({ examples, steps, means, counters }: EpochCountState): void {
    [this.examples, this.steps, this.means] = [examples, steps, { ...means }];
    this.before = examples;
    this.counters.forEach((counter, i) => {
      const state = counters[i] ?? null;
      if (state !== null) counter.restore?.(state);
    });
  }

  /** @param scores worked out when read: a metric may sort all it has seen, and most steps are not shown */
  progress(scores: () => Scores = () => this.scores()): Progress {
    const stepsLeft = this.stepsInAll - this.steps + (this.epochs - this.epoch) * this.stepsInAll;
    const perStep = (this.seconds() / Math.max(1, this.examples - this.before)) * (this.examples / this.steps);
    return {
      epoch: this.epoch,
      epochs: this.epochs,
      step: this.steps,
      steps: this.stepsInAll,
      get scores() {
        return scores();
      },
      rate: this.rate(),
      waiting: this.share(),
      left: perStep * stepsLeft,
    };
  }
}
