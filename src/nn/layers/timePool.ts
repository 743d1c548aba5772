import { OptionError } from "../../base/errors.js";
import { constant, type Value } from "../../graph/index.js";
import { cast, div, equal, max, mean, reshape, slice, squeeze, sub, sum, where } from "../../ops/index.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import type { LayerScope } from "../tracing.js";
import { countedIn, expectAxes } from "./shared.js";

export interface TimePoolOptions extends LayerOptions {
  /** What is left of a feature's numbers: their mean, the largest, or that of the last step that counts. */
  readonly what: "mean" | "max" | "last";
}

/** Below all numbers that a network computes with. */
export const LOWEST = -3e38;

/** The mean over the time steps that count. */
export function meanOfSteps(x: Value, scope: LayerScope, time: number): Value {
  const counted = countedIn(x, scope, time);
  if (counted === undefined) return mean(x, time);
  return div(sum(where(counted, x, 0), time), sum(cast(counted, "float32"), time));
}

function maxOfSteps(x: Value, scope: LayerScope): Value {
  const counted = countedIn(x, scope, 1);
  return max(counted === undefined ? x : where(counted, x, LOWEST), 1);
}

function lastStep(x: Value, scope: LayerScope): Value {
  const time = x.shape[1] as number;
  const lengths = scope.lengthsOf(time);
  if (lengths === undefined) return squeeze(slice(x, [undefined, [time - 1, time]]), 1);
  const steps = constant(
    Array.from({ length: time }, (_, step) => step),
    [1, time, 1],
    "int32",
  );
  return sum(where(equal(steps, sub(reshape(lengths, [x.shape[0] as string, 1, 1]), 1)), x, 0), 1);
}

const makeTimePool = defineLayer<TimePoolOptions>({
  kind: "timePool",
  options: ["what"],
  check: ({ what }) => {
    if (!["mean", "max", "last"].includes(what))
      throw new OptionError(`takes "mean", "max" or "last", got ${JSON.stringify(what)}.`, {
        place: "timePool",
        actual: what,
      });
  },
  build: ([x], { what }, scope) => {
    expectAxes(x, "[batch, time, features]", "Put permute(2, 1) before it for [batch, features, time].");
    if (what === "mean") return meanOfSteps(x, scope, 1);
    return what === "max" ? maxOfSteps(x, scope) : lastStep(x, scope);
  },
});

/**
 * One vector for a sequence: `[batch, time, features] -> [batch, features]`, the mean or the largest over the time steps,
 * or the last step. Where the network has lengths, of the steps that count.
 */
export const timePool = (what: TimePoolOptions["what"], options: LayerOptions = {}): Layer<TimePoolOptions> =>
  makeTimePool({ what, ...options });
