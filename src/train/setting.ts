import { OptionError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import type { LossSpec, Network } from "../runtime/index.js";
import { type FitOptions, withDefaults } from "./options.js";

/** What must be the same for a run to go on as though it had never stopped, by name. */
export type RunSetting = Readonly<Record<string, Json>>;

/** @param examples how many the training data has */
export function settingOf(net: Network, options: FitOptions, examples: number): RunSetting {
  const { seed, batchSize, monitor } = withDefaults(options);
  const { accumulate = 1, average = 0, frozen = [], stateful = false, clip = {}, metrics = [] } = options;
  return {
    network: JSON.stringify(net),
    loss: lossName(options.loss),
    optimizer: optimizerName(options.optimizer),
    ...{ seed, batchSize, accumulate, average, monitor },
    // A run from before there was this option has none.
    stateful: stateful || null,
    frozen: [...frozen],
    clip: { ...clip },
    metrics: metrics.map(({ name }) => name),
    examples,
  };
}

/** A loss's name; of several, all of them. */
export const lossName = (loss: LossSpec): string =>
  typeof loss === "function"
    ? loss.name
    : Object.entries(loss)
        .map(([output, { name }]) => `${output}: ${name}`)
        .join(", ");

export const optimizerName = (optimizer: FitOptions["optimizer"]): string =>
  typeof optimizer === "function" ? "per weight" : (optimizer?.name ?? "adam");

/** Settings too long to be shown. */
const NETWORKS = ["network", "generator", "discriminator"];

/** Throws where a run that goes on would not be the run that stopped. */
export function checkSetting(before: RunSetting, now: RunSetting, place: string): void {
  for (const [key, value] of Object.entries(now)) {
    const was = before[key] ?? null;
    const [then, today] = [JSON.stringify(was), JSON.stringify(value)];
    if (then === today) continue;
    const difference = NETWORKS.includes(key) ? "its layers differ" : `it was ${then} and is ${today} now`;
    throw new OptionError(
      `cannot go on with another ${key}: ${difference}. Give the same as before, or begin in another folder.`,
      { place, expected: was, actual: value },
    );
  }
}
