import { describe, expect, it } from "vitest";
import type { Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { type Network, network, sequential } from "../../src/runtime/index.js";

const { dense, relu, residual } = nn;

describe("names", () => {
  it("of layers are their kinds with a number, of their weights theirs with a dot", () => {
    const net = sequential({ input: [1, 8, 8] }, nn.conv2d(4, 3), relu(), nn.conv2d(4, 3), nn.flatten(), dense(2));
    const { hidden, parameters } = net.traced(false);
    expect([...hidden.keys()]).toEqual(["conv2d_1", "relu_1", "conv2d_2", "flatten_1", "dense_1"]);
    expect([...parameters.keys()]).toEqual([
      "conv2d_1.weight",
      "conv2d_1.bias",
      "conv2d_2.weight",
      "conv2d_2.bias",
      "dense_1.weight",
      "dense_1.bias",
    ]);
    expect(hidden.get("conv2d_2")?.shape).toEqual(["batch", 4, 4, 4]);
  });

  it("inside a layer follow it, by slashes for values and dots for weights", () => {
    const block = residual(dense(3), relu(), dense(3), { shortcut: [dense(3, { bias: false })] });
    const { hidden, parameters, calls } = sequential({ input: [3] }, dense(3), block, dense(1)).traced(false);
    expect([...hidden.keys()]).toEqual([
      "dense_1",
      "residual_1/dense_1",
      "residual_1/relu_1",
      "residual_1/dense_2",
      "residual_1/dense_3",
      "residual_1/add",
      "residual_1",
      "dense_2",
    ]);
    expect([...parameters.keys()].filter((name) => name.endsWith("weight"))).toEqual([
      "dense_1.weight",
      "residual_1.dense_1.weight",
      "residual_1.dense_2.weight",
      "residual_1.dense_3.weight",
      "dense_2.weight",
    ]);
    expect(calls.map(({ name }) => name)).toEqual(["dense_1", "residual_1", "dense_2"]);
    expect(calls[1]?.parameters).toEqual([
      "residual_1.dense_1.weight",
      "residual_1.dense_1.bias",
      "residual_1.dense_2.weight",
      "residual_1.dense_2.bias",
      "residual_1.dense_3.weight",
    ]);
  });

  it("that are given are taken, and numbers pass over them", () => {
    const net = sequential(
      { input: [3] },
      dense(3, { name: "dense_2" }),
      dense(3),
      dense(3),
      dense(3, { name: "top" }),
    );
    expect([...net.traced(false).hidden.keys()]).toEqual(["dense_2", "dense_1", "dense_3", "top"]);
  });

  it("are the same in training and evaluation", () => {
    const net = sequential({ input: [4] }, nn.dropout(0), dense(4), nn.dropout(0.5), nn.batchNorm(), dense(2));
    const names = (training: boolean) => [...net.traced(training).hidden.keys()];
    expect(names(true)).toEqual(names(false));
    expect([...net.traced(true).parameters.keys()]).toEqual([...net.traced(false).parameters.keys()]);
  });

  it("that clash are refused", () => {
    expect(() => sequential({ input: [3] }, dense(3, { name: "a" }), dense(3, { name: "a" }))).toThrow(
      "a: two layers have this name. Give one of them another.",
    );
    expect(() => network({ a: [3] }, ({ a }) => dense(3, { name: "a" })(a))).toThrow(
      "a: a layer and an input have this name. Give one of them another.",
    );
    const twice = residual(dense(3, { name: "a" }), dense(3, { name: "a" }));
    expect(() => sequential({ input: [3] }, twice)).toThrow("residual_1/a: two layers have this name.");
  });

  it("may be used again inside another layer", () => {
    const inner = () => residual(dense(3, { name: "a" }));
    const net = sequential({ input: [3] }, dense(3, { name: "a" }), inner(), inner());
    expect([...net.weights.keys()].filter((name) => name.endsWith("weight"))).toEqual([
      "a.weight",
      "residual_1.a.weight",
      "residual_2.a.weight",
    ]);
  });
});

describe("a layer called again", () => {
  it("has the same weights, and another hidden value", () => {
    const tower = dense(4);
    const net = network({ x: [3], y: [3] }, ({ x, y }) => nn.concat()(tower(x), tower(y)));
    const { hidden, calls } = net.traced(false);
    expect([...net.weights.keys()]).toEqual(["dense_1.weight", "dense_1.bias"]);
    expect([...hidden.keys()]).toEqual(["dense_1", "dense_1:2", "concat_1"]);
    expect(calls.map(({ name, layer }) => [name, layer === tower])).toEqual([
      ["dense_1", true],
      ["dense_1:2", true],
      ["concat_1", false],
    ]);
  });

  it("on another size is refused", () => {
    const tower = dense(4);
    expect(() => network({ x: [3], y: [5] }, ({ x, y }) => nn.concat()(tower(x), tower(y)))).toThrow(
      "dense_1: the layer is used again with other sizes: weight is [4, 3], now [4, 5] is needed.",
    );
  });

  it("inside other layers is refused where it has weights: they would not be the same", () => {
    const inner = dense(3);
    expect(() => sequential({ input: [3] }, residual(inner), residual(inner))).toThrow(
      "residual_2/dense_1: the layer has weights in residual_1 already. Make another layer, or call the outer one again.",
    );
    expect(() => sequential({ input: [3] }, inner, residual(inner))).toThrow(
      "residual_1/dense_1: the layer has weights in the network itself already.",
    );
  });

  it("inside other layers is fine without weights, or by calling the outer layer again", () => {
    const act = relu();
    const block = residual(dense(3), act, dense(3), act);
    const net = sequential({ input: [3] }, act, block, act, block);
    expect([...net.weights.keys()]).toEqual([
      "residual_1.dense_1.weight",
      "residual_1.dense_1.bias",
      "residual_1.dense_2.weight",
      "residual_1.dense_2.bias",
    ]);
    expect([...net.traced(false).hidden.keys()]).toContain("residual_1/relu_1:4");
  });

  it("in another network starts afresh", () => {
    const layer = dense(3);
    const one = sequential({ input: [3] }, layer);
    const two = sequential({ input: [5] }, dense(5), layer);
    expect(one.weights.get("dense_1.weight")?.shape).toEqual([3, 3]);
    expect(two.weights.get("dense_2.weight")?.shape).toEqual([3, 5]);
  });
});

describe("a network inside a layer", () => {
  it("has names of its own", () => {
    let inner: Network | undefined;
    const holder = nn.defineLayer<nn.LayerOptions>({
      kind: "holderForTest",
      options: [],
      build: ([x]) => {
        inner = sequential({ input: [2] }, dense(2));
        return x;
      },
    });
    const outer = sequential({ input: [3] }, holder({}), dense(4));
    expect([...(inner as Network).weights.keys()]).toEqual(["dense_1.weight", "dense_1.bias"]);
    expect([...outer.weights.keys()]).toEqual(["dense_1.weight", "dense_1.bias"]);
  });
});

describe("a network that makes no sense", () => {
  const untyped = (value: unknown) => value as never;
  it.each([
    [
      "no inputs",
      () =>
        network(
          {},
          untyped(() => 0),
        ),
      "network: needs at least one input",
    ],
    [
      "nothing returned",
      () =>
        network(
          { x: [2] },
          untyped(() => undefined),
        ),
      "network: the function must return a value, or values by name, got undefined.",
    ],
    [
      "a layer returned",
      () =>
        network(
          { x: [2] },
          untyped(() => relu()),
        ),
      "the function must return a value, or values by name, got a layer. Call it first: relu()(x).",
    ],
    [
      "a promise returned",
      () =>
        network(
          { x: [2] },
          untyped(async ({ x }: { x: Value }) => x),
        ),
      "got a promise. Build networks without await.",
    ],
    [
      "no outputs",
      () => network({ x: [2] }, () => ({})),
      "the function must return a value, or values by name, got none.",
    ],
    [
      "an output that is no value",
      () => network({ x: [2] }, ({ x }) => ({ x2: x, y: untyped(3) })),
      "output y: is no value, got 3.",
    ],
    [
      "an input's name for an output",
      () => network({ x: [2] }, ({ x }) => ({ x: dense(2)(x) })),
      "x: an input and an output have this name. Give one of them another.",
    ],
    [
      "an output without the batch",
      () => network({ x: [2] }, ({ x }) => nn.mse()(x, x)),
      "output output: must keep the batch as its first axis, got [].",
    ],
    [
      "a fraction in a shape",
      () => network({ x: [2.5] }, ({ x }) => x),
      "input x: a shape is whole numbers from 1 without the batch axis, got [2.5].",
    ],
    [
      "a shape that is none",
      () => network({ x: untyped(784) }, ({ x }) => x),
      "input x: a shape is whole numbers from 1 without the batch axis, got 784.",
    ],
    [
      "the batch in a shape",
      () => sequential({ input: [untyped("batch"), 3] }, relu()),
      "input input: a shape is whole numbers from 1 without the batch axis, got [batch, 3].",
    ],
    [
      "an unknown dtype",
      () => network({ x: { shape: [2], dtype: untyped("float64") } }, ({ x }) => x),
      'input x: the dtype must be one of float32, int32, uint8, bool, got "float64".',
    ],
    [
      "an unknown option of an input",
      () => network({ x: untyped({ shape: [2], type: "int32" }) }, ({ x }) => x),
      'input x: unknown option "type". Did you mean "dtype"?',
    ],
    [
      "an input's name with a slash",
      () => network({ "a/b": [2] }, (x) => x["a/b"]),
      'network: a name is a text without / . : # [ ], got "a/b".',
    ],
    [
      "an output's name with a dot",
      () => network({ a: [2] }, ({ a }) => ({ "b.c": a })),
      'network: a name is a text without / . : # [ ], got "b.c".',
    ],
    [
      "an unknown option",
      () => network({ x: [2] }, ({ x }) => x, untyped({ sead: 1 })),
      'network: unknown option "sead". Did you mean "seed"?',
    ],
    [
      "an unknown option of sequential",
      () => sequential(untyped({ input: [2], sead: 1 }), relu()),
      'unknown option "sead". Did you mean "seed"?',
    ],
    [
      "no options of sequential",
      () => sequential(untyped(relu()), relu()),
      "sequential: begins with the input, e.g. sequential({ input: [3, 32, 32] }, ...).",
    ],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });

  it("a value of another network", () => {
    const foreign = network({ x: [2] }, ({ x }) => x).traced(false).inputs.x as Value;
    expect(() => network({ y: [2] }, ({ y }) => nn.add()(y, foreign))).toThrow(
      'network: it uses the value "x", which is not one of its inputs y. Make all values inside its function, from its inputs.',
    );
  });
});
