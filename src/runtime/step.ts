import { random } from "../base/random.js";
import { countOf, resolveShape } from "../base/shape.js";
import { type Tensor, tensor, zeros } from "../base/tensor.js";
import type { Optimizer } from "../optim/index.js";
import { compile } from "./compile.js";
import type { Engine, Program, Tensors } from "./engine.js";
import { checkPositions, countRows } from "./inputs.js";
import { locateNonFinite } from "./locate.js";
import { checkRows, checkTargets, type LossSpec, type TargetTypes, target, typesOf } from "./losses.js";
import type { Network } from "./network.js";
import { CHECK, LOSS, prediction, type StepGraph, scalar, stepGraph } from "./stepGraph.js";

/** One batch: inputs and targets by name, all with the same number of rows. */
export interface StepBatch {
  readonly inputs: Tensors;
  readonly targets: Tensors;
}

export interface StepOptions {
  readonly loss: LossSpec;
  readonly optimizer: Optimizer;
  /** Of dropout; defaults to 0. */
  readonly seed?: number;
}

export interface StepResult {
  readonly loss: number;
  /** The network's outputs before the update, by output name. */
  readonly outputs: Tensors;
}

/**
 * A network's training step: one compiled graph, and the state that goes around it. Weights and optimizer state live
 * in two sets of arrays used in turn, so that a step allocates none.
 */
export class TrainingStep {
  /** How many steps were made; dropout masks and the optimizer's schedule depend on it. */
  count = 0;
  private spare: Record<string, Tensor> = {};

  private constructor(
    private readonly net: Network,
    private readonly options: StepOptions,
    private readonly plan: StepGraph,
    private readonly program: Program,
    private readonly engine: Engine,
    private readonly targets: TargetTypes,
    private state: Record<string, Tensor>,
  ) {
    for (const [output, name] of Object.entries(plan.carried)) this.spare[output] = zerosLike(state[name] as Tensor);
  }

  /**
   * @param example a batch, from which the targets' shapes are taken
   * @throws ShapeError when the data or the loss does not fit the network
   */
  static async create(net: Network, example: StepBatch, options: StepOptions): Promise<TrainingStep> {
    const targets = typesOf(example.targets);
    countRows(net.architecture.inputs, example.inputs);
    const plan = stepGraph(net.traced(true), options.loss, options.optimizer, targets);
    const engine = await net.engine();
    const program = await compile(plan.graph, { purpose: "training" }, engine);
    const state: Record<string, Tensor> = {};
    for (const [name, weight] of net.weights) state[name] = copy(weight);
    for (const [name, shape] of Object.entries(plan.slots)) state[name] = zeros(shape);
    return new TrainingStep(net, options, plan, program, engine, targets, state);
  }

  /**
   * Makes one step. One that throws leaves weights, optimizer state and count as they were.
   * @throws ShapeError or DataError when the batch does not fit the network or the loss
   * @throws NumericError when the loss, a gradient or a running statistic is NaN or Inf
   */
  async run(batch: StepBatch): Promise<StepResult> {
    const inputs = this.feeds(batch);
    const results = await this.program.run(inputs, this.spare);
    const loss = (results[LOSS] as Tensor).data[0] as number;
    const check = (results[CHECK] as Tensor).data[0] as number;
    if (!Number.isFinite(loss) || !Number.isFinite(check))
      throw await locateNonFinite(this.plan.graph, inputs, this.engine, this.count, new Set(Object.keys(this.state)));
    const before = this.state;
    this.state = { ...before };
    for (const [output, name] of Object.entries(this.plan.carried)) {
      this.state[name] = results[output] as Tensor;
      this.spare[output] = before[name] as Tensor;
    }
    this.count++;
    const outputs = Object.keys(this.net.traced(true).outputs).map((name) => [
      name,
      results[prediction(name)] as Tensor,
    ]);
    return { loss, outputs: Object.fromEntries(outputs) };
  }

  /** The weights as they are now, shared with the step until its next run. */
  weights(): Map<string, Tensor> {
    return new Map([...this.net.weights.keys()].map((name) => [name, this.state[name] as Tensor]));
  }

  /** Copies the weights into the network. */
  publish(): void {
    this.net.setWeights(new Map([...this.weights()].map(([name, weight]) => [name, copy(weight)])));
  }

  /** Everything the step feeds: the batch, the state, this step's noise and scalars. */
  private feeds({ inputs, targets }: StepBatch): Tensors {
    const traced = this.net.traced(true);
    const { seed = 0, optimizer, loss } = this.options;
    const rows = countRows(this.net.architecture.inputs, inputs);
    checkRows(traced, rows);
    checkPositions(traced, inputs);
    checkTargets(traced, loss, this.targets, targets, rows);
    const feeds: Record<string, Tensor> = { ...this.state, ...inputs };
    for (const [name, value] of Object.entries(targets)) feeds[target(name)] = value;
    for (const [name, { value, rate }] of traced.noise) {
      const shape = resolveShape(value.shape, { batch: rows });
      feeds[name] = tensor(random(seed, name, this.count).dropout(countOf(shape), rate), shape);
    }
    for (const [name, value] of Object.entries(optimizer.scalars(this.count + 1)))
      feeds[scalar(name)] = tensor([value], []);
    return feeds;
  }
}

const copy = (tensor: Tensor): Tensor => ({ ...tensor, data: tensor.data.slice() }) as Tensor;
const zerosLike = (tensor: Tensor): Tensor => zeros(tensor.shape, tensor.dtype);
