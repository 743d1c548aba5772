import { describe, expect, it } from "vitest";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import {
  batchNorm,
  conv2d,
  convTranspose2d,
  flatten,
  hinge,
  leakyRelu,
  leastSquares,
  minimax,
  nonSaturating,
  type Objective,
  relu,
  reshape,
  tanh,
  wasserstein,
} from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { adam } from "../../src/optim/index.js";
import { type Game, GameStep, type GameStepOptions, gan, rowsOf, sequential } from "../../src/runtime/index.js";
import { type RoundFixture, readFixture } from "../fixtures/read.js";
import { expectClose } from "../support/close.js";

/** Relative to the tensor's largest number, after 20 rounds. */
const tolerance = 2e-5;
const engine = await nativeEngine();
const objectives = { minimax, nonSaturating, leastSquares, hinge, wasserstein };
const fixtures = readFixture("rounds");

function gameOf({ generator, discriminator }: RoundFixture): Game {
  const norm = discriminator["norm2.weight"] !== undefined;
  const game = gan({
    generator: sequential(
      { input: [6], engine },
      reshape([6, 1, 1]),
      convTranspose2d(8, 4, { bias: false, name: "up1" }),
      batchNorm({ name: "norm1" }),
      relu(),
      convTranspose2d(2, 4, { stride: 2, padding: 1, name: "up2" }),
      tanh(),
    ),
    discriminator: sequential(
      { input: [2, 8, 8], engine },
      conv2d(8, 4, { stride: 2, padding: 1, name: "down1" }),
      leakyRelu(0.2),
      conv2d(12, 4, { stride: 2, padding: 1, bias: !norm, name: "down2" }),
      ...(norm ? [batchNorm({ name: "norm2" })] : []),
      leakyRelu(0.2),
      conv2d(1, 2, { name: "score" }),
      flatten(),
    ),
  });
  game.generator.setWeights(new Map(Object.entries(generator)));
  game.discriminator.setWeights(new Map(Object.entries(discriminator)));
  return game;
}

function optionsOf({ objective, settings, options, seed }: RoundFixture): GameStepOptions {
  const make = objectives[objective as keyof typeof objectives] as (options: object) => Objective;
  const optimizer = () => adam({ learningRate: 2e-3, beta1: 0.5 });
  return {
    objective: make(settings),
    optimizer: { generator: optimizer(), discriminator: optimizer() },
    seed,
    ...options,
  };
}

const batchesOf = ({ x, batch }: RoundFixture) =>
  Array.from({ length: (x.shape[0] as number) / batch }, (_, i) => ({
    inputs: { input: rowsOf(x, i * batch, (i + 1) * batch) },
    targets: {},
  }));

describe("rounds of alternating updates as PyTorch makes them", () => {
  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))("%s", async (_, fixture) => {
    const game = gameOf(fixture);
    const batches = batchesOf(fixture);
    const first = batches[0] as (typeof batches)[0];
    const step = await GameStep.create(game, first, optionsOf(fixture));
    const [judged, made, norms]: [number[], number[], number[]] = [[], [], []];
    while (judged.length < fixture.discriminatorLosses.length) {
      const result = await step.run(batches[judged.length % batches.length] as typeof first);
      judged.push(result.discriminatorLoss);
      if (result.generatorLoss !== undefined) made.push(result.generatorLoss);
      if (result.generatorGradient !== undefined) norms.push(result.generatorGradient);
    }
    expectClose(
      "the discriminator's losses",
      tensor(judged),
      tensor(fixture.discriminatorLosses as number[]),
      tolerance,
    );
    expectClose("the generator's losses", tensor(made), tensor(fixture.generatorLosses as number[]), tolerance);
    expectClose("norms", tensor(norms), tensor(fixture.generatorGradients as number[]), tolerance);
    step.publish();
    for (const [name, expected] of Object.entries(fixture.finalGenerator))
      expectClose(name, game.generator.weights.get(name) as Tensor, expected, tolerance);
    for (const [name, expected] of Object.entries(fixture.finalDiscriminator))
      expectClose(name, game.discriminator.weights.get(name) as Tensor, expected, tolerance);
  });

  it("is tried of every objective", () => {
    expect(new Set(fixtures.map(({ objective }) => objective))).toEqual(new Set(Object.keys(objectives)));
  });
});
