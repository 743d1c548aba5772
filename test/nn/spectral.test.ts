import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { constant, type Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { mul, square, sum } from "../../src/ops/index.js";
import { bakedModel, compile, type Network, network, sequential, useEngine } from "../../src/runtime/index.js";
import { loadBytes, saveBytes } from "../../src/train/index.js";
import { type LayerFixture, readFixture } from "../fixtures/read.js";
import { batchOf, begin, copies } from "../runtime/steps.js";
import { expectClose } from "../support/close.js";
import { strictSession } from "../support/session.js";
import { layerOf } from "./rows.js";

const engine = await nativeEngine();
useEngine(engine);

/** Outputs and updates of one pass in training. */
async function pass(net: Network, inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
  const traced = net.traced(true);
  const values = Object.fromEntries([...traced.parameters].map(([name, { value }]) => [name, value]));
  const next = [...traced.updates].map(([name, value]) => [`next/${name}`, value]);
  const outputs = { ...traced.outputs, ...Object.fromEntries(next) };
  const program = await compile({ inputs: { ...traced.inputs, ...values }, outputs }, { purpose: "training" }, engine);
  return program.run({ ...inputs, ...Object.fromEntries(net.weights) });
}

// 5 a b^T + 2 c d^T, where a and c, b and d are orthonormal: the singular values are 5, 2 and 0.
const [a, b] = [
  [0.6, 0.8, 0],
  [0.5, 0.5, 0.5, 0.5],
];
const [c, d] = [
  [-0.8, 0.6, 0],
  [0.5, -0.5, 0.5, -0.5],
];
const planted = a.flatMap((_, i) =>
  b.map((_, j) => 5 * (a[i] as number) * (b[j] as number) + 2 * (c[i] as number) * (d[j] as number)),
);

describe("spectralNorm", () => {
  it("divides by the largest singular value, once its vector is found", async () => {
    const net = sequential({ input: [4] }, nn.dense(3, { spectralNorm: true, bias: false }));
    net.setWeights(new Map([["dense_1.weight", tensor(planted, [3, 4])]]));
    for (let i = 0; i < 20; i++) {
      const { "next/dense_1.weight_u": u } = await pass(net, { input: tensor(b, [1, 4]) });
      net.setWeights(new Map([["dense_1.weight_u", u as Tensor]]));
    }
    const u = net.weights.get("dense_1.weight_u") as Tensor;
    const sign = Math.sign(u.data[0] as number);
    expectClose(
      "u",
      tensor(
        Array.from(u.data, (x) => sign * x),
        [3],
      ),
      tensor(a),
      1e-6,
    );
    // The direction that is stretched most keeps its length, the other one is 2 / 5 as long.
    expectClose(
      "outputs",
      await net.predict(tensor([...b, ...d], [2, 4])),
      tensor([...a, ...c.map((x) => 0.4 * x)], [2, 3]),
      1e-6,
    );
  });

  it("iterates at every call: three in a step leave the third u", async () => {
    const shared = nn.dense(3, { spectralNorm: true, bias: false });
    const net = network({ x: [4] }, ({ x }) => ({ one: shared(x), two: shared(x), three: shared(x) }));
    const first = [0.1, -0.7, 1.5];
    net.setWeights(
      new Map([
        ["dense_1.weight", tensor(planted, [3, 4])],
        ["dense_1.weight_u", tensor(first, [3])],
      ]),
    );
    const x = [1, 2, -1, 0.5];
    const results = await pass(net, { x: tensor(x, [1, 4]) });
    const dot = (p: readonly number[], q: readonly number[]) => p.reduce((sum, n, i) => sum + n * (q[i] as number), 0);
    const unit = (p: readonly number[]) => p.map((n) => n / Math.sqrt(dot(p, p)));
    const rows = [0, 1, 2].map((i) => planted.slice(4 * i, 4 * i + 4));
    let u = first;
    for (const name of ["one", "two", "three"]) {
      const v = unit(
        b.map((_, j) =>
          dot(
            rows.map((row) => row[j] as number),
            u,
          ),
        ),
      );
      u = unit(rows.map((row) => dot(row, v)));
      const sigma = dot(
        u,
        rows.map((row) => dot(row, v)),
      );
      const y = rows.map((row) => dot(row, x) / sigma);
      expectClose(name, results[name] as Tensor, tensor(y, [1, 3]), 1e-6);
    }
    expectClose("u", results["next/dense_1.weight_u"] as Tensor, tensor(u), 1e-6);
  });

  it("has gradients of gradients, as a penalty on the slope needs them", async () => {
    const net = sequential({ input: [4] }, nn.dense(3, { spectralNorm: true, bias: false }));
    const { inputs, outputs, parameters } = net.traced(true);
    const [weight, before] = ["weight", "weight_u"].map((name) => parameters.get(`dense_1.${name}`)?.value as Value);
    const r = [1, 2, -1];
    const [slope] = gradients(sum(mul(outputs.output as Value, constant(r, [3]))), [inputs.input as Value]);
    const [found] = gradients(sum(square(slope as Value)), [weight as Value]);
    const graph = {
      inputs: { ...inputs, weight, before } as Record<string, Value>,
      outputs: { found: found as Value },
    };
    const program = await compile(graph, { purpose: "training" }, engine);
    const x = tensor([1, 2, 3, 4], [1, 4]);
    const results = await program.run({ input: x, weight: tensor(planted, [3, 4]), before: tensor(a, [3]) });
    // With g = W^T r: |g|^2 / 25, so 2 r g^T / 25 - 2 |g|^2 / 125 a b^T.
    const g = b.map((_, j) => r.reduce((total, n, i) => total + n * (planted[4 * i + j] as number), 0));
    const norm = g.reduce((total, n) => total + n * n, 0);
    const expected = r.flatMap((n, i) =>
      g.map((m, j) => (2 * n * m) / 25 - ((2 * norm) / 125) * (a[i] as number) * (b[j] as number)),
    );
    expectClose("gradient", results.found as Tensor, tensor(expected, [3, 4]), 1e-6);
  });

  const fixtures = readFixture("layers").filter(({ options }) => options.spectralNorm === true);

  const networkOf = ({ layer, options, x, parameters, buffers }: LayerFixture): Network => {
    const net = sequential({ input: x.shape.slice(1) }, layerOf(layer, { ...options, name: "layer" }));
    const own = Object.entries({ ...parameters, ...buffers });
    net.setWeights(new Map(own.map(([name, value]) => [`layer.${name}`, value])));
    return net;
  };

  it("is tried of every layer that has it", () => {
    const kinds = fixtures.map(({ layer }) => layer);
    expect([...new Set(kinds)]).toEqual(["dense", "conv1d", "conv2d", "convTranspose2d"]);
  });

  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    "%s: in prediction and in the exported file iterates once from u, which stays",
    async (_, fixture) => {
      const net = networkOf(fixture);
      const before = copies(net.weights);
      expectClose("predict", await net.predict(fixture.x), fixture.y, 2e-6);
      for (const [name, { data }] of before) expect(net.weights.get(name)?.data, name).toEqual(data);
      const run = await strictSession(bakedModel(net).bytes);
      const results = await run({ input: fixture.x });
      expect(Object.keys(results)).toEqual(["output"]);
      expectClose("exported", results.output as Tensor, fixture.y, 2e-6);
    },
  );

  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    "%s: is saved and loaded",
    async (_, fixture) => {
      const net = networkOf(fixture);
      const again = loadBytes(saveBytes(net));
      expect([...again.weights.keys()]).toEqual([...net.weights.keys()]);
      expect(again.weights.get("layer.weight_u")?.data).toEqual(net.weights.get("layer.weight_u")?.data);
      expect(again.traced(false).calls[0]?.layer.options).toMatchObject({ spectralNorm: true });
      expect((await again.predict(fixture.x)).data).toEqual((await net.predict(fixture.x)).data);
    },
  );

  const deep = (inner: (...layers: nn.Layer[]) => nn.Layer) =>
    sequential(
      { input: [6], engine, seed: 5 },
      inner(nn.dense(6, { spectralNorm: true }), nn.tanh(), nn.dense(6, { spectralNorm: true }), nn.tanh()),
      nn.dense(3, { spectralNorm: true, name: "last" }),
    );

  it("of frozen layers stays as it is, and computes as in prediction", async () => {
    const net = deep((...layers) => nn.block(...layers, { name: "inner" }));
    const before = copies(net.weights);
    const batch = batchOf(8, 6);
    const expected = await net.predict(batch.inputs.input as Tensor);
    const step = await begin(net, { frozen: ["inner"] });
    expectClose("outputs", (await step.run(batch)).outputs.output as Tensor, expected, 1e-6);
    for (let i = 0; i < 3; i++) await step.run(batchOf(8, 6, i + 1));
    for (const [name, { data }] of step.weights())
      if (name.startsWith("inner.")) expect([...data], name).toEqual([...(before.get(name)?.data ?? [])]);
      else if (name !== "last.bias") expect([...data], name).not.toEqual([...(before.get(name)?.data ?? [])]);
  });

  it("within a checkpointed block gives the same numbers", async () => {
    const trained = await Promise.all(
      [nn.block, nn.checkpointed].map(async (make) => {
        const step = await begin(
          deep((...layers) => make(...layers, { name: "inner" })),
          {},
        );
        for (let i = 0; i < 3; i++) await step.run(batchOf(8, 6, i + 1));
        return step.weights();
      }),
    );
    const [plain, again] = trained;
    expect([...(plain?.keys() ?? [])].filter((name) => name.endsWith("weight_u"))).toHaveLength(3);
    for (const [name, value] of plain ?? []) expectClose(name, again?.get(name) as Tensor, value, 1e-6);
  });

  it("adds its vector and nothing else, which is not counted as learned", () => {
    const [without, with_] = [false, true].map((spectralNorm) =>
      sequential({ input: [2, 5, 5] }, nn.conv2d(4, 3, { spectralNorm })),
    );
    expect([...(without?.weights.keys() ?? [])]).toEqual(["conv2d_1.weight", "conv2d_1.bias"]);
    expect([...(with_?.weights.keys() ?? [])]).toEqual(["conv2d_1.weight", "conv2d_1.weight_u", "conv2d_1.bias"]);
    expect(with_?.parameterCount).toBe(without?.parameterCount);
    expect(with_?.weights.get("conv2d_1.weight_u")?.shape).toEqual([4]);
  });
});
