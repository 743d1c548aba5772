import { DataError, OptionError } from "../base/errors.js";
import type { Call } from "./call.js";
import type { GameWishes, ObjectiveName } from "./gameWishes.js";
import type { GameSource } from "./sourceGame.js";

/** What to play and how: made and printed from the same record, so that what is printed is what is done. */
export interface GameRecipe {
  /** What `dcgan` is told. */
  readonly game: {
    readonly size: 28 | 32 | 64;
    readonly channels: number;
    readonly latent: number;
    readonly features: number;
    readonly classes?: number;
    readonly discriminatorNorm?: "layer";
    readonly seed: number;
  };
  readonly objective: Call<"hinge" | "leastSquares" | "minimax" | "nonSaturating" | "wasserstein">;
  readonly optimizer: Call<"adam" | "rmsprop">;
  /** The discriminator's, where it is another one. */
  readonly discriminator?: Call<"adam" | "rmsprop">;
  /** What `gameWarnings` is told. */
  readonly warnings: { readonly critic?: true };
  /** What `play` is given besides, as plain values. */
  readonly play: {
    readonly epochs: number;
    readonly batchSize: number;
    readonly seed: number;
    readonly [name: string]: unknown;
  };
}

/** What else a game is told of how it goes. */
export interface GameTraining {
  readonly seed: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  readonly average?: number;
}

/** Each as its paper has it. */
const objectives: Readonly<Record<ObjectiveName, Pick<GameRecipe, "objective" | "optimizer"> & { steps?: number }>> = {
  "non-saturating": { objective: ["nonSaturating"], optimizer: adam(2e-4) },
  minimax: { objective: ["minimax"], optimizer: adam(2e-4) },
  "least-squares": { objective: ["leastSquares"], optimizer: adam(2e-4) },
  hinge: { objective: ["hinge"], optimizer: adam(2e-4) },
  "wasserstein-clip": {
    objective: ["wasserstein", { clip: 0.01 }],
    optimizer: ["rmsprop", { learningRate: 5e-5 }],
    steps: 5,
  },
  "wasserstein-penalty": {
    objective: ["wasserstein", { gradientPenalty: 10 }],
    optimizer: ["adam", { learningRate: 1e-4, beta1: 0, beta2: 0.9 }],
    steps: 5,
  },
};

function adam(learningRate: number): GameRecipe["optimizer"] {
  return ["adam", { learningRate, beta1: 0.5 }];
}

/**
 * Chooses what was not asked for.
 * @throws OptionError for a wish that means nothing here, DataError when the data is too little
 */
export function chooseGame(path: string, source: GameSource, wishes: GameWishes, training: GameTraining): GameRecipe {
  const { objective: name = "non-saturating", smoothing, r1, instanceNoise, latent = 100, features = 64 } = wishes;
  const { discriminatorLearningRate } = wishes;
  const { seed, learningRate, clipNorm, clipValue, average } = training;
  const { length } = source.training;
  if (length < 2)
    throw new DataError(
      "a game needs more than one picture: what they have in common is what is learned. Give hundreds at least.",
      { place: path, expected: 2, actual: length },
    );
  const batchSize = training.batchSize ?? Math.min(64, length);
  if (batchSize > length)
    throw new OptionError(
      `is ${batchSize}, but there are ${length} pictures. Lower it to ${length} at most, or give more pictures.`,
      { place: "--batch-size", expected: length, actual: batchSize },
    );
  const { objective, optimizer, steps } = objectives[name];
  if (smoothing !== undefined && (objective.length > 1 || name === "hinge"))
    throw new OptionError(`is of the labels real and made, which "${name}" has not. Leave it out.`, {
      place: "--smoothing",
      actual: name,
    });
  const [channels, size] = source.shape;
  const { classes } = source;
  const clip = {
    ...(clipNorm !== undefined && { norm: clipNorm }),
    ...(clipValue !== undefined && { value: clipValue }),
  };
  const epochs = training.epochs ?? Math.max(3, Math.min(200, Math.round(SEEN / length)));
  // No more than there are in all, or the generator would have no turn.
  const usualSteps = steps && Math.min(steps, epochs * Math.ceil(length / batchSize));
  const discriminatorSteps = wishes.discriminatorSteps ?? usualSteps;
  return {
    game: {
      ...{ size, channels, latent, features },
      ...(classes && { classes: classes.length }),
      // Where the slope at each picture counts, it must not depend on the others.
      ...((name === "wasserstein-penalty" || r1 !== undefined) && { discriminatorNorm: "layer" }),
      seed,
    },
    objective: smoothing === undefined ? objective : [objective[0], { smoothing }],
    optimizer: atRate(optimizer, learningRate),
    ...(discriminatorLearningRate !== undefined && { discriminator: atRate(optimizer, discriminatorLearningRate) }),
    warnings: objective[0] === "wasserstein" ? { critic: true } : {},
    play: {
      epochs,
      batchSize,
      seed,
      ...(discriminatorSteps !== undefined && { discriminatorSteps }),
      ...(r1 !== undefined && { r1 }),
      ...(instanceNoise !== undefined && { instanceNoise }),
      ...(Object.keys(clip).length > 0 && { clip }),
      ...(average !== undefined && { average }),
    },
  };
}

const atRate = (
  [name, settings]: GameRecipe["optimizer"],
  learningRate: number | undefined,
): GameRecipe["optimizer"] =>
  learningRate === undefined ? [name, settings] : [name, { ...(settings as object), learningRate }];

/** Examples in all, where the number of epochs was not said. */
const SEEN = 300_000;
