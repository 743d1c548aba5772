import type { NdArray } from "../reference/index.js";
import type { Named } from "./row.js";

type Arrays = Named<NdArray>;

/** Central differences err by h^2; in float64 the rounding of 1e-16 / h stays far below that. */
const h = 1e-4;
/** Second differences divide by h^2, so they need a longer step. */
const h2 = 3e-4;

/** x with `amount` times `direction` added to some of its arrays. */
function moved(x: Arrays, direction: Arrays, amount: number): Arrays {
  const shifted = Object.entries(direction).map(([name, { data }]) => {
    const { shape, data: from } = x[name] as NdArray;
    return [name, { shape, data: from.map((value, i) => value + amount * (data[i] as number)) }];
  });
  return { ...x, ...Object.fromEntries(shifted) };
}

/** The direction along one element of one input. */
function unit(x: Arrays, name: string, place: number): Arrays {
  const { shape, data } = x[name] as NdArray;
  return { [name]: { shape, data: new Float64Array(data.length).fill(1, place, place + 1) } };
}

/** df/dx at some elements of one input. */
export const gradientAt = (f: (x: Arrays) => number, x: Arrays, name: string, places: readonly number[]): number[] =>
  places.map((place) => {
    const along = unit(x, name, place);
    return (f(moved(x, along, h)) - f(moved(x, along, -h))) / (2 * h);
  });

/** The gradient, at some elements of one input, of f's slope along `direction`. */
export const slopeGradientAt = (
  f: (x: Arrays) => number,
  x: Arrays,
  direction: Arrays,
  name: string,
  places: readonly number[],
): number[] => {
  const slope = (from: Arrays) => (f(moved(from, direction, h2)) - f(moved(from, direction, -h2))) / (2 * h2);
  return places.map((place) => {
    const along = unit(x, name, place);
    return (slope(moved(x, along, h2)) - slope(moved(x, along, -h2))) / (2 * h2);
  });
};

/** How the arrays that f gives change along `direction`. */
export function slopes(f: (x: Arrays) => readonly NdArray[], x: Arrays, direction: Arrays): NdArray[] {
  const before = f(moved(x, direction, -h));
  return f(moved(x, direction, h)).map(({ shape, data }, i) => ({
    shape,
    data: data.map((value, j) => (value - (before[i]?.data[j] as number)) / (2 * h)),
  }));
}
