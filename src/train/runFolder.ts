import { DataError } from "../base/errors.js";
import { decodeText, encodeText } from "../base/text.js";
import { eventFileName } from "../formats/index.js";
import type { Callback } from "./callback.js";
import type { Checkpoint, RunPosition } from "./checkpoint.js";
import { BEST_FILE, Checkpoints, NET_FILE } from "./checkpoints.js";
import { type Append, jsonLines, tensorBoard } from "./loggers.js";
import { trainingHost } from "./progress.js";
import { recipeBytes } from "./recipe.js";
import type { RunOptions } from "./runOptions.js";
import type { RunStore } from "./runStore.js";
import { checkSetting } from "./setting.js";
import type { Trainee } from "./trainee.js";

const RECIPE = "recipe.json";
const LOG = "log.jsonl";

/** The folder of one run: checkpoints, the best network, the last one, logs, and the recipe that made them. */
export class RunFolder {
  /** Log the run. */
  readonly loggers: readonly Callback[];
  private readonly checkpoints: Checkpoints;
  /** TensorBoard's file of this part of the run. */
  private events = eventFileName(nowInSeconds());
  /** Of logs, by file: bytes not yet written. */
  private readonly waiting = new Map<string, Uint8Array[]>();
  /** Whether the folder is this run's: before, nothing is logged there. */
  private begun = false;
  /** Logs that could not be written to, of which it was warned. */
  private readonly torn = new Set<string>();

  private constructor(
    private readonly store: RunStore,
    private readonly trainee: Trainee,
    private readonly options: RunOptions,
    private readonly warn: (message: string) => void,
  ) {
    this.checkpoints = new Checkpoints(store, options.checkpoint?.keep ?? 3, warn);
    this.loggers = [jsonLines(this.appender(() => LOG)), tensorBoard(this.appender(() => this.events))];
  }

  /** The folder that the options ask for, if they do. */
  static of(options: RunOptions, trainee: Trainee, warn: (message: string) => void): RunFolder | undefined {
    const { folder } = options;
    if (folder === undefined) return undefined;
    const store = typeof folder === "string" ? trainingHost().openFolder(folder) : folder;
    return new RunFolder(store, trainee, options, warn);
  }

  /**
   * Begins, or finds where to go on.
   * @throws OptionError when there is a run already and `resume` was not asked for, or a run of another setting
   */
  async begin(): Promise<Checkpoint | undefined> {
    const checkpoint = this.options.resume ? await this.checkpoints.newest() : undefined;
    if (checkpoint) checkSetting(checkpoint.position.setting, this.trainee.setting, this.store.name);
    else await this.checkpoints.checkEmpty();
    try {
      await this.prepare(checkpoint?.position.count ?? 0);
    } catch (error) {
      // A run that has something to lose goes on; one that begins had better not.
      if (!(error instanceof DataError) || checkpoint === undefined) throw error;
      this.warn(error.message);
    }
    this.begun = true;
    return checkpoint;
  }

  /** Writes the recipe, and takes back what was logged after this step: such steps are made again. */
  private async prepare(count: number): Promise<void> {
    const files = await this.store.list();
    const before = files.includes(RECIPE) ? await this.store.read(RECIPE) : undefined;
    await this.store.write(RECIPE, recipeBytes(this.trainee.made(), this.options.recipe, before));
    if (files.includes(LOG)) {
      const lines = linesOf(await this.store.read(LOG)).filter((line) => stepOf(line) <= count);
      await this.store.write(LOG, encodeText(lines.map((line) => `${line}\n`).join("")));
    }
    for (let i = 1; files.includes(this.events); i++) this.events = `${eventFileName(nowInSeconds())}.${i}`;
  }

  /** Logs what is no record of its own. */
  log(kind: "warning" | "error", step: number, message: string): void {
    this.keep(LOG, encodeText(`${JSON.stringify({ kind, step, message })}\n`));
  }

  /** Writes a checkpoint. */
  async write(position: Omit<RunPosition, "setting">, tensors: Omit<Checkpoint, "position">): Promise<void> {
    const { net, setting } = this.trainee;
    await this.writeLogs();
    await this.checkpoints.write(net, { position: { setting, ...position }, ...tensors });
  }

  /** Keeps the best network so far. */
  writeBest(): Promise<void> {
    return this.checkpoints.writeNet(BEST_FILE, this.trainee.net);
  }

  /** Keeps the networks as training left them. */
  async writeNets(): Promise<void> {
    const { net, beside } = this.trainee;
    for (const [file, each] of Object.entries({ [NET_FILE]: net, ...beside }))
      await this.checkpoints.writeNet(file, each);
  }

  /** Keeps a file of an epoch's; what the file system refuses is warned of. */
  async writeFile(file: string, bytes: Uint8Array): Promise<void> {
    await this.checkpoints.guarded(`${file} was not written`, () => this.store.write(file, bytes));
  }

  async readFile(file: string): Promise<Uint8Array | undefined> {
    return (await this.store.list()).includes(file) ? this.store.read(file) : undefined;
  }

  /** Writes what was logged and still waits. */
  async writeLogs(): Promise<void> {
    if (!this.begun) return;
    const logs = [...this.waiting];
    this.waiting.clear();
    for (const [file, parts] of logs)
      try {
        await this.store.append(file, joined(parts));
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        if (!this.torn.has(file)) this.warn(`${file} is not complete: ${error.message}`);
        this.torn.add(file);
      }
  }

  /** Logs come in record by record, and are written in larger parts. */
  private appender(file: () => string): Append {
    return async (bytes) => {
      if (this.keep(file(), bytes) >= 64) await this.writeLogs();
    };
  }

  /** Returns how many records of a log wait. */
  private keep(file: string, bytes: Uint8Array): number {
    const parts = this.waiting.get(file) ?? [];
    this.waiting.set(file, parts);
    return parts.push(bytes);
  }
}

const nowInSeconds = () => Math.floor(Date.now() / 1000);

/** The lines of a log; bytes that a crash cut short make a line that says nothing. */
function linesOf(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(decodeText(bytes.subarray(start, end)) ?? "");
    start = end + 1;
  }
  return lines;
}
const NEWLINE = 10;

/** The step of a line of the log; a line that cannot be read counts as later than all. */
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
