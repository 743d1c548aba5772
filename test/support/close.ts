import { expect } from "vitest";

/** Numbers with a shape: a Tensor, or a reference's NdArray. */
interface Numbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/**
 * Fails unless the shapes are the same and every element is within `tolerance` times the largest expected magnitude
 * (but at least `floor`, so that arrays of zeros can be compared). NaN and infinities must be where they are expected.
 */
export function expectClose(what: string, actual: Numbers, expected: Numbers, tolerance: number, floor = 0.1): void {
  expect(actual.shape, `${what}: shape`).toEqual(expected.shape);
  expect(actual.data.length, `${what}: length`).toBe(expected.data.length);
  const scale = Array.from(expected.data).reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), floor);
  for (let i = 0; i < expected.data.length; i++) {
    const [got, wanted] = [actual.data[i] as number, expected.data[i] as number];
    if (Object.is(got, wanted) || Math.abs(got - wanted) <= tolerance * scale) continue;
    expect.fail(
      `${what}: at ${i} of [${expected.shape}] expected ${wanted}, got ${got}: ` +
        `off by ${(Math.abs(got - wanted) / scale).toExponential(1)} of ${scale.toPrecision(3)}, allowed ${tolerance}`,
    );
  }
}
