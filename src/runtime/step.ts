import { ShapeError } from "../base/errors.js";
import { random } from "../base/random.js";
import { countOf, resolveShape } from "../base/shape.js";
import { type Tensor, tensor, zeros } from "../base/tensor.js";
import type { Traced } from "../nn/index.js";
import { newShare } from "../optim/index.js";
import type { Tensors } from "./engine.js";
import { checkPositions, countRows } from "./inputs.js";
import { checkRows, checkTargets, checkWeights, ROW_WEIGHTS, type TargetTypes, target, typesOf } from "./losses.js";
import type { Network } from "./network.js";
import { type StepPlan, stepPlan } from "./stepGraph.js";
import * as names from "./stepNames.js";
import { checkStepOptions, type StepOptions } from "./stepOptions.js";
import { averagesIn, carriedIn, checkFinite, copyOf, makePass, type Pass, StepState } from "./stepState.js";

/** One batch: inputs and targets by name, all with the same number of rows. */
export interface StepBatch {
  readonly inputs: Tensors;
  readonly targets: Tensors;
  /** How much each example counts in the loss, float32 [rows], from 0: sum(weight loss) / sum(weight). */
  readonly weights?: Tensor;
}

export interface StepResult {
  readonly loss: number;
  /** The network's outputs before the update, by output name. */
  readonly outputs: Tensors;
  /**
   * Only with `clip.norm`, and where the batch made an update: the Euclidean norm of the gradients of all weights,
   * before they are clipped by it.
   */
  readonly gradientNorm?: number;
}

/** A network's training step: a compiled graph, and the state that goes around it. */
export class TrainingStep {
  /** How many batches were seen; dropout masks depend on it. */
  count = 0;
  /** What the learning rates of the optimizers' schedules are multiplied by. */
  learningRateFactor = 1;

  private constructor(
    private readonly net: Network,
    private readonly options: StepOptions,
    private readonly traced: Traced,
    private readonly plan: StepPlan,
    private readonly batch: Pass,
    private readonly update: Pass | undefined,
    private readonly targets: TargetTypes,
    private readonly weighted: boolean,
    private readonly around: StepState,
  ) {}

  /**
   * @param example a batch, from which the targets' shapes are taken, and whether examples have weights
   * @throws ShapeError when the data or the loss does not fit the network
   * @throws OptionError for an option out of range, or a layer to freeze that does not exist
   */
  static async create(net: Network, example: StepBatch, options: StepOptions): Promise<TrainingStep> {
    checkStepOptions(options);
    const targets = typesOf(example.targets);
    const rows = countRows(net.architecture.inputs, example.inputs);
    const traced = net.traced(true, {
      ...(options.frozen && { frozen: options.frozen }),
      ...(options.stateful && { memory: true }),
    });
    const weighted = example.weights !== undefined;
    const plan = stepPlan(traced, options, targets, weighted, rows);
    const engine = await net.engine();
    const batch = await makePass(plan.batch, rows, engine);
    const update = plan.update && (await makePass(plan.update, rows, engine));
    const state: Record<string, Tensor> = {};
    for (const [name, weight] of net.weights) state[name] = copyOf(weight);
    for (const [name, shape] of Object.entries(plan.state)) state[name] = zeros(shape);
    for (const [name, { state: average, offset }] of plan.averages)
      (state[average] as Tensor).data.set((state[name] as Tensor).data, offset);
    const around = new StepState(state, update ? [batch, update] : [batch], engine);
    return new TrainingStep(net, options, traced, plan, batch, update, targets, weighted, around);
  }

  /**
   * Makes one step; where gradients are accumulated, the last of each `accumulate` batches updates the weights. One
   * that throws leaves weights, all other state and count as they were.
   * @throws ShapeError or DataError when the batch does not fit the network or the loss
   * @throws NumericError when the loss, a gradient or a running statistic is NaN or Inf
   */
  async run(batch: StepBatch): Promise<StepResult> {
    const updates = (this.count + 1) % (this.options.accumulate ?? 1) === 0;
    const scalars = updates ? this.scalars() : {};
    this.checkMemory(batch);
    const before = this.around.all;
    const results = await this.pass(this.batch, { ...before, ...this.feeds(batch), ...scalars });
    const made = carriedIn(this.batch, results);
    const more = updates && this.update ? await this.pass(this.update, { ...before, ...made, ...scalars }) : {};
    if (updates && this.update) Object.assign(made, carriedIn(this.update, more));
    this.around.take(made);
    if (updates) for (const name of this.plan.accumulated) this.around.all[name]?.data.fill(0);
    this.count++;
    const outputs = Object.keys(this.traced.outputs).map((name) => [name, results[names.prediction(name)] as Tensor]);
    const norm = (results[names.NORM] ?? more[names.NORM])?.data[0];
    return {
      loss: results[names.LOSS]?.data[0] as number,
      outputs: Object.fromEntries(outputs),
      ...(norm !== undefined && { gradientNorm: norm }),
    };
  }

