import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { OptionError } from "../base/errors.js";
import type { CharacterEncoding, TokenKind } from "../data/index.js";
import { save } from "../node/index.js";
import { type CommonOptions, note, print } from "./output.js";
import { chooseRecipe, type Wishes } from "./recipe.js";
import { recipeCode } from "./recipeCode.js";
import { formatReport } from "./report.js";
import { type Keeping, runRecipe } from "./runRecipe.js";
import { type SeriesWishes, seriesWishes } from "./seriesWishes.js";
import { openSource } from "./source.js";

export interface TrainOptions extends CommonOptions, SeriesWishes, Wishes {
  readonly out: string;
  readonly size?: number;
  readonly grey?: boolean;
  readonly target?: string;
  readonly text?: string;
  readonly tokens?: TokenKind;
  readonly encoding?: CharacterEncoding;
  readonly length?: number;
  readonly skipBad?: boolean;
  /** The folder of the run; false keeps none, undefined chooses one. */
  readonly run?: string | false;
  readonly resume?: boolean;
  readonly checkpointSteps?: number;
  readonly keepCheckpoints?: number;
}

/**
 * midst train DATA
 * @param words the words on the command line that ask for the same, for `midst resume`
 */
export async function train(path: string, options: TrainOptions, words: readonly string[]): Promise<void> {
  const series = seriesWishes(options);
  const source = await openSource(path, {
    seed: options.seed,
    ...(series && { series }),
    ...(options.size !== undefined && { size: options.size }),
    ...(options.grey && { channels: 1 as const }),
    ...(options.target !== undefined && { target: options.target }),
    ...(options.text !== undefined && { text: options.text }),
    ...(options.tokens !== undefined && { tokens: options.tokens }),
    ...(options.encoding !== undefined && { encoding: options.encoding }),
    ...(options.length !== undefined && { length: options.length }),
    ...(options.augment === false && { augment: false }),
    ...(options.skipBad && { skipBad: true }),
  });
  const recipe = chooseRecipe(source, options);
  for (const option of ["checkpointSteps", "keepCheckpoints"] as const)
    if (options.run === false && options[option] !== undefined)
      throw new OptionError("needs the folder of a run. Leave --no-run out.", {
        place: option === "checkpointSteps" ? "--checkpoint-steps" : "--keep-checkpoints",
      });
  const folder = options.run === false ? undefined : (options.run ?? freeFolder(path));
  const keeping: Keeping | undefined = folder === undefined ? undefined : keepingOf(folder, options, words);
  const code = recipeCode(recipe, source, options.out, folder);
  note(options, `${source.about}\n\nThe same in TypeScript:\n\n${indent(code)}\n`);
  if (folder !== undefined) note(options, `checkpoints and logs: ${folder}\n`);
  const { net, run, report } = await runRecipe(recipe, source, { quiet: options.json === true, keeping });
  await save(net, options.out);
  const goOn = run.ended === "interrupted" && folder !== undefined ? `\ngo on with: npx midst resume ${folder}` : "";
  print(options, `${formatReport(report)}\n\nsaved ${options.out}${goOn}`, {
    saved: options.out,
    ...(folder !== undefined && { run: folder }),
    data: source.about,
    parameters: net.parameterCount,
    ended: run.ended,
    steps: run.steps,
    history: run.history,
    ...(run.best && { best: run.best }),
    warnings: run.warnings,
    report,
  });
}

function keepingOf(folder: string, options: TrainOptions, words: readonly string[]): Keeping {
  const { resume = false, checkpointSteps: steps, keepCheckpoints: keep } = options;
  return {
    folder,
    resume,
    ...(steps !== undefined && { steps }),
    ...(keep !== undefined && { keep }),
    recipe: { command: words },
  };
}

/** The first of runs/NAME-1, runs/NAME-2 ... that does not exist. */
function freeFolder(data: string): string {
  const name = basename(data).replace(/\.[a-z]+$/i, "") || "run";
  for (let i = 1; ; i++) {
    const folder = join("runs", `${name}-${i}`);
    if (!existsSync(folder)) return folder;
  }
}

export const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");
