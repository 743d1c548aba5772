import { ShapeError } from "./errors.js";

/**
 * The length of one axis: a whole number, or a symbol known only when the graph runs, possibly with a whole
 * factor: `"batch"`, `"64*batch"`.
 */
export type Dim = number | string;
/** The lengths of a value's axes, e.g. `["batch", 3, 32, 32]`; `[]` is a scalar. */
export type Shape = readonly Dim[];

/** `[batch, 3, 32, 32]`, as errors and summaries print a shape. */
export const formatShape = (shape: Shape): string => `[${shape.join(", ")}]`;

/** A dimension as `factor * symbol`; `symbol` is "" for a plain number. */
export function parseDim(dim: Dim): { factor: number; symbol: string } {
  if (typeof dim === "number") return { factor: dim, symbol: "" };
  const star = dim.indexOf("*");
  if (star < 0) return { factor: 1, symbol: dim };
  return { factor: Number(dim.slice(0, star)), symbol: dim.slice(star + 1) };
}

function makeDim(factor: number, symbol: string): Dim {
  if (symbol === "") return factor;
  return factor === 1 ? symbol : `${factor}*${symbol}`;
}

export const isStatic = (shape: Shape): shape is readonly number[] => shape.every((d) => typeof d === "number");

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

/** The product of two dimensions. Throws when both are symbolic. */
export function multiplyDims(a: Dim, b: Dim): Dim {
  const x = parseDim(a);
  const y = parseDim(b);
  if (x.symbol !== "" && y.symbol !== "")
    throw new ShapeError(`cannot multiply the symbolic sizes ${a} and ${b}. Keep at most one symbolic axis.`);
  return makeDim(x.factor * y.factor, x.symbol + y.symbol);
}

/** The sum of two dimensions; symbolic ones must share the symbol. */
export function addDims(a: Dim, b: Dim): Dim {
  const x = parseDim(a);
  const y = parseDim(b);
  if (x.symbol !== y.symbol) throw new ShapeError(`cannot add the sizes ${a} and ${b}.`);
  return makeDim(x.factor + y.factor, x.symbol);
}

/** `a / b`, or undefined when it is not whole. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  const x = parseDim(a);
  const y = parseDim(b);
  if (y.symbol !== "" && x.symbol !== y.symbol) return undefined;
  const factor = x.factor / y.factor;
  return Number.isInteger(factor) ? makeDim(factor, y.symbol === "" ? x.symbol : "") : undefined;
}

/** The number of elements of a shape, e.g. `"3072*batch"`. */
export const sizeOf = (shape: Shape): Dim => shape.reduce<Dim>(multiplyDims, 1);

/** The number of elements of a static shape. */
export const countOf = (shape: readonly number[]): number => shape.reduce((product, d) => product * d, 1);

/** A shape with its symbols replaced by numbers, e.g. `{ batch: 32 }`. Throws for a symbol that is not given. */
export function resolveShape(shape: Shape, symbols: Readonly<Record<string, number>>): number[] {
  return shape.map((dim) => {
    const { factor, symbol } = parseDim(dim);
    if (symbol === "") return factor;
    const size = symbols[symbol];
    if (size === undefined) throw new ShapeError(`the size of "${symbol}" in ${formatShape(shape)} is not known.`);
    return factor * size;
  });
}

/** The shape that `a` and `b` broadcast to (NumPy's rule), or undefined when they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** An axis counted from the front. Negative axes count from the back; throws when it does not exist. */
export function normalizeAxis(axis: number, rank: number, place?: string): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank)
    throw new ShapeError(`axis ${axis} does not exist: the value has ${rank} axes.`, {
      ...(place !== undefined && { place }),
      actual: axis,
    });
  return positive;
}
