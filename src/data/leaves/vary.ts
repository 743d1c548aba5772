import type { Random } from "../../base/random.js";

/** A number, uniform in [low, high). */
export const between = (random: Random, low: number, high: number): number => low + (high - low) * random.next();

/** One of a list, each equally likely. */
export const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)] as T;
