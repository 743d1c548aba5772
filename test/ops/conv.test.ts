import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/errors.js";
import { input } from "../../src/graph/index.js";
import { conv, convTranspose } from "../../src/ops/index.js";
import { describeRows } from "./harness.js";
import { convRows } from "./rows/conv.js";

describeRows("conv", convRows);

describe("what does not fit", () => {
  const x = input("x", ["batch", 4, 5, 5]);
  const w = input("w", [6, 4, 3, 3]);
  it("channels", () => {
    expect(() => conv(x, input("w", [6, 3, 3, 3]))).toThrow(
      "conv: input [batch, 4, 5, 5] has 4 channels, weight [6, 3, 3, 3] in 1 group(s) needs 3.",
    );
    expect(() => conv(x, input("w", [5, 2, 3, 3]), undefined, { groups: 2 })).toThrow(
      "5 filters do not divide into 2 groups",
    );
    expect(() => convTranspose(x, w, { size: [7, 7] })).toThrow(
      "convTranspose: input [batch, 4, 5, 5] has 4 channels, weight [6, 4, 3, 3] needs 6.",
    );
  });
  it("axes", () => {
    expect(() => conv(x, input("w", [6, 4, 3]))).toThrow("needs [N, C, ...spatial] and [O, C, ...kernel]");
    expect(() => conv(input("x", [2, 4]), input("w", [3, 4]))).toThrow(ShapeError);
    expect(() => conv(x, w, input("b", [5]))).toThrow("conv: bias [5] does not match weight [6, 4, 3, 3].");
    expect(() => conv(x, w, input("b", [6, 1]))).toThrow("bias [6, 1] does not match");
    expect(() => conv(x, w, undefined, { strides: [2] })).toThrow(
      "2 spatial axes need 2 strides and dilations and 4 pads",
    );
    expect(() => conv(x, w, undefined, { pads: [1, 1] })).toThrow("4 pads");
  });
  it("a kernel larger than the picture", () => {
    expect(() => conv(x, input("w", [6, 4, 6, 6]))).toThrow(
      'a kernel of [6, 6] does not fit into [batch, 4, 5, 5] with pads [0,0,0,0]. Use padding "same"',
    );
    expect(conv(x, input("w", [6, 4, 6, 6]), undefined, { pads: [1, 0, 0, 1] }).shape).toEqual(["batch", 6, 1, 1]);
  });
  it("strides, dilations and pads that are no steps", () => {
    expect(() => conv(x, w, undefined, { strides: [0, 1] })).toThrow("strides [0,1]");
    expect(() => conv(x, w, undefined, { dilations: [1, 1.5] })).toThrow("dilations [1,1.5]");
    expect(() => conv(x, w, undefined, { pads: [0, -1, 0, 0] })).toThrow("pads [0,-1,0,0]");
    expect(() => conv(x, w, undefined, { groups: 0 })).toThrow("groups 0");
  });
  it("a size that the transposed convolution cannot come to", () => {
    const y = input("y", ["batch", 6, 3, 3]);
    expect(convTranspose(y, w, { strides: [2, 2], size: [8, 7] }).shape).toEqual(["batch", 4, 8, 7]);
    expect(() => convTranspose(y, w, { strides: [2, 2], size: [9, 7] })).toThrow(
      "convTranspose: a result of [9, 7] would come from [4, 3], not from [3, 3].",
    );
  });
});
