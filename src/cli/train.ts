import type { CharacterEncoding, TokenKind } from "../data/index.js";
import { save } from "../node/index.js";
import { type GameWishes, gameWishes } from "./gameWishes.js";
import { type KeepingOptions, keepingFor } from "./keeping.js";
import { type CommonOptions, indent, note, print } from "./output.js";
import { chooseRecipe, type Wishes } from "./recipe.js";
import { recipeCode } from "./recipeCode.js";
import { formatReport } from "./report.js";
import { runRecipe } from "./runRecipe.js";
import { type SeriesWishes, seriesWishes } from "./seriesWishes.js";
import { openSource } from "./source.js";
import { trainGame } from "./trainGame.js";

export interface TrainOptions extends CommonOptions, SeriesWishes, Wishes, GameWishes, KeepingOptions {
  readonly out: string;
  readonly size?: number;
  readonly grey?: boolean;
  readonly target?: string;
  readonly text?: string;
  readonly tokens?: TokenKind;
  readonly encoding?: CharacterEncoding;
  readonly length?: number;
  readonly skipBad?: boolean;
}

/**
 * midst train DATA
 * @param words the words on the command line that ask for the same, for `midst resume`
 */
export async function train(path: string, options: TrainOptions, words: readonly string[]): Promise<void> {
  const game = gameWishes(options);
  if (game !== undefined) return trainGame(path, options, game, words);
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
  const keeping = keepingFor(path, options, words);
  const folder = keeping?.folder;
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
