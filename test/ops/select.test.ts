import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { input } from "../../src/graph/index.js";
import { cast, equal, gather, greater, mul, scatterAdd, stopGradient, where } from "../../src/ops/index.js";
import { derivatives, evaluate } from "../support/evaluate.js";
import { describeRows } from "./harness.js";
import { selectRows } from "./rows/select.js";

describeRows("select", selectRows);

describe("NaN", () => {
  it("is equal to nothing, and where() passes none from the branch not taken", async () => {
    expect(await evaluate((x) => equal(x, x), tensor([Number.NaN, 1]))).toEqual([[0, 1]]);
    const guarded = await evaluate((x) => where(greater(x, 0), x, 0), tensor([Number.NaN, -1, 2]));
    expect(guarded).toEqual([[0, 0, 2]]);
  });
});

describe("no gradient", () => {
  it("flows through whole numbers", async () => {
    const rounded = await derivatives((x) => mul(x, cast(cast(x, "int32"), "float32")), tensor([1.5, -2.5]));
    expect(rounded).toEqual([[1, -2]]);
  });
  it("flows through stopGradient, and all of it beside", async () => {
    expect(await derivatives((x) => mul(x, stopGradient(x)), tensor([3, -4]))).toEqual([[3, -4]]);
  });
});

describe("what does not fit", () => {
  const [x, i] = [input("x", ["batch", 3]), input("i", ["batch"], "int32")];
  it("names types and shapes", () => {
    expect(() => equal(x, i)).toThrow("equal: float32[batch, 3] and int32[batch] cannot be compared.");
    expect(() => where(x, x, x)).toThrow(
      "needs a bool condition and two values of one dtype that broadcast, got float32[batch, 3]",
    );
    expect(() => where(greater(x, 0), x, i)).toThrow(ShapeError);
    expect(() => gather(x, x)).toThrow("gather: indices must be int32, got float32.");
    expect(() => gather(x, i, 2)).toThrow("gather: axis 2 does not exist");
    expect(() => scatterAdd(x, input("j", [3], "int32"), 5)).toThrow(
      "the leading axes of [batch, 3] must be those of the int32 indices, got int32[3]",
    );
    expect(() => scatterAdd(x, input("j", ["batch"]), 5)).toThrow("got float32[batch]");
  });
  it("cast to its own dtype is nothing", () => {
    expect(cast(x, "float32")).toBe(x);
  });
});
