import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { OptionError } from "../base/errors.js";
import type { Json } from "../index.js";
import { wordFor } from "./output.js";

/** Where a run is kept, and whether it goes on with one. */
export interface Keeping {
  readonly folder: string;
  readonly resume: boolean;
  /** Steps between checkpoints; defaults to an epoch's. */
  readonly steps?: number;
  /** How many checkpoints stay. */
  readonly keep?: number;
  /** What made the run, for `midst resume`. */
  readonly recipe: Json;
}

/** What of it can be asked for. */
export interface KeepingOptions {
  /** The folder of the run; false keeps none, undefined chooses one. */
  readonly run?: string | false;
  readonly resume?: boolean;
  readonly checkpointSteps?: number;
  readonly keepCheckpoints?: number;
}

/**
 * @param data what is trained on, after which the folder is called
 * @param words the words on the command line that ask for the same
 */
export function keepingFor(data: string, options: KeepingOptions, words: readonly string[]): Keeping | undefined {
  const { run, resume = false, checkpointSteps: steps, keepCheckpoints: keep } = options;
  if (run === false) {
    for (const option of ["checkpointSteps", "keepCheckpoints"] as const)
      if (options[option] !== undefined)
        throw new OptionError("needs the folder of a run. Leave --no-run out.", { place: wordFor(option) });
    return undefined;
  }
  return {
    folder: run ?? freeFolder(data),
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
