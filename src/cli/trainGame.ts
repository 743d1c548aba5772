import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  adam,
  hinge,
  leastSquares,
  minimax,
  nonSaturating,
  type Objective,
  type Optimizer,
  play,
  type Run,
  rmsprop,
  wasserstein,
} from "../index.js";
import { gameWarnings } from "../look/index.js";
import { dcgan } from "../nets/index.js";
import { save } from "../node/index.js";
import { gameCode } from "./gameCode.js";
import { chooseGame, type GameRecipe, type GameTraining } from "./gameRecipe.js";
import type { GameWishes } from "./gameWishes.js";
import { type Keeping, type KeepingOptions, keepingFor } from "./keeping.js";
import { type CommonOptions, indent, note, print } from "./output.js";
import { type GameSource, type GameSourceOptions, gameSource } from "./sourceGame.js";

export interface TrainGameOptions extends CommonOptions, KeepingOptions, GameSourceOptions, GameTraining {
  readonly out: string;
}

/** midst train DATA --gan */
export async function trainGame(
  path: string,
  options: TrainGameOptions,
  wishes: GameWishes,
  words: readonly string[],
): Promise<void> {
  const source = await gameSource(path, { ...options, ...wishes });
  const recipe = chooseGame(path, source, wishes, options);
  const keeping = keepingFor(path, options, words);
  const folder = keeping?.folder;
  const code = gameCode(recipe, source, options.out, folder);
  note(options, `${source.about}\n\nThe same in TypeScript:\n\n${indent(code)}\n`);
  if (folder !== undefined) note(options, `checkpoints, samples and logs: ${folder}\n`);
  const { game, run } = await playRecipe(recipe, source, options.json === true, keeping);
  await save(game.generator, options.out);
  const files = [options.out, ...(folder === undefined ? [] : await written(folder))];
  const { generator, discriminator } = game;
  const text = [formatGame(run), "", formatFiles(files), ...hints(options.out, run, folder)].join("\n");
  print(options, text, {
    saved: options.out,
    ...(folder !== undefined && { run: folder }),
    files,
    data: source.about,
    parameters: { generator: generator.parameterCount, discriminator: discriminator.parameterCount },
    ended: run.ended,
    steps: run.steps,
    history: run.history,
    warnings: run.warnings,
    report: { scores: run.history.at(-1)?.training ?? {} },
  });
}

const objectives = { hinge, leastSquares, minimax, nonSaturating, wasserstein };
const optimizers = { adam, rmsprop };

const optimizerOf = ([name, ...settings]: GameRecipe["optimizer"]): Optimizer =>
  (optimizers[name] as (...settings: unknown[]) => Optimizer)(...settings);

async function playRecipe(recipe: GameRecipe, { training }: GameSource, quiet: boolean, keeping?: Keeping) {
  const [objective, ...terms] = recipe.objective;
  const makeObjective = objectives[objective] as (...terms: unknown[]) => Objective;
  const { optimizer, discriminator = optimizer } = recipe;
  const game = dcgan(recipe.game);
  const { folder, resume, recipe: made, ...checkpoint } = keeping ?? {};
  const run = await play(game, training, {
    objective: makeObjective(...terms),
    optimizer: { generator: optimizerOf(optimizer), discriminator: optimizerOf(discriminator) },
    ...recipe.play,
    callbacks: [gameWarnings(game, training, recipe.warnings)],
    ...(folder !== undefined && { folder, resume: resume === true, checkpoint, recipe: made ?? null }),
    ...(quiet && { progress: false }),
  });
  return { game, run };
}

/** The networks and pictures in the folder of a run. */
async function written(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const kept = names.filter((name) => /^((net|discriminator)\.safetensors|samples-.*\.png)$/.test(name));
  return kept.sort().map((name) => join(folder, name));
}

/** All of them, but of the epochs' samples the first and the last. */
function formatFiles(files: readonly string[]): string {
  const samples = files.filter((file) => /samples-\d+\.png$/.test(file));
  const lines = files.filter((file) => !samples.includes(file));
  if (samples.length > 0)
    lines.push(samples.length === 1 ? (samples[0] as string) : `${samples[0]} ... ${samples.at(-1)}`);
  return ["saved:", ...lines].join("\n  ");
}

/** What each of the last epoch's scores says. */
const meanings: Readonly<Record<string, string>> = {
  loss: "of the discriminator",
  "generator loss": "",
  "real accuracy": "of the real pictures, taken for real",
  "fake accuracy": "of those that were made, taken for made; where it finds no difference, the two sum to about 100 %",
};

function formatGame({ history, steps }: Run): string {
  const last = history.at(-1);
  if (last === undefined) return "not one step was made";
  const lines = Object.entries(meanings).flatMap(([name, meaning]) => {
    const score = last.training[name];
    if (score === undefined) return [];
    const number = name.endsWith("accuracy") ? `${(100 * score).toFixed(1)} %` : score.toPrecision(4);
    return [`  ${name.padEnd(15)} ${number.padStart(10)}  ${meaning}`.trimEnd()];
  });
  return [`after ${steps} steps, in epoch ${last.epoch}:`, ...lines].join("\n");
}

const hints = (out: string, run: Run, folder: string | undefined): string[] => [
  ...(run.ended === "interrupted" && folder !== undefined ? [`go on with: npx midst resume ${folder}`] : []),
  `make pictures with: npx midst generate ${out} --grid pictures.png`,
];
