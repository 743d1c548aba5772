import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import type { Tensor } from "../../src/base/tensor.js";
import { input, type Value } from "../../src/graph/index.js";
import { type DcganOptions, dcgan } from "../../src/nets/index.js";
import { batchNorm, convTranspose2d, relu, tanh } from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { mul, sum } from "../../src/ops/index.js";
import { compile, type Network, sequential } from "../../src/runtime/index.js";
import { type GameFixture, readFixture } from "../fixtures/read.js";
import { expectClose } from "../support/close.js";

const engine = await nativeEngine();
/** Relative to the largest number of each tensor. */
const tolerance = 1e-5;

/** A generator by hand: transposed convolution, batch normalisation, ReLU, transposed convolution, tanh. */
const threeLayers = () =>
  sequential(
    { input: [3, 4, 5], engine },
    convTranspose2d(5, 4, { stride: 2, padding: 1, bias: false, name: "up1" }),
    batchNorm({ name: "norm" }),
    relu({ name: "relu" }),
    convTranspose2d(2, 4, { stride: 2, padding: 1, name: "up2" }),
    tanh({ name: "tanh" }),
  );

const networkOf = ({ options, player }: GameFixture): Network =>
  options === undefined ? threeLayers() : dcgan({ ...(options as unknown as DcganOptions), engine })[player];

/** Output in training, the gradients of `sum(y * r)` by all weights and inputs, and what batch normalisation keeps. */
async function pass(net: Network, { inputs, parameters, buffers, r: weights }: GameFixture) {
  const traced = net.traced(true);
  const y = Object.values(traced.outputs)[0] as Value;
  const r = input("r", y.shape);
  const own = [...traced.parameters].map(([name, { value }]) => [name, value] as const);
  const wrt = [...Object.entries(traced.inputs), ...own].filter(
    ([name, { dtype }]) => dtype === "float32" && traced.parameters.get(name)?.trainable !== false,
  );
  const slopes = gradients(
    sum(mul(y, r)),
    wrt.map(([, value]) => value),
  );
  const named = wrt.map(([name], i) => [`d/${name}`, slopes[i] as Value]);
  const next = [...traced.updates].map(([name, value]) => [`next/${name}`, value]);
  const graph = {
    inputs: { ...traced.inputs, ...Object.fromEntries(own), r },
    outputs: { y, ...Object.fromEntries([...named, ...next]) },
  };
  const program = await compile(graph, { purpose: "training" }, engine);
  return program.run({ ...inputs, ...parameters, ...buffers, r: weights });
}

const keyed = (prefix: string, values: Readonly<Record<string, Tensor>>) =>
  Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value] as const);

describe("games as PyTorch has them", () => {
  const fixtures = readFixture("games").map((fixture) => [fixture.name, fixture] as const);

  it.each(fixtures)("%s: output, every gradient, running statistics", async (_, fixture) => {
    const net = networkOf(fixture);
    const shapes = (values: Iterable<readonly [string, Tensor]>) =>
      Object.fromEntries([...values].map(([name, { shape }]) => [name, shape]));
    expect(shapes(net.weights)).toEqual(shapes(Object.entries({ ...fixture.parameters, ...fixture.buffers })));
    const results = await pass(net, fixture);
    const expected = new Map([
      ["y", fixture.y],
      ...keyed("d", fixture.dinputs),
      ...keyed("d", fixture.dparameters),
      ...keyed("next", fixture.buffersAfter),
    ]);
    expect(Object.keys(results).sort()).toEqual([...expected.keys()].sort());
    for (const [name, value] of expected) expectClose(name, results[name] as Tensor, value, tolerance);
  });
});
