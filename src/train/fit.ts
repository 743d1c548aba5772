import { OptionError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape, sameShape } from "../base/shape.js";
import { type Batch, type Dataset, split } from "../data/index.js";
import { adam, type Optimizer } from "../optim/index.js";
import { type LossSpec, type Network, type StepOptions, TrainingStep } from "../runtime/index.js";
import { batchesAhead, checkNotEmpty, epochOrder } from "./batches.js";
import { checkMetrics, countBatch, Evaluator, type Scores } from "./evaluate.js";
import type { Counter, Metric } from "./metric.js";
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
  /** Called after each epoch, the network's weights up to date, and awaited; calling `stop` ends training. */
  readonly onEpoch?: (record: EpochRecord, stop: () => void) => void | Promise<void>;
}

/** The scores of one epoch. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Means over the training batches: `loss` and the metrics. */
  readonly training: Scores;
  /** After the epoch; absent without validation data, and for an epoch cut short. */
  readonly validation?: Scores;
  /** Of the epoch, validation aside; the first includes compiling. */
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
 * Trains a network on data, from the weights it has. Ctrl-C ends it after the step being made and keeps what was
 * learned; so does an error. The optimizer starts afresh.
 * @throws ShapeError or DataError when the data does not fit the network or the loss
 * @throws NumericError naming layer, op and step when the loss, a gradient or a running statistic becomes NaN or Inf; the
 *   network keeps the weights from before that step
 */
export async function fit(net: Network, data: Dataset, options: FitOptions): Promise<Run> {
  checkOptions("fit", options ?? {}, optionNames);
  if (options?.loss === undefined)
    throw new OptionError("needs a loss, e.g. { loss: crossEntropy() }.", { place: "fit" });
  const { epochs = 10, batchSize = 32, seed = 0, loss, optimizer = adam(), metrics = [] } = options;
  checkNumber("fit", "epochs", epochs, { low: 1, integer: true });
  checkNumber("fit", "batchSize", batchSize, { low: 1, integer: true });
  checkNumber("fit", "seed", seed, { integer: true });
  checkMetrics(net, metrics);
  checkNotEmpty(data, "fit");
  const { training, validation } = partsOf(data, options);

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
        step ??= await begin(net, data, batch, { loss, optimizer, seed });
        const result = await step.run(batch);
        counting.add(Object.values(batch.inputs)[0]?.shape[0] as number, result.loss);
        countBatch(counting.counters, result.outputs, batch.targets);
        reporter.step(counting.progress());
        if (ended !== "done") break;
      }
      const seconds = counting.seconds();
      const measured = counting.scores();
      const cutShort = ended !== "done";
      const held = validation && step && !cutShort ? await evaluator.scores(validation, step.weights()) : undefined;
      step?.publish();
      const record: EpochRecord = {
        epoch,
        training: measured,
        ...(held && { validation: held }),
        seconds,
        examplesPerSecond: counting.examples / seconds,
      };
      history.push(record);
      reporter.epoch(counting.progress(() => ({ ...measured, ...prefixed(held) })));
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

/** Compiles the step; the network is the data's from here on. */
async function begin(net: Network, data: Dataset, example: Batch, options: StepOptions): Promise<TrainingStep> {
  const step = await TrainingStep.create(net, example, options);
  if (data.encoding !== undefined) net.encoding = data.encoding;
  return step;
}

const reporterOf = (progress: FitOptions["progress"]): ProgressReporter | undefined =>
  typeof progress === "object" ? progress : undefined;

function partsOf(data: Dataset, { validation, seed = 0 }: FitOptions): { training: Dataset; validation?: Dataset } {
  if (validation === undefined) return { training: data };
  if (typeof validation !== "number") {
    checkNotEmpty(validation, "validation");
    checkSameInputs(data, validation);
    return { training: data, validation };
  }
  if (!(validation > 0 && validation < 1))
    throw new OptionError(`validation must be a share between 0 and 1, got ${validation}.`, {
      place: "fit",
      actual: validation,
    });
  const parts = split(data, { training: 1 - validation, validation }, seed);
  return { training: parts.training as Dataset, validation: parts.validation as Dataset };
}

/** Throws unless validation data looks like the training data: an epoch is long, and the error would come after it. */
function checkSameInputs(data: Dataset, validation: Dataset): void {
  for (const [name, expected] of Object.entries(data.inputShapes)) {
    const actual = validation.inputShapes[name];
    if (actual !== undefined && sameShape(actual, expected)) continue;
    const is = actual === undefined ? "missing" : formatShape(actual);
    throw new ShapeError(`the input "${name}" is ${is}, in the training data it is ${formatShape(expected)}.`, {
      place: "validation",
      expected,
      actual,
    });
  }
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

  /** @param scores worked out when read: a metric may sort all it has seen, and most steps are not shown */
  progress(scores: () => Scores = () => this.scores()): Progress {
    const perStep = this.seconds() / Math.max(1, this.steps);
    const stepsLeft = this.stepsInAll - this.steps + (this.epochs - this.epoch) * this.stepsInAll;
    return {
      epoch: this.epoch,
      epochs: this.epochs,
      step: this.steps,
      steps: this.stepsInAll,
      get scores() {
        return scores();
      },
      rate: this.examples / this.seconds(),
      left: perStep * stepsLeft,
    };
  }
}
