import type { GameRecipe } from "./gameRecipe.js";
import { callCode, importLines, literal } from "./literal.js";
import type { GameSource } from "./sourceGame.js";

/** The TypeScript program that does what a game's recipe does. */
export function gameCode(recipe: GameRecipe, source: GameSource, out: string, folder?: string): string {
  const { game, objective, optimizer, discriminator, warnings, play } = recipe;
  const imports = importLines(source.imports, {
    midst: [objective[0], optimizer[0], "play"],
    "midst/look": ["gameWarnings"],
    "midst/nets": ["dcgan"],
    "midst/node": ["save"],
  });
  const told = Object.keys(warnings).length > 0 ? `, ${literal(warnings)}` : "";
  const options = [
    `objective: ${callCode(objective)}`,
    discriminator === undefined
      ? `optimizer: ${callCode(optimizer)}`
      : `optimizer: { generator: ${callCode(optimizer)}, discriminator: ${callCode(discriminator)} }`,
    ...Object.entries(play).map(([name, value]) => `${name}: ${literal(value)}`),
    `callbacks: [gameWarnings(game, training${told})]`,
    ...(folder === undefined ? [] : [`folder: ${literal(folder)}`]),
  ];
  return [
    ...imports,
    "",
    ...source.code,
    `const game = dcgan(${literal(game)});`,
    "await play(game, training, {",
    ...options.map((option) => `  ${option},`),
    "});",
    `await save(game.generator, ${literal(out)});`,
  ].join("\n");
}
