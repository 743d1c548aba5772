import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { input, type Value } from "../../src/graph/index.js";
import { logSoftmax, logSumExp, max, mean, min, softmax, square, sub } from "../../src/ops/index.js";
import { expectClose } from "../support/close.js";
import { derivatives, evaluate } from "../support/evaluate.js";
import { describeRows } from "./harness.js";
import { reduceRows } from "./rows/reduce.js";

describeRows("reduce", reduceRows);

describe("ties", () => {
  it("max and min share the gradient among the extreme elements", async () => {
    const x = tensor([1, 5, 5, 2, 2, 2], [2, 3]);
    expect(await derivatives((v) => max(v, 1), x)).toEqual([
      [0, 0.5, 0.5, ...[1, 1, 1].map((n) => Math.fround(n / 3))],
    ]);
    expect(await derivatives((v) => min(v, 1), x)).toEqual([[1, 0, 0, ...[1, 1, 1].map((n) => Math.fround(n / 3))]]);
    expect(await derivatives((v) => max(v), x)).toEqual([[0, 0.5, 0.5, 0, 0, 0]]);
  });
});

describe("far from zero", () => {
  const far = tensor([1e4, 1e4 - 1, -1e4, -1e4, -1e4, -1e4 + 1], [2, 3]);
  const [e, ln] = [Math.exp(-1), Math.log];
  const close = async (what: string, body: (x: Value) => Value, expected: readonly number[]) => {
    const [got] = await evaluate(body, far);
    expectClose(what, tensor(got as number[]), tensor(expected), 1e-6, 1);
  };

  it("softmax is exact", async () => {
    const [top, next] = [1 / (1 + e), e / (1 + e)];
    const [low, high] = [e / (1 + 2 * e), 1 / (1 + 2 * e)];
    await close("softmax", (x) => softmax(x), [top, next, 0, low, low, high]);
  });
  it("logSumExp is exact", async () => {
    await close("logSumExp", (x) => logSumExp(x, 1), [1e4 + ln(1 + e), -1e4 + 1 + ln(1 + 2 * e)]);
  });
  it("logSoftmax is exact, and so is its gradient", async () => {
    const [top, bottom] = [ln(1 + e), ln(1 + 2 * e)];
    await close("logSoftmax", (x) => logSoftmax(x), [-top, -1 - top, -2e4 - top, -1 - bottom, -1 - bottom, -bottom]);
    // d sum(logSoftmax) / dx = 1 - n softmax
    const [gradient] = await derivatives((x) => logSoftmax(x), far);
    const [p] = await evaluate((x) => softmax(x), far);
    expectClose("gradient", tensor(gradient as number[]), tensor((p as number[]).map((q) => 1 - 3 * q)), 1e-6, 1);
  });
  it("the squared distance to the mean of 1e4 keeps its digits", async () => {
    const x = tensor([10000, 10001, 10002, 10003]);
    expect(await evaluate((v) => mean(square(sub(v, mean(v)))), x)).toEqual([[1.25]]);
  });
});

describe("what does not fit", () => {
  it("the mean of whole numbers needs a cast", () => {
    expect(() => mean(input("i", [3], "int32"))).toThrow(ShapeError);
    expect(() => mean(input("i", ["batch"], "int32"))).toThrow("Use cast()");
  });
  it("axes that do not exist are named with the op", () => {
    const x = input("x", ["batch", 3]);
    expect(() => max(x, 2)).toThrow("max: axis 2 does not exist: the value has 2 axes.");
    expect(() => softmax(x, -3)).toThrow("softmax: axis -3 does not exist");
    expect(() => logSumExp(x, [0, 0])).toThrow("name an axis twice");
  });
});
