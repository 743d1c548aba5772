import { OptionError, ShapeError } from "../base/errors.js";
import { checkNumber } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
import type { Game } from "../runtime/index.js";

/** A rectangle of the plane, cut into even cells; one number for both axes, or x and y. */
export interface GridOptions {
  /** The least x and y. */
  readonly low: number | readonly [x: number, y: number];
  /** The most x and y. */
  readonly high: number | readonly [x: number, y: number];
  /** Cells along each axis; defaults to 30. */
  readonly grid?: number | readonly [x: number, y: number];
}

export const GRID_OPTIONS = ["low", "high", "grid"] as const;

/** The middles of the cells of a grid, from low to high. */
export interface PlaneGrid {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** A grid with what its options come to, per axis. */
interface CheckedGrid extends PlaneGrid {
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** The area of a cell. */
  readonly cell: number;
}

const perAxis = (given: number | readonly [number, number]): readonly number[] =>
  typeof given === "object" ? given : [given, given];

/** @throws OptionError for a rectangle or a number of cells that cannot be */
export function gridOf(place: string, { low, high, grid = 30 }: GridOptions): CheckedGrid {
  const [lows, highs, counts] = [perAxis(low), perAxis(high), perAxis(grid)];
  const middles = [0, 1].map((axis) => {
    const [from, to, count] = [lows[axis], highs[axis], counts[axis]] as [number, number, number];
    checkNumber(place, "low", from, { low: -1e9, high: 1e9 });
    checkNumber(place, "high", to, { low: -1e9, high: 1e9 });
    checkNumber(place, "grid", count, { low: 1, high: 2000, integer: true });
    if (from >= to)
      throw new OptionError(`low must be below high, got ${from} and ${to}.`, { place, actual: [from, to] });
    return Float64Array.from({ length: count }, (_, i) => from + ((i + 0.5) * (to - from)) / count);
  });
  const [x, y] = middles as [Float64Array, Float64Array];
  const sides = [x, y].map(({ length }, axis) => ((highs[axis] as number) - (lows[axis] as number)) / length);
  return { x, y, low: lows, high: highs, cell: (sides[0] as number) * (sides[1] as number) };
}

/** The middles of all cells, row by row from the least y: [y x, 2]. */
export function pointsOf({ x, y }: PlaneGrid): Tensor<"float32"> {
  const points = Array.from(y).flatMap((down) => Array.from(x).flatMap((across) => [across, down]));
  return tensor(points, [x.length * y.length, 2]);
}

/** @throws ShapeError unless a game is about points of the plane */
export function checkPlane(place: string, { exampleShape }: Game): void {
  if (exampleShape.length === 1 && exampleShape[0] === 2) return;
  throw new ShapeError(`its examples are ${formatShape(exampleShape)}, they should be points [2].`, {
    place,
    expected: [2],
    actual: exampleShape,
  });
}
