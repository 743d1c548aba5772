import type { Tensor } from "../base/tensor.js";
import { type FitOptions, withDefaults } from "./options.js";
import type { EpochRecord, Run } from "./record.js";

type Weights = ReadonlyMap<string, Tensor>;

/** The best epoch of a run so far, by one score. */
export class Best {
  found: Run["best"];
  /** That epoch's weights, where somebody will want them. */
  weights: Weights | undefined;
  /** Whether the network has these weights at the end. */
  readonly restores: boolean;
  private readonly monitor: string;
  private readonly smaller: boolean;
  private readonly patience: number;
  private readonly keepsWeights: boolean;

  constructor(options: FitOptions) {
    const { monitor, metrics = [], patience, keep, folder } = withDefaults(options);
    this.monitor = monitor;
    this.smaller = monitor === "loss" || metrics.find(({ name }) => name === monitor)?.smallerIsBetter === true;
    this.patience = patience ?? Number.POSITIVE_INFINITY;
    this.restores = keep === "best" || (keep === undefined && patience !== undefined);
    this.keepsWeights = this.restores || folder !== undefined;
  }

  /** Takes note of an epoch; true when it is the best so far. */
  see({ epoch, training, validation }: EpochRecord, weights: Weights): boolean {
    const score = (validation ?? training)[this.monitor] as number;
    const before = this.found?.score ?? (this.smaller ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
    // Never so for NaN.
    if (!(this.smaller ? score < before : score > before)) return false;
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
