import { join, resolve } from "node:path";
import type { Command } from "commander";
import { FormatError } from "../base/errors.js";
import { readBytes } from "../node/index.js";
import { LEAVES } from "./data.js";

/** Not kept: where things are written, which no file may say, and how they are printed. */
const notKept = ["run", "resume", "out", "json", "debug"];

/** The words that ask for the same as this command line, wherever it is said: `["train", "/data/plants", "--epochs", "20"]`. */
export function wordsOf(command: Command): string[] {
  const options = command.options.flatMap((option) => {
    const name = option.attributeName();
    if (notKept.includes(name) || command.getOptionValueSource(name) !== "cli") return [];
    const value: unknown = command.getOptionValue(name);
    if (typeof value === "boolean") return value === !option.negate ? [option.long as string] : [];
    const values = (Array.isArray(value) ? value : [value]).map(String);
    return values.flatMap((each) => [option.long as string, name === "from" ? resolve(each) : each]);
  });
  const data = command.args.map((path) => (path === LEAVES ? path : resolve(path)));
  return [command.name(), ...data, ...options];
}

/**
 * The words of the command that made a run.
 * @throws FormatError when the folder holds none that `midst train` wrote
 */
export async function wordsIn(folder: string): Promise<string[]> {
  const path = join(folder, "recipe.json");
  const refuse = (why: string, cause?: unknown) =>
    new FormatError(`${why}. Go on with it in the program that made it: fit(..., { folder, resume: true }).`, {
      place: path,
      cause,
    });
  let recipe: { recipe?: { command?: unknown } };
  try {
    recipe = JSON.parse(new TextDecoder().decode(await readBytes(path, { limit: 2 ** 26 })));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw refuse("it is not JSON", cause);
    throw cause;
  }
  const words = recipe?.recipe?.command;
  if (!Array.isArray(words) || words[0] !== "train" || !words.every((word) => typeof word === "string"))
    throw refuse("the run was not made by midst train");
  return words;
}
