import { checkNumber } from "../base/options.js";
import { broadcastShapes, type Dim, formatShape, sameShape } from "../base/shape.js";
import {
  type Attrs,
  apply,
  constant,
  defineOp,
  type Emit,
  float,
  type Op,
  type Operand,
  pointwise,
  shapeError,
  toValue,
  type Value,
} from "../graph/index.js";

/** A unary op: its ONNX operator and the gradient by x, from x, y and dy. */
function unary(
  name: string,
  onnx: string | ((emit: Emit, x: string) => string),
  gradient?: (x: Value, y: Value, dy: Value) => Value,
  more: Pick<Op, "range" | "givesProbabilities"> = {},
): (x: Value) => Value {
  const op = defineOp({
    name,
    window: pointwise,
    ...more,
    type: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
    ...(gradient && { gradient: ({ x: [x], y: [y], dy: [dy] }) => [gradient(x as Value, y as Value, dy as Value)] }),
    lower: (emit, [x]) => (typeof onnx === "string" ? emit.node(onnx, [x as string]) : onnx(emit, x as string)),
  });
  return (x) => apply(op, [x], {});
}

/** A binary op with NumPy's broadcasting; numbers may stand for constants. */
function binary(
  name: string,
  onnx: string,
  gradient: (a: Value, b: Value, dy: Value, y: Value) => readonly [Value, Value],
): (a: Operand, b: Operand) => Value {
  const op = defineOp({
    name,
    window: pointwise,
    type: ([a, b]) => {
      const [x, y] = [a as Value, b as Value];
      const shape = broadcastShapes(x.shape, y.shape);
      if (shape === undefined || x.dtype !== y.dtype) {
        const both = `${x.dtype}${formatShape(x.shape)} and ${y.dtype}${formatShape(y.shape)}`;
        const hint = x.dtype === y.dtype ? "Lengths must be equal or 1." : "Use cast() on one of them.";
        throw shapeError(name, `${both} do not go together. ${hint}`, x.shape, y.shape);
      }
      return { dtype: x.dtype, shape };
    },
    gradient: ({ x: [a, b], y: [y], dy: [dy] }) => gradient(a as Value, b as Value, dy as Value, y as Value),
    lower: (emit, [a, b]) => emit.node(onnx, [a as string, b as string]),
  });
  return (a, b) => {
    const dtype = typeof a === "number" ? (typeof b === "number" ? "float32" : b.dtype) : a.dtype;
    return apply(op, unbroadcast(toValue(a, dtype), toValue(b, dtype)), {});
  };
}

/** Takes the small value behind a broadcast where the op broadcasts by itself to the same shape. */
export function unbroadcast(...xs: Value[]): Value[] {
  const shapeOf = (values: readonly Value[]) =>
    values.reduce<readonly Dim[] | undefined>((shape, v) => shape && broadcastShapes(shape, v.shape), []);
  const full = shapeOf(xs);
  return xs.reduce((values, x, i) => {
    const [small] = x.node.inputs;
    if (full === undefined || x.node.op.onlyBroadcasts !== true || small === undefined) return values;
    const replaced = values.with(i, small);
    const shape = shapeOf(replaced);
    return shape !== undefined && sameShape(shape, full) ? replaced : values;
  }, xs);
}

/** -x */
export const neg = unary("neg", "Neg", (_x, _y, dy) => neg(dy));
/** e^x; dx = dy y */
export const exp = unary("exp", "Exp", (_x, y, dy) => mul(dy, y));
/** The natural logarithm; dx = dy / x */
export const log = unary("log", "Log", (x, _y, dy) => div(dy, x));
/** The square root; dx = dy / 2y, +Inf at 0 */
export const sqrt = unary("sqrt", "Sqrt", (_x, y, dy) => div(mul(dy, 0.5), y));
/** 1/x; dx = -dy y^2 */
export const reciprocal = unary("reciprocal", "Reciprocal", (_x, y, dy) => neg(mul(dy, mul(y, y))));
/** The sine of x in radians; dx = dy cos x */
export const sin = unary("sin", "Sin", (x, _y, dy) => mul(dy, cos(x)));
/** The cosine of x in radians; dx = -dy sin x */
export const cos = unary("cos", "Cos", (x, _y, dy) => neg(mul(dy, sin(x))));
/** The hyperbolic tangent; dx = dy (1 - y^2) */
export const tanh = unary("tanh", "Tanh", (_x, y, dy) => mul(dy, sub(1, mul(y, y))), { range: [-1, 1] });
/** 1 / (1 + e^-x); dx = dy y (1 - y) */
export const sigmoid = unary("sigmoid", "Sigmoid", (_x, y, dy) => mul(dy, mul(y, sub(1, y))), {
  range: [0, 1],
  givesProbabilities: true,
});
/** The error function; dx = dy 2/sqrt(pi) e^(-x^2) */
export const erf = unary("erf", "Erf", (x, _y, dy) => mul(dy, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))));
/** |x|; the gradient at 0 is 0 */
export const abs = unary("abs", "Abs", (x, _y, dy) => mul(dy, sign(x)));
/** -1, 0 or 1. No gradient. */
export const sign = unary("sign", "Sign");
/** The largest whole number not above x. No gradient. */
export const floor = unary("floor", "Floor");
/**
 * 1 where x > 0, else 0; a fraction for positive x below 3.4e-39, which only subnormal numbers are. No gradient.
 * HardSigmoid with a huge slope is one pass over memory where Greater and Cast are two.
 */
