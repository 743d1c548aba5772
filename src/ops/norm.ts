import { type Dim, formatShape, sizeOf } from "../base/shape.js";
import { apply, applyAll, defineOp, float, pointwise, shapeError, type Value, type ValueType } from "../graph/index.js";
import { add, div, mul, neg, pow, size, sub } from "./elementwise.js";
import { reshape, sum } from "./movement.js";

type NormAttrs = { readonly epsilon: number };

const reducedAxes = (x: ValueType): number[] => x.shape.map((_, i) => i).filter((i) => i !== 1);

/** A vector per channel, shaped to broadcast over x. */
const perChannel = (vector: Value, x: ValueType): Value =>
  reshape(
    vector,
    x.shape.map((d, i) => (i === 1 ? d : 1)),
  );

function checkChannels(op: string, inputs: readonly ValueType[]): void {
  const [x, ...vectors] = inputs as [ValueType, ...ValueType[]];
  const bad = vectors.find((v) => v.shape.length !== 1 || v.shape[0] !== x.shape[1]);
  if (bad !== undefined || x.shape.length < 2)
    throw shapeError(
      op,
      `needs [N, C, ...] and vectors [C], got ${inputs.map((v) => formatShape(v.shape)).join(", ")}.`,
    );
}

const batchNormOp = defineOp<NormAttrs>({
  name: "batchNorm",
  type: (inputs) => {
    checkChannels("batchNorm", inputs);
    const [x] = inputs as [ValueType];
    const vector = { dtype: x.dtype, shape: [x.shape[1] as Dim] };
    return [{ dtype: x.dtype, shape: x.shape }, vector, vector];
  },
  // dx = dy a + x k2 + k3 with one a, k2 and k3 per channel: two passes over the pictures instead of six.
  gradient: ({ x: [x, scale], y: [, mean, variance], dy: [dy, dMean, dVariance], attrs: { epsilon } }) => {
    const [input, gamma, mu, sigma2] = [x as Value, scale as Value, mean as Value, variance as Value];
    const axes = reducedAxes(input);
    const count = size(sizeOf(axes.map((axis) => input.shape[axis] as Dim)));
    let k2: Value | undefined;
    let k3: Value | undefined;
    let direct: Value | undefined;
    let vectors: [Value, Value] | undefined;
    if (dy !== undefined) {
      const rstd = pow(add(sigma2, epsilon), -0.5);
      const dBias = sum(dy, axes);
      const dScale = mul(sub(sum(mul(dy, input), axes), mul(mu, dBias)), rstd);
      const a = mul(gamma, rstd);
      const share = mul(a, div(-1, count));
      k2 = mul(mul(share, rstd), dScale);
      k3 = sub(mul(share, dBias), mul(k2, mu));
      direct = mul(dy, perChannel(a, input));
      vectors = [dScale, dBias];
    }
    if (dVariance !== undefined) {
      const slope = div(mul(dVariance, 2), count);
      k2 = k2 === undefined ? slope : add(k2, slope);
      k3 = k3 === undefined ? neg(mul(slope, mu)) : sub(k3, mul(slope, mu));
    }
    if (dMean !== undefined) {
      const share = div(dMean, count);
      k3 = k3 === undefined ? share : add(k3, share);
    }
    const parts = [direct, k2 && mul(input, perChannel(k2, input)), k3 && perChannel(k3, input)].filter(
      (part) => part !== undefined,
    );
    return [parts.reduce((a, b) => add(a, b)), ...(vectors ?? [undefined, undefined])];
  },
  lower: (emit, [x, scale, bias], { attrs: { epsilon }, id }) => {
    // ORT writes the statistics over the buffers of the running mean and variance, which momentum 0 otherwise
    // ignores: each node needs two buffers of its own, never constants and never shared.
    // The factors stay below 2^24, where float32 tells whole numbers apart, and off 1, which is optimised away.
    const factor = (n: number) => 2 + ((2 * id + n) % 2 ** 23);
    const own = (n: number) => emit.node("Mul", [scale as string, emit.constant([factor(n)], "float32", [])]);
    return emit.nodes(
      "BatchNormalization",
      [x as string, scale as string, bias as string, own(1), own(2)],
      { epsilon: float(epsilon), momentum: float(0), training_mode: 1 },
      3,
    );
  },
});

/**
 * Batch normalisation over every axis but the channels', with this batch's statistics (Ioffe & Szegedy 2015):
 * `[N, C, ...], [C], [C] -> y [N, C, ...], mean [C], variance [C]` (population variance).
 */
export function batchNorm(
  x: Value,
  scale: Value,
  bias: Value,
  epsilon: number,
): { y: Value; mean: Value; variance: Value } {
  const [y, mean, variance] = applyAll(batchNormOp, [x, scale, bias], { epsilon });
  return { y: y as Value, mean: mean as Value, variance: variance as Value };
}

const normalizeWithOp = defineOp<NormAttrs>({
  name: "normalizeWith",
  window: pointwise,
  type: (inputs) => {
    checkChannels("normalizeWith", inputs);
    const [x] = inputs as [ValueType];
    return { dtype: x.dtype, shape: x.shape };
  },
  gradient: ({ x: [x, scale, , mean, variance], dy: [dy], attrs: { epsilon } }) => {
    const [input, gamma, mu, d] = [x as Value, scale as Value, mean as Value, dy as Value];
    const rstd = pow(add(variance as Value, epsilon), -0.5);
    const axes = reducedAxes(input);
    const dBias = sum(d, axes);
    const dScale = mul(sub(sum(mul(d, input), axes), mul(mu, dBias)), rstd);
    const a = mul(gamma, rstd);
    const dVariance = mul(mul(mul(gamma, dScale), mul(rstd, rstd)), -0.5);
    return [mul(d, perChannel(a, input)), dScale, dBias, neg(mul(a, dBias)), dVariance];
  },
  lower: (emit, x, { attrs: { epsilon } }) => emit.node("BatchNormalization", x, { epsilon: float(epsilon) }),
});

/** (x - mean) / sqrt(variance + epsilon) * scale + bias with given statistics per channel: batch norm when evaluating. */
export const normalizeWith = (
  x: Value,
  scale: Value,
  bias: Value,
  mean: Value,
  variance: Value,
  epsilon: number,
): Value => apply(normalizeWithOp, [x, scale, bias, mean, variance], { epsilon });