  /** Sets the state that goes from batch to batch in time to zeros: the next batch is the first of a new time. */
  forget(): void {
    for (const name of this.plan.memory) this.around.all[name]?.data.fill(0);
  }

  /** Throws for a batch that does not go on where the one before ended. */
  private checkMemory({ inputs }: StepBatch): void {
    const [name] = this.plan.memory;
    if (name === undefined) return;
    const [rows, expected] = [countRows(this.net.architecture.inputs, inputs), this.around.all[name]?.shape[0]];
    if (rows !== expected)
      throw new ShapeError(`the step remembers ${expected} examples, the batch has ${rows}. Give as many in each.`, {
        place: name,
        expected,
        actual: rows,
      });
  }

  /** How many updates were made. */
  private get updates(): number {
    return Math.floor(this.count / (this.options.accumulate ?? 1));
  }

  /**
   * The learning rate of the last update (before any, of the first), the factor included. Of several optimizers, the
   * one of the first weight that is trained alone, or of the small ones.
   */
  get learningRate(): number {
    const [optimizer] = this.plan.optimizers;
    return (optimizer?.learningRate(Math.max(1, this.updates)) ?? 0) * this.learningRateFactor;
  }

  /**
   * The weights as they are now, shared with the step until its next run: their moving averages, where the step has
   * the option `average`.
   */
  weights(): Map<string, Tensor> {
    return averagesIn(this.around.all, this.net.weights.keys(), this.plan.averages);
  }

  /** The weights that are trained, not their averages, shared with the step until its next run. */
  rawWeights(): Map<string, Tensor> {
    return new Map([...this.net.weights.keys()].map((name) => [name, this.around.all[name] as Tensor]));
  }

  /**
   * Copies the weights into the network: their moving averages, where the step has the option `average`.
   * @throws NumericError naming a weight that is NaN or Inf: the last update's no loss has shown yet, and ONNX Runtime's
   *   tanh makes a number of it; the network stays as it was
   */
  publish(): void {
    checkFinite(this.weights(), this.count);
    this.net.setWeights(new Map([...this.weights()].map(([name, weight]) => [name, copyOf(weight)])));
  }

  /**
   * All that a step made later depends on, `count` and `learningRateFactor` aside, shared with the step until its next
   * run: weights under their names, all else with a slash in its name.
   */
  state(): ReadonlyMap<string, Tensor> {
    return new Map(Object.entries(this.around.all));
  }

  /**
   * Goes on from what `state` gave when so many batches were seen, bit for bit; the tensors are copied.
   * @throws ShapeError naming what is missing or differs; the step stays as it was
   */
  restore(state: ReadonlyMap<string, Tensor>, count: number): void {
    this.around.restore(state, count);
    this.count = count;
  }

  private pass(pass: Pass, feeds: Tensors): Promise<Tensors> {
    return this.around.run(pass, feeds, this.count + 1, [names.LOSS, names.CHECK, names.NORM]);
  }

  /** What the step feeds of a batch: its data and this step's noise. */
  private feeds({ inputs, targets, weights }: StepBatch): Tensors {
    const { seed = 0, loss } = this.options;
    const rows = countRows(this.net.architecture.inputs, inputs);
    checkRows(this.traced, rows);
    checkPositions(this.traced, inputs);
    checkWeights(weights, this.weighted, rows);
    checkTargets(this.traced, loss, this.targets, targets, rows, weights);
    const feeds: Record<string, Tensor> = { ...inputs, ...(weights && { [ROW_WEIGHTS]: weights }) };
    for (const [name, value] of Object.entries(targets)) feeds[target(name)] = value;
    for (const [name, { value, rate }] of this.traced.noise) {
      const shape = resolveShape(value.shape, { batch: rows });
      feeds[name] = tensor(random(seed, name, this.count).dropout(countOf(shape), rate), shape);
    }
    return feeds;
  }

  /** The numbers that change from update to update. */
  private scalars(): Tensors {
    const update = this.updates + 1;
    const feeds: Record<string, Tensor> = {};
    for (const [n, optimizer] of this.plan.optimizers.entries())
      for (const [name, value] of Object.entries(optimizer.scalars(update, this.learningRateFactor)))
        feeds[names.scalar(n, name)] = tensor([value], []);
    const { average } = this.options;
    if (average !== undefined) feeds[names.SHARE] = tensor([newShare(average, update)], []);
    return feeds;
  }
}
