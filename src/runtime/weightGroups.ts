import { OptionError } from "../base/errors.js";
import { countOf } from "../base/shape.js";
import type { Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { concat, reshape, split } from "../ops/index.js";
import type { Optimizer } from "../optim/index.js";

/**
 * One optimizer for all weights, or a function that gives each weight its own: other decays or learning rates for some
 * of them. Weights for which it gives the same object are one group; make each optimizer once, outside the function.
 * `name` is e.g. `residual_1.conv2d_1.weight`.
 */
export type OptimizerSpec = Optimizer | ((weight: { name: string; shape: readonly number[] }) => Optimizer);

/** Weights below this count of numbers are updated together, as one vector: fewer, larger nodes. */
const JOINED_BELOW = 16_384;

interface Weight {
  readonly name: string;
  readonly value: Value;
  readonly shape: readonly number[];
}

/** Weights updated together: a large one, or all small ones of an optimizer as one vector. */
export interface WeightGroup {
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly members: readonly Weight[];
  readonly shape: readonly number[];
}

/** The weights to train, in groups: the large ones first. */
export function groupsOf(weights: Traced["parameters"], spec: OptimizerSpec): WeightGroup[] {
  const small = new Map<Optimizer, Weight[]>();
  const large: WeightGroup[] = [];
  for (const [name, { value, shape, trainable }] of weights) {
    if (!trainable) continue;
    const optimizer = typeof spec === "function" ? spec({ name, shape }) : spec;
    if (typeof optimizer?.update !== "function")
      throw new OptionError("the function gave no optimizer for this weight. Let it return one, e.g. adam().", {
        place: `optimizer of ${name}`,
        actual: optimizer,
      });
    const joined = small.get(optimizer) ?? [];
    small.set(optimizer, joined);
    if (countOf(shape) < JOINED_BELOW) joined.push({ name, value, shape });
    else large.push({ name, optimizer, members: [{ name, value, shape }], shape });
  }
  const groups = [...small].map(([optimizer, members], n): WeightGroup => {
    const [only] = members;
    const shape = members.length === 1 && only ? only.shape : [members.reduce((sum, m) => sum + countOf(m.shape), 0)];
    return { name: n === 0 ? "small" : `small_${n + 1}`, optimizer, members, shape };
  });
  return [...large, ...groups.filter(({ members }) => members.length > 0)];
}

/** The optimizers of groups, in their order. */
export const optimizersOf = (groups: readonly WeightGroup[]): Optimizer[] => [
  ...new Set(groups.map(({ optimizer }) => optimizer)),
];

/** Several values as one vector; one alone stays as it is. */
export const flat = (values: readonly Value[]): Value =>
  values.length === 1
    ? (values[0] as Value)
    : concat(
        values.map((v) => reshape(v, [countOf(v.shape as number[])])),
        0,
      );

/** The values that `flat` made one of. */
export function parts(joined: Value, members: readonly Weight[]): Value[] {
  const sizes = members.map((m) => countOf(m.shape));
  const pieces = members.length > 1 ? split(joined, sizes, 0) : [joined];
  return members.map((m, i) => reshape(pieces[i] as Value, m.shape));
}
