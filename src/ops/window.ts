import { addDims, type Dim, formatShape, normalizeAxis, parseDim, type Shape } from "../base/shape.js";
import {
  apply,
  applyAll,
  constant,
  defineOp,
  pointwise,
  shapeError,
  type Value,
  type ValueType,
  wholeAlong,
} from "../graph/index.js";
import { matmul } from "./linear.js";
import { reshape } from "./movement.js";

/** `[start, stop, step]` along one axis, as in NumPy: negative positions count from the end; undefined takes all. */
export type Range = readonly [start?: number | undefined, stop?: number | undefined, step?: number] | undefined;

interface SliceAttrs {
  readonly axes: readonly number[];
  /** First position taken. */
  readonly starts: readonly number[];
  readonly counts: readonly number[];
  readonly steps: readonly number[];
  readonly [key: string]: readonly number[];
}

const sliceOp = defineOp<SliceAttrs>({
  name: "slice",
  window: ({ attrs: { axes, starts, steps }, ...node }) =>
    pointwise(node).map((window, i) => {
      const at = axes.indexOf(i + 2);
      return at < 0 ? window : { span: 1, jump: steps[at] as number, start: starts[at] as number };
    }),
  type: ([x], { axes, counts }) => ({
    dtype: (x as Value).dtype,
    shape: (x as Value).shape.map((d, i) => counts[axes.indexOf(i)] ?? d),
  }),
  gradient: ({ x: [x], dy: [dy], attrs }) => [unslice(dy as Value, (x as Value).shape, attrs)],
  lower: (emit, [x], { attrs: { axes, starts, counts, steps } }) => {
    // A stop before position 0 is written -2^31: ONNX clamps it, while -1 would mean the last element.
    const stops = starts.map((start, i) => {
      const stop = start + (counts[i] as number) * (steps[i] as number);
      return stop < 0 ? -(2 ** 31) : stop;
    });
    const int64 = (data: readonly number[]) => emit.constant(data, "int64");
    return emit.node("Slice", [x as string, int64(starts), int64(stops), int64(axes), int64(steps)]);
  },
});

/**
 * A part of x, one range per axis: `slice(x, [undefined, [1, 3], [undefined, undefined, -1]])`.
 * @throws ShapeError for a range that is empty, or that cuts a symbolic axis
 */
export function slice(x: Value, ranges: readonly Range[]): Value {
  if (ranges.length > x.shape.length)
    throw shapeError("slice", `${ranges.length} ranges for ${formatShape(x.shape)}.`, x.shape.length, ranges.length);
  const axes: number[] = [];
  const starts: number[] = [];
  const counts: number[] = [];
  const steps: number[] = [];
  ranges.forEach((range, axis) => {
    const length = x.shape[axis] as Dim;
    const [start, stop, step = 1] = range ?? [];
    if (start === undefined && stop === undefined && step === 1) return;
    if (typeof length === "string") throw shapeError("slice", `axis ${axis} has the symbolic length ${length}.`);
    if (!Number.isInteger(step) || step === 0) throw shapeError("slice", `step ${step} is not a whole number but 0.`);
    if (![start ?? 0, stop ?? 0].every(Number.isInteger))
      throw shapeError("slice", `[${start}, ${stop}, ${step}] are not whole numbers.`);
    const low = step > 0 ? 0 : -1;
    const high = step > 0 ? length : length - 1;
    const place = (at: number) => Math.min(high, Math.max(low, at < 0 ? at + length : at));
    const first = start === undefined ? (step > 0 ? 0 : length - 1) : place(start);
    const end = stop === undefined ? (step > 0 ? length : -1) : place(stop);
    const count = Math.ceil((end - first) / step);
    if (count <= 0) throw shapeError("slice", `[${start}, ${stop}, ${step}] takes nothing of an axis of ${length}.`);
    if (first === 0 && count === length) return;
    axes.push(axis);
    starts.push(first);
    counts.push(count);
    steps.push(step);
  });
  return axes.length === 0 ? x : apply(sliceOp, [x], { axes, starts, counts, steps });
}

