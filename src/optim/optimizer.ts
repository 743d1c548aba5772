import { OptionError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import { checkNumber } from "../base/options.js";
import type { Value } from "../graph/index.js";

/** A number per step, or a rule that gives it: `step` counts from 1. */
export type Schedule = number | ((step: number) => number);

/** A schedule's number at a step. Throws unless it is one, from 0: a rate of NaN would spoil every weight. */
export function at(place: string, schedule: Schedule, step: number, name = "learningRate"): number {
  if (typeof schedule === "number") return schedule;
  const rate = schedule(step);
  if (rate >= 0 && rate <= Number.MAX_VALUE) return rate;
  throw new OptionError(
    `${name} must be a number from 0 to ${Number.MAX_VALUE}, got ${rate} at step ${step}. Correct the rule.`,
    { place, actual: rate },
  );
}

/** Options as they are written down: a schedule by its name, which says what made it. */
export const settingsOf = (options: Readonly<Record<string, number | boolean | Schedule>>): Record<string, Json> =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      typeof value === "function" ? value.name || "a function of the step" : value,
    ]),
  );

/** Throws unless a learning rate is a number from 0, or a rule. */
export function checkSchedule(place: string, schedule: Schedule): void {
  if (typeof schedule !== "function") checkPositive(place, "learningRate", schedule);
}

/** Throws unless a number is finite and from 0. */
export const checkPositive = (place: string, name: string, value: number): void =>
  checkNumber(place, name, value, { low: 0, high: Number.MAX_VALUE });

/** Throws unless a share that is kept from step to step is in [0, 1). */
export function checkShare(place: string, name: string, value: number): void {
  checkNumber(place, name, value, { low: 0, high: 1 });
  if (value === 1) throw new OptionError(`${name} must be less than 1, got 1.`, { place, actual: value });
}

/** Throws unless what is added to a root is above 0. */
export function checkEpsilon(place: string, epsilon: number): void {
  checkPositive(place, "epsilon", epsilon);
  if (epsilon === 0)
    throw new OptionError("epsilon must be above 0: a gradient of 0 would give 0 / 0.", { place, actual: epsilon });
}

/** One weight, or several joined into a vector, at one step. */
export interface UpdateRule {
  readonly parameter: Value;
  /** The gradient of the loss by the parameter, of its shape. */
  readonly gradient: Value;
  /** By the names in `slots`, of the parameter's shape. */
  readonly state: Readonly<Record<string, Value>>;
  /** By the names that `scalars` returns. */
  readonly scalars: Readonly<Record<string, Value>>;
}

export interface Update {
  readonly parameter: Value;
  readonly state: Readonly<Record<string, Value>>;
}

/** How weights change from their gradients, as graph: elementwise, so that small weights can be updated joined. */
export interface Optimizer {
  readonly name: string;
  /** What it was made with, to be written down: a schedule as the call that made it. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** What is remembered per weight; each starts as zeros. */
  readonly slots: readonly string[];
  /**
   * The numbers that change from step to step, worked out on the host in double precision; `step` counts updates from
   * 1. Always the same names.
   * @param factor the learning rate is the schedule's times this; defaults to 1
   */
  scalars(step: number, factor?: number): Readonly<Record<string, number>>;
  /** The schedule's learning rate at a step, from 1. */
  learningRate(step: number): number;
  update(rule: UpdateRule): Update;
}
