import { at, build, type NdArray } from "./array.js";

/** Python's `x[start:stop:step]` on each axis, by walking. */
export function slice(
  x: NdArray,
  ranges: readonly (readonly [start?: number | undefined, stop?: number | undefined, step?: number] | undefined)[],
): NdArray {
  const taken = x.shape.map((length, axis) => {
    const [start, stop, step = 1] = ranges[axis] ?? [];
    const place = (i: number) => (i < 0 ? i + length : i);
    const positions: number[] = [];
    for (let i = 0; i < length; i++) positions.push(i);
    if (step < 0) positions.reverse();
    const from = start === undefined ? undefined : place(start);
    const to = stop === undefined ? undefined : place(stop);
    const within = positions.filter((i) =>
      step > 0
        ? (from === undefined || i >= from) && (to === undefined || i < to)
        : (from === undefined || i <= from) && (to === undefined || i > to),
    );
    return within.filter((_, i) => i % Math.abs(step) === 0);
  });
  return build(
    taken.map((positions) => positions.length),
    (index) =>
      at(
        x,
        index.map((i, axis) => (taken[axis] as number[])[i] as number),
      ),
  );
}

export const pad = (x: NdArray, before: readonly number[], after: readonly number[], value = 0): NdArray =>
  build(
    x.shape.map((length, axis) => length + (before[axis] as number) + (after[axis] as number)),
    (index) => {
      const from = index.map((i, axis) => i - (before[axis] as number));
      return from.every((i, axis) => i >= 0 && i < (x.shape[axis] as number)) ? at(x, from) : value;
    },
  );

export function concat(xs: readonly NdArray[], axis: number): NdArray {
  const lengths = xs.map((x) => x.shape[axis] as number);
  const shape = (xs[0] as NdArray).shape.with(
    axis,
    lengths.reduce((a, b) => a + b),
  );
  return build(shape, (index) => {
    let from = index[axis] as number;
    let which = 0;
    while (from >= (lengths[which] as number)) from -= lengths[which++] as number;
    return at(xs[which] as NdArray, index.with(axis, from));
  });
}

export function split(x: NdArray, sizes: readonly number[], axis: number): NdArray[] {
  let start = 0;
  return sizes.map((size) => {
    const first = start;
    start += size;
    return build(x.shape.with(axis, size), (index) => at(x, index.with(axis, first + (index[axis] as number))));
  });
}
