import type { Tensor } from "../base/tensor.js";
import type { EpochRecord, Run } from "./record.js";
import type { RunOptions } from "./runOptions.js";
import type { Trainee } from "./trainee.js";

type Weights = ReadonlyMap<string, Tensor>;

/** The best epoch of a run so far, by one score. */
export class Best {
  found: Run["best"];
  /** That epoch's weights, where somebody will want them. */
  weights: Weights | undefined;
  /** Whether the network has these weights at the end. */
  readonly restores: boolean;
  private readonly patience: number;
  private readonly keepsWeights: boolean;

  /** @param monitor the score; without one, no epoch is better than another */
  constructor(
    private readonly monitor: Trainee["monitor"],
    { patience, keep, folder }: RunOptions,
  ) {
    this.patience = patience ?? Number.POSITIVE_INFINITY;
    this.restores = keep === "best" || (keep === undefined && patience !== undefined);
    this.keepsWeights = this.restores || folder !== undefined;
  }

  /** Takes note of an epoch; true when it is the best so far. */
  see({ epoch, training, validation }: EpochRecord, weights: Weights): boolean {
    if (this.monitor === undefined) return false;
    const { name, smallerIsBetter } = this.monitor;
    const score = (validation ?? training)[name] as number;
    const before = this.found?.score ?? (smallerIsBetter ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
    // Never so for NaN.
    if (!(smallerIsBetter ? score < before : score > before)) return false;
    this.found = { epoch, score };
    if (this.keepsWeights) this.weights = weights;
    return true;
  }

  /** Whether so many epochs came after the best one that patience is at its end. */
  exhaustedBy(epoch: number): boolean {
    return epoch - (this.found?.epoch ?? 0) >= this.patience;
  }

  restore(found: Run["best"], weights: Weights | undefined): void {
    this.found = found;
    this.weights = weights;
  }
}
