import type { Json } from "../base/json.js";
import type { Batch } from "../data/index.js";
import type { LossSpec, StepResult } from "../runtime/index.js";
import { countBatch, type Scores, weightOf } from "./evaluate.js";
import type { Counter, Metric } from "./metric.js";
import type { Progress } from "./progress.js";
import type { EpochRecord } from "./record.js";

/** What an epoch under way has counted, for a checkpoint. */
export interface EpochCountState {
  readonly examples: number;
  readonly steps: number;
  readonly total: number;
  readonly weight: number;
  readonly counters: readonly (Json | null)[];
}

/** Means, speed and time left of one epoch. */
export class EpochCount {
  /** Batches of this epoch that were trained on. */
  steps = 0;
  examples = 0;
  private readonly counters: readonly Counter[];
  /** The sum of the losses, each times what its batch counts. */
  private total = 0;
  private weight = 0;
  private waited = 0;
  private before = 0;
  private readonly began: number;

  constructor(
    readonly epoch: number,
    private readonly epochs: number,
    private readonly stepsInAll: number,
    private readonly loss: LossSpec,
    private readonly metrics: readonly Metric[],
    private readonly now: () => number,
  ) {
    this.counters = metrics.map((metric) => metric.start());
    this.began = now();
  }

  /** Counts a batch; returns the number of its examples. */
  add(batch: Batch, { loss, outputs }: StepResult): number {
    const rows = Object.values(batch.inputs)[0]?.shape[0] as number;
    const weight = weightOf(batch, this.loss);
    this.examples += rows;
    this.steps++;
    this.weight += weight;
    this.total += weight * loss;
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
    return { loss: this.total / this.weight, ...Object.fromEntries(values) };
  }

  state(): EpochCountState {
    const { examples, steps, total, weight } = this;
    return { examples, steps, total, weight, counters: this.counters.map((counter) => counter.state?.() ?? null) };
  }

  restore({ examples, steps, total, weight, counters }: EpochCountState): void {
    [this.examples, this.steps, this.total, this.weight] = [examples, steps, total, weight];
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