/** Slice undone: y at the places the slice took it from, zeros elsewhere. */
function unslice(y: Value, shape: Shape, attrs: SliceAttrs): Value {
  const { axes, starts, counts, steps } = attrs;
  if (steps.some((step) => step > 1)) {
    const product = spread(y, shape, attrs);
    if (product !== undefined) return product;
  }
  let x = y;
  const before = shape.map(() => 0);
  const after = shape.map(() => 0);
  axes.forEach((axis, i) => {
    const count = counts[i] as number;
    let start = starts[i] as number;
    let step = steps[i] as number;
    if (step < 0) {
      x = slice(x, [...x.shape.slice(0, axis).map(() => undefined), [undefined, undefined, -1]]);
      start += (count - 1) * step;
      step = -step;
    }
    x = dilate(x, axis, step);
    before[axis] = start;
    after[axis] = (shape[axis] as number) - start - ((count - 1) * step + 1);
  });
  return pad(x, before, after);
}

/** Numbers in a matrix that costs less than passes over memory. */
const LARGEST_MATRIX = 2 ** 13;

/**
 * Slice of rows and columns undone by a product with a matrix of 0 and 1, from a row of y to the rows of the result that
 * it and the zeros after it become: one pass that all threads share. Undefined for another slice, or a large matrix.
 */
function spread(y: Value, shape: Shape, { axes, starts, steps }: SliceAttrs): Value | undefined {
  const last = shape.length - 1;
  const along = (axis: number) => {
    const at = axes.indexOf(axis);
    return { step: steps[at] ?? 1, start: starts[at] ?? 0 };
  };
  const [down, across] = [along(last - 1), along(last)];
  const [height, width] = [shape[last - 1], shape[last]];
  const [rows, columns] = [y.shape[last - 1], y.shape[last] as number];
  if (last < 1 || axes.some((axis) => axis < last - 1) || typeof rows !== "number" || typeof width !== "number")
    return undefined;
  const whole = height === rows * down.step && down.start >= 0 && down.start < down.step && across.step > 0;
  const length = down.step * width;
  if (!whole || columns * length > LARGEST_MATRIX) return undefined;
  const matrix = new Array<number>(columns * length).fill(0);
  for (let i = 0; i < columns; i++) matrix[i * length + down.start * width + across.start + i * across.step] = 1;
  return reshape(matmul(y, constant(matrix, [columns, length])), shape);
}

/** `step - 1` zeros put between neighbours along an axis. */
function dilate(x: Value, axis: number, step: number): Value {
  if (step === 1 || x.shape[axis] === 1) return x;
  const count = x.shape[axis] as number;
  const head = x.shape.slice(0, axis);
  const tail = x.shape.slice(axis + 1);
  const column = reshape(x, [...head, count, 1, ...tail]);
  const none = column.shape.map(() => 0);
  const spaced = pad(
    column,
    none,
    none.map((_, i) => (i === axis + 1 ? step - 1 : 0)),
  );
  const flat = reshape(spaced, [...head, count * step, ...tail]);
  return slice(flat, [...head.map(() => undefined), [0, (count - 1) * step + 1]]);
}

const padOp = defineOp<{
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
}>({
  name: "pad",
  window: ({ attrs: { before }, ...node }) =>
    pointwise(node).map((window, i) => ({ ...window, start: -(before[i + 2] as number) })),
  type: ([x], { before, after }) => ({
    dtype: (x as Value).dtype,
    shape: (x as Value).shape.map((d, i) => padded(d, (before[i] as number) + (after[i] as number))),
  }),
  gradient: ({ x: [x], dy: [dy], attrs: { before } }) => [
    slice(
      dy as Value,
      (x as Value).shape.map((d, i) =>
        typeof d === "string" ? undefined : [before[i] as number, (before[i] as number) + d],
      ),
    ),
  ],
  lower: (emit, [x], { attrs: { before, after, value }, outputs }) => {
    const amounts = emit.constant([...before, ...after], "int64");
    return emit.node("Pad", [x as string, amounts, emit.constant([value], (outputs[0] as Value).dtype, [])]);
  },
});

const padded = (length: Dim, amount: number): Dim => (amount === 0 ? length : (length as number) + amount);

/**
 * x with `value` (default 0) added: `before[i]` places before and `after[i]` after axis i.
 * @throws ShapeError for negative amounts or a symbolic axis
 */
