import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/errors.js";
import {
  addDims,
  broadcastShapes,
  countOf,
  divideDims,
  formatShape,
  isStatic,
  multiplyDims,
  normalizeAxis,
  parseDim,
  resolveShape,
  sameShape,
  sizeOf,
} from "../../src/base/shape.js";

describe("lengths with a symbol", () => {
  it("are a factor and a name", () => {
    expect(parseDim(7)).toEqual({ factor: 7, symbol: "" });
    expect(parseDim("batch")).toEqual({ factor: 1, symbol: "batch" });
    expect(parseDim("64*batch")).toEqual({ factor: 64, symbol: "batch" });
  });

  it("multiply by numbers, not by each other", () => {
    expect(multiplyDims(3, 4)).toBe(12);
    expect(multiplyDims("batch", 1)).toBe("batch");
    expect(multiplyDims(3, "2*batch")).toBe("6*batch");
    expect(() => multiplyDims("batch", "2*batch")).toThrow(ShapeError);
    expect(() => multiplyDims("batch", "time")).toThrow("cannot multiply the symbolic sizes batch and time");
  });

  it("add to their like", () => {
    expect(addDims(3, 4)).toBe(7);
    expect(addDims("batch", "2*batch")).toBe("3*batch");
    expect(() => addDims("batch", 1)).toThrow("cannot add the sizes batch and 1.");
    expect(() => addDims("batch", "time")).toThrow(ShapeError);
  });

  it("divide where the result is whole", () => {
    expect(divideDims(12, 4)).toBe(3);
    expect(divideDims(12, 5)).toBeUndefined();
    expect(divideDims("6*batch", 3)).toBe("2*batch");
    expect(divideDims("6*batch", 4)).toBeUndefined();
    expect(divideDims("6*batch", 6)).toBe("batch");
    expect(divideDims("6*batch", "2*batch")).toBe(3);
    expect(divideDims("batch", "batch")).toBe(1);
    expect(divideDims(6, "batch")).toBeUndefined();
    expect(divideDims("batch", "time")).toBeUndefined();
    expect(divideDims(6, 0)).toBeUndefined();
  });
});

describe("shapes", () => {
  it("count their elements", () => {
    expect(countOf([])).toBe(1);
    expect(countOf([2, 0, 3])).toBe(0);
    expect(sizeOf(["batch", 3, 32, 32])).toBe("3072*batch");
    expect(sizeOf([])).toBe(1);
    expect(() => sizeOf(["batch", "time"])).toThrow(ShapeError);
  });

  it("print as in errors and summaries", () => {
    expect(formatShape(["batch", 3, 32, 32])).toBe("[batch, 3, 32, 32]");
    expect(formatShape([])).toBe("[]");
  });

  it("are the same only length for length", () => {
    expect(sameShape(["batch", 3], ["batch", 3])).toBe(true);
    expect(sameShape([3], [3, 1])).toBe(false);
    expect(sameShape(["batch"], ["time"])).toBe(false);
    expect(isStatic([2, 3])).toBe(true);
    expect(isStatic([2, "batch"])).toBe(false);
  });

  it("resolve when the sizes are known", () => {
    expect(resolveShape(["batch", "4*batch", 3], { batch: 5 })).toEqual([5, 20, 3]);
    expect(() => resolveShape(["batch", "time"], { batch: 5 })).toThrow(
      'the size of "time" in [batch, time] is not known.',
    );
  });

  it("broadcast by NumPy's rule", () => {
    expect(broadcastShapes([3, 1], [1, 4])).toEqual([3, 4]);
    expect(broadcastShapes([], [2, 3])).toEqual([2, 3]);
    expect(broadcastShapes(["batch", 1, 4], [5, 1])).toEqual(["batch", 5, 4]);
    expect(broadcastShapes(["batch", 3], [1, 1])).toEqual(["batch", 3]);
    expect(broadcastShapes([3], [4])).toBeUndefined();
    expect(broadcastShapes(["batch"], [4])).toBeUndefined();
    expect(broadcastShapes(["batch"], ["2*batch"])).toBeUndefined();
    expect(broadcastShapes([0], [1])).toEqual([0]);
  });

  it("have axes counted from the front or the back", () => {
    expect([0, 2, -1, -3].map((axis) => normalizeAxis(axis, 3))).toEqual([0, 2, 2, 0]);
    for (const axis of [3, -4, 0.5, Number.NaN]) expect(() => normalizeAxis(axis, 3)).toThrow(ShapeError);
    expect(() => normalizeAxis(2, 2, "max")).toThrow("max: axis 2 does not exist: the value has 2 axes.");
    expect(() => normalizeAxis(0, 0)).toThrow("axis 0 does not exist: the value has 0 axes.");
  });
});
