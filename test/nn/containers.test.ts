import { describe, expect, it } from "vitest";
import { tensor } from "../../src/base/tensor.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { type Network, sequential } from "../../src/runtime/index.js";

const engine = await nativeEngine();
const output = async (net: Network, ...examples: number[][]) => (await net.predict(examples)).map((row) => [...row]);

const twice = () => nn.dense(2, { initializer: { constant: 1 }, bias: false });

describe("residual", () => {
  it("is x + layers(x)", async () => {
    const net = sequential({ input: [2], engine }, nn.residual(twice(), nn.relu()));
    expect(await output(net, [1, 2], [-5, 1])).toEqual([
      [4, 5],
      [-5, 1],
    ]);
  });

  it("is shortcut(x) + layers(x) with a shortcut", async () => {
    const wide = nn.dense(3, { initializer: "ones", bias: false });
    const net = sequential(
      { input: [2], engine },
      nn.residual(twice(), wide, { shortcut: [nn.dense(3, { bias: false })] }),
    );
    net.setWeights(new Map([["residual_1.dense_3.weight", tensor([1, 0, 0, 1, 1, -1], [3, 2])]]));
    expect(await output(net, [1, 2])).toEqual([[6 + 1, 6 + 2, 6 - 1]]);
  });

  it("is after(x + layers(x)) with layers behind the sum", async () => {
    const scale = nn.dense(2, { initializer: "zeros", bias: false });
    const net = sequential(
      { input: [2], engine },
      nn.residual(twice(), { shortcut: [scale], after: [nn.relu(), twice()] }),
    );
    expect([...net.traced(false).hidden.keys()]).toEqual([
      "residual_1/dense_1",
      "residual_1/dense_2",
      "residual_1/add",
      "residual_1/relu_1",
      "residual_1/dense_3",
      "residual_1",
    ]);
    expect(await output(net, [1, 2], [-5, 1])).toEqual([
      [6, 6],
      [0, 0],
    ]);
  });
});

describe("block", () => {
  it("is its layers one after another, their names behind its own", async () => {
    const triple = nn.dense(1, { initializer: { constant: 3 } });
    const net = sequential({ input: [1], engine }, nn.block(triple, nn.relu(), triple, { name: "twice" }), nn.relu());
    expect([...net.traced(false).hidden.keys()]).toEqual([
      "twice/dense_1",
      "twice/relu_1",
      "twice/dense_1:2",
      "twice",
      "relu_1",
    ]);
    expect([...net.weights.keys()]).toEqual(["twice.dense_1.weight", "twice.dense_1.bias"]);
    expect(await output(net, [2], [-2])).toEqual([[18], [0]]);
  });
});

describe("containers as JSON", () => {
  const again = (layer: nn.Layer) => nn.layerFromJson(JSON.parse(JSON.stringify(layer)));

  it("keep every list, and a layer that stands in two of them", async () => {
    const shared = twice();
    const layer = nn.residual(shared, nn.relu(), { shortcut: [shared], after: [nn.block(nn.relu()), shared] });
    const [before, after] = [layer, again(layer)].map((l) => sequential({ input: [2], engine }, l));
    expect(before?.weights.size).toBe(1);
    expect([...(after?.weights.keys() ?? [])]).toEqual([...(before?.weights.keys() ?? [])]);
    expect(await output(after as Network, [1, 2])).toEqual(await output(before as Network, [1, 2]));
  });

  it("leave out lists of no layers", () => {
    expect(nn.residual(nn.relu(), { shortcut: [], name: "a" }).toJSON()).toEqual({
      kind: "residual",
      options: { name: "a", layers: [{ kind: "relu", options: {} }] },
    });
  });

  it("refuse a position that has no layer before it", () => {
    expect(() => nn.layerFromJson({ kind: "block", options: { layers: [1] } as never })).toThrow(
      "block: has no layer 1 before it.",
    );
    expect(() =>
      nn.layerFromJson({ kind: "residual", options: { layers: [{ kind: "relu", options: {} }], after: 3 } as never }),
    ).toThrow("residual: layers, shortcut, after must be lists of layers.");
  });
});
