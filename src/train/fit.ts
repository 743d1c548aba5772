import { FormatError, OptionError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import type { Batch, Dataset } from "../data/index.js";
import { adam } from "../optim/index.js";
import { type Network, type StepOptions, TrainingStep } from "../runtime/index.js";
import { AHEAD, batchesAhead, epochOrder, type Pass } from "./batches.js";
import { Best } from "./best.js";
import type { Callback, Control } from "./callback.js";
import type { Checkpoint } from "./checkpoint.js";
import { EpochCount } from "./epochCount.js";
import { Evaluator, type Scores } from "./evaluate.js";
import { checkFitOptions, type FitOptions, partsOf, withDefaults } from "./options.js";
import { type ProgressReporter, silentReporter, trainingHost } from "./progress.js";
import type { EpochRecord, Run } from "./record.js";
import { RunFolder } from "./runFolder.js";
import { settingOf } from "./setting.js";

/**
 * Trains a network on data, from the weights it has. Ctrl-C ends it after the step being made and keeps what was
 * learned; so does an error. The optimizer starts afresh, unless the run goes on from a checkpoint.
 * @throws ShapeError or DataError when the data does not fit the network or the loss
 * @throws OptionError when the folder holds a run and `resume` was not asked for, or a run of another setting
 * @throws NumericError naming layer, op and step when the loss, a gradient or a running statistic becomes NaN or Inf; the
 *   network keeps the weights from before that step
 */
export async function fit(net: Network, data: Dataset, options: FitOptions): Promise<Run> {
  checkFitOptions(net, options);
  return new Training(net, data, options).run();
}

/** One run of `fit`. */
class Training implements Control {
  private readonly host = trainingHost();
  private readonly epochs: number;
  private readonly batchSize: number;
  private readonly seed: number;
  private readonly stepOptions: StepOptions;
  private readonly training: Dataset;
  private readonly validation: Dataset | undefined;
  private readonly evaluator: Evaluator;
  private readonly reporter: ProgressReporter;
  private readonly callbacks: readonly Callback[];
  private readonly folder: RunFolder | undefined;
  private readonly best: Best;
  private readonly history: EpochRecord[] = [];
  private readonly warnings: string[] = [];
  private ended: Run["ended"] = "done";
  /** Made with the first batch, whose targets it is made for. */
  private step: TrainingStep | undefined;
  /** The epoch under way or next, from 1. */
  private epoch = 1;
  /** Of the epoch under way. */
  private count: EpochCount | undefined;
  /** The next epoch's batches, asked for before this one ends, and the step that they begin with. */
  private upcoming: { readonly step: number; readonly batches: Pass } | undefined;

  constructor(
    private readonly net: Network,
    private readonly data: Dataset,
    private readonly options: FitOptions,
  ) {
    const { epochs, batchSize, seed, optimizer = adam(), loss, metrics = [] } = withDefaults(options);
    const { clip, accumulate, average, frozen, stateful } = options;
    this.stepOptions = {
      ...{ loss, optimizer, seed },
      ...(clip !== undefined && { clip }),
      ...(accumulate !== undefined && { accumulate }),
      ...(average !== undefined && { average }),
      ...(frozen !== undefined && { frozen }),
      ...(stateful !== undefined && { stateful }),
    };
    [this.epochs, this.batchSize, this.seed] = [epochs, batchSize, seed];
    const { training, validation } = partsOf(data, options);
    [this.training, this.validation] = [training, validation];
    checkRounds(accumulate ?? 1, epochs * this.batchesIn(1));
    if (stateful) checkStreams(training, batchSize);
    this.evaluator = new Evaluator(net, { loss, metrics });
    this.best = new Best(options);
    const { progress, onEpoch, callbacks = [] } = options;
    const setting = settingOf(net, options, training.length);
    this.folder = RunFolder.of(options, setting, (message) => this.warn(message));
    const own: Callback = { onEpoch: (record, control) => onEpoch?.(record, () => control.stop()) };
    this.callbacks = [...(this.folder?.loggers ?? []), ...callbacks, own];
    const asked = typeof progress === "object" ? progress : undefined;
    this.reporter = progress === false ? silentReporter() : (asked ?? this.host.reporter());
  }

  async run(): Promise<Run> {
    const release = this.host.onInterrupt(() => {
      this.ended = "interrupted";
    });
    try {
      await this.begin();
      while (this.epoch <= this.epochs && this.ended === "done") await this.pass();
    } catch (error) {
      await this.abandon(error);
      throw error;
    } finally {
      release();
      this.reporter.end();
    }
    const { history, warnings, best } = this;
    // An interrupt that comes with the last step interrupts nothing.
    const ended = this.ended === "interrupted" && this.epoch > this.epochs ? "done" : this.ended;
    if (best.restores && best.weights) this.net.setWeights(best.weights);
    await this.folder?.writeNet(this.net);
    const found = best.found && { best: best.found };
    const run: Run = { history, steps: this.step?.count ?? 0, ended, ...found, warnings };
    for (const callback of this.callbacks) await callback.onEnd?.(run);
    await this.folder?.writeLogs();
    return run;
  }

  stop(): void {
    if (this.ended === "done") this.ended = "stopped";
  }

  scaleLearningRate(factor: number): void {
    if (this.step) this.step.learningRateFactor *= factor;
  }

  warn(message: string): void {
    this.warnings.push(message);
    this.reporter.warn?.(message);
    this.folder?.log("warning", this.step?.count ?? 0, message);
  }

  /** After an error: keeps what was learned, and never hides the error behind another. */
  private async abandon(error: unknown): Promise<void> {
    this.folder?.log("error", this.step?.count ?? 0, error instanceof Error ? error.message : String(error));
    try {
      this.step?.publish();
      await this.keep();
    } catch {
      // The network and the checkpoints stay as they were.
    }
    await this.folder?.writeLogs().catch(() => undefined);
  }

  /** Takes up the run where the folder's newest checkpoint has it, if there is one. */
  private async begin(): Promise<void> {
    const checkpoint = await this.folder?.begin(this.net);
    if (checkpoint) await this.takeUp(checkpoint);
    const { net, epochs } = this;
    const start = { net, epochs, stepsPerEpoch: this.batchesIn(1), step: this.step?.count ?? 0 };
    for (const callback of this.callbacks) {
      await callback.onStart?.(start);
      const remembered = checkpoint?.position.callbacks[callback.name ?? ""];
      if (remembered !== undefined) restoreCallback(callback, remembered);
    }
  }

  private async takeUp({ position, state, best }: Checkpoint): Promise<void> {
    // The batch that the run began with: engines may compile for the number of its examples.
    const first = this.order(1).subarray(0, this.batchSize);
    const step = await this.makeStep(await this.training.batch(first, { seed: this.seed, step: 0 }));
    step.restore(state, position.count);
    step.learningRateFactor = position.learningRateFactor;
    step.publish();
    this.epoch = position.epoch;
    if (position.counted) this.countEpoch().restore(position.counted);
    this.history.push(...position.history);
    this.warnings.push(...position.warnings);
    this.best.restore(position.best, best);
    if (this.best.exhaustedBy(this.epoch - 1)) this.stop();
  }

  /** Compiles the step; the network is the data's from here on. */
  private async makeStep(example: Batch): Promise<TrainingStep> {
    this.step = await TrainingStep.create(this.net, example, this.stepOptions);
    if (this.data.encoding !== undefined) this.net.encoding = this.data.encoding;
    return this.step;
  }

  private order(epoch: number): Uint32Array {
    return epochOrder(this.training, this.batchSize, this.seed, epoch);
  }

  private batchesIn(epoch: number): number {
    return Math.ceil(this.order(epoch).length / this.batchSize);
  }

  private countEpoch(): EpochCount {
    const { epoch, epochs, host } = this;
    const { loss, metrics = [] } = this.options;
    this.count = new EpochCount(epoch, epochs, this.batchesIn(epoch), loss, metrics, host.now);
    return this.count;
  }

  /** One epoch, or the rest of one. */
  private async pass(): Promise<void> {
    const whole = this.count === undefined;
    const count = this.count ?? this.countEpoch();
    const first = this.step?.count ?? 0;
    const batches = this.upcoming?.step === first ? this.upcoming.batches : this.ask(this.epoch, count.steps, first);
    this.upcoming = undefined;
    const end = first + batches.left;
    if (whole) this.step?.forget();
    const every = this.options.checkpoint?.steps ?? Number.POSITIVE_INFINITY;
    while (this.ended === "done") {
      const { value: batch, done } = await count.waiting(batches.next());
      if (done) break;
      if (batches.left < AHEAD && this.epoch < this.epochs)
        this.upcoming ??= { step: end, batches: this.ask(this.epoch + 1, 0, end) };
      const step = this.step ?? (await this.makeStep(batch));
      await this.makeOne(step, batch, count);
      if (step.count % every === 0 && !count.complete) await this.keep();
    }
    await this.close(this.step as TrainingStep, count);
  }

  /** An epoch's batches, but for the first `done`. */
  private ask(epoch: number, done: number, step: number): Pass {
    const { training, batchSize, seed } = this;
    return batchesAhead(training, this.order(epoch).subarray(done * batchSize), batchSize, { seed, step });
  }

  private async makeOne(step: TrainingStep, batch: Batch, count: EpochCount): Promise<void> {
    const result = await step.run(batch);
    const examples = count.add(batch, result);
    this.reporter.step(count.progress());
    const { loss, gradientNorm } = result;
    const record = { step: step.count, epoch: count.epoch, loss, examples, learningRate: step.learningRate };
    const norm = gradientNorm === undefined ? {} : { gradientNorm };
    for (const callback of this.callbacks) await callback.onStep?.({ ...record, ...norm }, this);
  }

  /** Ends an epoch, or leaves it where it was cut short. */
  private async close(step: TrainingStep, count: EpochCount): Promise<void> {
    const measured = count.record(step);
    const whole = count.complete;
    const validation =
      this.validation && whole ? await this.evaluator.scores(this.validation, step.weights()) : undefined;
    const record: EpochRecord = { ...measured, ...(validation && { validation }) };
    this.publish(step);
    this.reporter.epoch(count.progress(() => ({ ...record.training, ...prefixed(validation) })));
    if (whole) {
      this.count = undefined;
      this.epoch++;
      this.history.push(record);
      if (this.best.see(record, this.net.weights)) await this.folder?.writeBest(this.net);
      for (const callback of this.callbacks) await callback.onEpoch?.(record, this);
      if (this.best.exhaustedBy(record.epoch)) this.stop();
    }
    const { epochs: every = 1 } = this.options.checkpoint ?? {};
    if (this.ended !== "done" || this.epoch > this.epochs || record.epoch % every === 0) await this.keep();
    // After the checkpoint: a run that goes on makes the whole epoch's record.
    if (!whole) this.history.push(record);
  }

  /** Gives the network its weights; spoiled ones it does not get, and training is at its end. */
  private publish(step: TrainingStep): void {
    try {
      step.publish();
    } catch (error) {
      this.step = undefined;
      throw error;
    }
  }

  /** Writes a checkpoint, where there is a folder. */
  private async keep(): Promise<void> {
    const { step, epoch, history, warnings, best } = this;
    if (step === undefined || this.folder === undefined) return;
    const callbacks = this.callbacks.flatMap((callback): [string, Json][] => {
      const remembered = callback.state?.();
      return callback.name === undefined || remembered === undefined ? [] : [[callback.name, remembered]];
    });
    const position = {
      ...{ epoch, history, warnings },
      count: step.count,
      learningRateFactor: step.learningRateFactor,
      callbacks: Object.fromEntries(callbacks),
      ...(this.count && { counted: this.count.state() }),
      ...(best.found && { best: best.found }),
    };
    await this.folder.write(this.net, position, { state: step.state(), ...(best.weights && { best: best.weights }) });
  }
}

/** Throws where training would end before the first update. */
function checkRounds(accumulate: number, batches: number): void {
  if (batches >= accumulate) return;
  throw new OptionError(
    `accumulate is ${accumulate}, but the run has ${batches} batches in all: no update would be made. Lower it, or give smaller batches.`,
    { place: "fit", expected: batches, actual: accumulate },
  );
}

/** Throws where batches could not go on from each other. */
function checkStreams({ length, ordered = false }: Dataset, batchSize: number): void {
  const place = "fit";
  if (!ordered)
    throw new OptionError("stateful needs data in order, such as streams of text: a data set with ordered: true.", {
      place,
    });
  if (length % batchSize !== 0)
    throw new OptionError(
      `stateful needs whole batches, but ${length} examples are no multiple of the batch size ${batchSize}.`,
      { place, expected: batchSize, actual: length },
    );
}

function restoreCallback(callback: Callback, remembered: Json): void {
  try {
    callback.restore?.(remembered);
  } catch (cause) {
    const message = `the checkpoint holds ${JSON.stringify(remembered).slice(0, 80)} for it, which it cannot take up.`;
    throw new FormatError(`${message} Give the callback of the run that stopped.`, {
      place: `callback ${callback.name}`,
      cause,
    });
  }
}

const prefixed = (scores: Scores | undefined): Scores =>
  Object.fromEntries(Object.entries(scores ?? {}).map(([name, value]) => [`validation ${name}`, value]));
