import { random } from "../../src/base/random.js";
import { tensor } from "../../src/base/tensor.js";
import { type Dataset, dataset, imageEncoding } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { type Engine, type Game, gan, network, sequential } from "../../src/runtime/index.js";
import type { GameMeasure, PlayOptions, Run } from "../../src/train/index.js";
import { weightsOf } from "./points.js";

const { batchNorm, dense, dropout, relu, tanh } = nn;

/** A small game of points in the plane, with all that has a state: running statistics and dropout. */
export const pointGame = (engine?: Engine): Game => {
  const more = engine ? { engine } : {};
  return gan({
    generator: sequential({ input: [3], seed: 1, ...more }, dense(8), batchNorm(), relu(), dense(2)),
    discriminator: sequential({ input: [2], seed: 2, ...more }, dense(8), tanh(), dropout(0.2), dense(1)),
  });
};

/** Points around (1, -1). */
export const cloud = (rows: number, seed = 1): Dataset =>
  dataset({
    input: tensor(
      random(seed, "cloud")
        .normal(2 * rows, 0, 0.2)
        .map((x, i) => x + (i % 2 === 0 ? 1 : -1)),
      [rows, 2],
    ),
  });

/** A game of pictures of 4 x 4 with one channel, or three. */
export const pictureGame = (channels = 1): Game =>
  gan({
    generator: sequential({ input: [3], seed: 1 }, dense(16 * channels), tanh(), nn.reshape([channels, 4, 4])),
    discriminator: sequential({ input: [channels, 4, 4], seed: 2 }, nn.flatten(), dense(4), relu(), dense(1)),
  });

/** Pictures of noise, encoded with a mean and a deviation of 0.5. */
export function pictures(rows: number, channels = 1, classes?: readonly string[]): Dataset {
  const shape = [channels, 4, 4] as const;
  const pixels = tensor(new Uint8Array(random(5).words(new Uint32Array(rows * channels * 4)).buffer), [rows, ...shape]);
  return dataset({
    input: pixels,
    encoding: imageEncoding({ shape, mean: 0.5, deviation: 0.5 }),
    ...(classes && { target: Array.from({ length: rows }, (_, i) => i % classes.length), classes }),
  });
}

/** A game whose networks are told a label of three. */
export function labelledGame(): Game {
  const label = { shape: [], dtype: "int32" } as const;
  return gan({
    generator: network(
      { latent: [2], label },
      ({ latent, label }) =>
        nn.reshape([1, 4, 4])(tanh()(dense(16)(nn.concat({ axis: 1 })(latent, nn.embedding(3, 2)(label))))),
      { seed: 1 },
    ),
    discriminator: network(
      { input: [1, 4, 4], label },
      ({ input, label }) => dense(1)(nn.concat({ axis: 1 })(nn.flatten()(input), nn.embedding(3, 2)(label))),
      { seed: 2 },
    ),
  });
}

/** The mean of all numbers made: larger is better, unless said otherwise. */
export const meanMade = (smallerIsBetter = false, name = "mean"): GameMeasure => ({
  name,
  smallerIsBetter,
  of: ({ data }) => data.reduce((sum, x) => sum + x, 0) / data.length,
});

/** The bits of both networks. */
export const bitsOf = ({ generator, discriminator }: Game) =>
  [generator, discriminator].map((net) =>
    [...weightsOf(net)].map(([name, values]) => [name, [...new Uint32Array(values.buffer)]]),
  );

/** What a history says, times aside. */
export const scoresOf = (run: Run) =>
  run.history.map(({ epoch, step, training, validation, learningRate }) => ({
    ...{ epoch, step, training, validation, learningRate },
  }));

export const quietly = <O extends PlayOptions>(options: O) => ({ progress: false as const, ...options });
