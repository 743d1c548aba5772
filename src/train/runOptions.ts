import { OptionError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Callback } from "./callback.js";
import type { ProgressReporter } from "./progress.js";
import type { EpochRecord } from "./record.js";
import type { RunStore } from "./runStore.js";

/** How a run goes, whatever it trains. */
export interface RunOptions {
  /** Passes over the data; defaults to 10. */
  readonly epochs?: number;
  /** Examples per step; defaults to 32. */
  readonly batchSize?: number;
  /** Ends training after so many epochs without a better score; defaults to never. */
  readonly patience?: number;
  /** The weights the network has at the end: the last step's, or the best epoch's. Defaults to "best" with `patience`, else "last". */
  readonly keep?: "last" | "best";
  /** Of the order, noise, dropout and augmentation; defaults to 0. */
  readonly seed?: number;
  /**
   * Where checkpoints, the best network and the logs are kept: in Node a folder's path, made where it is missing.
   * Defaults to nowhere.
   */
  readonly folder?: string | RunStore;
  /** Goes on, to the bit, from the folder's newest checkpoint; begins where there is none. Defaults to false. */
  readonly resume?: boolean;
  /** When checkpoints are written: after so many epochs, defaults to 1, and also after so many steps, defaults to never. */
  readonly checkpoint?: { readonly epochs?: number; readonly steps?: number; readonly keep?: number };
  /** Kept in the folder's recipe.json beside these options: what made the data, for example. */
  readonly recipe?: Json;
  /** Called while training runs. */
  readonly callbacks?: readonly Callback[];
  /** true (default) shows progress as the host does (a bar in a terminal); false shows nothing. */
  readonly progress?: boolean | ProgressReporter;
  /** Called after each epoch, the network's weights up to date, and awaited; calling `stop` ends training. */
  readonly onEpoch?: (record: EpochRecord, stop: () => void) => void | Promise<void>;
}

export const runOptionNames = [
  "epochs",
  "batchSize",
  "patience",
  "keep",
  "seed",
  "folder",
  "resume",
  "checkpoint",
  "recipe",
  "callbacks",
  "progress",
  "onEpoch",
] as const satisfies readonly (keyof RunOptions)[];

/** The options with what they default to, where that is a plain value. */
export function withRunDefaults<O extends RunOptions>(options: O) {
  const { epochs = 10, batchSize = 32, seed = 0 } = options;
  return { ...options, epochs, batchSize, seed };
}

/** Throws for options out of range or at odds with each other. */
export function checkRunOptions(place: string, options: RunOptions): void {
  const { epochs, batchSize, seed, keep = "last", patience = 1 } = withRunDefaults(options);
  const { checkpoint = {}, callbacks = [], folder, resume } = options;
  checkNumber(place, "epochs", epochs, { low: 1, integer: true });
  checkNumber(place, "batchSize", batchSize, { low: 1, integer: true });
  checkNumber(place, "seed", seed, { integer: true });
  checkNumber(place, "patience", patience, { low: 1, integer: true });
  checkOptions("checkpoint", checkpoint, ["epochs", "steps", "keep"]);
  for (const [name, value] of Object.entries(checkpoint))
    checkNumber("checkpoint", name, value, { low: 1, integer: true });
  if (keep !== "last" && keep !== "best")
    throw new OptionError(`keep must be "last" or "best", got ${JSON.stringify(keep)}.`, { place, actual: keep });
  for (const [name, given] of Object.entries({ resume, checkpoint: options.checkpoint, recipe: options.recipe }))
    if (given !== undefined && given !== false && folder === undefined)
      throw new OptionError(`${name} needs a folder, e.g. { folder: "runs/1", ${name}: ... }.`, { place });
  const names = callbacks.flatMap(({ name }) => name ?? []);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new OptionError(`two callbacks are called "${twice}". Give each its own name.`, { place: "callbacks" });
}
