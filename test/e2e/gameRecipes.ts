import { existsSync, rmSync } from "node:fs";
import {
  accuracy,
  adam,
  adamW,
  cosine,
  crossEntropy,
  type Dataset,
  evaluate,
  fit,
  type Game,
  hinge,
  leastSquares,
  minimax,
  type Network,
  nonSaturating,
  type Objective,
  type PlayOptions,
  play,
  type Run,
} from "midst";
import { augment, drawnLeaves, mnist, ringOfGaussians } from "midst/data";
import { asAsked, frechet, gameWarnings, modesCovered, rarestClass, shareNearModes } from "midst/look";
import { dcgan, mixtureGame } from "midst/nets";
import { imageFolder } from "midst/node";
import { digitsFiles, pathOf } from "./data.js";
import { digitsNet, photoNet } from "./recipes.js";

/** What became of a game. */
export interface Played {
  readonly run: Run;
  /** The measures before the first step, and after the last epoch. */
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
  readonly minutes: number;
  /** Of the classifier by whose features distances are measured, on data that it has not seen. */
  readonly classifier?: number;
}

const objectives = { nonSaturating, minimax, hinge, leastSquares };

/** The ring of 8 Gaussians, of radius 2 and deviation 0.02. */
export async function ring(
  objective: keyof typeof objectives,
  { epochs = 400, seed = 0 }: { epochs?: number; seed?: number } = {},
): Promise<Played> {
  const data = ringOfGaussians({ count: 10_240 });
  const game = mixtureGame({ seed });
  const steps = epochs * 40;
  const make: () => Objective = objectives[objective];
  return playFor(game, data, {
    ...{ objective: make(), epochs, batchSize: 256, seed, average: 0.995 },
    // At first the Gaussians overlap, so that the generator sees them all.
    instanceNoise: (step) => 0.5 * Math.max(0, 1 - step / (0.6 * steps)),
    optimizer: adam({ learningRate: cosine(1e-3, steps), beta1: 0.5 }),
    measures: [modesCovered(data), shareNearModes(data)],
    samples: { measured: 2000, every: epochs },
  });
}

/** A classifier of pictures in -1..1, to measure by. */
async function classifierOf(net: Network, training: Dataset, test: Dataset, epochs: number): Promise<number> {
  const steps = epochs * Math.ceil(training.length / 64);
  const optimizer = adamW({ learningRate: cosine(2e-3, steps, Math.ceil(steps / 20)) });
  await fit(net, training, { loss: crossEntropy(), optimizer, epochs, batchSize: 64, seed: 1, progress: false });
  return (await evaluate(net, test, { metrics: [accuracy()] })).accuracy as number;
}

/** MNIST's family, 28 x 28. */
export async function digits(
  folder: "mnist" | "fashion-mnist",
  { conditional = false, epochs = 12 }: { conditional?: boolean; epochs?: number } = {},
): Promise<Played> {
  const scale = { mean: 0.5, deviation: 0.5 };
  const [training, test] = (["train", "t10k"] as const).map((part) => mnist(...digitsFiles(folder, part), scale)) as [
    Dataset,
    Dataset,
  ];
  const net = digitsNet();
  const classifier = await classifierOf(net, training, test, 3);
  const game = dcgan({ size: 28, channels: 1, seed: 1, ...(conditional && { classes: 10 }) });
  const measured = { classifier: net, data: training };
  const played = await playFor(game, training, {
    ...pictures(epochs, Math.ceil(training.length / 64), MANY),
    measures: [frechet(measured), rarestClass(measured), ...(conditional ? [asAsked(measured)] : [])],
    folder: folderOf(conditional ? `${folder}-conditional` : folder),
  });
  return { ...played, classifier };
}

/** Drawn leaves, in colour, 32 x 32. */
export async function leaves({ epochs = 60 } = {}): Promise<Played> {
  const options = { size: 32, mean: 0.5, deviation: 0.5 };
  const [training, test] = [
    drawnLeaves({ perClass: 400, ...options }),
    drawnLeaves({ perClass: 40, seed: 1, ...options }),
  ];
  return colour("leaves", training, test, epochs);
}

