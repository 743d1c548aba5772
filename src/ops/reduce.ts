import { sizeOf } from "../base/shape.js";
import { apply, defineOp, type Value, wholeAlong } from "../graph/index.js";
import { add, div, exp, log, mul, size, square, sub } from "./elementwise.js";
import { type Axes, listAxes, reducedShape, reshape, sum } from "./movement.js";
import { cast, equal, stopGradient } from "./select.js";

interface ReduceAttrs {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
  readonly [key: string]: readonly number[] | boolean;
}

/** A reduction by an ONNX operator whose gradient needs x, y and dy with the reduced axes kept. */
function reduction(
  name: string,
  onnx: string,
  gradient: (x: Value, y: Value, dy: Value, axes: readonly number[]) => Value,
) {
  const op = defineOp<ReduceAttrs>({
    name,
    window: (node) => wholeAlong(node, node.attrs.axes),
    type: ([x], { axes, keepDims }) => ({
      dtype: (x as Value).dtype,
      shape: reducedShape((x as Value).shape, axes, keepDims),
    }),
    gradient: ({ x: [x], y: [y], dy: [dy], attrs: { axes } }) => {
      const kept = reducedShape((x as Value).shape, axes, true);
      return [gradient(x as Value, reshape(y as Value, kept), reshape(dy as Value, kept), axes)];
    },
    lower: (emit, [x], { attrs: { axes, keepDims } }) =>
      emit.node(onnx, [x as string, emit.constant(axes, "int64")], { keepdims: keepDims ? 1 : 0 }),
  });
  return (x: Value, axes?: Axes, { keepDims = false } = {}): Value => {
    const list = listAxes(name, x, axes);
    return list.length === 0 ? x : apply(op, [x], { axes: list, keepDims });
  };
}

/** The gradient goes to the extreme elements, in equal shares where several are equal. */
const toExtremes = (x: Value, y: Value, dy: Value, axes: readonly number[]): Value => {
  const mask = cast(equal(x, y), x.dtype);
  return mul(mask, div(dy, sum(mask, axes, { keepDims: true })));
};

/** The largest element over `axes` (default: all). */
export const max = reduction("max", "ReduceMax", toExtremes);
/** The smallest element over `axes` (default: all). */
export const min = reduction("min", "ReduceMin", toExtremes);

/** The mean over `axes` (default: all), also over a symbolic batch. */
export function mean(x: Value, axes?: Axes, options: { keepDims?: boolean } = {}): Value {
  const list = listAxes("mean", x, axes);
  const count = sizeOf(list.map((axis) => x.shape[axis] as number | string));
  const total = sum(x, list, options);
  return typeof count === "number" ? mul(total, 1 / count) : div(total, size(count));
}

/** The mean squared distance from the mean (population variance) over `axes`. */
export function variance(x: Value, axes?: Axes, options: { keepDims?: boolean } = {}): Value {
  return mean(square(sub(x, mean(x, axes, { keepDims: true }))), axes, options);
}

const softmaxOp = defineOp<{ readonly axis: number }>({
  name: "softmax",
  givesProbabilities: true,
  window: (node) => wholeAlong(node, [node.attrs.axis]),
  type: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
  gradient: ({ y: [y], dy: [dy], attrs: { axis } }) => {
    const weighted = mul(dy as Value, y as Value);
    return [sub(weighted, mul(y as Value, sum(weighted, axis, { keepDims: true })))];
  },
  lower: (emit, [x], { attrs: { axis } }) => emit.node("Softmax", [x as string], { axis }),
});

/** e^x / sum e^x along `axis` (default: the last); stable for any finite x. dx = y (dy - sum dy y) */
export const softmax = (x: Value, axis = -1): Value =>
  apply(softmaxOp, [x], { axis: listAxes("softmax", x, axis)[0] as number });

/** ln sum e^x over `axes` (default: all); stable for any finite x: the largest element is taken out first. */
export function logSumExp(x: Value, axes?: Axes, { keepDims = false } = {}): Value {
  const list = listAxes("logSumExp", x, axes);
  const largest = stopGradient(max(x, list, { keepDims: true }));
  const total = add(log(sum(exp(sub(x, largest)), list, { keepDims: true })), largest);
  return reshape(total, reducedShape(x.shape, list, keepDims));
}

/** ln softmax x along `axis` (default: the last); stable for any finite x. */
export const logSoftmax = (x: Value, axis = -1): Value => sub(x, logSumExp(x, axis, { keepDims: true }));
