import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { imageEncoding } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { sequential } from "../../src/runtime/index.js";
import { checkLayer } from "./layerCase.js";

const none = { parameters: {}, buffers: {}, dparameters: {}, buffersAfter: {} };

describe("normalize", () => {
  // Two pictures of two channels of one pixel: (x / 255 - mean) / deviation.
  it("of bytes divides by 255 first", async () => {
    const x = tensor(new Uint8Array([0, 51, 255, 204]), [2, 2, 1, 1]);
    const y = tensor([-2, -0.6, 2, 0.6], [2, 2, 1, 1]);
    const layer = nn.normalize({ mean: [0.5, 0.5], deviation: [0.25, 0.5] });
    await checkLayer({ ...none, layer, x, y, r: tensor([1, 2, 3, 4], [2, 2, 1, 1]) });
  });

  it("of numbers takes them as they are, and lets the gradient through", async () => {
    const x = tensor([0, 0.2, 1, 0.8], [2, 2, 1]);
    const y = tensor([-2, -0.6, 2, 0.6], [2, 2, 1]);
    const layer = nn.normalize({ mean: 0.5, deviation: [0.25, 0.5] });
    await checkLayer({
      ...none,
      layer,
      x,
      y,
      r: tensor([1, 2, 3, 4], [2, 2, 1]),
      dx: tensor([4, 4, 12, 8], [2, 2, 1]),
    });
  });

  it("alone only scales bytes to 0..1, over all levels as divided by hand", async () => {
    const x = tensor(
      Uint8Array.from({ length: 256 }, (_, i) => i),
      [1, 1, 16, 16],
    );
    const y = tensor(
      Float32Array.from(x.data, (level) => level / 255),
      [1, 1, 16, 16],
    );
    await checkLayer({ ...none, layer: nn.normalize(), x, y, r: y });
  });

  it("takes mean and deviation of an encoding", () => {
    const encoding = imageEncoding({ shape: [3, 2, 2], mean: [0.1, 0.2, 0.3], deviation: 0.5, bytes: true });
    expect(nn.normalize(encoding).options).toEqual({ mean: [0.1, 0.2, 0.3], deviation: [0.5, 0.5, 0.5] });
  });

  it("refuses what cannot be", () => {
    expect(() => nn.normalize({ deviation: 0 })).toThrow(OptionError);
    expect(() => nn.normalize({ mean: [1, 2, 3], deviation: [1, 2] })).toThrow(
      "normalize: mean and deviation must be one number or one a channel, got 3 and 2.",
    );
    expect(() => nn.normalize({ std: 1 } as never)).toThrow('unknown option "std"');
    const wrong = () => sequential({ input: [4, 2, 2], dtype: "uint8" }, nn.normalize({ mean: [0, 0, 0] }));
    expect(wrong).toThrow(ShapeError);
    expect(wrong).toThrow("normalize_1: expected [batch, 3, ...], got [batch, 4, 2, 2].");
  });

  it("is what a layer says that bytes come to", () => {
    expect(() => sequential({ input: [1, 8, 8], dtype: "uint8" }, nn.conv2d(2, 3))).toThrow(
      'conv2d_1: expected float32, got uint8[batch, 1, 8, 8]. Declare the input as { shape, dtype: "float32" }, or put normalize() before it.',
    );
  });
});
