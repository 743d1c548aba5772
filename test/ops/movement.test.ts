import { describe, expect, it } from "vitest";
import { tensor } from "../../src/base/tensor.js";
import { input } from "../../src/graph/index.js";
import { expand, reshape, squeeze, sum, sumTo, transpose, unsqueeze } from "../../src/ops/index.js";
import { evaluate } from "../support/evaluate.js";
import { describeRows } from "./harness.js";
import { movementRows } from "./rows/movement.js";

describeRows("movement", movementRows);

const x = input("x", ["batch", 3, 4]);

describe("what moves nothing makes no node", () => {
  it("gives x itself", () => {
    expect(reshape(x, ["batch", 3, 4])).toBe(x);
    expect(reshape(x, ["batch", -1, 4])).toBe(x);
    expect(transpose(x, [0, 1, -1])).toBe(x);
    expect(expand(x, ["batch", 3, 4])).toBe(x);
    expect(sum(x, [])).toBe(x);
    expect(sumTo(x, ["batch", 3, 4])).toBe(x);
  });
});

describe("shapes", () => {
  it("follow the batch through merging and splitting", () => {
    expect(reshape(x, [-1, 4]).shape).toEqual(["3*batch", 4]);
    expect(reshape(reshape(x, [-1, 4]), ["batch", 3, 4]).shape).toEqual(["batch", 3, 4]);
    expect(reshape(x, [-1]).shape).toEqual(["12*batch"]);
    expect(reshape(reshape(x, [-1]), [-1, 6]).shape).toEqual(["2*batch", 6]);
    expect(reshape(reshape(x, ["12*batch"]), ["batch", -1]).shape).toEqual(["batch", 12]);
    expect(unsqueeze(x, -1).shape).toEqual(["batch", 3, 4, 1]);
    expect(unsqueeze(x, 0).shape).toEqual([1, "batch", 3, 4]);
    expect(squeeze(input("y", [1, 2, 1]), [0, -1]).shape).toEqual([2]);
    expect(sum(x, [0, -1]).shape).toEqual([3]);
    expect(sum(x, -2, { keepDims: true }).shape).toEqual(["batch", 1, 4]);
  });

  it("sums of no elements' worth: a scalar is its own sum", async () => {
    expect(await evaluate((s) => sum(s), tensor([3], []))).toEqual([[3]]);
  });
});

describe("what does not fit", () => {
  it("reshape", () => {
    expect(() => reshape(x, ["batch", 5])).toThrow(
      "reshape: [batch, 3, 4] has 12*batch elements, [batch, 5] cannot hold them.",
    );
    expect(() => reshape(x, [-1, 5])).toThrow("cannot hold them");
    expect(() => reshape(x, [-1, -1, 4])).toThrow("cannot hold them");
    expect(() => reshape(input("y", [6]), [-2, -3])).toThrow("cannot hold them");
    expect(() => reshape(x, [12])).toThrow("cannot hold them");
  });
  it("transpose", () => {
    expect(() => transpose(x, [0, 1])).toThrow("the order [0,1] must name each of the 3 axes once");
    expect(() => transpose(x, [0, 1, 1])).toThrow("must name each of the 3 axes once");
    expect(() => transpose(x, [0, 1, 2, 1])).toThrow("must name each of the 3 axes once");
    expect(() => transpose(x, [0, 1, 3])).toThrow("transpose: axis 3 does not exist: the value has 3 axes.");
  });
  it("expand", () => {
    expect(() => expand(x, ["batch", 6, 4])).toThrow("[batch, 3, 4] does not broadcast to [batch, 6, 4]");
    expect(() => expand(x, [3, 4])).toThrow("does not broadcast");
    expect(() => expand(x, [7, 3, 4])).toThrow("does not broadcast");
  });
  it("sum and squeeze", () => {
    expect(() => sum(x, [1, -2])).toThrow("name an axis twice");
    expect(() => sum(x, 3)).toThrow("sum: axis 3 does not exist");
    expect(() => sum(x, 0.5)).toThrow("axis 0.5 does not exist");
    expect(() => squeeze(x, 1)).toThrow("squeeze: axis 1 of [batch, 3, 4] is not of length 1.");
    expect(() => unsqueeze(x, 4)).toThrow("axis 4 does not exist");
  });
});
