import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, OptionError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { dataset, decodeImage, encodeImage, imageEncoding, toPlanes } from "../../src/data/index.js";

// Two pixels side by side: (0, 51, 102) and (255, 204, 153).
const pixels = new Uint8Array([0, 51, 102, 255, 204, 153]);
const encoding = imageEncoding({ shape: [3, 1, 2], mean: [0, 0.5, 0.4], deviation: [1, 0.5, 0.1] });

describe("imageEncoding", () => {
  it("is JSON, with one mean and deviation a channel", () => {
    const plain = imageEncoding({ shape: [3, 4, 5], mean: 0.5, deviation: 0.25, classes: ["a"] });
    expect(plain).toEqual({
      kind: "images",
      shape: [3, 4, 5],
      mean: [0.5, 0.5, 0.5],
      deviation: [0.25, 0.25, 0.25],
      classes: ["a"],
    });
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
    expect(imageEncoding({ shape: [1, 2, 2] })).toEqual({
      kind: "images",
      shape: [1, 2, 2],
      mean: [0],
      deviation: [1],
    });
  });

  it.each([
    [{ shape: [3, 4, 5], mean: [0, 0] }, "mean has 2 numbers for 3 channels"],
    [{ shape: [3, 4, 5], deviation: 0 }, "deviation must be"],
    [{ shape: [3, 4, 5], mean: Number.NaN }, "mean must be"],
    [{ shape: [3, 4] }, "shape must be [channels, height, width], got [3, 4]"],
    [{ shape: [3, 0, 4] }, "each size in shape must be a whole number from 1"],
    [{ shape: [3, 4, 5], std: 1 }, 'unknown option "std"'],
  ])("refuses %j", (options, message) => {
    expect(() => imageEncoding(options as never)).toThrow(OptionError);
    expect(() => imageEncoding(options as never)).toThrow(message);
  });
});

describe("encodeImage", () => {
  it("puts channels first, scales to 0..1 and standardises", () => {
    const values = [...encodeImage(encoding, pixels)];
    const expected = [0, 1, -0.6, 0.6, 0, 2];
    expected.forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 6);
    });
  });

  it("writes where it is told to", () => {
    const batch = new Float32Array(12).fill(9);
    encodeImage(encoding, pixels, batch.subarray(6));
    expect(batch.subarray(0, 6)).toEqual(new Float32Array(6).fill(9));
    expect(batch.subarray(6)).toEqual(encodeImage(encoding, pixels));
  });

  it("agrees with dataset() on the same pictures", () => {
    const planes = toPlanes(encoding.shape, pixels);
    expect([...planes]).toEqual([0, 255, 51, 204, 102, 153]);
    const { inputs } = dataset({ input: tensor(planes, [1, 3, 1, 2]), encoding }).batch([0]);
    expect(inputs.input?.data).toEqual(encodeImage(encoding, pixels));
  });

  it("is undone by decodeImage for every picture", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        expect([...decodeImage(encoding, encodeImage(encoding, bytes))]).toEqual([...bytes]);
      }),
    );
  });

  it("decodes values outside the range to black and white", () => {
    const grey = imageEncoding({ shape: [1, 1, 3], mean: 0.5, deviation: 0.5 });
    expect([...decodeImage(grey, [-3, 0, 7])]).toEqual([0, 128, 255]);
  });

  it("refuses another number of bytes", () => {
    for (const call of [encodeImage, decodeImage])
      expect(() => call(encoding, new Uint8Array(5))).toThrow(
        "a picture of 3 x 1 x 2 (channels, height, width) has 6 values, got 5",
      );
    expect(() => toPlanes([1, 2, 2], new Uint8Array(3))).toThrow(DataError);
  });
});
