import type { DType } from "../base/dtype.js";
import { broadcastShapes, type Dim, formatShape, normalizeAxis, sizeOf } from "../base/shape.js";
import { apply, defineOp, type Operand, pointwise, shapeError, toValue, type Value } from "../graph/index.js";
import { unbroadcast } from "./elementwise.js";
import { reshape, transpose } from "./movement.js";

function comparison(name: string, onnx: string): (a: Operand, b: Operand) => Value {
  const op = defineOp({
    name,
    window: pointwise,
    type: ([a, b]) => {
      const [x, y] = [a as Value, b as Value];
      const shape = broadcastShapes(x.shape, y.shape);
      if (shape === undefined || x.dtype !== y.dtype)
        throw shapeError(
          name,
          `${x.dtype}${formatShape(x.shape)} and ${y.dtype}${formatShape(y.shape)} cannot be compared.`,
        );
      return { dtype: "bool", shape };
    },
    lower: (emit, [a, b]) => emit.node(onnx, [a as string, b as string]),
  });
  return (a, b) => {
    const dtype = typeof a === "number" ? (typeof b === "number" ? "float32" : b.dtype) : a.dtype;
    return apply(op, unbroadcast(toValue(a, dtype), toValue(b, dtype)), {});
  };
}

/** a = b, as bool */
export const equal = comparison("equal", "Equal");
/** a > b, as bool */
export const greater = comparison("greater", "Greater");
/** a < b, as bool */
export const less = comparison("less", "Less");
/** a >= b, as bool */
export const greaterEqual = comparison("greaterEqual", "GreaterOrEqual");
/** a <= b, as bool */
export const lessEqual = comparison("lessEqual", "LessOrEqual");

const whereOp = defineOp({
  name: "where",
  window: pointwise,
  type: ([c, a, b]) => {
    const [condition, x, y] = [c as Value, a as Value, b as Value];
    const branches = broadcastShapes(x.shape, y.shape);
    const shape = branches && broadcastShapes(condition.shape, branches);
    if (shape === undefined || condition.dtype !== "bool" || x.dtype !== y.dtype) {
      const types = [condition, x, y].map((v) => `${v.dtype}${formatShape(v.shape)}`).join(", ");
      throw shapeError("where", `needs a bool condition and two values of one dtype that broadcast, got ${types}.`);
    }
    return { dtype: x.dtype, shape };
  },
  gradient: ({ x: [condition], dy: [dy] }) => {
    const zero = toValue(0, (dy as Value).dtype);
    return [undefined, where(condition as Value, dy as Value, zero), where(condition as Value, zero, dy as Value)];
  },
  lower: (emit, x) => emit.node("Where", x),
});

/** `a` where the condition holds, else `b`, with broadcasting. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  const dtype = typeof a === "number" ? (typeof b === "number" ? "float32" : b.dtype) : a.dtype;
  return apply(whereOp, unbroadcast(condition, toValue(a, dtype), toValue(b, dtype)), {});
}

const castOp = defineOp<{ readonly dtype: DType }>({
  name: "cast",
  window: pointwise,
  type: ([x], { dtype }) => ({ dtype, shape: (x as Value).shape }),
  gradient: ({ dy: [dy] }) => [dy],
  lower: (emit, [x], { attrs: { dtype } }) => emit.node("Cast", [x as string], { to: onnxTypes[dtype] }),
});

/** TensorProto.DataType of each dtype. */
const onnxTypes: Readonly<Record<DType, number>> = { float32: 1, uint8: 2, int32: 6, bool: 9 };

/** The same numbers as another dtype; fractions are cut towards 0. Gradient flows only between float dtypes. */
export const cast = (x: Value, dtype: DType): Value => (x.dtype === dtype ? x : apply(castOp, [x], { dtype }));

