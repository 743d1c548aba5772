import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import * as nn from "../../src/nn/index.js";
import { adam, type sgd } from "../../src/optim/index.js";
import {
  type Engine,
  type Game,
  GameStep,
  type GameStepOptions,
  type GanOptions,
  gan,
  network,
  sequential,
} from "../../src/runtime/index.js";
import { engine } from "./steps.js";

const { dense, nonSaturating, tanh } = nn;

export const batchOf = (rows: number, shape: readonly number[], seed = 1) => {
  const count = shape.reduce((n, d) => n * d, rows);
  return { inputs: { input: tensor(random(seed, "x").normal(count), [rows, ...shape]) }, targets: {} };
};

export const both = (make: () => ReturnType<typeof sgd>) => ({ generator: make(), discriminator: make() });
export const begin = (game: Game, options: Partial<GameStepOptions> = {}, rows = 4) =>
  GameStep.create(game, batchOf(rows, game.exampleShape), {
    objective: nonSaturating(),
    optimizer: both(() => adam({ learningRate: 0.01 })),
    ...options,
  });

/** With everything that has a state: convolutions, running statistics and dropout in both networks. */
export const wholeGame = (on: Engine = engine, judge = on) =>
  gan({
    generator: sequential(
      { input: [5], engine: on, seed: 1 },
      nn.reshape([5, 1, 1]),
      nn.convTranspose2d(4, 4, { bias: false }),
      nn.batchNorm(),
      nn.relu(),
      nn.dropout(0.2),
      nn.convTranspose2d(1, 4, { stride: 2, padding: 1 }),
      nn.tanh(),
    ),
    discriminator: sequential(
      { input: [1, 8, 8], engine: judge, seed: 2 },
      nn.conv2d(4, 4, { stride: 2, padding: 1, bias: false }),
      nn.batchNorm(),
      nn.leakyRelu(0.2),
      nn.dropout(0.3),
      nn.conv2d(1, 4),
      nn.flatten(),
    ),
  });

/** Numbers: the generator is a z + b, the discriminator w x + c. */
export function lineGame(a = 0.5, b = 0.1, w = 0.3, c = -0.2): Game {
  const generator = sequential({ input: [1], engine }, dense(1));
  const discriminator = sequential({ input: [1], engine }, dense(1));
  const planted = (weight: number, bias: number) =>
    new Map([
      ["dense_1.weight", tensor([weight], [1, 1])],
      ["dense_1.bias", tensor([bias])],
    ]);
  generator.setWeights(planted(a, b));
  discriminator.setWeights(planted(w, c));
  return gan({ generator, discriminator });
}

export const number = (weights: ReadonlyMap<string, Tensor>, name: string) =>
  weights.get(`dense_1.${name}`)?.data[0] as number;

export const generator = (...layers: nn.Layer[]) =>
  sequential({ input: [3], engine, seed: 1 }, ...(layers.length > 0 ? layers : [dense(4), tanh(), dense(2)]));
export const discriminator = (...layers: nn.Layer[]) =>
  sequential({ input: [2], engine, seed: 2 }, ...(layers.length > 0 ? layers : [dense(1)]));
export const gameOf = (options: Partial<GanOptions> = {}) =>
  gan({ generator: generator(), discriminator: discriminator(), ...options });

/** A game of labelled points: both networks are told the label. */
export function conditional(inputs: { g?: object; d?: object } = {}) {
  const label = { shape: [], dtype: "int32" } as const;
  const told = (x: unknown, given: unknown, layer: nn.Layer): never =>
    layer(nn.concat({ axis: 1 })(x as never, nn.embedding(3, 2)(given as never))) as never;
  return gan({
    generator: network(
      { latent: [3], label, ...inputs.g } as never,
      ((all: Record<string, never>) => told(all.latent, all.label, dense(2))) as never,
      { engine },
    ),
    discriminator: network(
      { input: [2], label, ...inputs.d } as never,
      ((all: Record<string, never>) => told(all.input, all.label, dense(1))) as never,
      { engine, seed: 1 },
    ),
  });
}
