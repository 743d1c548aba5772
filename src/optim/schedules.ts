import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { checkPositive } from "./optimizer.js";

/** A learning rate by step; `step` counts updates from 1. */
type Rule = (step: number) => number;

/** A rule whose name is the call that made it. */
function rule([name, ...args]: readonly unknown[], rate: Rule): Rule {
  const call = `${name}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`;
  return Object.defineProperty(rate, "name", { value: call });
}

/**
 * A learning rate that is multiplied by `factor` after every `every` steps.
 * @param rate of the first `every` steps
 * @param every steps, from 1; for whole epochs a multiple of the batches per epoch
 * @param factor from 0; defaults to 0.1
 */
export function stepDecay(rate: number, every: number, factor = 0.1): Rule {
  checkPositive("stepDecay", "rate", rate);
  checkNumber("stepDecay", "every", every, { low: 1, integer: true });
  checkPositive("stepDecay", "factor", factor);
  return rule(["stepDecay", rate, every, factor], (step) => rate * factor ** Math.floor((step - 1) / every));
}

/**
 * A learning rate that falls from `peak` to 0 along half a cosine (Loshchilov & Hutter 2017), after rising from 0 over
 * the first `warmUp` steps.
 * @param peak per step
 * @param steps updates in all: epochs times batches per epoch, divided by `accumulate`
 * @param warmUp steps; defaults to 0
 */
export function cosine(peak: number, steps: number, warmUp = 0): Rule {
  checkPositive("cosine", "peak", peak);
  checkNumber("cosine", "steps", steps, { low: 1, integer: true });
  checkNumber("cosine", "warmUp", warmUp, { low: 0, high: steps, integer: true });
  return rule(["cosine", peak, steps, warmUp], (step) => {
    if (step <= warmUp) return (peak * step) / warmUp;
    const done = Math.min(1, (step - warmUp) / (steps - warmUp));
    return between(peak, 0, done);
  });
}

export interface OneCycleOptions {
  /** The share of the steps that the rate rises for, in (0, 1); defaults to 0.3. */
  readonly warmUp?: number;
  /** The first rate is the peak divided by this, at least 1; defaults to 25. */
  readonly divide?: number;
  /** The last rate is the first one divided by this, at least 1; defaults to 10000. */
  readonly finalDivide?: number;
}

/**
 * One cycle (Smith & Topin 2018): the learning rate rises along half a cosine from peak / divide to `peak`, then falls
 * along another one to peak / divide / finalDivide. The same as PyTorch's OneCycleLR, momentum aside.
 * @param peak per step
 * @param steps updates in all: epochs times batches per epoch, divided by `accumulate`
 */
export function oneCycle(peak: number, steps: number, options: OneCycleOptions = {}): Rule {
  checkOptions("oneCycle", options, ["warmUp", "divide", "finalDivide"]);
  const { warmUp = 0.3, divide = 25, finalDivide = 1e4 } = options;
  checkPositive("oneCycle", "peak", peak);
  checkNumber("oneCycle", "steps", steps, { low: 1, integer: true });
  checkNumber("oneCycle", "warmUp", warmUp, { low: 0, high: 1 });
  if (warmUp === 0 || warmUp === 1)
    throw new OptionError(`warmUp must be between 0 and 1, got ${warmUp}. cosine() can do without.`, {
      place: "oneCycle",
      actual: warmUp,
    });
  for (const [name, value] of Object.entries({ divide, finalDivide }))
    checkNumber("oneCycle", name, value, { low: 1, high: Number.MAX_VALUE });
  const first = peak / divide;
  // As PyTorch counts: from 0, the peak where the share of all steps ends, less one.
  const [top, end] = [warmUp * steps - 1, steps - 1];
  return rule(["oneCycle", peak, steps, { warmUp, divide, finalDivide }], (step) => {
    const at = Math.min(step - 1, end);
    if (at < top) return between(first, peak, at / top);
    return between(peak, first / finalDivide, (at - top) / (end - top));
  });
}

/** From `start` to `end` along half a cosine; `done` in [0, 1]. */
const between = (start: number, end: number, done: number): number =>
  end + ((start - end) * (1 + Math.cos(Math.PI * done))) / 2;