export const step = unary("step", (emit, x) => emit.node("HardSigmoid", [x], { alpha: float(3e38), beta: float(0) }));
/** dy where y > 0, else 0. */
const whereAbove0 = (y: Value, dy: Value): Value => dy.node.op.keepWherePositive?.(dy.node, y) ?? mul(dy, step(y));
/** max(x, 0); dx = dy where y > 0. Nair & Hinton 2010. */
export const relu = unary("relu", "Relu", (_x, y, dy) => whereAbove0(y, dy), { range: [0, Number.POSITIVE_INFINITY] });

/** a + b */
export const add = binary("add", "Add", (_a, _b, dy) => [dy, dy]);
/** a - b */
export const sub = binary("sub", "Sub", (_a, _b, dy) => [dy, neg(dy)]);
/** a b, element by element */
export const mul = binary("mul", "Mul", (a, b, dy) => [mul(dy, b), mul(dy, a)]);
/** a / b; db = -dy y / b */
export const div = binary("div", "Div", (_a, b, dy, y) => [div(dy, b), neg(div(mul(dy, y), b))]);
/** The larger of a and b; a tie gives half the gradient to each. */
export const maximum = binary("maximum", "Max", (a, b, dy) => share(dy, a, b));
/** The smaller of a and b; a tie gives half the gradient to each. */
export const minimum = binary("minimum", "Min", (a, b, dy) => share(dy, b, a));

/** dy to the larger of two, half to each on a tie. */
function share(dy: Value, larger: Value, smaller: Value): readonly [Value, Value] {
  const toLarger = mul(add(sign(sub(larger, smaller)), 1), 0.5);
  const [first, second] = [mul(dy, toLarger), mul(dy, sub(1, toLarger))];
  return [first, second];
}

/** a^b; da = dy b a^(b-1), db = dy y ln a (for a > 0) */
export const pow = binary("pow", "Pow", (a, b, dy, y) => [mul(dy, mul(b, pow(a, sub(b, 1)))), mul(dy, mul(y, log(a)))]);

export const square = (x: Value): Value => mul(x, x);

interface ClipAttrs extends Attrs {
  readonly low: number;
  readonly high: number;
}

const clipOp = defineOp<ClipAttrs>({
  name: "clip",
  window: pointwise,
  type: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
  gradient: ({ x: [x], dy: [dy], attrs: { low, high } }) => {
    const outside = add(step(sub(x as Value, high)), step(sub(low, x as Value)));
    return [mul(dy as Value, sub(1, outside))];
  },
  lower: (emit, [x], { attrs: { low, high }, outputs: [y] }) => {
    const bound = (value: number) => emit.constant([value], (y as Value).dtype, []);
    return emit.node("Clip", [x as string, bound(low), bound(high)]);
  },
});

/** x held within [low, high]; the gradient is 1 inside and on the bounds, 0 outside. */
export function clip(x: Value, low: number, high: number): Value {
  if (!(low <= high)) throw shapeError("clip", `low ${low} is above high ${high}.`);
  return apply(clipOp, [x], { low, high });
}

const leakyReluOp = defineOp<{ readonly slope: number }>({
  name: "leakyRelu",
  window: pointwise,
  type: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
  gradient: ({ y: [y], dy: [dy], attrs: { slope } }) => [mul(dy as Value, maximum(step(y as Value), slope))],
  lower: (emit, [x], { attrs: { slope } }) => emit.node("LeakyRelu", [x as string], { alpha: float(slope) }),
});

/** x where x > 0, else slope x, for a slope in [0, 1] (default 0.01). Maas et al. 2013. */
export function leakyRelu(x: Value, slope = 0.01): Value {
  checkNumber("leakyRelu", "slope", slope, { low: 0, high: 1 });
  return apply(leakyReluOp, [x], { slope });
}

const sizeOp = defineOp<{ readonly dim: Dim }>({
  name: "size",
  type: () => ({ dtype: "float32", shape: [] }),
  lower: (emit, _, { attrs: { dim } }) => emit.size(dim),
});

/** A length as a float32 scalar; a symbolic one is known when the graph runs. */
export const size = (dim: Dim): Value => (typeof dim === "number" ? constant(dim) : apply(sizeOp, [], { dim }));
