import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Callback } from "./callback.js";

export interface PlateauOptions {
  /** What the learning rate is multiplied by, in (0, 1); defaults to 0.1. */
  readonly factor?: number;
  /** Epochs without a better score that are borne; defaults to 10. */
  readonly patience?: number;
  /**
   * The score that counts, of the validation if it is there, else of training; defaults to "loss". A measure of a game must be
   * taken after every epoch.
   */
  readonly monitor?: string;
  /** Whether a larger score is better, as of an accuracy; defaults to false. */
  readonly largerIsBetter?: boolean;
  /** A score is better only by more than this share of the best; defaults to 1e-4. */
  readonly threshold?: number;
  /** The lowest the learning rate may fall to, as a share of the schedule's; defaults to 0. */
  readonly least?: number;
}

/**
 * A callback that lowers the learning rate when a score no longer improves, as PyTorch's ReduceLROnPlateau: after
 * `patience` epochs without a better score, the next such epoch multiplies it by `factor`, and the count begins again.
 */
export function reduceOnPlateau(options: PlateauOptions = {}): Callback {
  const place = "reduceOnPlateau";
  checkOptions(place, options, ["factor", "patience", "monitor", "largerIsBetter", "threshold", "least"]);
  const {
    factor = 0.1,
    patience = 10,
    monitor = "loss",
    largerIsBetter = false,
    threshold = 1e-4,
    least = 0,
  } = options;
  checkNumber(place, "factor", factor, { low: Number.MIN_VALUE, high: 1 });
  checkNumber(place, "patience", patience, { low: 0, integer: true });
  checkNumber(place, "threshold", threshold, { low: 0, high: Number.MAX_VALUE });
  checkNumber(place, "least", least, { low: 0, high: 1 });
  const worst = largerIsBetter ? -Number.MAX_VALUE : Number.MAX_VALUE;
  let [best, waited, share] = [worst, 0, 1];
  return {
    name: place,
    onStart: () => {
      [best, waited, share] = [worst, 0, 1];
    },
    onEpoch: ({ training, validation }, control) => {
      const score = validation?.[monitor] ?? training[monitor];
      if (score === undefined) {
        const known = Object.keys({ ...training, ...validation }).join(", ");
        throw new OptionError(`there is no score "${monitor}". There are: ${known}.`, { place, actual: monitor });
      }
      const margin = Math.abs(best) * threshold;
      const better = largerIsBetter ? score > best + margin : score < best - margin;
      [best, waited] = better ? [score, 0] : [best, waited + 1];
      if (waited <= patience) return;
      waited = 0;
      const lower = Math.max(least, share * factor);
      if (lower < share) control.scaleLearningRate(lower / share);
      share = lower;
    },
    state: () => [best, waited, share],
    restore: (state) => {
      [best, waited, share] = state as [number, number, number];
    },
  };
}
