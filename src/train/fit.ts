import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { type Dataset, split } from "../data/index.js";
import { adam, type Optimizer } from "../optim/index.js";
import { type LossSpec, type Network, TrainingStep } from "../runtime/index.js";
import { batchesAhead, checkNotEmpty, epochOrder } from "./batches.js";
import { countBatch, Evaluator, type Scores } from "./evaluate.js";
import type { Counter, Metric } from "./metrics.js";
import { type Progress, type ProgressReporter, silentReporter, trainingHost } from "./progress.js";

export interface FitOptions {
  /** What to make small. */
  readonly loss: LossSpec;
  /** Defaults to `adam()`. */
  readonly optimizer?: Optimizer;
  /** Passes over the data; defaults to 10. */
  readonly epochs?: number;
  /** Examples per step; defaults to 32. */
  readonly batchSize?: number;
  /** Measured on the training batches as they come, and on the validation data. */
  readonly metrics?: readonly Metric[];
  /** Data to evaluate on after each epoch, or the share in (0, 1) of the training data kept apart for it. */
  readonly validation?: Dataset | number;
  /** Of the order, dropout and augmentation; defaults to 0. */
  readonly seed?: number;
  /** true (default) shows progress as the host does (a bar in a terminal); false shows nothing. */
  readonly progress?: boolean | ProgressReporter;
  /** Called after each epoch, the network's weights up to date; calling `stop` ends training. */
  readonly onEpoch?: (record: EpochRecord, stop: () => void) => void | Promise<void>;
}

/** The scores of one epoch. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Means over the training batches: `loss` and the metrics. */
  readonly training: Scores;
  readonly validation?: Scores;
  /** Of the epoch, validation aside. */
  readonly seconds: number;
  readonly examplesPerSecond: number;
}

/** What a training run left behind. */
export interface Run {
  readonly history: readonly EpochRecord[];
  readonly steps: number;
  /** "done", "interrupted" by the user (Ctrl-C), or "stopped" by a callback. */
  readonly ended: "done" | "interrupted" | "stopped";
}

const optionNames: readonly (keyof FitOptions)[] = [
  "loss",
  "optimizer",
  "epochs",
  "batchSize",
  "metrics",
  "validation",
  "seed",
  "progress",
  "onEpoch",
];

/**
 * Trains a network on data. Ctrl-C ends it after the step being made and keeps what was learned.
 * @throws NumericError naming layer, op and step when the loss or a gradient becomes NaN or Inf; the network keeps the
 *   weights from before that step
 */
export async function fit(net: Network, data: Dataset, options: FitOptions): Promise<Run> {
  checkOptions("fit", options, optionNames);
  const { epochs = 10, batchSize = 32, seed = 0, loss, optimizer = adam(), metrics = [] } = options;
  checkNumber("fit", "epochs", epochs, { low: 1, integer: true });
  checkNumber("fit", "batchSize", batchSize, { low: 1, integer: true });
  if (loss === undefined) throw new OptionError("needs a loss, e.g. { loss: crossEntropy() }.", { place: "fit" });
  checkNotEmpty(data, "fit");
  const { training, validation } = partsOf(data, options);
  if (data.encoding !== undefined) net.encoding = data.encoding;

  const host = trainingHost();
  const reporter = options.progress === false ? silentReporter() : (reporterOf(options.progress) ?? host.reporter());
  const evaluator = new Evaluator(net, { loss, metrics });
  const history: EpochRecord[] = [];
  let ended: Run["ended"] = "done";
  const release = host.onInterrupt(() => {
    ended = "interrupted";
  });
  let step: TrainingStep | undefined;
  try {
    for (let epoch = 1; epoch <= epochs && ended === "done"; epoch++) {
      const order = epochOrder(training.length, batchSize, seed, epoch);
      const draw = { seed, step: step?.count ?? 0 };
      const counting = new EpochCount(epoch, epochs, Math.ceil(order.length / batchSize), metrics, host.now);
      for await (const batch of batchesAhead(training, order, batchSize, draw)) {
        step ??= await TrainingStep.create(net, batch, { loss, optimizer, seed });
        const result = await step.run(batch);
        counting.add(Object.values(batch.inputs)[0]?.shape[0] as number, result.loss);
        countBatch(counting.counters, result.outputs, batch.targets);
        reporter.step(counting.progress());
        if (ended !== "done") break;
      }
      const seconds = counting.seconds();
      const scores = validation && step && (await evaluator.scores(validation, step.weights()));
      step?.publish();
      const record: EpochRecord = {
        epoch,
        training: counting.scores(),
        ...(scores && { validation: scores }),
        seconds,
        examplesPerSecond: counting.examples / seconds,
      };
      history.push(record);
      reporter.epoch({ ...counting.progress(), scores: { ...counting.scores(), ...prefixed(scores) } });
      await options.onEpoch?.(record, () => {
        ended = "stopped";
      });
    }
  } finally {
    step?.publish();
    release();
    reporter.end();
  }
  return { history, steps: step?.count ?? 0, ended };
}

const reporterOf = (progress: FitOptions["progress"]): ProgressReporter | undefined =>
  typeof progress === "object" ? progress : undefined;

function partsOf(data: Dataset, { validation, seed = 0 }: FitOptions): { training: Dataset; validation?: Dataset } {
  if (typeof validation !== "number") return { training: data, ...(validation && { validation }) };
  checkNumber("fit", "validation", validation, { low: 0, high: 1 });
  const parts = split(data, { training: 1 - validation, validation }, seed);
  return { training: parts.training as Dataset, validation: parts.validation as Dataset };
}

const prefixed = (scores: Scores | undefined): Scores =>
  Object.fromEntries(Object.entries(scores ?? {}).map(([name, value]) => [`validation ${name}`, value]));

/** Means, speed and time left of one epoch. */
class EpochCount {
  readonly counters: readonly Counter[];
  examples = 0;
  private steps = 0;
  private total = 0;
  private readonly began: number;

  constructor(
    private readonly epoch: number,
    private readonly epochs: number,
    private readonly stepsInAll: number,
    private readonly metrics: readonly Metric[],
    private readonly now: () => number,
  ) {
    this.counters = metrics.map((metric) => metric.start());
    this.began = now();
  }

  add(rows: number, loss: number): void {
    this.examples += rows;
    this.steps++;
    this.total += rows * loss;
  }

  seconds(): number {
    return Math.max(1e-9, this.now() - this.began);
  }

  scores(): Scores {
    const values = this.metrics.map((metric, i) => [metric.name, (this.counters[i] as Counter).value()] as const);
    return { loss: this.total / this.examples, ...Object.fromEntries(values) };
  }

  progress(): Progress {
    const perStep = this.seconds() / Math.max(1, this.steps);
    const stepsLeft = this.stepsInAll - this.steps + (this.epochs - this.epoch) * this.stepsInAll;
    return {
      epoch: this.epoch,
      epochs: this.epochs,
      step: this.steps,
      steps: this.stepsInAll,
      scores: this.scores(),
      rate: this.examples / this.seconds(),
      left: perStep * stepsLeft,
    };
  }
}
