import { type Dim, divideDims, formatShape, normalizeAxis, type Shape, sameShape, sizeOf } from "../base/shape.js";
import { apply, defineOp, pointwise, shapeError, type Value, wholeAlong } from "../graph/index.js";

/** One axis or several, counted from the front or (negative) from the back; undefined means all. */
export type Axes = number | readonly number[] | undefined;

/** The axes as ascending numbers from the front. */
export function listAxes(op: string, x: Value, axes: Axes): number[] {
  const rank = x.shape.length;
  if (axes === undefined) return x.shape.map((_, i) => i);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, rank, op));
  if (new Set(list).size !== list.length) throw shapeError(op, `the axes [${list}] name an axis twice.`);
  return list.sort((a, b) => a - b);
}

const reshapeOp = defineOp<{ readonly shape: Shape }>({
  name: "reshape",
  onlyReshapes: true,
  type: ([x], { shape }) => ({ dtype: (x as Value).dtype, shape }),
  gradient: ({ x: [x], dy: [dy] }) => [reshape(dy as Value, (x as Value).shape)],
  sumOfTurns: ({ inputs: [x], attrs: { shape } }, _, summed) => {
    const total = summed(x as Value);
    return total && reshape(total, shape);
  },
  lower: (emit, [x], { attrs: { shape } }) => {
    const symbolic = shape.filter((d) => typeof d !== "number").length;
    const target =
      symbolic > 1
        ? emit.shape(shape)
        : emit.constant(
            shape.map((d) => (typeof d === "number" ? d : -1)),
            "int64",
          );
    return emit.node("Reshape", [x as string, target]);
  },
});

/**
 * The same elements in another shape. One length may be -1: it is worked out from the others.
 * @throws ShapeError when the element counts differ
 */
export function reshape(x: Value, shape: Shape): Value {
  const total = sizeOf(x.shape);
  const known = shape.filter((d) => d !== -1);
  const rest = known.length === shape.length - 1 ? divideDims(total, sizeOf(known)) : undefined;
  const target = rest === undefined ? shape : shape.map((d) => (d === -1 ? rest : d));
  if (target.some((d) => typeof d === "number" && d < 0) || sizeOf(target) !== total)
    throw shapeError(
      "reshape",
      `${formatShape(x.shape)} has ${total} elements, ${formatShape(shape)} cannot hold them.`,
      x.shape,
      shape,
    );
  return sameShape(x.shape, target) ? x : apply(reshapeOp, [x], { shape: target });
}

const transposeOp = defineOp<{ readonly order: readonly number[] }>({
  name: "transpose",
  type: ([x], { order }) => ({
    dtype: (x as Value).dtype,
    shape: order.map((axis) => (x as Value).shape[axis] as Dim),
  }),
  gradient: ({ dy: [dy], attrs: { order } }) => [
    transpose(
      dy as Value,
      order.map((_, i) => order.indexOf(i)),
    ),
  ],
  lower: (emit, [x], { attrs: { order } }) => emit.node("Transpose", [x as string], { perm: order }),
});

/** Axes in another order: axis i of the result is axis `order[i]` of x. Defaults to all axes reversed. */
export function transpose(x: Value, order: readonly number[] = x.shape.map((_, i) => x.shape.length - 1 - i)): Value {
  const axes = order.map((axis) => normalizeAxis(axis, x.shape.length, "transpose"));
  if (axes.length !== x.shape.length || new Set(axes).size !== axes.length)
    throw shapeError("transpose", `the order [${order}] must name each of the ${x.shape.length} axes once.`);
  return axes.every((axis, i) => axis === i) ? x : apply(transposeOp, [x], { order: axes });
}

const expandOp = defineOp<{ readonly shape: Shape }>({
  name: "expand",
  onlyBroadcasts: true,
  window: pointwise,
  type: ([x], { shape }) => ({ dtype: (x as Value).dtype, shape }),
  gradient: ({ x: [x], dy: [dy] }) => [sumTo(dy as Value, (x as Value).shape)],
  lower: (emit, [x], { attrs: { shape } }) => emit.node("Expand", [x as string, emit.shape(shape)]),
});

/** x repeated along axes of length 1 and along new leading axes until it has `shape` (NumPy's broadcasting). */
export function expand(x: Value, shape: Shape): Value {
  const offset = shape.length - x.shape.length;
  if (offset < 0 || x.shape.some((d, i) => d !== 1 && d !== shape[i + offset]))
    throw shapeError("expand", `${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}.`, shape, x.shape);
  return sameShape(x.shape, shape) ? x : apply(expandOp, [x], { shape });
}

const sumOp = defineOp<{ readonly axes: readonly number[]; readonly keepDims: boolean }>({
  name: "sum",
  window: (node) => wholeAlong(node, node.attrs.axes),
  type: ([x], { axes, keepDims }) => ({
    dtype: (x as Value).dtype,
    shape: reducedShape((x as Value).shape, axes, keepDims),
  }),
  gradient: ({ x: [x], dy: [dy], attrs: { axes } }) => {
    const { shape } = x as Value;
    return [expand(reshape(dy as Value, reducedShape(shape, axes, true)), shape)];
  },
  sumOfTurns: ({ inputs: [x], attrs: { axes, keepDims } }, stacked) => {
    const all = stacked(x as Value);
    const total = all && sum(all, [0, ...axes.map((axis) => axis + 1)]);
    return total && keepDims ? reshape(total, reducedShape((x as Value).shape, axes, true)) : total;
  },
  lower: (emit, [x], { attrs: { axes, keepDims } }) =>
    emit.node("ReduceSum", [x as string, emit.constant(axes, "int64")], { keepdims: keepDims ? 1 : 0 }),
});

export const reducedShape = (shape: Shape, axes: readonly number[], keepDims: boolean): Shape =>
  keepDims ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));

/** The sum over `axes` (default: all, giving a scalar). `keepDims` leaves the summed axes with length 1. */
export function sum(x: Value, axes?: Axes, { keepDims = false } = {}): Value {
  const list = listAxes("sum", x, axes);
  return list.length === 0 ? x : apply(sumOp, [x], { axes: list, keepDims });
}

/** The reverse of broadcasting: x summed down to `shape`. */
export function sumTo(x: Value, shape: Shape): Value {
  const offset = x.shape.length - shape.length;
  const axes = x.shape.map((_, i) => i).filter((i) => i < offset || (shape[i - offset] === 1 && x.shape[i] !== 1));
  return reshape(sum(x, axes, { keepDims: true }), shape);
}

/** Without the axes of length 1 that are named. */
export function squeeze(x: Value, axes: Axes): Value {
  const list = listAxes("squeeze", x, axes);
  const bad = list.find((axis) => x.shape[axis] !== 1);
  if (bad !== undefined) throw shapeError("squeeze", `axis ${bad} of ${formatShape(x.shape)} is not of length 1.`);
  return reshape(x, reducedShape(x.shape, list, false));
}

/** With a new axis of length 1 at position `axis` of the result. */
export function unsqueeze(x: Value, axis: number): Value {
  const at = normalizeAxis(axis, x.shape.length + 1, "unsqueeze");
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}
