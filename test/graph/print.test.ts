import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { constant, input, inScope, printGraph, type Value } from "../../src/graph/index.js";
import { add, concat, conv, exp, greater, mean, mul, relu, split, square } from "../../src/ops/index.js";

describe("a graph as text", () => {
  it("one node a line: inputs and outputs by name, the rest numbered, attributes, types, layers", () => {
    const x = input("x", ["batch", 1, 5, 5]);
    const w = input("conv.weight", [2, 1, 3, 3]);
    const y = inScope("block", () => inScope("conv", () => conv(x, w, undefined, { strides: [2, 2] })));
    const scores = relu(mul(y, 2));
    const positive = greater(scores, 0);
    const [left, right] = split(scores, [1, 1], 1) as [Value, Value];
    const outputs = { scores, positive, both: concat([right, left], 1), x };
    expect(printGraph({ inputs: { x, "conv.weight": w }, outputs })).toBe(
      [
        "input x : float32[batch, 1, 5, 5]",
        "input conv.weight : float32[2, 1, 3, 3]",
        "%0 = conv(x, conv.weight) {strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1} : float32[batch, 2, 2, 2]  # block/conv",
        "%1 = constant() {data: [2], shape: [], dtype: float32} : float32[]",
        "%2 = mul(%0, %1) : float32[batch, 2, 2, 2]",
        "%3 = relu(%2) : float32[batch, 2, 2, 2]",
        "%4 = constant() {data: [0], shape: [], dtype: float32} : float32[]",
        "%5 = greater(%3, %4) : bool[batch, 2, 2, 2]",
        "%6, %7 = split(%3) {sizes: [1, 1], axis: 1} : float32[batch, 1, 2, 2], float32[batch, 1, 2, 2]",
        "%8 = concat(%7, %6) {axis: 1} : float32[batch, 2, 2, 2]",
        "output scores = %3",
        "output positive = %5",
        "output both = %8",
        "output x = x",
      ].join("\n"),
    );
  });

  it("with its gradient, in the layer's name", () => {
    const x = input("x", [3]);
    const loss = inScope("loss", () => mean(square(exp(x))));
    const [dx] = gradients(loss, [x]) as [Value];
    expect(printGraph({ inputs: { x }, outputs: { dx } })).toBe(
      [
        "input x : float32[3]",
        "%0 = exp(x) : float32[3]  # loss",
        "%1 = constant() {data: [0.3333333432674408], shape: [], dtype: float32} : float32[]  # loss",
        "%2 = constant() {data: [1], shape: [], dtype: float32} : float32[]",
        "%3 = mul(%2, %1) : float32[]  # gradient/loss",
        "%4 = reshape(%3) {shape: [1]} : float32[1]  # gradient/loss",
        "%5 = mul(%4, %0) : float32[3]  # gradient/loss",
        "%6 = mul(%4, %0) : float32[3]  # gradient/loss",
        "%7 = add(%5, %6) : float32[3]  # gradient/loss",
        "%8 = mul(%7, %0) : float32[3]  # gradient/loss",
        "output dx = %8",
      ].join("\n"),
    );
  });

  it("shortens long constants, saying how long they are", () => {
    const y = add(constant(Array.from({ length: 9 }, (_, i) => i)), 1);
    expect(printGraph({ inputs: {}, outputs: { y } })).toContain(
      "%0 = constant() {data: [0, 1, 2, 3, 4, 5, 6, 7, ... 9 in all], shape: [9], dtype: float32} : float32[9]",
    );
  });
});
