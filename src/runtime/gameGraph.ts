import { gradients } from "../autodiff/index.js";
import { OptionError } from "../base/errors.js";
import { inScope, type Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { add, mean, mul, sqrt, square, sub, sum } from "../ops/index.js";
import type { Optimizer } from "../optim/index.js";
import type { Game } from "./game.js";
import * as gameNames from "./gameNames.js";
import type { GameStepOptions } from "./gameOptions.js";
import { type GameNoise, joined, Player } from "./gamePlayer.js";
import { Building, type StepGraph } from "./stepBuilding.js";
import * as names from "./stepNames.js";
import { type Averages, addStatistics, addUpdate } from "./stepUpdate.js";
import { flat, groupsOf, optimizersOf, type WeightGroup } from "./weightGroups.js";

/** One of a game's graphs, and the random numbers it is given, by name. */
export interface GameGraph extends StepGraph {
  readonly noise: ReadonlyMap<string, GameNoise>;
}

/** A game's graphs, and the state that goes around them besides the weights. */
export interface GamePlan {
  /** The discriminator's update, and then the generator's by what the discriminator has become: of the same made examples. */
  readonly round: GameGraph;
  /** The discriminator's update alone. */
  readonly turn: GameGraph;
  /** Shapes by name. All start as zeros, but the averages as the weights. */
  readonly state: Readonly<Record<string, readonly number[]>>;
  /** Where each of the generator's weights has its average. */
  readonly averages: Averages;
  /** By their number in the names of scalars. */
  readonly optimizers: { readonly generator: readonly Optimizer[]; readonly discriminator: readonly Optimizer[] };
}

export type Traces = Readonly<Record<"generator" | "discriminator", Traced>>;

/** @param traced both networks, for training */
export function gamePlan(game: Game, traced: Traces, options: GameStepOptions): GamePlan {
  const state: Record<string, readonly number[]> = {};
  const { optimizer } = options;
  const groups = {
    generator: trained("generator", groupsOf(traced.generator.parameters, optimizer.generator)),
    discriminator: trained("discriminator", groupsOf(traced.discriminator.parameters, optimizer.discriminator)),
  };
  const graphs = (wholeRound: boolean) => new GameBuilding(game, traced, groups, options, state).graph(wholeRound);
  const { averages, ...round } = graphs(true);
  const { averages: _, ...turn } = graphs(false);
  return {
    ...{ round, turn, state, averages },
    optimizers: { generator: optimizersOf(groups.generator), discriminator: optimizersOf(groups.discriminator) },
  };
}

function trained(place: string, groups: WeightGroup[]): WeightGroup[] {
  if (groups.length > 0) return groups;
  throw new OptionError("has no weights to train. Add a layer that has, e.g. dense().", { place });
}

type Groups = Readonly<Record<"generator" | "discriminator", readonly WeightGroup[]>>;

/** What the discriminator's loss is made in, apart from the network itself. */
const JUDGING = "discriminator/loss";

/** One graph of a game being built. */
class GameBuilding {
  private readonly whole: Building;
  private readonly judge: Building;
  private readonly noise = new Map<string, GameNoise>();
  private readonly averages: Averages = new Map();
  private readonly generator: Player;
  private readonly discriminator: Player;
  /** By the networks' own names. */
  private readonly conditions: Readonly<Record<string, Value>>;

  constructor(
    private readonly game: Game,
    traced: Traces,
    private readonly groups: Groups,
    private readonly options: GameStepOptions,
    state: Record<string, readonly number[]>,
  ) {
    this.whole = Building.of({}, state);
    this.judge = this.whole.part(gameNames.DISCRIMINATOR);
    this.generator = new Player("generator", traced.generator, this.whole, this.noise);
    this.discriminator = new Player("discriminator", traced.discriminator, this.judge, this.noise);
    this.conditions = Object.fromEntries(
      game.conditions.map((name) => {
        const { shape, dtype } = traced.generator.inputs[name] as Value;
        return [name, this.whole.given(gameNames.condition(name), shape, dtype)];
      }),
    );
  }

  graph(wholeRound: boolean): GameGraph & { averages: Averages } {
    const { game, whole, noise, averages } = this;
    const example = ["batch", ...game.exampleShape];
    const latent = whole.given(gameNames.LATENT, ["batch", game.latent.size]);
    const fake = this.generator.call({ [game.noise]: latent, ...this.conditions }, "made");
    const real = this.blurred(whole.given(gameNames.EXAMPLES, example), gameNames.REAL_NOISE);
    const judged = this.blurred(fake, gameNames.FAKE_NOISE);
    this.learnToJudge(real, judged);
    if (wholeRound) this.learnToMake(judged);
    this.carryStatistics(this.judge, this.discriminator);
    const statistics = this.carryStatistics(whole, this.generator);
    if (wholeRound) addStatistics(whole, statistics, this.options.average, averages);
    return { ...whole.graph(), noise, averages };
  }

  private learnToJudge(real: Value, fake: Value): void {
    const { objective, clip, r1 = 0 } = this.options;
    const [realScores, fakeScores] = [this.score(real, "real"), this.score(fake, "fake")];
    const slopes = r1 > 0 ? squaredSlopes(realScores, real) : undefined;
    const penalty = objective.gradientPenalty && this.gradientPenalty(real, fake, objective.gradientPenalty);
    const loss = inScope(JUDGING, () => {
      const parts = [objective.discriminator(realScores, fakeScores)];
      if (slopes) parts.push(mul(mean(slopes), r1 / 2));
      if (penalty) parts.push(penalty);
      return parts.reduce((a, b) => add(a, b));
    });
    this.whole.give(gameNames.REAL_SCORES, realScores);
    this.whole.give(gameNames.FAKE_SCORES, fakeScores);
    const gathered = this.slopes(this.judge, loss, this.groups.discriminator);
    const bounds = { ...(clip && { clip }), ...(objective.clip !== undefined && { bound: objective.clip }) };
    const weights = inScope("optimizer", () =>
      addUpdate(this.judge, this.groups.discriminator, gathered, bounds, this.averages),
    );
    this.discriminator.learn(weights);
  }

  private learnToMake(fake: Value): void {
    const { objective, clip, average } = this.options;
    const scores = this.score(fake, "again");
    const loss = inScope("generator/loss", () => objective.generator(scores));
    const slopes = this.slopes(this.whole, loss, this.groups.generator);
    const bounds = { ...(clip && { clip }), ...(average !== undefined && { average }) };
    inScope("optimizer", () => addUpdate(this.whole, this.groups.generator, slopes, bounds, this.averages));
  }

  /** The gradients of a loss by the weights of groups; gives the loss and their norm. */
  private slopes(part: Building, loss: Value, groups: readonly WeightGroup[]): Value[] {
    part.give(names.LOSS, loss);
    const members = groups.flatMap((group) => group.members.map((m) => m.value));
    const slopeOf = new Map(gradients(loss, members).map((slope, i) => [members[i], slope]));
    return inScope("optimizer", () => {
      const slopes = groups.map((group) => flat(group.members.map((m) => slopeOf.get(m.value) as Value)));
      part.give(names.NORM, sqrt(slopes.map((slope) => sum(square(slope))).reduce((a, b) => add(a, b))));
      return slopes;
    });
  }

  private score(examples: Value, call: string): Value {
    return this.discriminator.call({ [this.game.example]: examples, ...this.conditions }, call);
  }

  /** Examples with noise on them, where there is to be any (Sønderby et al. 2017). */
  private blurred(examples: Value, name: string): Value {
    if (this.options.instanceNoise === undefined) return examples;
    const value = this.whole.given(name, examples.shape);
    this.noise.set(name, { value, kind: "normal" });
    return add(examples, mul(value, this.whole.given(gameNames.DEVIATION)));
  }

  /** weight (|slope of the score| - 1)^2, the mean over examples between real and made ones (Gulrajani et al. 2017). */
  private gradientPenalty(real: Value, fake: Value, weight: number): Value {
    const value = this.whole.given(gameNames.MIX, ["batch", ...real.shape.slice(1).map(() => 1)]);
    this.noise.set(gameNames.MIX, { value, kind: "uniform" });
    const between = inScope(JUDGING, () => add(fake, mul(value, sub(real, fake))));
    const slopes = squaredSlopes(this.score(between, "between"), between);
    // The root has no slope at 0.
    return inScope(JUDGING, () => mul(mean(square(sub(sqrt(add(slopes, 1e-12)), 1))), weight));
  }

  private carryStatistics(part: Building, player: Player): Map<string, Value> {
    const statistics = player.statistics();
    const all = joined(statistics);
    if (all !== undefined) part.give(names.CHECK, sum(all));
    for (const [name, value] of statistics) part.carry(name, value);
    return statistics;
  }
}

/** The squared norm of the gradient of each example's score by the example, [batch]. */
function squaredSlopes(scores: Value, examples: Value): Value {
  const total = inScope(JUDGING, () => sum(scores));
  const [slope] = gradients(total, [examples]) as [Value];
  const axes = slope.shape.slice(1).map((_, i) => i + 1);
  return inScope(JUDGING, () => sum(square(slope), axes));
}
