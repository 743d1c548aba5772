import { OptionError } from "../../base/errors.js";
import { countOf } from "../../base/shape.js";
import type { Value } from "../../graph/index.js";
import { div, matmul, maximum, mul, reshape, sqrt, square, stopGradient, sum, transpose } from "../../ops/index.js";
import type { Initializer } from "../initializers.js";
import type { LayerScope } from "../tracing.js";

/** An option of layers with a weight. */
export interface SpectralOptions {
  /**
   * Divides the weight by its largest singular value, so that the layer cannot stretch a difference between inputs (for
   * convolutions: of the weight as a matrix [filters, rest]): a discriminator's slope stays bounded (Miyato et al. 2018,
   * "Spectral Normalization for Generative Adversarial Networks"). The value is found by one power iteration a step,
   * from the vector `weight_u` that the layer keeps. Defaults to false.
   */
  readonly spectralNorm?: boolean;
}

/** Throws unless the option is true, false or absent. */
export function checkSpectral(place: string, { spectralNorm }: SpectralOptions): void {
  if (spectralNorm === undefined || typeof spectralNorm === "boolean") return;
  throw new OptionError(`spectralNorm must be true or false, got ${JSON.stringify(spectralNorm)}.`, {
    place,
    actual: spectralNorm,
  });
}

interface Weight {
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly spectralNorm: boolean;
  /** The axis that counts outputs; defaults to 0. */
  readonly outputs?: 0 | 1;
}

/**
 * The layer's `weight`; with spectral normalisation, weight / sigma, where sigma = u^T W v, W the weight as a matrix
 * [outputs, rest], v = W^T u / |W^T u| and u = W v / |W v| (Miyato et al. 2018, algorithm 1). Gradients take u and v as
 * constants: d sigma / dW = u v^T (equation 12). In training u is kept for the next step, as `weight_u` [outputs]; in
 * prediction it is not. As PyTorch's `torch.nn.utils.spectral_norm`, whose `weight_orig` is `weight` here; `weight_v`
 * follows from u.
 */
export function weightOf(scope: LayerScope, { shape, initializer, spectralNorm, outputs = 0 }: Weight): Value {
  const weight = scope.parameter("weight", shape, initializer);
  if (!spectralNorm) return weight;
  const count = shape[outputs] as number;
  const turned = outputs === 0 ? weight : transpose(weight, [1, 0, ...shape.map((_, i) => i).slice(2)]);
  const matrix = reshape(turned, [count, countOf(shape) / count]);
  const before = reshape(scope.state("weight_u", [count], { normal: 1 }), [count, 1]);
  const still = stopGradient(matrix);
  const v = unit(matmul(still, before, { transposeA: true }));
  const u = unit(matmul(still, v));
  if (scope.training) scope.update("weight_u", reshape(u, [count]));
  const sigma = sum(mul(matmul(matrix, v), u));
  return div(weight, sigma);
}

/** x / |x|, as PyTorch has it: of a vector of zeros, zeros. */
const unit = (x: Value): Value => div(x, maximum(sqrt(sum(square(x))), 1e-12));
