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

/** Whether more room would help. */
const isFull = ({ cause }: DataError): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && ["ENOSPC", "EDQUOT"].includes(`${cause.code}`);

/** The checkpoints of one run: written whole or not at all, the last few kept. */
export class Checkpoints {
  constructor(
    private readonly store: RunStore,
    private readonly keep: number,
    private readonly warn: (message: string) => void,
  ) {}

  /**
   * The newest checkpoint that can be read, if there is any; newer ones that cannot are removed.
   * @throws FormatError or DataError of the newest, where none can
   */
  async newest(): Promise<Checkpoint | undefined> {
    const bad: { readonly file: string; readonly error: DataError | FormatError }[] = [];
    for (const file of (await this.files()).reverse())
      try {
        const checkpoint = readCheckpoint(await this.store.read(file), `${this.store.name}/${file}`);
        for (const { file: newer, error } of bad) {
          this.warn(`${error.message} An older checkpoint is taken.`);
          await this.remove(newer);
        }
        return checkpoint;
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof DataError)) throw error;
        bad.push({ file, error });
      }
    if (bad[0] !== undefined) throw bad[0].error;
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
    const { count } = checkpoint.position;
    const bytes = checkpointBytes(net, checkpoint);
    await this.guarded(`no checkpoint at step ${count}`, async () => {
      const file = fileOf(count);
      const others = (await this.files()).filter((other) => other !== file);
      for (;;)
        try {
          await this.store.write(file, bytes);
          break;
        } catch (error) {
          if (!(error instanceof DataError && isFull(error)) || others.length < 2) throw error;
          await this.remove(others.shift() as string);
        }
      for (const old of others.slice(0, Math.max(0, others.length + 1 - this.keep))) await this.remove(old);
    });
  }

  /** Writes a network beside the checkpoints. */
  writeNet(file: string, net: Network): Promise<void> {
    return this.guarded(`${file} was not written`, () => this.store.write(file, saveBytes(net)));
  }

  private remove(file: string): Promise<void> {
    return this.guarded(`${file} was not removed`, () => this.store.remove(file));
  }

  /** What the file system refuses does not end training: it is warned of. */
  async guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.warn(`${what}: ${error.message}`);
    }
  }

  private async files(): Promise<string[]> {
    return (await this.store.list()).filter(isCheckpoint).sort();
  }
}
