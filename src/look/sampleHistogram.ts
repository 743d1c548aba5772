import { DataError, ShapeError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
import { GRID_OPTIONS, type GridOptions, gridOf, type PlaneGrid } from "./gameGrid.js";
import type { Checked } from "./values.js";

/** How many examples fall into each cell of a grid; row after row from the least y. */
export interface SampleHistogram extends PlaneGrid {
  /** [grid, grid] */
  readonly counts: Tensor<"int32">;
  /** Of all examples, those outside of the grid included, [grid, grid]. */
  readonly share: Tensor<"float32">;
  readonly count: number;
  /** How many lie in no cell, or nowhere (NaN). */
  readonly outside: number;
}

/**
 * A histogram of points, real or made. A cell holds its lower edges; the last ones their upper edges as well.
 *
 * The check: how far the shares, and that of what lies outside, are from summing to 1.
 * @param examples [count, 2]
 * @throws ShapeError for examples that are no points, DataError when there are none
 */
export function sampleHistogram(examples: Tensor, options: GridOptions): Checked<SampleHistogram> {
  checkOptions("sampleHistogram", options, GRID_OPTIONS);
  const { x, y, low, high } = gridOf("sampleHistogram", options);
  const [count = 0, size] = examples.shape;
  if (examples.shape.length !== 2 || size !== 2)
    throw new ShapeError(`expected points [count, 2], got ${formatShape(examples.shape)}.`, {
      place: "sampleHistogram",
      actual: examples.shape,
    });
  if (count === 0) throw new DataError("there are no examples to count.", { place: "sampleHistogram" });
  const counts = new Int32Array(x.length * y.length);
  let outside = 0;
  for (let i = 0; i < count; i++) {
    const [column, row] = [x, y].map(({ length }, axis) => {
      const [from, to] = [low[axis] as number, high[axis] as number];
      const at = examples.data[2 * i + axis] as number;
      return at === to ? length - 1 : Math.floor((length * (at - from)) / (to - from));
    }) as [number, number];
    if (column >= 0 && column < x.length && row >= 0 && row < y.length)
      counts[row * x.length + column] = (counts[row * x.length + column] as number) + 1;
    else outside++;
  }
  const shape = [y.length, x.length];
  const share = tensor(
    Float32Array.from(counts, (n) => n / count),
    shape,
  );
  const counted = counts.reduce((a, b) => a + b, 0);
  return {
    value: { x, y, counts: tensor(counts, shape), share, count, outside },
    check: Math.abs(1 - (counted + outside) / count),
  };
}

/**
 * The Jensen-Shannon divergence of two sets of points by their histograms, in nats: 0 for the same, ln 2 for sets with no cell
 * in common; what lies outside is one more cell. Few examples in many cells look further apart than they are.
 *
 * The check: how far two ways to work it out differ, by divergences from the mean and by entropies.
 * @throws ShapeError for examples that are no points, DataError when there are none
 */
export function sampleDivergence(real: Tensor, made: Tensor, options: GridOptions): Checked<number> {
  const [p, q] = [real, made].map((examples) => {
    const { counts, outside, count } = sampleHistogram(examples, options).value;
    return [...counts.data, outside].map((n) => n / count);
  }) as [number[], number[]];
  let [value, entropies] = [0, 0];
  const surprise = (share: number) => (share > 0 ? -share * Math.log(share) : 0);
  p.forEach((share, i) => {
    const other = q[i] as number;
    const middle = (share + other) / 2;
    if (share > 0) value += (share / 2) * Math.log(share / middle);
    if (other > 0) value += (other / 2) * Math.log(other / middle);
    entropies += surprise(middle) - (surprise(share) + surprise(other)) / 2;
  });
  return { value, check: Math.abs(value - entropies) };
}
