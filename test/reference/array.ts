/**
 * The plain-JavaScript float64 arrays that midst's numbers are held against. Nothing here or beside it imports
 * midst: simple loops, written to be seen to be right, not to be fast.
 */
export interface NdArray {
  readonly shape: readonly number[];
  /** Row-major. Whole numbers and bools (0 or 1) are kept as float64 too. */
  readonly data: Float64Array;
}

export const countOf = (shape: readonly number[]): number => shape.reduce((product, d) => product * d, 1);

/** An array from plain numbers; `shape` defaults to one axis. */
export const array = (data: ArrayLike<number>, shape: readonly number[] = [data.length]): NdArray => ({
  shape,
  data: Float64Array.from(data),
});

export const zeros = (shape: readonly number[]): NdArray => ({ shape, data: new Float64Array(countOf(shape)) });

/** Calls `visit` with each index of `shape` in row-major order. The index is reused: copy it to keep it. */
export function eachIndex(shape: readonly number[], visit: (index: readonly number[], flat: number) => void): void {
  const index = shape.map(() => 0);
  const count = countOf(shape);
  for (let flat = 0; flat < count; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] ?? 0) + 1;
      if (index[axis] !== shape[axis]) break;
      index[axis] = 0;
    }
  }
}

/** The array of `shape` with `value(index)` at each index. */
export function build(shape: readonly number[], value: (index: readonly number[], flat: number) => number): NdArray {
  const data = new Float64Array(countOf(shape));
  eachIndex(shape, (index, flat) => {
    data[flat] = value(index, flat);
  });
  return { shape, data };
}

/** The position of an index in row-major order. */
export const flatIndex = (shape: readonly number[], index: readonly number[]): number =>
  shape.reduce((flat, length, axis) => flat * length + (index[axis] ?? 0), 0);

/** The element at an index. */
export const at = (x: NdArray, index: readonly number[]): number => x.data[flatIndex(x.shape, index)] ?? Number.NaN;

/** The element that broadcasting puts at `index`: missing leading axes are left out, axes of length 1 repeat. */
export function atBroadcast(x: NdArray, index: readonly number[]): number {
  const offset = index.length - x.shape.length;
  return at(
    x,
    x.shape.map((length, axis) => (length === 1 ? 0 : (index[axis + offset] ?? 0))),
  );
}

/** NumPy's broadcasting. */
export function broadcastShape(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const lengths = shapes.map((shape) => shape[shape.length - rank + i] ?? 1).filter((d) => d !== 1);
    if (new Set(lengths).size > 1) throw new Error(`[${shapes.join("], [")}] do not broadcast`);
    return lengths[0] ?? 1;
  });
}

/** Negative axes count from the back; undefined is all of them. */
export function axesOf(x: NdArray, axes: number | readonly number[] | undefined): number[] {
  if (axes === undefined) return x.shape.map((_, axis) => axis);
  return (typeof axes === "number" ? [axes] : axes).map((axis) => (axis < 0 ? axis + x.shape.length : axis));
}
