import { DataError, FormatError, OptionError } from "../base/errors.js";
import type { Network } from "../runtime/index.js";
import { type Checkpoint, checkpointBytes, readCheckpoint } from "./checkpoint.js";
import type { RunStore } from "./runStore.js";
import { saveBytes } from "./save.js";

/** The networks kept in a run's folder beside its checkpoints. */
export const BEST_FILE = "best.safetensors";
export const NET_FILE = "net.safetensors";

/** Sorted as text, later steps come last. */
const fileOf = (count: number) => `step-${String(count).padStart(10, "0")}.safetensors`;
const isCheckpoint = (file: string) => /^step-\d{10,}\.safetensors$/.test(file);

/** The checkpoints of one run: written whole or not at all, the last few kept. */
export class Checkpoints {
  constructor(
    private readonly store: RunStore,
    private readonly keep: number,
    private readonly warn: (message: string) => void,
  ) {}

  /** The newest checkpoint that can be read, if there is any. */
  async newest(): Promise<(Checkpoint & { readonly file: string }) | undefined> {
    const files = (await this.files()).reverse();
    let damaged: unknown;
    for (const file of files)
      try {
        return { ...readCheckpoint(await this.store.read(file), `${this.store.name}/${file}`), file };
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        damaged ??= error;
        this.warn(`${error.message} An older checkpoint is taken.`);
      }
    if (damaged !== undefined) throw damaged;
    return undefined;
  }

  /** Throws when the folder holds a run already: going on must be asked for. */
  async checkEmpty(): Promise<void> {
    const [first] = await this.files();
    if (first !== undefined)
      throw new OptionError("it holds a run already. Go on with it by resume: true, or give another folder.", {
        place: this.store.name,
      });
  }

  /**
   * Writes a checkpoint, then removes the oldest. Where the disk is full, older ones make room; where that does not
   * help, training goes on with a warning, and the newest checkpoint there is stays.
   */
  async write(net: Network, checkpoint: Checkpoint): Promise<void> {
    const file = fileOf(checkpoint.position.count);
    const bytes = checkpointBytes(net, checkpoint);
    for (;;)
      try {
        await this.store.write(file, bytes);
        break;
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        const [oldest, ...newer] = (await this.files()).filter((other) => other !== file);
        if (oldest === undefined || newer.length === 0) {
          this.warn(`no checkpoint at step ${checkpoint.position.count}: ${error.message}`);
          return;
        }
        await this.store.remove(oldest);
      }
    const files = await this.files();
    for (const old of files.slice(0, Math.max(0, files.length - this.keep))) await this.store.remove(old);
  }

  /** Writes a network beside the checkpoints. */
  async writeNet(file: string, net: Network): Promise<void> {
    try {
      await this.store.write(file, saveBytes(net));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.warn(`${file} was not written: ${error.message}`);
    }
  }

  private async files(): Promise<string[]> {
    return (await this.store.list()).filter(isCheckpoint).sort();
  }
}
