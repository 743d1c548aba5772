import { random } from "../base/random.js";
import { countOf, resolveShape } from "../base/shape.js";
import { type Tensor, tensor, zeros } from "../base/tensor.js";
import { at, newShare, type Optimizer } from "../optim/index.js";
import type { Tensors } from "./engine.js";
import type { Game } from "./game.js";
import { gameBatch } from "./gameBatch.js";
import { type GameGraph, type GamePlan, gamePlan } from "./gameGraph.js";
import * as gameNames from "./gameNames.js";
import { checkGameStepOptions, type GameStepOptions } from "./gameOptions.js";
import type { GameNoise } from "./gamePlayer.js";
import { drawLatent } from "./latent.js";
import type { StepBatch } from "./step.js";
import * as names from "./stepNames.js";
import { averagesIn, carriedIn, checkFinite, copyOf, makePass, type Pass, StepState } from "./stepState.js";

export interface GameStepResult {
  /** What the discriminator minimises, before its update. */
  readonly discriminatorLoss: number;
  /** What the generator minimises, by the discriminator after its update; only where the generator had its turn. */
  readonly generatorLoss?: number;
  /** The Euclidean norm of the gradient of all the discriminator's weights, before any clipping. */
  readonly discriminatorGradient: number;
  readonly generatorGradient?: number;
  /** The discriminator's scores of the batch's examples, `[batch, ...]`, before its update. */
  readonly real: Tensor;
  /** And of those that the generator made. */
  readonly fake: Tensor;
}

interface GamePass extends Pass, GameGraph {}

/**
 * A game's step: compiled graphs, and the state that goes around them. Each run is an update of the discriminator; every
 * `discriminatorSteps`-th one is also an update of the generator, in the same graph, so that the examples that it makes are
 * made once and judged by both.
 */
export class GameStep {
  /** Updates of the discriminator; the noise depends on it. */
  count = 0;
  /** What the learning rates of the optimizers' schedules are multiplied by. */
  learningRateFactor = 1;

  private constructor(
    private readonly game: Game,
    private readonly options: GameStepOptions,
    private readonly plan: GamePlan,
    private readonly round: GamePass,
    private readonly turn: GamePass | undefined,
    private readonly around: StepState,
  ) {}

  /**
   * Compiles a game for the generator's engine.
   * @param example a batch of the data, of as many examples as most
   * @throws ShapeError or DataError when the data does not fit the networks
   * @throws OptionError for an option out of range, or a network without weights to train
   */
  static async create(game: Game, example: StepBatch, options: GameStepOptions): Promise<GameStep> {
    checkGameStepOptions("play", options);
    const rows = gameBatch(game, example).examples.shape[0] as number;
    const { generator, discriminator } = game;
    const plan = gamePlan(
      game,
      { generator: generator.traced(true), discriminator: discriminator.traced(true) },
      options,
    );
    const engine = await generator.engine();
    const pass = async (part: GameGraph): Promise<GamePass> => ({ ...part, ...(await makePass(part, rows, engine)) });
    const round = await pass(plan.round);
    const turn = (options.discriminatorSteps ?? 1) > 1 ? await pass(plan.turn) : undefined;
    const state: Record<string, Tensor> = {};
    for (const [name, weight] of generator.weights) state[name] = copyOf(weight);
    for (const [name, weight] of discriminator.weights) state[gameNames.DISCRIMINATOR + name] = copyOf(weight);
    for (const [name, shape] of Object.entries(plan.state)) state[name] = zeros(shape);
    for (const [name, { state: average, offset }] of plan.averages)
      (state[average] as Tensor).data.set((state[name] as Tensor).data, offset);
    const around = new StepState(state, turn ? [round, turn] : [round], engine);
    return new GameStep(game, options, plan, round, turn, around);
  }

  /**
   * Makes one step. One that throws leaves weights, all other state and count as they were.
   * @throws ShapeError or DataError when the batch does not fit the networks
   * @throws NumericError when a loss, a gradient or a running statistic is NaN or Inf
   */
  async run(batch: StepBatch): Promise<GameStepResult> {
    const whole = this.turn === undefined || (this.count + 1) % this.turns === 0;
    const pass = whole ? this.round : (this.turn as GamePass);
    const feeds = { ...this.around.all, ...this.feeds(pass, batch), ...this.scalars(whole) };
    const results = await this.around.run(pass, feeds, this.count + 1, NUMBERS);
    this.around.take(carriedIn(pass, results));
    this.count++;
    const numberOf = (name: string) => results[name]?.data[0] as number;
    return {
      discriminatorLoss: numberOf(judging(names.LOSS)),
      discriminatorGradient: numberOf(judging(names.NORM)),
      ...(whole && { generatorLoss: numberOf(names.LOSS), generatorGradient: numberOf(names.NORM) }),
      real: results[gameNames.REAL_SCORES] as Tensor,
      fake: results[gameNames.FAKE_SCORES] as Tensor,
    };
  }

