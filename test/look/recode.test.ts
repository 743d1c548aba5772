import { describe, expect, it } from "vitest";
import { imageEncoding } from "../../src/data/index.js";
import { tensor } from "../../src/index.js";
import { recode } from "../../src/look/recode.js";

/** Two channels of two pixels: pixels 0 and 1 in the first, 0.25 and 0.75 in the second. */
const shape = [2, 1, 2] as const;
const generated = tensor([-1, 1, -0.5, 0.5], [1, ...shape]);

describe("pictures of a generator", () => {
  it.each([
    ["into 0..1", imageEncoding({ shape }), [0, 1, 0.25, 0.75]],
    ["by channel", imageEncoding({ shape, mean: [0, 0.25], deviation: [1, 0.5] }), [0, 1, 0, 1]],
    ["into bytes", imageEncoding({ shape, bytes: true }), [0, 255, 64, 191]],
    ["into what they are", imageEncoding({ shape, mean: 0.5, deviation: 0.5 }), [-1, 1, -0.5, 0.5]],
  ])("%s", (_, to, expected) => {
    const { data, dtype } = recode(generated, undefined, to);
    expect([...data]).toEqual(expected);
    expect(dtype).toBe(to.bytes ? "uint8" : "float32");
  });

  it("from the encoding that the game has", () => {
    const from = imageEncoding({ shape, mean: 0, deviation: 2 });
    expect([...recode(generated, from, imageEncoding({ shape })).data]).toEqual([-2, 2, -1, 1]);
  });

  it("bytes into numbers", () => {
    const bytes = tensor(Uint8Array.of(0, 255, 51, 204), [1, ...shape]);
    const { data } = recode(bytes, undefined, imageEncoding({ shape, mean: 0.5, deviation: 0.5 }));
    for (const [i, value] of [-1, 1, -0.6, 0.6].entries()) expect(data[i]).toBeCloseTo(value, 6);
  });

  it("stay as they are for a network without pictures' encoding", () => {
    expect(recode(generated, undefined, undefined)).toBe(generated);
    expect(recode(generated, undefined, { kind: "values", shape: [4] })).toBe(generated);
  });

  it("of another shape are refused", () => {
    expect(() => recode(generated, undefined, imageEncoding({ shape: [3, 8, 8] }))).toThrow(
      "classifier: takes pictures of [3, 8, 8], but these are [2, 1, 2]",
    );
  });
});
