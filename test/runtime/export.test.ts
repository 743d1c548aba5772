import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { countOf } from "../../src/base/shape.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { sum, unsqueeze } from "../../src/ops/index.js";
import { bakedModel, type Network, network, sequential, useEngine } from "../../src/runtime/index.js";
import { expectClose } from "../support/close.js";
import { decodeModel } from "../support/model.js";
import { strictSession } from "../support/session.js";

useEngine(await nativeEngine());

const networks: Record<string, () => Network> = {
  "convolutions, norms, dropout": () =>
    sequential(
      { input: [2, 8, 8] },
      nn.conv2d(4, 3, { padding: "same", stride: 2 }),
      nn.batchNorm(),
      nn.relu(),
      nn.dropout(0.5),
      nn.residual(nn.conv2d(4, 3, { padding: "same", groups: 2 }), nn.groupNorm(2), nn.gelu()),
      nn.avgPool2d(2),
      nn.flatten(),
      nn.layerNorm(),
      nn.dense(3),
      nn.softmax(),
    ),
  "a generator of pictures": () =>
    sequential(
      { input: [5] },
      nn.dense(12),
      nn.reshape([3, 2, 2]),
      nn.convTranspose2d(2, 4, { stride: 2, padding: 1 }),
      nn.upsample(2),
      nn.tanh(),
    ),
  tokens: () =>
    network({ words: { shape: [6], dtype: "int32" } }, ({ words }) =>
      nn.globalAvgPool()(nn.conv1d(3, 3)(nn.reshape([4, 6])(nn.embedding(7, 4)(words)))),
    ),
  "several inputs and outputs, one of them an input": () =>
    network({ a: [3], b: [3] }, ({ a, b }) => ({
      joined: nn.dense(2)(nn.concat()(a, b)),
      total: unsqueeze(sum(nn.add()(a, b), 1), 1),
      same: a,
    })),
};

function examples(net: Network, rows: number): Record<string, Tensor> {
  const inputs = Object.entries(net.architecture.inputs).map(([name, { shape, dtype }]) => {
    const count = rows * countOf(shape);
    const data =
      dtype === "int32" ? Int32Array.from({ length: count }, (_, i) => i % 7) : random(rows, name).normal(count);
    return [name, tensor(data as Float32Array, [rows, ...shape])];
  });
  return Object.fromEntries(inputs);
}

describe("a network as an ONNX file", () => {
  it.each(Object.entries(networks))("%s: runs in ONNX Runtime alone, at any batch size", async (_, make) => {
    const net = make();
    const run = await strictSession(bakedModel(net).bytes);
    for (const rows of [1, 2, 5]) {
      const inputs = examples(net, rows);
      const expected = await net.predict(inputs);
      const results = await run(inputs);
      expect(Object.keys(results).sort()).toEqual(Object.keys(net.traced(false).outputs).sort());
      for (const [name, value] of Object.entries(expected))
        expectClose(`${name} of ${rows}`, results[name] as Tensor, value, 1e-6);
    }
  });

  it.each(Object.entries(networks))("%s: needs its inputs only, with a symbolic batch", (_, make) => {
    const net = make();
    const { graph, opsetImport } = decodeModel(bakedModel(net, { author: "me" }).bytes);
    const dims = (info: NonNullable<typeof graph>["input"]) =>
      Object.fromEntries(
        info.map(({ name, type }) => {
          const { value } = type?.value ?? {};
          const shape = value !== undefined && "shape" in value ? value.shape : undefined;
          return [name, shape?.dim.map((dim) => String(dim.value.value))];
        }),
      );
    const shapes = Object.entries(net.architecture.inputs).map(([name, { shape }]) => [
      name,
      ["batch", ...shape.map(String)],
    ]);
    expect(dims(graph?.input ?? [])).toEqual(Object.fromEntries(shapes));
    for (const shape of Object.values(dims(graph?.output ?? []))) expect(shape?.[0]).toBe("batch");
    expect(opsetImport.map(({ domain, version }) => [domain, version])).toEqual([["", 21n]]);
    const weights = graph?.initializer.map(({ name }) => name) ?? [];
    expect(weights).toEqual(expect.arrayContaining([...net.weights.keys()]));
  });

  it("carries the metadata it is given, and the weights as they are then", async () => {
    const net = sequential({ input: [1] }, nn.dense(1, { bias: false }));
    net.setWeights(new Map([["dense_1.weight", tensor([3], [1, 1])]]));
    const { bytes } = bakedModel(net, { "midst.classes": "a, b" });
    net.setWeights(new Map([["dense_1.weight", tensor([4], [1, 1])]]));
    expect(decodeModel(bytes).metadataProps.map(({ key, value }) => [key, value])).toEqual([["midst.classes", "a, b"]]);
    const { output } = await (await strictSession(bytes))({ input: tensor([5], [1, 1]) });
    expect(output?.data[0]).toBe(15);
  });
});
