import { checkNumber } from "../base/options.js";
import { checkPositive, type Schedule } from "./optimizer.js";

/**
 * A learning rate that falls from `peak` to 0 along half a cosine (Loshchilov & Hutter 2017), after rising from 0 over
 * the first `warmUp` steps.
 * @param peak per step
 * @param steps training steps in all: epochs times batches per epoch
 * @param warmUp steps; defaults to 0
 */
export function cosine(peak: number, steps: number, warmUp = 0): Schedule {
  checkPositive("cosine", "peak", peak);
  checkNumber("cosine", "steps", steps, { low: 1, integer: true });
  checkNumber("cosine", "warmUp", warmUp, { low: 0, high: steps, integer: true });
  return (step) => {
    if (step <= warmUp) return (peak * step) / warmUp;
    const done = Math.min(1, (step - warmUp) / (steps - warmUp));
    return (peak * (1 + Math.cos(Math.PI * done))) / 2;
  };
}
