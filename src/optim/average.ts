import type { Value } from "../graph/index.js";
import { add, mul, sub } from "../ops/index.js";

/**
 * The share of the new weights in their moving average at update `t`, from 1: 1 - min(decay, (1 + t) / (10 + t)). At
 * first the average follows fast, so that the initial weights are soon forgotten.
 */
export const newShare = (decay: number, t: number): number => 1 - Math.min(decay, (1 + t) / (10 + t));

/** A moving average (Polyak & Juditsky 1992) one step on: decay average + (1 - decay) value. */
export const averaged = (average: Value, value: Value, share: Value): Value =>
  add(average, mul(sub(value, average), share));
