import { describe, expect, it } from "vitest";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import type { Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { adam } from "../../src/optim/index.js";
import { type Network, network, sequential, TrainingStep } from "../../src/runtime/index.js";
import { type NetworkFixture, readFixture } from "../fixtures/read.js";
import { expectClose } from "../support/close.js";
import { layerOf } from "./rows.js";

/** Relative to the largest number of each tensor, after 20 steps of Adam. PyTorch loses as much between its own float32 and float64. */
const tolerance = 3e-6;
const engine = await nativeEngine();

/** The layers of a fixture, called one by one. */
function networkOf({ layers, x, parameters, buffers }: NetworkFixture): Network {
  const net = network(
    { x: x.shape.slice(1) },
    (inputs) => {
      const values: Record<string, Value> = { ...inputs };
      for (const { name, layer, options, inputs: from } of layers)
        values[name] = layerOf(layer, { ...options, name })(...from.map((source) => values[source] as Value));
      return values.output as Value;
    },
    { engine },
  );
  net.setWeights(new Map(Object.entries({ ...parameters, ...buffers })));
  return net;
}

const train = async (net: Network, fixture: NetworkFixture): Promise<number[]> => {
  const batch = {
    inputs: { [Object.keys(net.architecture.inputs)[0] as string]: fixture.x },
    targets: { label: fixture.labels },
  };
  const optimizer = adam(fixture.optimizer.options);
  const step = await TrainingStep.create(net, batch, { loss: nn.crossEntropy(), optimizer });
  const losses: number[] = [];
  while (losses.length < fixture.steps) losses.push((await step.run(batch)).loss);
  step.publish();
  return losses;
};

const fixtures = readFixture("networks");

describe("whole networks as PyTorch trains them", () => {
  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))("%s", async (_, fixture) => {
    const net = networkOf(fixture);
    const losses = await train(net, fixture);
    expectClose("losses", tensor(losses), tensor(fixture.losses), tolerance);
    for (const [name, expected] of Object.entries({ ...fixture.finalParameters, ...fixture.finalBuffers }))
      expectClose(name, net.weights.get(name) as Tensor, expected, tolerance);
    expectClose("output in evaluation", await net.predict(fixture.x), fixture.finalOutput, tolerance);
  });

  it("the residual network again, from residual() layers", async () => {
    const fixture = fixtures.find(({ name }) => name === "residual") as NetworkFixture;
    const conv = (name: string, filters: number, kernel: number, stride = 1) =>
      nn.conv2d(filters, kernel, { name, stride, padding: kernel === 1 ? 0 : 1, bias: false });
    const norm = (name: string) => nn.batchNorm({ name });
    const net = sequential(
      { input: fixture.x.shape.slice(1), engine },
      conv("stem", 4, 3),
      norm("stem_norm"),
      nn.relu(),
      nn.residual(conv("conv1", 4, 3), norm("norm1"), nn.relu(), conv("conv2", 4, 3), norm("norm2"), { name: "one" }),
      nn.relu(),
      nn.residual(conv("conv3", 6, 3, 2), norm("norm3"), nn.relu(), conv("conv4", 6, 3), norm("norm4"), {
        name: "two",
        shortcut: [conv("shortcut", 6, 1, 2), norm("shortcut_norm")],
      }),
      nn.relu(),
      nn.globalAvgPool(),
      nn.dense(5, { name: "output" }),
    );
    const own = new Map([...net.weights.keys()].map((name) => [name.replace(/^(one|two)\./, ""), name]));
    const start = Object.entries({ ...fixture.parameters, ...fixture.buffers });
    net.setWeights(new Map(start.map(([name, value]) => [own.get(name) as string, value])));
    expectClose("losses", tensor(await train(net, fixture)), tensor(fixture.losses), tolerance);
    expectClose("output in evaluation", await net.predict(fixture.x), fixture.finalOutput, tolerance);
    expect(own.size).toBe(start.length);
  });
});
