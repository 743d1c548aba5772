import { DataError } from "../base/errors.js";
import { eventFileName } from "../formats/index.js";
import { decodeText, encodeText } from "../formats/text.js";
import type { Network } from "../runtime/index.js";
import type { Callback } from "./callback.js";
import { type Checkpoint, checkSetting, nameOf, type RunPosition, type RunSetting } from "./checkpoint.js";
import { BEST_FILE, Checkpoints, NET_FILE } from "./checkpoints.js";
import { type Append, jsonLines, tensorBoard } from "./loggers.js";
import type { FitOptions } from "./options.js";
import { trainingHost } from "./progress.js";
import type { RunStore } from "./runStore.js";

const RECIPE = "recipe.json";
const LOG = "log.jsonl";

/** The folder of one run: checkpoints, the best network, the last one, logs, and the recipe that made them. */
export class RunFolder {
  /** Log the run. */
  readonly loggers: readonly Callback[];
  private readonly checkpoints: Checkpoints;
  /** Of logs, by file: bytes not yet written. */
  private readonly waiting = new Map<string, Uint8Array[]>();

  private constructor(
    private readonly store: RunStore,
    private readonly setting: RunSetting,
    private readonly options: FitOptions,
    private readonly warn: (message: string) => void,
  ) {
    this.checkpoints = new Checkpoints(store, options.checkpoint?.keep ?? 3, warn);
    const seconds = Math.floor(Date.now() / 1000);
    this.loggers = [jsonLines(this.appender(LOG)), tensorBoard(this.appender(eventFileName(seconds)))];
  }

  /** The folder that the options ask for, if they do. */
  static of(options: FitOptions, setting: RunSetting, warn: (message: string) => void): RunFolder | undefined {
    const { folder } = options;
    if (folder === undefined) return undefined;
    const store = typeof folder === "string" ? trainingHost().openFolder(folder) : folder;
    return new RunFolder(store, setting, options, warn);
  }

  /**
   * Begins, or finds where to go on.
   * @throws OptionError when there is a run already and `resume` was not asked for, or a run of another setting
   */
  async begin(net: Network): Promise<Checkpoint | undefined> {
    const checkpoint = this.options.resume ? await this.checkpoints.newest() : undefined;
    if (checkpoint) {
      checkSetting(checkpoint.position.setting, this.setting, this.store.name);
      await this.trimLog(checkpoint.position.count);
    } else await this.checkpoints.checkEmpty();
    await this.store.write(RECIPE, encodeText(`${JSON.stringify(recipeOf(net, this.options), null, 2)}\n`));
    return checkpoint;
  }

  /** Writes a checkpoint. */
  async write(
    net: Network,
    position: Omit<RunPosition, "setting">,
    tensors: Omit<Checkpoint, "position">,
  ): Promise<void> {
    await this.writeLogs();
    await this.checkpoints.write(net, { position: { setting: this.setting, ...position }, ...tensors });
  }

  /** Keeps the best network so far. */
  writeBest(net: Network): Promise<void> {
    return this.checkpoints.writeNet(BEST_FILE, net);
  }

  /** Keeps the network as training left it. */
  async writeNet(net: Network): Promise<void> {
    await this.checkpoints.writeNet(NET_FILE, net);
  }

  /** Writes what was logged and still waits. */
  async writeLogs(): Promise<void> {
    const logs = [...this.waiting];
    this.waiting.clear();
    for (const [file, parts] of logs)
      try {
        await this.store.append(file, joined(parts));
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        this.warn(`${file} is not complete: ${error.message}`);
      }
  }

  /** Logs come in bytes by bytes, and are written in larger parts. */
  private appender(file: string): Append {
    return async (bytes) => {
      const parts = this.waiting.get(file) ?? [];
      this.waiting.set(file, parts);
      parts.push(bytes);
      if (parts.length >= 64) await this.writeLogs();
    };
  }

  /** Takes back what was logged after the checkpoint: those steps are made again. */
  private async trimLog(count: number): Promise<void> {
    if (!(await this.store.list()).includes(LOG)) return;
    const lines = (decodeText(await this.store.read(LOG)) ?? "").split("\n").filter((line) => stepOf(line) <= count);
    await this.store.write(LOG, encodeText(lines.map((line) => `${line}\n`).join("")));
  }
}

/** The step of a line of the log; a line cut short by a crash counts as later than all. */
function stepOf(line: string): number {
  try {
    return (JSON.parse(line) as { step: number }).step;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** What made the run, as JSON. */
function recipeOf(net: Network, options: FitOptions): object {
  const { loss, optimizer, metrics, validation, recipe, epochs = 10, batchSize = 32, seed = 0 } = options;
  const { clip, accumulate, average, frozen, monitor, patience, keep } = options;
  return {
    ...(recipe !== undefined && { recipe }),
    fit: {
      loss: nameOf(loss),
      ...(optimizer && { optimizer: nameOf(optimizer) }),
      ...{ epochs, batchSize, seed, clip, accumulate, average, frozen, monitor, patience, keep },
      ...(metrics && { metrics: metrics.map(({ name }) => name) }),
      ...(validation !== undefined && { validation: typeof validation === "number" ? validation : validation.length }),
    },
    architecture: net.toJSON(),
  };
}
