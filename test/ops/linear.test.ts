import { describe, expect, it } from "vitest";
import { input, nodesOf } from "../../src/graph/index.js";
import { linear, matmul } from "../../src/ops/index.js";
import { describeRows } from "./harness.js";
import { linearRows } from "./rows/linear.js";

describeRows("linear", linearRows);

describe("what does not fit", () => {
  const [x, w] = [input("x", ["batch", 3]), input("w", [5, 3])];
  it("matmul", () => {
    expect(() => matmul(x, w)).toThrow("matmul: [batch, 3] and [5, 3]: inner sizes differ: 3 and 5.");
    expect(() => matmul(x, input("v", [3]))).toThrow("matmul: needs two axes or more, got [batch, 3] and [3].");
    expect(() => matmul(input("a", [2, 4, 3]), input("b", [3, 3, 4]))).toThrow("the leading axes do not broadcast");
    expect(() => matmul(x, input("i", [3, 2], "int32"))).toThrow("float32[batch, 3] and int32[3, 2]");
  });
  it("linear", () => {
    expect(() => linear(x, input("w", [3, 5]), input("b", [3]))).toThrow(
      "linear: needs [N, in], [out, in] and [out], got [batch, 3], [3, 5], [3].",
    );
    expect(() => linear(x, w, input("b", [3]))).toThrow("linear: needs");
  });
});

describe("a stack of matrices by one matrix", () => {
  it("is one tall product", () => {
    const y = matmul(input("x", ["batch", 7, 3]), input("w", [3, 5]));
    expect(y.shape).toEqual(["batch", 7, 5]);
    const product = nodesOf([y]).find((node) => node.op.name === "matmul");
    expect(product?.inputs.map(({ shape }) => shape)).toEqual([
      ["7*batch", 3],
      [3, 5],
    ]);
  });
});
