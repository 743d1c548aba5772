import fc from "fast-check";
import { it } from "vitest";
import { checkRow } from "../harness.js";
import type { OpRow } from "../row.js";

/**
 * One test that checks the rows of random parameters: the same 15 each time, and of a failure the smallest found.
 */
export function property<T>(name: string, parameters: fc.Arbitrary<T>, row: (parameters: T) => OpRow): void {
  it(name, () =>
    fc.assert(
      fc.asyncProperty(parameters, (drawn) => checkRow(row(drawn))),
      { seed: 20, numRuns: 15 },
    ),
  );
}

/** A whole number from `low` to `high`, both among them. */
export const whole = (low: number, high: number): fc.Arbitrary<number> => fc.integer({ min: low, max: high });

/** The lengths of `least` to `most` axes, each from 1 to `longest`. */
export const lengths = (least: number, most: number, longest = 4): fc.Arbitrary<number[]> =>
  fc.array(whole(1, longest), { minLength: least, maxLength: most });

/** One of the axes of a shape. */
export const axisOf = (shape: readonly number[]): fc.Arbitrary<number> => whole(-shape.length, shape.length - 1);
