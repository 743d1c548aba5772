import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { tensor } from "../../src/base/tensor.js";
import { input, inRegion, type Node, nodesOf, type Value } from "../../src/graph/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { lower } from "../../src/onnx/index.js";
import { barrier, exp, matmul, mul, sin, sum } from "../../src/ops/index.js";
import { compile } from "../../src/runtime/index.js";
import { nodesIn } from "../support/model.js";

const engine = await nativeEngine();

/** What the nodes of these gradients take from a forward pass. */
function taken(from: readonly Value[], forward: ReadonlySet<Node>): Value[] {
  const later = nodesOf(from).filter((node) => !forward.has(node));
  return later.flatMap(({ inputs }) => inputs.filter((x) => forward.has(x.node) && x.node.inputs.length > 0));
}

/** sum(exp(sin(x w)) v) with its middle in a region, or not. */
function graph(wrap: (body: () => Value) => Value) {
  const [x, w, v] = [input("x", ["batch", 3]), input("w", [3, 3]), input("v", [3, 2])];
  const before = matmul(x, w);
  const middle = wrap(() => exp(sin(mul(sin(before), before))));
  const loss = sum(matmul(middle, v));
  return { inputs: { x, w, v }, before, middle, loss };
}

describe("a region", () => {
  it("leaves to the backward pass only what enters it and what leaves it", () => {
    const { inputs, before, middle, loss } = graph(inRegion);
    const forward = new Set(nodesOf([loss]));
    const kept = new Set(taken(gradients(loss, Object.values(inputs)), forward));
    expect([...kept].sort((a, b) => a.node.id - b.node.id)).toEqual([before, middle]);
    const all = graph((body) => body());
    const usual = taken(gradients(all.loss, Object.values(all.inputs)), new Set(nodesOf([all.loss])));
    expect(new Set(usual).size).toBe(4);
  });

  it("is made again only when its first gradient is there", () => {
    const { inputs, before, loss } = graph(inRegion);
    const forward = new Set(nodesOf([loss]));
    const later = nodesOf(gradients(loss, Object.values(inputs))).filter((node) => !forward.has(node));
    const entries = later.filter(({ inputs: [x] }) => x === before);
    expect(entries.map(({ op }) => op.name)).toEqual(["barrier"]);
    // The gradient by `middle`: expanded ones times v.
    expect(entries[0]?.inputs[1]?.shape).toEqual(["batch", 3]);
  });

  it("changes no bit of the gradients, -0, Inf and NaN included", async () => {
    const x = tensor([0.3, -0, 1e-30, -2, Number.POSITIVE_INFINITY, Number.NaN], [2, 3]);
    const w = tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]);
    const v = tensor([1, -1, 2, 0, -0, 3], [3, 2]);
    const results = [];
    for (const wrap of [inRegion, (body: () => Value) => body()]) {
      const { inputs, loss } = graph(wrap);
      const [dx, dw, dv] = gradients(loss, Object.values(inputs)) as [Value, Value, Value];
      const program = await compile({ inputs, outputs: { loss, dx, dw, dv } }, { purpose: "training" }, engine);
      results.push(await program.run({ x, w, v }));
    }
    expect(results[0]).toEqual(results[1]);
    expect(results[0]?.dx?.data.some(Number.isFinite)).toBe(true);
  });

  it("within a region is part of it", () => {
    const x = input("x", [2]);
    const y = inRegion(() => inRegion(() => sin(x)));
    const z = inRegion(() => sin(y));
    expect(y.node.region).toBeDefined();
    expect(z.node.region).not.toBe(y.node.region);
    expect(sin(z).node.region).toBeUndefined();
  });

  it("is closed when its body throws", () => {
    const fail = () => {
      throw new Error("planted");
    };
    expect(() => inRegion(fail)).toThrow("planted");
    expect(sin(input("x", [2])).node.region).toBeUndefined();
  });

  it("holds the gradient that leaves it until those of its weights are there", () => {
    const [x, w] = [input("x", [2, 2]), input("w", [2, 2])];
    const loss = sum(inRegion(() => matmul(sin(mul(x, 2)), w)));
    const entering = mul(x, 3);
    const region = inRegion(() => matmul(sin(entering), w));
    const [dx, dw] = gradients(sum(region), [x, w]) as [Value, Value];
    const waiting = nodesOf([dx]).filter(({ op, inputs }) => op.name === "barrier" && inputs.includes(dw));
    expect(waiting).toHaveLength(1);
    expect(nodesOf(gradients(loss, [x])).some(({ op, inputs }) => op.name === "barrier" && inputs[1] === dw)).toBe(
      false,
    );
  });
});

it("barrier keeps every bit, and without signals is nothing", async () => {
  const x = input("x", [4]);
  expect(barrier(x, [])).toBe(x);
  const given = tensor([-0, Number.NaN, Number.NEGATIVE_INFINITY, 1e-42]);
  const signal = input("signal", ["batch"]);
  const graph = { inputs: { x, signal }, outputs: { y: barrier(x, [signal]) } };
  expect(nodesIn(lower(graph).bytes).flatMap((node) => node.input)).toContain("signal");
  const program = await compile(graph, undefined, engine);
  const { y } = await program.run({ x: given, signal: tensor([Number.NaN, Number.POSITIVE_INFINITY]) });
  expect(y?.data).toEqual(given.data);
});
