import { describe, expect, it } from "vitest";
import { tensor } from "../../src/base/tensor.js";
import { input } from "../../src/graph/index.js";
import { avgPool, maxPool, repeat } from "../../src/ops/index.js";
import { derivatives } from "../support/evaluate.js";
import { describeRows } from "./harness.js";
import { poolRows } from "./rows/pool.js";

describeRows("pool", poolRows);

describe("ties in max pooling", () => {
  const flat = tensor(new Float32Array(16).fill(7), [1, 1, 4, 4]);
  it("share the gradient where windows lie side by side", async () => {
    expect(await derivatives((x) => maxPool(x, [2, 2]), flat)).toEqual([new Array(16).fill(0.25)]);
  });
  it("leave out what no window reaches", async () => {
    const [gradient] = await derivatives((x) => maxPool(x, [3, 3]), flat);
    expect(gradient).toEqual([1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0].map((n) => Math.fround(n / 9)));
  });
  it("give it to the first where windows overlap, as in PyTorch", async () => {
    const [gradient] = await derivatives((x) => maxPool(x, [2, 2], { strides: [1, 1] }), flat);
    expect(gradient).toEqual([1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0]);
  });
});

describe("padding", () => {
  it("is never the largest, though all be negative", async () => {
    const x = tensor([-1, -2, -3, -4], [1, 1, 4]);
    const [gradient] = await derivatives((v) => maxPool(v, [2], { pads: [1, 1] }), x);
    expect(gradient).toEqual([1, 1, 0, 1]);
  });
});

describe("what does not fit", () => {
  const x = input("x", ["batch", 2, 4, 4]);
  it("names the window and the picture", () => {
    expect(() => maxPool(x, [5, 2])).toThrow("maxPool: a window of [5, 2] does not fit into [batch, 2, 4, 4].");
    expect(() => avgPool(x, [2])).toThrow(
      "avgPool: a window of 1 axes needs [N, C, ...] with as many more, got [batch, 2, 4, 4].",
    );
    expect(() => maxPool(x, [2, 2], { strides: [1] })).toThrow("2 spatial axes need 2 strides");
    expect(() => avgPool(x, [2, 2], { strides: [1, 0] })).toThrow("strides [1,0]");
  });
  it("refuses windows that would see nothing but padding", () => {
    expect(() => maxPool(x, [2, 2], { pads: [2, 0, 0, 0] })).toThrow("pads [2,0,0,0] must be smaller than the window");
    expect(() => avgPool(x, [2, 2], { pads: [0, 0, 0, 2], countPadding: false })).toThrow("smaller than the window");
  });
  it("repeat wants a whole factor per spatial axis", () => {
    expect(() => repeat(x, [2])).toThrow("repeat: [batch, 2, 4, 4] needs 2 whole factors, got [2].");
    expect(() => repeat(x, [2, 1.5])).toThrow("needs 2 whole factors, got [2,1.5]");
    expect(() => repeat(x, [2, 0])).toThrow("needs 2 whole factors");
  });
});
