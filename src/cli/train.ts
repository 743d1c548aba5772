import { augment } from "../data/index.js";
import { accuracy, adam, cosine, crossEntropy, fit, mse, type Network, type Run, rSquared } from "../index.js";
import { save } from "../node/index.js";
import type { Source } from "./data.js";
import { type CommonOptions, note, print } from "./output.js";
import { buildNet, chooseRecipe, type NetName, type Recipe, recipeCode } from "./recipe.js";
import { formatReport, type Report, reportOn } from "./report.js";
import { openSource } from "./source.js";

export interface TrainOptions extends CommonOptions {
  readonly out: string;
  readonly net: NetName;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly size?: number;
  readonly grey?: boolean;
  readonly target?: string;
  readonly augment?: boolean;
  readonly skipBad?: boolean;
  readonly seed: number;
}

/** midst train DATA */
export async function train(path: string, options: TrainOptions): Promise<void> {
  const source = await openSource(path, {
    seed: options.seed,
    ...(options.size !== undefined && { size: options.size }),
    ...(options.grey && { channels: 1 as const }),
    ...(options.target !== undefined && { target: options.target }),
    ...(options.skipBad && { skipBad: true }),
  });
  const recipe = adjusted(chooseRecipe(source, options.net, options.seed), options);
  note(options, `${source.about}\n\nThe same in TypeScript:\n\n${indent(recipeCode(recipe, source, options.out))}\n`);
  const { net, run, report } = await runRecipe(recipe, source, options);
  await save(net, options.out);
  print(options, `${formatReport(report)}\n\nsaved ${options.out}`, {
    saved: options.out,
    data: source.about,
    parameters: net.parameterCount,
    ended: run.ended,
    steps: run.steps,
    history: run.history,
    report,
  });
}

/** The recipe with what was asked for on the command line. */
function adjusted(recipe: Recipe, { epochs, batchSize, learningRate, augment: wanted }: TrainOptions): Recipe {
  return {
    ...recipe,
    ...(epochs !== undefined && { epochs }),
    ...(batchSize !== undefined && { batchSize }),
    ...(learningRate !== undefined && { learningRate }),
    ...(wanted === false && { augment: undefined }),
  };
}

export interface Trained {
  readonly net: Network;
  readonly run: Run;
  readonly report: Report;
}

/** Trains a recipe's network and tests it. */
export async function runRecipe(recipe: Recipe, source: Source, { json }: CommonOptions): Promise<Trained> {
  const net = buildNet(recipe);
  const { epochs, batchSize, learningRate, seed } = recipe;
  const steps = epochs * Math.ceil(source.training.length / batchSize);
  const data = recipe.augment ? augment(source.training, recipe.augment) : source.training;
  const run = await fit(net, data, {
    loss: recipe.loss === "mse" ? mse() : crossEntropy(),
    optimizer: adam({ learningRate: cosine(learningRate, steps) }),
    epochs,
    batchSize,
    seed,
    metrics: [source.classes ? accuracy() : rSquared()],
    ...(json && { progress: false }),
  });
  net.encoding = source.encoding;
  return { net, run, report: await reportOn(net, source.test, source.encoding, source.classes) };
}

export const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");