export function pad(x: Value, before: readonly number[], after: readonly number[], value = 0): Value {
  if (before.length !== x.shape.length || after.length !== x.shape.length)
    throw shapeError(
      "pad",
      `needs an amount for each axis of ${formatShape(x.shape)}, got [${before}] and [${after}].`,
    );
  x.shape.forEach((length, i) => {
    const [low, high] = [before[i] as number, after[i] as number];
    if (low < 0 || high < 0) throw shapeError("pad", `amounts must not be negative, got ${low} and ${high}.`);
    if (typeof length === "string" && low + high > 0)
      throw shapeError("pad", `axis ${i} has the symbolic length ${length}.`);
  });
  return [...before, ...after].every((n) => n === 0) ? x : apply(padOp, [x], { before, after, value });
}

const concatOp = defineOp<{ readonly axis: number }>({
  name: "concat",
  window: (node) => wholeAlong(node, [node.attrs.axis]),
  type: (xs, { axis }) => {
    const first = xs[0] as ValueType;
    const shape = xs.slice(1).reduce((sum, x) => {
      const fits = x.dtype === first.dtype && x.shape.length === sum.length;
      if (!fits || x.shape.some((d, i) => i !== axis && d !== sum[i]))
        throw shapeError(
          "concat",
          `${formatShape(first.shape)} and ${formatShape(x.shape)} may differ only along axis ${axis}.`,
          first.shape,
          x.shape,
        );
      return sum.map((d, i) => (i === axis ? addDims(d, x.shape[i] as Dim) : d));
    }, first.shape);
    return { dtype: first.dtype, shape };
  },
  gradient: ({ x, dy: [dy], attrs: { axis } }) =>
    split(
      dy as Value,
      x.map((v) => v.shape[axis] as Dim),
      axis,
    ),
  lower: (emit, x, { attrs: { axis } }) => emit.node("Concat", x, { axis }),
});

/** Values joined along an axis; the other lengths must agree. */
export function concat(xs: readonly Value[], axis: number): Value {
  const [first] = xs;
  if (first === undefined) throw shapeError("concat", "needs at least one value.");
  return xs.length === 1 ? first : apply(concatOp, xs, { axis: normalizeAxis(axis, first.shape.length, "concat") });
}

const splitOp = defineOp<{ readonly sizes: readonly Dim[]; readonly axis: number }>({
  name: "split",
  window: (node) => wholeAlong(node, [node.attrs.axis]),
  type: ([x], { sizes, axis }) =>
    sizes.map((size) => ({
      dtype: (x as Value).dtype,
      shape: (x as Value).shape.map((d, i) => (i === axis ? size : d)),
    })),
  gradient: ({ y, dy, attrs: { axis } }) => [
    concat(
      dy.map((d, i) => d ?? zerosLike(y[i] as Value)),
      axis,
    ),
  ],
  lower: (emit, [x], { attrs: { sizes, axis } }) =>
    emit.nodes("Split", [x as string, emit.shape(sizes)], { axis }, sizes.length),
});

/**
 * x cut along an axis into parts of the given lengths, or into `sizes` equal parts.
 * @throws ShapeError when the lengths do not add up to the axis
 */
export function split(x: Value, sizes: number | readonly Dim[], axis: number): readonly Value[] {
  const at = normalizeAxis(axis, x.shape.length, "split");
  const length = x.shape[at] as Dim;
  const { factor, symbol } = parseDim(length);
  const parts =
    typeof sizes === "number"
      ? new Array<Dim>(sizes).fill(symbol === "" ? factor / sizes : dimOf(factor / sizes, symbol))
      : sizes;
  const whole = parts.every((d) => Number.isInteger(parseDim(d).factor) && parseDim(d).factor > 0);
  if (!whole || parts.length === 0 || parts.reduce(addDims) !== length)
    throw shapeError("split", `axis ${axis} of ${formatShape(x.shape)} does not split into [${parts}].`, length, parts);
  return parts.length === 1 ? [x] : applyAll(splitOp, [x], { sizes: parts, axis: at });
}

const dimOf = (factor: number, symbol: string): Dim => (factor === 1 ? symbol : `${factor}*${symbol}`);

const zerosLikeOp = defineOp({
  name: "zerosLike",
  type: ([x]) => x as Value,
  lower: (emit, _, { outputs: [y] }) =>
    emit.node("Expand", [emit.constant([0], (y as Value).dtype, []), emit.shape((y as Value).shape)]),
});

/** Zeros of the shape and dtype of x. */
export const zerosLike = (x: Value): Value => apply(zerosLikeOp, [x], {});
