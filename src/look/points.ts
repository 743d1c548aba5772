import { DataError, ShapeError } from "../base/errors.js";
import { countOf } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";

/** Points of a space, one a row: what is compared of examples, or of their features. */
export interface Points {
  readonly rows: number;
  readonly width: number;
  /** [rows, width] */
  readonly data: Float32Array;
}

/**
 * Examples or features `[n, ...]` as points of all their numbers.
 * @param least how many rows are needed
 * @throws DataError for fewer rows, or a number that is NaN or Infinity
 */
export function pointsOf(place: string, given: Tensor, least = 1): Points {
  const [rows = 0, ...rest] = given.shape;
  if (rows < least)
    throw new DataError(`${rows} rows are too few: ${least} are needed at least. Give more examples.`, {
      place,
      expected: least,
      actual: rows,
    });
  const data = given.data instanceof Float32Array ? given.data : Float32Array.from(given.data);
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  const width = countOf(rest);
  if (wrong >= 0)
    throw new DataError(`row ${Math.floor(wrong / width)} holds ${data[wrong]}. Leave it out, or see where it arose.`, {
      place,
      actual: data[wrong],
    });
  return { rows, width, data };
}

/** @throws ShapeError unless both sets lie in the same space */
export function checkSpaces(place: string, a: Points, b: Points): void {
  if (a.width === b.width) return;
  throw new ShapeError(`rows of ${a.width} numbers cannot be compared with rows of ${b.width}. Give both the same.`, {
    place,
    expected: a.width,
    actual: b.width,
  });
}

/** So many positions, evenly spread over `length`; all of them if there are fewer. */
export function evenly(length: number, count: number): number[] {
  const taken = Math.min(length, count);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * length) / taken));
}
