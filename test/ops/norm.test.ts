import { describe, expect, it } from "vitest";
import { tensor } from "../../src/base/tensor.js";
import { type Emit, input, type Node, type Value } from "../../src/graph/index.js";
import { add, batchNorm, normalizeWith } from "../../src/ops/index.js";
import { expectClose } from "../support/close.js";
import { derivatives, evaluate } from "../support/evaluate.js";
import { describeRows } from "./harness.js";
import { normRows } from "./rows/norm.js";

describeRows("norm", normRows);

// ONNX Runtime writes the statistics of a batch normalisation over two of its inputs.
describe("several batch normalisations in one graph keep apart", () => {
  const [scale, bias] = [tensor([2]), tensor([1])];

  it("with one scale for all", async () => {
    const results = await evaluate(
      (x, s, b) => {
        const first = batchNorm(x, s, b, 0);
        const second = batchNorm(add(x, 10), s, b, 0);
        const third = batchNorm(first.y, s, b, 0);
        return [first, second, third].flatMap(({ mean, variance }) => [mean, variance]).concat(s, b);
      },
      tensor([1, 3], [2, 1]),
      scale,
      bias,
    );
    // y = 1 + 2 (x - 2) / 1 has the mean 1 and the variance 4.
    expect(results).toEqual([[2], [1], [12], [1], [1], [4], [2], [1]]);
  });

  it("by buffers that no other node has, in however long-lived a process", () => {
    const [x, s, b] = [input("x", ["batch", 1]), input("s", [1]), input("b", [1])];
    const { node } = batchNorm(x, s, b, 0).y;
    const factors = [5, 6, 2 ** 23 - 1, 2 ** 23, 2 ** 23 + 1, 2 ** 24 + 9].flatMap((id) => buffersOf({ ...node, id }));
    expect(new Set(factors).size).toBe(factors.length);
    expect(factors).not.toContain(1);
  });
});

/** The factors, as float32, that make a batch normalisation's own two buffers of its scale. */
function buffersOf(node: Node): number[] {
  const factors: number[] = [];
  const emit: Emit = {
    node: () => "",
    nodes: () => ["y", "mean", "variance"],
    constant: (data) => {
      factors.push(Math.fround(data[0] as number));
      return "";
    },
    shape: () => "",
    size: () => "",
    operators: false,
    fixed: () => false,
    used: () => true,
    body: () => ({ name: "" }),
  };
  node.op.lower(emit, ["x", "s", "b"], node);
  return factors;
}

describe("a batch without spread", () => {
  it("is normalised to the bias, with gradients that are finite", async () => {
    const flat = tensor([3, 3, 3, 3], [4, 1]);
    const y = (x: Value, s: Value, b: Value) => batchNorm(x, s, b, 1e-5).y;
    const [values] = await evaluate(y, flat, tensor([2]), tensor([0.5]));
    expectClose("y", tensor(values as number[]), tensor([0.5, 0.5, 0.5, 0.5]), 1e-3);
    const gradients = await derivatives(y, flat, tensor([2]), tensor([0.5]));
    expect(gradients.flat().every(Number.isFinite)).toBe(true);
    expect(gradients[2]).toEqual([4]);
  });
});

describe("what does not fit", () => {
  const x = input("x", ["batch", 3, 4, 4]);
  const [good, bad] = [input("scale", [3]), input("bias", [4])];
  it("names every shape", () => {
    expect(() => batchNorm(x, good, bad, 1e-5)).toThrow(
      "batchNorm: needs [N, C, ...] and vectors [C], got [batch, 3, 4, 4], [3], [4].",
    );
    expect(() => normalizeWith(x, good, good, good, bad, 1e-5)).toThrow("normalizeWith: needs [N, C, ...]");
    expect(() => batchNorm(good, good, good, 1e-5)).toThrow("got [3], [3], [3]");
  });
});
