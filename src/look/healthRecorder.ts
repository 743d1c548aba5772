import { checkNumber, checkOptions } from "../base/options.js";
import type { Dataset } from "../data/index.js";
import type { Examples, Network } from "../runtime/index.js";
import { type Health, type HealthOptions, HealthProbe } from "./health.js";

export interface HealthRecorderOptions extends Omit<HealthOptions, "before"> {
  /** In epochs; defaults to 1. */
  readonly every?: number;
}

/** One look at a network while it trains. */
export interface HealthRecord {
  readonly epoch: number;
  readonly health: Health;
  readonly check: number;
}

export interface HealthRecorder {
  readonly history: readonly HealthRecord[];
  /** For `fit`: `{ onEpoch: recorder.onEpoch }`. */
  onEpoch(record: { readonly epoch: number }): Promise<void>;
}

/**
 * Records a network's health while it trains; the weights' moves are those since the record before, or since the
 * recorder was made.
 * @param data what the layers are looked at with: best a few hundred examples that it does not train on
 */
export function healthRecorder(
  net: Network,
  data: Dataset | Examples,
  options: HealthRecorderOptions = {},
): HealthRecorder {
  checkOptions("healthRecorder", options, ["loss", "samples", "every"]);
  const { every = 1, loss, ...rest } = options;
  checkNumber("healthRecorder", "every", every, { low: 1, integer: true });
  const asked = new HealthProbe(net, loss);
  const history: HealthRecord[] = [];
  let before = new Map(net.weights);
  return {
    history,
    onEpoch: async ({ epoch }) => {
      if (epoch % every !== 0) return;
      const { value, check } = await asked.measure(data, { ...rest, before });
      before = new Map(net.weights);
      history.push({ epoch, health: value, check });
    },
  };
}