  private get turns(): number {
    return this.options.discriminatorSteps ?? 1;
  }

  /** Updates of the generator. */
  private get rounds(): number {
    return Math.floor(this.count / this.turns);
  }

  /** The learning rate of the discriminator's last update (before any, of the first), the factor included. */
  get learningRate(): number {
    const [optimizer] = this.plan.optimizers.discriminator;
    return (optimizer?.learningRate(Math.max(1, this.count)) ?? 0) * this.learningRateFactor;
  }

  /**
   * The generator's weights as they are now, shared with the step until its next run: their moving averages, where the step
   * has the option `average`.
   */
  weights(): Map<string, Tensor> {
    return averagesIn(this.around.all, this.game.generator.weights.keys(), this.plan.averages);
  }

  /** The discriminator's weights as they are now, shared with the step until its next run. */
  discriminatorWeights(): Map<string, Tensor> {
    const own = [...this.game.discriminator.weights.keys()];
    return new Map(own.map((name) => [name, this.around.all[judging(name)] as Tensor]));
  }

  /**
   * Copies the weights into the game's networks.
   * @throws NumericError naming a weight that is NaN or Inf; the networks stay as they were
   */
  publish(): void {
    const [made, judged] = [this.weights(), this.discriminatorWeights()];
    checkFinite(made, this.count, "generator: ");
    checkFinite(judged, this.count, "discriminator: ");
    const copies = (weights: Map<string, Tensor>) => new Map([...weights].map(([name, w]) => [name, copyOf(w)]));
    this.game.generator.setWeights(copies(made));
    this.game.discriminator.setWeights(copies(judged));
  }

  /**
   * All that a step made later depends on, `count` and `learningRateFactor` aside, shared with the step until its next run:
   * the generator's weights under their names, the discriminator's behind "discriminator/", all else with a slash as well.
   */
  state(): ReadonlyMap<string, Tensor> {
    return new Map(Object.entries(this.around.all));
  }

  /**
   * Goes on from what `state` gave after so many runs, bit for bit; the tensors are copied.
   * @throws ShapeError naming what is missing or differs; the step stays as it was
   */
  restore(state: ReadonlyMap<string, Tensor>, count: number): void {
    this.around.restore(state, count);
    this.count = count;
  }

  /** What the step feeds of a batch: its data and this step's noise. */
  private feeds({ noise }: GamePass, batch: StepBatch): Tensors {
    const { seed = 0, instanceNoise } = this.options;
    const { examples, conditions } = gameBatch(this.game, batch);
    const rows = examples.shape[0] as number;
    const feeds: Record<string, Tensor> = {
      [gameNames.EXAMPLES]: examples,
      [gameNames.LATENT]: drawLatent(this.game.latent, rows, seed, gameNames.LATENT, this.count),
    };
    for (const [name, value] of Object.entries(conditions)) feeds[gameNames.condition(name)] = value;
    const deviation = instanceNoise && at("play", instanceNoise, this.count + 1, "instanceNoise");
    if (deviation !== undefined) feeds[gameNames.DEVIATION] = tensor([deviation], []);
    for (const [name, { value, kind, rate = 0 }] of noise) {
      const shape = resolveShape(value.shape, { batch: rows });
      // Noise of no deviation need not be drawn.
      const idle = kind === "normal" && deviation === 0;
      feeds[name] = idle ? zeros(shape) : tensor(drawn[kind](seed, name, this.count, countOf(shape), rate), shape);
    }
    return feeds;
  }

  /** The numbers that change from update to update. */
  private scalars(whole: boolean): Tensors {
    const { generator, discriminator } = this.plan.optimizers;
    const feeds: Record<string, Tensor> = {};
    const add = (optimizers: readonly Optimizer[], update: number, prefix: string) => {
      for (const [n, optimizer] of optimizers.entries())
        for (const [name, value] of Object.entries(optimizer.scalars(update, this.learningRateFactor)))
          feeds[prefix + names.scalar(n, name)] = tensor([value], []);
    };
    add(discriminator, this.count + 1, gameNames.DISCRIMINATOR);
    if (!whole) return feeds;
    add(generator, this.rounds + 1, "");
    const { average } = this.options;
    if (average !== undefined) feeds[names.SHARE] = tensor([newShare(average, this.rounds + 1)], []);
    return feeds;
  }
}

const judging = (name: string): string => gameNames.DISCRIMINATOR + name;

/** What must be finite. */
const NUMBERS = [names.LOSS, names.CHECK, names.NORM].flatMap((name) => [judging(name), name]);

type Draw = (seed: number, stream: string, step: number, count: number, rate: number) => Float32Array;

const drawn: Readonly<Record<GameNoise["kind"], Draw>> = {
  dropout: (seed, stream, step, count, rate) => random(seed, stream, step).dropout(count, rate),
  normal: (seed, stream, step, count) => random(seed, stream, step).normal(count),
  uniform: (seed, stream, step, count) => random(seed, stream, step).uniform(count),
};
