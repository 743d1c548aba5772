import { augment, type Dataset, mixup } from "../data/index.js";
import {
  accuracy,
  adam,
  adamW,
  cosine,
  crossEntropy,
  fit,
  type Json,
  mse,
  type Network,
  oneCycle,
  pinball,
  type Run,
  reduceOnPlateau,
  rmsprop,
  rSquared,
  type Schedule,
  sgd,
  stepDecay,
} from "../index.js";
import { healthWarnings } from "../look/index.js";
import { isLanguage, type Source } from "./data.js";
import type { Keeping } from "./keeping.js";
import { STEPS } from "./literal.js";
import { LOOKED_AT, type Recipe } from "./recipe.js";
import { buildNet } from "./recipeNet.js";
import { type Report, reportOn } from "./report.js";

export interface Trained {
  readonly net: Network;
  readonly run: Run;
  readonly report: Report;
}

/** Trains a recipe's network and tests it. */
export async function runRecipe(
  recipe: Recipe,
  source: Source,
  { quiet = false, keeping }: { quiet?: boolean; keeping?: Keeping | undefined } = {},
): Promise<Trained> {
  const net = await buildNet(recipe);
  const { folder, resume, recipe: made, ...checkpoint } = keeping ?? {};
  const run = await fit(net, dataFor(recipe, source.training), {
    loss: losses[recipe.loss[0]](...(recipe.loss.slice(1) as [never])),
    optimizer: optimizerFor(recipe, source.training.length),
    metrics: metricsFor(source),
    ...recipe.fit,
    ...(source.validation && { validation: source.validation }),
    callbacks: [
      healthWarnings(net, source.test, { samples: LOOKED_AT }),
      ...(recipe.plateau ? [reduceOnPlateau(recipe.plateau)] : []),
    ],
    ...(folder !== undefined && { folder, resume: resume === true, checkpoint, recipe: made as Json }),
    ...(quiet && { progress: false }),
  });
  net.encoding = source.encoding;
  return { net, run, report: await reportOn(net, source.test, source.encoding, source.classes) };
}

function dataFor(recipe: Recipe, training: Dataset): Dataset {
  const varied = recipe.augment ? augment(training, recipe.augment) : training;
  return recipe.mixup === undefined ? varied : mixup(varied, { alpha: recipe.mixup });
}

/** Quantiles are compared by the loss alone. */
function metricsFor({ classes, encoding }: Source) {
  if (encoding.kind === "series") return [];
  return [classes || isLanguage(encoding) ? accuracy() : rSquared()];
}

const losses = { crossEntropy, mse, pinball };
const optimizers = { adam, adamW, rmsprop, sgd };
const schedules = { constant: (rate: number) => rate, cosine, oneCycle, stepDecay };

function optimizerFor({ optimizer: { name, options }, weightDecay, schedule, fit }: Recipe, examples: number) {
  const { epochs, batchSize, validation = 0, accumulate = 1 } = fit;
  const steps = Math.ceil((epochs * Math.ceil(((1 - validation) * examples) / batchSize)) / accumulate);
  const [kind, ...args] = schedule;
  const make = schedules[kind] as (...args: unknown[]) => Schedule;
  const learningRate = make(...args.map((arg) => (arg === STEPS ? steps : arg)));
  if (weightDecay === undefined) return optimizers[name]({ ...options, learningRate });
  const decayed = optimizers[name]({ ...options, learningRate, weightDecay });
  const plain = optimizers[name]({ ...options, learningRate, weightDecay: 0 });
  return ({ shape }: { shape: readonly number[] }) => (shape.length > 1 ? decayed : plain);
}
