import { describe, expect, it } from "vitest";
import { allocate, byteSize, type DType } from "../../src/base/dtype.js";
import { ShapeError } from "../../src/base/errors.js";
import { tensor, zeros } from "../../src/base/tensor.js";

describe("a tensor", () => {
  it("of plain numbers is float32 on one axis, unless told otherwise", () => {
    expect(tensor([1, 2.5])).toEqual({ dtype: "float32", shape: [2], data: Float32Array.of(1, 2.5) });
    expect(tensor([1, 2], [1, 2], "int32")).toEqual({ dtype: "int32", shape: [1, 2], data: Int32Array.of(1, 2) });
    expect(tensor([1, 0], [2], "bool")).toEqual({ dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) });
    expect(tensor([5], [])).toMatchObject({ shape: [] });
  });

  it("of a typed array keeps it, with the dtype it has", () => {
    const data = Int32Array.of(1, 2, 3);
    expect(tensor(data).data).toBe(data);
    expect(tensor(data).dtype).toBe("int32");
    expect(tensor(Uint8Array.of(1)).dtype).toBe("uint8");
    expect(tensor(new Float32Array(6), [2, 3]).shape).toEqual([2, 3]);
  });

  it("refuses a shape that its numbers do not fill", () => {
    expect(() => tensor([1, 2, 3], [2, 2])).toThrow(ShapeError);
    expect(() => tensor([1, 2, 3], [2, 2])).toThrow("tensor: 3 numbers do not fill the shape [2, 2].");
    expect(() => tensor([1], [0])).toThrow(ShapeError);
    expect(() => tensor([1, 2], [-1, -2])).toThrow(ShapeError);
    expect(() => tensor([1, 2, 3], [1.5, 2])).toThrow(ShapeError);
  });

  it("of zeros", () => {
    expect(zeros([2, 2])).toEqual(tensor([0, 0, 0, 0], [2, 2]));
    expect(zeros([3], "int32").data).toEqual(new Int32Array(3));
    expect(zeros([0, 4]).data).toHaveLength(0);
  });
});

describe("dtypes", () => {
  it("have arrays of their own, with as many bytes an element as they say", () => {
    const kinds = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array };
    for (const [dtype, Kind] of Object.entries(kinds)) {
      const data = allocate(dtype as DType, 3);
      expect(data).toBeInstanceOf(Kind);
      expect(data).toHaveLength(3);
      expect(data.BYTES_PER_ELEMENT).toBe(byteSize[dtype as DType]);
    }
  });
});
