import { at, atBroadcast, axesOf, build, countOf, eachIndex, flatIndex, type NdArray, zeros } from "./array.js";

/** One length may be -1. */
export function reshape(x: NdArray, shape: readonly number[]): NdArray {
  const known = countOf(shape.filter((d) => d !== -1));
  const target = shape.map((d) => (d === -1 ? x.data.length / known : d));
  if (countOf(target) !== x.data.length) throw new Error(`[${x.shape}] cannot become [${shape}]`);
  return { shape: target, data: x.data };
}

export const transpose = (x: NdArray, order: readonly number[]): NdArray =>
  build(
    order.map((axis) => x.shape[axis] as number),
    (index) =>
      at(
        x,
        x.shape.map((_, axis) => index[order.indexOf(axis)] as number),
      ),
  );

export const expand = (x: NdArray, shape: readonly number[]): NdArray => build(shape, (index) => atBroadcast(x, index));

/** Folds the elements over `axes` from `start`; reduced axes keep the length 1 until the end. */
export function fold(
  x: NdArray,
  axes: number | readonly number[] | undefined,
  keepDims: boolean,
  start: number,
  f: (total: number, element: number) => number,
): NdArray {
  const reduced = axesOf(x, axes);
  const kept = x.shape.map((length, axis) => (reduced.includes(axis) ? 1 : length));
  const { data } = zeros(kept);
  data.fill(start);
  eachIndex(x.shape, (index, flat) => {
    const to = flatIndex(
      kept,
      index.map((i, axis) => (reduced.includes(axis) ? 0 : i)),
    );
    data[to] = f(data[to] as number, x.data[flat] as number);
  });
  return { shape: keepDims ? kept : x.shape.filter((_, axis) => !reduced.includes(axis)), data };
}

export const sum = (x: NdArray, axes?: number | readonly number[], keepDims = false): NdArray =>
  fold(x, axes, keepDims, 0, (total, element) => total + element);
