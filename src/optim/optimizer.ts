import type { Value } from "../graph/index.js";

/** A number per step, or a rule that gives it: `step` counts from 1. */
export type Schedule = number | ((step: number) => number);

export const at = (schedule: Schedule, step: number): number =>
  typeof schedule === "number" ? schedule : schedule(step);

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
  /** What is remembered per weight; each starts as zeros. */
  readonly slots: readonly string[];
  /** The numbers that change from step to step, worked out on the host in double precision; `step` counts from 1. */
  scalars(step: number): Readonly<Record<string, number>>;
  update(rule: UpdateRule): Update;
}
