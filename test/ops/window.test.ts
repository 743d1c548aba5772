import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/errors.js";
import { input } from "../../src/graph/index.js";
import { concat, pad, slice, split } from "../../src/ops/index.js";
import { describeRows } from "./harness.js";
import { windowRows } from "./rows/window.js";

describeRows("window", windowRows);

const x = input("x", ["batch", 4]);

describe("what takes or adds nothing makes no node", () => {
  it("gives x itself", () => {
    expect(slice(x, [])).toBe(x);
    expect(slice(x, [undefined, [0, 4]])).toBe(x);
    expect(slice(x, [undefined, [-9, 9]])).toBe(x);
    expect(pad(x, [0, 0], [0, 0])).toBe(x);
    expect(concat([x], 0)).toBe(x);
    expect(split(x, 1, 0)).toEqual([x]);
    expect(split(x, ["batch"], 0)).toEqual([x]);
  });
});

describe("along the batch", () => {
  it("concat adds batches and split takes them apart", () => {
    const both = concat([x, x, x], 0);
    expect(both.shape).toEqual(["3*batch", 4]);
    expect(split(both, 3, 0).map(({ shape }) => shape[0])).toEqual(["batch", "batch", "batch"]);
    expect(split(both, ["batch", "2*batch"], 0).map(({ shape }) => shape[0])).toEqual(["batch", "2*batch"]);
  });
});

describe("what does not fit", () => {
  it("slice", () => {
    expect(() => slice(x, [[0, 2]])).toThrow("slice: axis 0 has the symbolic length batch.");
    expect(() => slice(x, [undefined, [3, 1]])).toThrow("slice: [3, 1, 1] takes nothing of an axis of 4.");
    expect(() => slice(x, [undefined, [1, 3, -1]])).toThrow("takes nothing");
    expect(() => slice(x, [undefined, [4]])).toThrow("takes nothing");
    expect(() => slice(x, [undefined, [0, 4, 0]])).toThrow("step 0 is not a whole number but 0");
    expect(() => slice(x, [undefined, [0, 4, 1.5]])).toThrow(ShapeError);
    expect(() => slice(x, [undefined, [0.5, 4]])).toThrow(ShapeError);
    expect(() => slice(x, [undefined, undefined, [0, 1]])).toThrow("3 ranges for [batch, 4]");
  });
  it("pad", () => {
    expect(() => pad(x, [0, 1], [0])).toThrow("needs an amount for each axis of [batch, 4], got [0,1] and [0]");
    expect(() => pad(x, [0, -1], [0, 0])).toThrow("amounts must not be negative, got -1 and 0");
    expect(() => pad(x, [1, 0], [0, 0])).toThrow("axis 0 has the symbolic length batch");
  });
  it("concat", () => {
    expect(() => concat([x, input("y", ["batch", 3, 1])], 1)).toThrow(
      "concat: [batch, 4] and [batch, 3, 1] may differ only along axis 1.",
    );
    expect(() => concat([x, input("y", [2, 4])], 1)).toThrow("may differ only along axis 1");
    expect(() => concat([x, input("y", ["batch", 4], "int32")], 1)).toThrow(ShapeError);
    expect(() => concat([x, input("y", [2, 4])], 0)).toThrow("cannot add the sizes batch and 2");
    expect(() => concat([], 0)).toThrow("needs at least one value");
    expect(() => concat([x, x], 2)).toThrow("axis 2 does not exist");
  });
  it("split", () => {
    expect(() => split(x, 3, 1)).toThrow("axis 1 of [batch, 4] does not split into");
    expect(() => split(x, [1, 2], 1)).toThrow("axis 1 of [batch, 4] does not split into [1,2]");
    expect(() => split(x, [5, -1], 1)).toThrow("does not split into [5,-1]");
    expect(() => split(x, [4, 0], 1)).toThrow("does not split into [4,0]");
    expect(() => split(x, [], 1)).toThrow("does not split into []");
    expect(() => split(x, 2, 0)).toThrow("axis 0 of [batch, 4] does not split into");
    expect(() => split(x, ["batch", 1], 0)).toThrow(ShapeError);
  });
});
