import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Value } from "../graph/index.js";
import { add, clip, div, minimum, mul, sqrt, square, sum } from "../ops/index.js";

/** Bounds for gradients, against steps that throw the weights far away (Pascanu et al. 2013). */
export interface ClipOptions {
  /** Every element is brought to [-value, value]. Comes before `norm`, where both are given. Above 0. */
  readonly value?: number;
  /** All gradients are scaled by one number so that their Euclidean norm, taken together, is this at most. Above 0. */
  readonly norm?: number;
}

export function checkClip(place: string, options: ClipOptions): void {
  checkOptions(`${place}, clip`, options, ["value", "norm"]);
  for (const [name, bound] of Object.entries(options) as [string, number | undefined][]) {
    if (bound === undefined) continue;
    checkNumber(place, `clip.${name}`, bound, { low: 0, high: Number.MAX_VALUE });
    if (bound === 0) throw new OptionError(`clip.${name} must be above 0, got 0.`, { place, actual: bound });
  }
}

/**
 * The gradients within their bounds, as PyTorch's clip_grad_value_ and then clip_grad_norm_ make them: by norm they are
 * scaled by min(1, bound / (norm + 1e-6)).
 * @returns also the norm before that scaling, where it is bounded
 */
export function clipped(
  gradients: readonly Value[],
  { value, norm: bound }: ClipOptions,
): { gradients: readonly Value[]; norm?: Value } {
  const kept = value === undefined ? gradients : gradients.map((g) => clip(g, -value, value));
  if (bound === undefined) return { gradients: kept };
  const norm = sqrt(kept.map((g) => sum(square(g))).reduce((a, b) => add(a, b)));
  const scale = minimum(div(bound, add(norm, 1e-6)), 1);
  return { gradients: kept.map((g) => mul(g, scale)), norm };
}
