import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { ShapeError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { input, inScope, nodesOf, type Value } from "../../src/graph/index.js";
import { lower } from "../../src/onnx/index.js";
import {
  add,
  cast,
  conv,
  exp,
  greater,
  mean,
  mul,
  neg,
  reshape,
  sin,
  split,
  square,
  sum,
  tanh,
} from "../../src/ops/index.js";
import { derivatives, evaluate } from "../support/evaluate.js";

describe("what is differentiated", () => {
  const x = input("x", ["batch", 3]);

  it("is a float32 scalar; anything else is refused with the way out", () => {
    expect(() => gradients(x, [x])).toThrow(ShapeError);
    expect(() => gradients(x, [x])).toThrow(
      "gradients: only a float32 scalar can be differentiated, got float32[batch, 3]. Take sum() or mean() of it.",
    );
    expect(() => gradients(reshape(sum(x), [1]), [x])).toThrow("got float32[1]");
    expect(() => gradients(input("n", [], "int32"), [x])).toThrow("got int32[]");
  });

  it("may be any scalar on the way, not the last one alone", async () => {
    const both = (v: Value) => {
      const inner = sum(square(v));
      const outer = exp(neg(inner));
      return [...gradients(inner, [v]), ...gradients(outer, [v])];
    };
    const [first, second] = await evaluate(both, tensor([0.5, -1]));
    const scale = Math.exp(-1.25);
    expect(first).toEqual([1, -2]);
    expect(second?.[0]).toBeCloseTo(-1 * scale, 6);
    expect(second?.[1]).toBeCloseTo(2 * scale, 6);
  });

  it("may be the very value asked for", async () => {
    expect(await evaluate((v) => gradients(v, [v]), tensor([7], []))).toEqual([[1]]);
  });
});

describe("by what", () => {
  it("a value in the middle: gradients arrive there from all its users, and go on past it", async () => {
    const body = (v: Value) => {
      const hidden = mul(v, 3);
      return gradients(sum(add(square(hidden), hidden)), [hidden, v]);
    };
    // d/dh (h^2 + h) = 2h + 1, and dx = 3 dh
    expect(await evaluate(body, tensor([1, -2]))).toEqual([
      [7, -11],
      [21, -33],
    ]);
  });

  it("one output of several", async () => {
    const body = (v: Value) => {
      const [, right] = split(v, [1, 2], 0) as [Value, Value];
      return gradients(sum(square(right)), [right, v]);
    };
    expect(await evaluate(body, tensor([9, 2, 3]))).toEqual([
      [4, 6],
      [0, 4, 6],
    ]);
  });

  it("a value the scalar does not depend on gets zeros of its shape and dtype", async () => {
    const body = (v: Value, other: Value, labels: Value) => gradients(sum(v), [other, labels, v]);
    const other = tensor([1, 2, 3, 4], [2, 2]);
    expect(await evaluate(body, tensor([5]), other, tensor([1, 2], [2], "int32"))).toEqual([[0, 0, 0, 0], [0, 0], [1]]);

    const unused = input("unused", ["batch", 4]);
    const [gradient] = gradients(sum(input("x", [2])), [unused]) as [Value];
    expect(gradient).toMatchObject({ dtype: "float32", shape: ["batch", 4] });
  });

  it("a value it depends on only through comparisons gets zeros", async () => {
    const count = (v: Value) => sum(cast(greater(v, 0), "float32"));
    expect(await derivatives(count, tensor([1, -1]))).toEqual([[0, 0]]);
  });

  it("the same value asked for twice gets the same answer twice", async () => {
    expect(await evaluate((v) => gradients(sum(square(v)), [v, v]), tensor([3]))).toEqual([[6], [6]]);
  });
});

describe("shared subexpressions", () => {
  it("add up: x used three times", async () => {
    // x^2 + x sin x
    const [gradient] = await derivatives((v) => add(mul(v, v), mul(v, sin(v))), tensor([0.7]));
    expect(gradient?.[0]).toBeCloseTo(2 * 0.7 + Math.sin(0.7) + 0.7 * Math.cos(0.7), 6);
  });

  it("are passed back once, however many paths lead through them", async () => {
    // y_k = y_(k-1) + y_(k-1): 2^20 paths, 20 nodes each way.
    const doubled = (v: Value) => Array.from({ length: 20 }).reduce<Value>((y) => add(y, y), v);
    expect(await derivatives(doubled, tensor([1]))).toEqual([[2 ** 20]]);

    const x = input("x", [1]);
    const [gradient] = gradients(sum(doubled(x)), [x]) as [Value];
    expect(nodesOf([gradient]).length).toBeLessThan(30);
  });
});

describe("broadcasting is undone", () => {
  it("each gradient has its value's own shape", () => {
    const shapes = [["batch", 1, 4], [3, 1], [], [1, 1, 1, 4]];
    const values = shapes.map((shape, i) => input(`x${i}`, shape));
    const total = sum(values.reduce((a, b) => mul(a, b)));
    expect(gradients(total, values).map(({ shape }) => shape)).toEqual(shapes);
  });

  it("by summing over what was repeated", async () => {
    const row = tensor([10, 20, 30]);
    const column = tensor([1, 2], [2, 1]);
    expect(await derivatives(mul, column, row)).toEqual([
      [60, 60],
      [3, 3, 3],
    ]);
  });
});

describe("the backward graph", () => {
  it("holds nothing that leads elsewhere than to the values asked for", () => {
    const [x, w1, w2] = [input("x", ["batch", 1, 8]), input("w1", [2, 1, 3]), input("w2", [2, 2, 3])];
    const loss = mean(square(conv(tanh(conv(x, w1)), w2)));
    const passes = (wrt: readonly Value[]) => {
      const forward = new Set(nodesOf([loss]));
      const names = nodesOf(gradients(loss, wrt)).filter((node) => !forward.has(node));
      return names.map((node) => node.op.name).filter((name) => name.startsWith("conv"));
    };
    expect(passes([w2])).toEqual(["convFilterGradient"]);
    expect(passes([w1])).toEqual(["convTranspose", "convFilterGradient"]);
    expect(passes([x])).toEqual(["convTranspose", "convTranspose"]);
  });

  it("belongs to the layers of the forward graph, marked as gradient", () => {
    const x = input("x", [3]);
    const y = inScope("block", () => inScope("activation", () => tanh(x)));
    const first = gradients(sum(y), [x]) as [Value];
    expect(first[0].node.scope).toBe("gradient/block/activation");
    const second = gradients(sum(square(first[0])), [x]) as [Value];
    const scopes = new Set(nodesOf(second).map((node) => node.scope));
    expect(scopes).toContain("gradient/gradient/block/activation");
    expect(inScope("step", () => gradients(sum(y), [x]))[0]?.node.scope).toBe("step/gradient/block/activation");
  });
});

describe("depth", () => {
  /** tanh over and over, each time a little more than the identity, so that gradients neither vanish nor explode. */
  const deep = (x: Value, depth: number): Value => {
    let y = x;
    for (let i = 0; i < depth; i++) y = tanh(mul(y, 1.0005));
    return y;
  };

  it("a chain of 1,000 nodes is differentiated, lowered and run", async () => {
    let [y, slope] = [0.01, 1];
    for (let i = 0; i < 500; i++) {
      y = Math.tanh(y * 1.0005);
      slope *= 1.0005 * (1 - y * y);
    }
    const [[value], [gradient]] = (await evaluate(
      (x) => {
        const last = deep(x, 500);
        return [last, ...gradients(sum(last), [x])];
      },
      tensor([0.01]),
    )) as [[number], [number]];
    expect(value / y).toBeCloseTo(1, 3);
    expect(gradient / slope).toBeCloseTo(1, 3);
  });

  it("a chain of 5,000 layers does not overflow the stack, twice differentiated", () => {
    const x = input("x", [2]);
    const first = gradients(sum(deep(x, 5_000)), [x]) as [Value];
    const second = gradients(sum(first[0]), [x]) as [Value];
    expect(nodesOf(second).length).toBeGreaterThan(25_000);
    expect(lower({ inputs: { x }, outputs: { y: first[0] } }).bytes.length).toBeGreaterThan(500_000);
  });
});
