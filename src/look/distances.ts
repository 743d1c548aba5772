import type { Points } from "./points.js";

/** Rows whose distances are worked out at a time: the memory that it takes is this times the other set's rows. */
const BLOCK = 32;

/** The squared distances of some rows of a set from all of another. */
export interface DistanceBlock {
  /** The first of the rows. */
  readonly start: number;
  readonly rows: number;
  /** [rows, rows of the other set]; overwritten by the next block. */
  readonly squares: Float64Array;
}

/**
 * All squared Euclidean distances between the points of two sets, block by block. They are sums of squared differences, in
 * float64: |x|^2 + |y|^2 - 2 x.y, which a matrix product gives, loses the very digits by which near neighbours differ, and
 * on the host is no faster.
 */
export function* distanceBlocks(a: Points, b: Points): Generator<DistanceBlock> {
  const squares = new Float64Array(Math.min(BLOCK, a.rows) * b.rows);
  for (let start = 0; start < a.rows; start += BLOCK) {
    const rows = Math.min(BLOCK, a.rows - start);
    // Four of the other set at a time, so that each number of a row is read once for four sums that do not wait for each other.
    let j = 0;
    for (; j + 4 <= b.rows; j += 4) for (let i = 0; i < rows; i++) four(a, start + i, b, j, squares, i * b.rows + j);
    for (; j < b.rows; j++)
      for (let i = 0; i < rows; i++) squares[i * b.rows + j] = squaredDistance(a, start + i, b, j);
    yield { start, rows, squares };
  }
}

function four(a: Points, i: number, b: Points, j: number, out: Float64Array, at: number): void {
  const { width, data: x } = a;
  const y = b.data;
  const from = i * width;
  const [p, q, r, s] = [j * width, (j + 1) * width, (j + 2) * width, (j + 3) * width];
  let [d0, d1, d2, d3] = [0, 0, 0, 0];
  for (let k = 0; k < width; k++) {
    const value = x[from + k] as number;
    const e0 = value - (y[p + k] as number);
    const e1 = value - (y[q + k] as number);
    const e2 = value - (y[r + k] as number);
    const e3 = value - (y[s + k] as number);
    d0 += e0 * e0;
    d1 += e1 * e1;
    d2 += e2 * e2;
    d3 += e3 * e3;
  }
  out[at] = d0;
  out[at + 1] = d1;
  out[at + 2] = d2;
  out[at + 3] = d3;
}

/** Between row `i` of one set and row `j` of another. */
export function squaredDistance({ width, data: x }: Points, i: number, { data: y }: Points, j: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += ((x[i * width + k] as number) - (y[j * width + k] as number)) ** 2;
  return sum;
}

/** The nearest few of what is offered, the nearest first; of equally near ones, those that were offered first. */
export class Nearest {
  readonly squares: number[] = [];
  readonly indices: number[] = [];

  constructor(private readonly count: number) {}

  offer(square: number, index: number): void {
    const { squares, indices, count } = this;
    if (squares.length === count && square >= (squares[count - 1] as number)) return;
    let at = squares.length;
    while (at > 0 && square < (squares[at - 1] as number)) at--;
    squares.splice(at, 0, square);
    indices.splice(at, 0, index);
    squares.length = Math.min(squares.length, count);
    indices.length = squares.length;
  }

  /** The squared distance of the last of them. */
  get furthest(): number {
    return this.squares.at(-1) as number;
  }
}

/** For each point, the squared distance to its k-th nearest neighbour among the others of its set. */
export function neighbourSquares(points: Points, k: number): Float64Array {
  const out = new Float64Array(points.rows);
  for (const { start, rows, squares } of distanceBlocks(points, points))
    for (let i = 0; i < rows; i++) {
      const nearest = new Nearest(k);
      for (let j = 0; j < points.rows; j++)
        if (j !== start + i) nearest.offer(squares[i * points.rows + j] as number, j);
      out[start + i] = nearest.furthest;
    }
  return out;
}