const gatherOp = defineOp<{ readonly axis: number }>({
  name: "gather",
  type: ([x, i], { axis }) => {
    const [table, indices] = [x as Value, i as Value];
    if (indices.dtype !== "int32") throw shapeError("gather", `indices must be int32, got ${indices.dtype}.`);
    const shape = [...table.shape.slice(0, axis), ...indices.shape, ...table.shape.slice(axis + 1)];
    return { dtype: table.dtype, shape };
  },
  gradient: ({ x: [x, i], dy: [dy], attrs: { axis } }) => {
    const [table, indices] = [x as Value, i as Value];
    // The gathered axes go first, so that whole rows are added.
    const rank = table.shape.length;
    const order = [axis, ...range(rank).filter((a) => a !== axis)];
    const at = range(indices.shape.length).map((a) => a + axis);
    const toFront = [...at, ...range(rank - 1 + indices.shape.length).filter((a) => !at.includes(a))];
    const rows = scatterAdd(transpose(dy as Value, toFront), indices, table.shape[axis] as Dim);
    return [
      transpose(
        rows,
        order.map((_, a) => order.indexOf(a)),
      ),
      undefined,
    ];
  },
  lower: (emit, x, { attrs: { axis } }) => emit.node("Gather", x, { axis }),
});

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/**
 * The slices of x along `axis` at int32 positions: an embedding lookup is `gather(table, tokens)`.
 * `[..., V, ...], [I...] -> [..., I..., ...]`
 */
export const gather = (x: Value, indices: Value, axis = 0): Value =>
  apply(gatherOp, [x, indices], { axis: normalizeAxis(axis, x.shape.length, "gather") });

const scatterAddOp = defineOp<{ readonly size: Dim }>({
  name: "scatterAdd",
  type: ([u, i], { size }) => {
    const [updates, indices] = [u as Value, i as Value];
    const fits = indices.shape.every((d, axis) => d === updates.shape[axis]);
    if (!fits || indices.dtype !== "int32")
      throw shapeError(
        "scatterAdd",
        `the leading axes of ${formatShape(updates.shape)} must be those of the int32 indices, got ${indices.dtype}${formatShape(indices.shape)}.`,
      );
    return { dtype: updates.dtype, shape: [size, ...updates.shape.slice(indices.shape.length)] };
  },
  gradient: ({ x: [, indices], dy: [dy] }) => [gather(dy as Value, indices as Value), undefined],
  // ScatterND adds with several threads at once and loses updates that meet (seen with more than 200,000 numbers).
  lower: (emit, [updates, indices], { inputs, outputs }) => {
    const [u, i, y] = [inputs[0] as Value, inputs[1] as Value, outputs[0] as Value];
    const rest = u.shape.slice(i.shape.length);
    const rows = emit.shape([sizeOf(i.shape), ...rest]);
    const column = emit.node("Reshape", [indices as string, emit.shape([sizeOf(i.shape), ...rest.map(() => 1)])]);
    const zeros = emit.node("Expand", [emit.constant([0], u.dtype, []), emit.shape(y.shape)]);
    const all = [zeros, emit.node("Expand", [column, rows]), emit.node("Reshape", [updates as string, rows])];
    return emit.node("ScatterElements", all, { axis: 0, reduction: "add" });
  },
});

/** Zeros of `[size, ...]` with each update added at its index: the gradient of `gather` along axis 0. */
export const scatterAdd = (updates: Value, indices: Value, size: Dim): Value =>
  apply(scatterAddOp, [updates, indices], { size });

/** int32 class indices as float32 rows with a single 1: `[...] -> [..., classes]`. */
export function oneHot(indices: Value, classes: number): Value {
  const positions = reshape(rangeValue(classes), [...indices.shape.map(() => 1), classes]);
  return cast(equal(reshape(indices, [...indices.shape, 1]), positions), "float32");
}

const rangeOp = defineOp<{ readonly count: number }>({
  name: "range",
  type: (_, { count }) => ({ dtype: "int32", shape: [count] }),
  lower: (emit, _, { attrs: { count } }) => emit.constant(range(count), "int32"),
});

/** The int32 numbers 0 .. count-1. */
export const rangeValue = (count: number): Value => apply(rangeOp, [], { count });

/** No gradient flows back through the result. */
export const stopGradient = (x: Value): Value => apply(stopGradientOp, [x], {});

const stopGradientOp = defineOp({
  name: "stopGradient",
  window: pointwise,
  type: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
  lower: (_emit, [x]) => x as string,
});
