import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { input, nodesOf } from "../../src/graph/index.js";
import {
  abs,
  add,
  clip,
  expand,
  floor,
  leakyRelu,
  maximum,
  minimum,
  mul,
  pow,
  relu,
  sign,
  sqrt,
  step,
} from "../../src/ops/index.js";
import { derivatives, evaluate } from "../support/evaluate.js";
import { describeRows } from "./harness.js";
import { elementwiseRows } from "./rows/elementwise.js";

describeRows("elementwise", elementwiseRows);

describe("at the kinks", () => {
  it("relu's gradient is 0 at 0 and 1 just above", async () => {
    expect(await derivatives(relu, tensor([-1, -0, 0, 1e-30, 2]))).toEqual([[0, 0, 0, 1, 1]]);
  });
  it("leakyRelu's gradient is the slope at 0", async () => {
    expect(await derivatives((x) => leakyRelu(x, 0.25), tensor([-1, 0, 1]))).toEqual([[0.25, 0.25, 1]]);
  });
  it("leakyRelu with slope 0 is relu, with slope 1 the identity", async () => {
    expect(await derivatives((x) => leakyRelu(x, 0), tensor([-1, 0, 1]))).toEqual([[0, 0, 1]]);
    expect(await derivatives((x) => leakyRelu(x, 1), tensor([-1, 0, 1]))).toEqual([[1, 1, 1]]);
  });
  it("abs' gradient is 0 at 0", async () => {
    expect(await derivatives(abs, tensor([-2, 0, 3]))).toEqual([[-1, 0, 1]]);
  });
  it("sqrt's gradient is +Inf at 0", async () => {
    expect(await derivatives(sqrt, tensor([0, 4]))).toEqual([[Number.POSITIVE_INFINITY, 0.25]]);
  });
  it("clip's gradient is 1 on the bounds", async () => {
    const clipped = (x: Parameters<typeof clip>[0]) => clip(x, -1, 2);
    expect(await evaluate(clipped, tensor([-3, -1, 0, 2, 5]))).toEqual([[-1, -1, 0, 2, 2]]);
    expect(await derivatives(clipped, tensor([-3, -1, 0, 2, 5]))).toEqual([[0, 1, 1, 1, 0]]);
  });
  it("maximum and minimum give half to each of two equals", async () => {
    const [a, b] = [tensor([1, 2, 3]), tensor([2, 2, 2])];
    const gradients = await derivatives(maximum, a, b);
    expect(gradients).toEqual([
      [0, 0.5, 1],
      [1, 0.5, 0],
    ]);
    expect(await derivatives(minimum, a, b)).toEqual(gradients.toReversed());
  });
  it("sign is 0 at 0; step is 0 at 0 and 1 at the smallest normal number; floor goes down", async () => {
    expect(await evaluate(sign, tensor([-2, 0, 2]))).toEqual([[-1, 0, 1]]);
    expect(await evaluate(step, tensor([-2, -1e-38, 0, 1.2e-38, 2, 3e38]))).toEqual([[0, 0, 0, 1, 1, 1]]);
    expect(await evaluate(floor, tensor([-1.5, -1, -0.5, 0.5, 1]))).toEqual([[-2, -1, -1, 0, 1]]);
  });
  it("a whole power's gradient at 0 is that of its formula", async () => {
    expect(await derivatives((x) => pow(x, 2), tensor([-3, 0, 3]))).toEqual([[-6, 0, 6]]);
    expect(await derivatives((x) => pow(x, 1), tensor([-3, 0, 3]))).toEqual([[1, 1, 1]]);
  });
});

describe("what does not go together", () => {
  const x = input("x", ["batch", 3]);
  it("names both types and the way out", () => {
    expect(() => add(x, input("y", [4]))).toThrow(ShapeError);
    expect(() => add(x, input("y", [4]))).toThrow(
      "add: float32[batch, 3] and float32[4] do not go together. Lengths must be equal or 1.",
    );
    expect(() => mul(x, input("y", ["batch", 3], "int32"))).toThrow(
      "float32[batch, 3] and int32[batch, 3] do not go together. Use cast() on one of them.",
    );
    expect(() => add(x, input("y", ["batch", "batch"]))).toThrow(ShapeError);
  });
  it("refuses a fraction beside whole numbers", () => {
    expect(() => mul(input("i", [3], "int32"), 0.5)).toThrow(/0\.5.*int32.*cast/);
  });
  it("refuses bounds the wrong way round", () => {
    expect(() => clip(x, 1, 0)).toThrow("clip: low 1 is above high 0.");
    expect(() => clip(x, Number.NaN, 0)).toThrow(ShapeError);
  });
  it("refuses a slope outside [0, 1], for which the mask would be wrong", () => {
    expect(() => leakyRelu(x, 1.5)).toThrow(OptionError);
    expect(() => leakyRelu(x, -0.1)).toThrow(OptionError);
  });
});

describe("broadcasting that the op does by itself", () => {
  it("takes the small value behind an expand, so that nothing is repeated in memory", () => {
    const [x, b] = [input("x", ["batch", 3]), input("b", [3])];
    const y = add(x, expand(b, ["batch", 3]));
    expect(nodesOf([y]).map((node) => node.op.name)).toEqual(["input", "input", "add"]);
  });
  it("keeps the expand where the result would be smaller without", () => {
    const b = input("b", [1, 3]);
    const y = mul(expand(b, [2, 3]), 2);
    expect(y.shape).toEqual([2, 3]);
    expect(nodesOf([y]).map((node) => node.op.name)).toContain("expand");
  });
});
