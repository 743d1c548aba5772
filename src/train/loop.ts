import { FormatError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import type { Batch, Dataset } from "../data/index.js";
import { AHEAD, batchesAhead, epochOrder, type Pass } from "./batches.js";
import { Best } from "./best.js";
import type { Callback, Control } from "./callback.js";
import type { Checkpoint } from "./checkpoint.js";
import { EpochCount } from "./epochCount.js";
import type { Scores } from "./evaluate.js";
import { type ProgressReporter, silentReporter, trainingHost } from "./progress.js";
import type { EpochRecord, Run } from "./record.js";
import { RunFolder } from "./runFolder.js";
import { type RunOptions, withRunDefaults } from "./runOptions.js";
import type { EpochFiles, LoopStep, Trainee } from "./trainee.js";

/** One run, whatever it trains: epochs of steps, with progress, callbacks, checkpoints and an end in good order. */
export class Loop implements Control {
  private readonly host = trainingHost();
  private readonly epochs: number;
  private readonly batchSize: number;
  private readonly seed: number;
  private readonly training: Dataset;
  private readonly reporter: ProgressReporter;
  private readonly callbacks: readonly Callback[];
  private readonly folder: RunFolder | undefined;
  private readonly best: Best;
  private readonly history: EpochRecord[] = [];
  private readonly warnings: string[] = [];
  private ended: Run["ended"] = "done";
  /** Made with the first batch, whose shapes it is made for. */
  private step: LoopStep | undefined;
  /** The epoch under way or next, from 1. */
  private epoch = 1;
  /** Of the epoch under way. */
  private count: EpochCount | undefined;
  /** The next epoch's batches, asked for before this one ends, and the step that they begin with. */
  private upcoming: { readonly step: number; readonly batches: Pass } | undefined;

  constructor(
    private readonly trainee: Trainee,
    private readonly options: RunOptions,
  ) {
    const { epochs, batchSize, seed } = withRunDefaults(options);
    [this.epochs, this.batchSize, this.seed, this.training] = [epochs, batchSize, seed, trainee.training];
    this.best = new Best(trainee.monitor, options);
    const { progress, onEpoch, callbacks = [] } = options;
    this.folder = RunFolder.of(options, trainee, (message) => this.warn(message));
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
    if (best.restores && best.weights) this.trainee.net.setWeights(best.weights);
    await this.folder?.writeNets();
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
    const checkpoint = await this.folder?.begin();
    if (checkpoint) await this.takeUp(checkpoint);
    const start = {
      net: this.trainee.net,
      epochs: this.epochs,
      stepsPerEpoch: this.batchesIn(1),
      step: this.step?.count ?? 0,
    };
    for (const callback of this.callbacks) {
      await callback.onStart?.(start);
      const remembered = checkpoint?.position.callbacks[callback.name ?? ""];
      if (remembered !== undefined) restoreCallback(callback, remembered);
    }
  }

  private async takeUp({ position, state, best }: Checkpoint): Promise<void> {
    // The batch that the run began with: engines may compile for the number of its examples.
    const first = this.order(1).subarray(0, this.batchSize);
    this.warnings.push(...position.warnings);
    const step = await this.makeStep(await this.training.batch(first, { seed: this.seed, step: 0 }));
    step.restore(state, position.count);
    step.learningRateFactor = position.learningRateFactor;
    step.publish();
    this.epoch = position.epoch;
    if (position.counted) this.countEpoch().restore(position.counted);
    this.history.push(...position.history);
    this.best.restore(position.best, best);
    if (this.best.exhaustedBy(this.epoch - 1)) this.stop();
  }

  private async makeStep(example: Batch): Promise<LoopStep> {
    // Of what a run was warned before it stopped, it is not warned again.
    const known = new Set(this.warnings);
    this.step = await this.trainee.create(example, (message) => {
      if (!known.has(message)) this.warn(message);
    });
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
    this.count = new EpochCount(epoch, epochs, this.batchesIn(epoch), this.trainee.metrics, host.now);
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
    await this.close(this.step as LoopStep, count);
  }

  /** An epoch's batches, but for the first `done`. */
  private ask(epoch: number, done: number, step: number): Pass {
    const { training, batchSize, seed } = this;
    return batchesAhead(training, this.order(epoch).subarray(done * batchSize), batchSize, { seed, step });
  }

  private async makeOne(step: LoopStep, batch: Batch, count: EpochCount): Promise<void> {
    const result = await step.run(batch);
    const examples = count.add(batch, result);
    this.reporter.step(count.progress());
    const { means, gradientNorm } = result;
    const { loss, ...more } = Object.fromEntries(Object.entries(means).map(([name, [value]]) => [name, value]));
    const record = { step: step.count, epoch: count.epoch, loss: loss as number, examples };
    const rest = {
      learningRate: step.learningRate,
      ...(gradientNorm !== undefined && { gradientNorm }),
      ...(Object.keys(more).length > 0 && { scores: more }),
    };
    for (const callback of this.callbacks) await callback.onStep?.({ ...record, ...rest }, this);
  }

  /** Ends an epoch, or leaves it where it was cut short. */
  private async close(step: LoopStep, count: EpochCount): Promise<void> {
    const measured = count.record(step);
    const whole = count.complete;
    this.publish(step);
    const validation = whole ? await this.trainee.measure(count.epoch, this.files) : undefined;
    const record: EpochRecord = { ...measured, ...(validation && { validation }) };
    this.reporter.epoch(count.progress(() => ({ ...record.training, ...prefixed(validation) })));
    if (whole) {
      this.count = undefined;
      this.epoch++;
      this.history.push(record);
      if (this.best.see(record, this.trainee.net.weights)) await this.folder?.writeBest();
      for (const callback of this.callbacks) await callback.onEpoch?.(record, this);
      if (this.best.exhaustedBy(record.epoch)) this.stop();
    }
    const { epochs: every = 1 } = this.options.checkpoint ?? {};
    if (this.ended !== "done" || this.epoch > this.epochs || record.epoch % every === 0) await this.keep();
    // After the checkpoint: a run that goes on makes the whole epoch's record.
    if (!whole) this.history.push(record);
  }

  /** Gives the networks their weights; spoiled ones they do not get, and training is at its end. */
  private publish(step: LoopStep): void {
    try {
      step.publish();
    } catch (error) {
      this.step = undefined;
      throw error;
    }
  }

  private get files(): EpochFiles | undefined {
    const { folder } = this;
    return folder && { write: (file, bytes) => folder.writeFile(file, bytes), read: (file) => folder.readFile(file) };
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
    await this.folder.write(position, { state: step.state(), ...(best.weights && { best: best.weights }) });
  }
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
