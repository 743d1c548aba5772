import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { ImageEncoding } from "../data/index.js";
import type { Tensor } from "../index.js";
import { save } from "../node/index.js";
import { LEAVES } from "./data.js";
import { lookAt } from "./lookAt.js";
import { type CommonOptions, indent, note, print } from "./output.js";
import { chooseRecipe } from "./recipe.js";
import { recipeCode } from "./recipeCode.js";
import { formatReport } from "./report.js";
import { runRecipe } from "./runRecipe.js";
import { openSource } from "./source.js";

export interface StartOptions extends CommonOptions {
  /** A folder of photos; defaults to drawn leaves. */
  readonly data?: string;
  readonly epochs?: number;
  readonly out: string;
  readonly seed: number;
}

/** midst start: the whole tour. */
export async function start(options: StartOptions): Promise<void> {
  const source = await openSource(options.data ?? LEAVES, { seed: options.seed });
  const recipe = chooseRecipe(source, { net: "auto", ...options });
  note(options, `${source.about}\n\nThe same in TypeScript:\n\n${indent(recipeCode(recipe, source, options.out))}\n`);
  const { net, report } = await runRecipe(recipe, source, { quiet: options.json === true });
  await mkdir(dirname(options.out), { recursive: true });
  await save(net, options.out);
  const { inputs, targets } = await source.test.batch([0]);
  const truth = source.classes?.[targets.target?.data[0] ?? 0] ?? "";
  const name = `a test picture, in truth ${truth}`;
  const { text, ...seen } = await lookAt(net, inputs.input as Tensor, source.encoding as ImageEncoding, {
    name,
    kind: "relu",
    probe: source.test,
  });
  const parts = [
    net.summary(),
    formatReport(report),
    text,
    `saved ${options.out}; try: npx midst look ${options.out} ${options.data ? "PHOTO.jpg" : LEAVES}`,
  ];
  print(options, parts.join("\n\n"), { saved: options.out, report, ...seen, truth });
}