/** The photos of flowers, 32 x 32. */
export async function flowers({ epochs = 300 } = {}): Promise<Played> {
  const options = { size: 32, mean: 0.5, deviation: 0.5 };
  const training = await imageFolder(pathOf("plants", "train"), options);
  const test = await imageFolder(pathOf("plants", "test"), options);
  return colour("flowers", training, test, epochs);
}

async function colour(name: string, training: Dataset, test: Dataset, epochs: number): Promise<Played> {
  const net = photoNet(3, 32, training.classes?.length ?? 0);
  const varied = augment(training, { flip: true, shift: 2, pad: "reflect" });
  const classifier = await classifierOf(net, varied, test, 12);
  const game = dcgan({ size: 32, seed: 1 });
  const played = await playFor(game, augment(training, { flip: true }), {
    ...pictures(epochs, Math.ceil(training.length / 64), FEW),
    measures: [frechet({ classifier: net, data: training })],
    samples: { every: Math.max(1, Math.round(epochs / 30)) },
    folder: folderOf(name),
  });
  return { ...played, classifier };
}

interface Rates {
  readonly generator: number;
  readonly discriminator: number;
  /** The deviation of the noise on what the discriminator sees, at first. */
  readonly noise: number;
}

/**
 * Of tens of thousands of digits the discriminator is soon so sure that kinds of them are left out: it learns at a quarter of the
 * generator's rate, and sees noise.
 */
const MANY: Rates = { generator: 4e-4, discriminator: 1e-4, noise: 0.3 };
/** As in the paper: of few pictures in colour the discriminator needs all it can learn. */
const FEW: Rates = { generator: 2e-4, discriminator: 2e-4, noise: 0.05 };

/**
 * How pictures are learned: labels smoothed on one side, the generator averaged.
 * @param steps an epoch's
 */
const pictures = (epochs: number, steps: number, { generator, discriminator, noise }: Rates): PlayOptions => ({
  objective: nonSaturating({ smoothing: 0.1 }),
  optimizer: {
    generator: adam({ learningRate: cosine(generator, epochs * steps), beta1: 0.5 }),
    discriminator: adam({ learningRate: cosine(discriminator, epochs * steps), beta1: 0.5 }),
  },
  instanceNoise: (step) => noise * Math.max(0, 1 - step / (0.8 * epochs * steps)),
  ...{ epochs, batchSize: 64, seed: 1, average: 0.99, monitor: "frechet", keep: "best" },
});

/** A folder of the run's own, as new. */
function folderOf(name: string): string {
  const folder = `runs/games/${name}`;
  if (existsSync(folder)) rmSync(folder, { recursive: true });
  return folder;
}

async function playFor(game: Game, data: Dataset, options: PlayOptions): Promise<Played> {
  const { measures = [] } = options;
  const measure = async () => {
    const classes = data.classes?.length ?? 1;
    const label = {
      dtype: "int32" as const,
      shape: [1000],
      data: Int32Array.from({ length: 1000 }, (_, i) => i % classes),
    };
    const conditions = game.conditions.length > 0 ? { label } : {};
    const samples = await game.sample(1000, { seed: 1, conditions });
    const scores: Record<string, number> = {};
    for (const each of measures) scores[each.name] = await each.of(samples, conditions);
    return scores;
  };
  const before = await measure();
  const from = performance.now();
  const warnings = gameWarnings(game, data, { every: options.samples?.every ?? 1 });
  const run = await play(game, data, {
    ...options,
    callbacks: [warnings],
    progress: process.env.MIDST_PROGRESS === "1",
  });
  const minutes = (performance.now() - from) / 60_000;
  const played = { run, before, after: await measure(), minutes };
  console.log(JSON.stringify({ ...played, run: { ...run, history: run.history.length } }));
  return played;
}
