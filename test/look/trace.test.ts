import { describe, expect, it } from "vitest";
import {
  conv2d,
  dense,
  dropout,
  type Engine,
  flatten,
  relu,
  sequential,
  type Tensor,
  tanh,
  tensor,
} from "../../src/index.js";
import { replay } from "../../src/look/replay.js";
import { largestDifference, trace } from "../../src/look/trace.js";
import { nativeEngine } from "../../src/node/engine.js";
import { branchedNet, noise, pictureNet, plant } from "./networks.js";

const copyOfWeights = (weights: ReadonlyMap<string, Tensor>) =>
  new Map([...weights].map(([name, { data }]) => [name, Array.from(data)]));

describe("a planted network", () => {
  // y = relu([1 2; 3 4] x + [0, -8]) then [1, 10] . y + 5; for x = [1, -1]: [-1, -9] -> [0, 0] -> 5;
  // for x = [2, 1]: [4, 2] -> [4, 2] -> 29.
  const net = plant(sequential({ input: [2] }, dense(2), relu(), dense(1)), {
    "dense_1.weight": [1, 2, 3, 4],
    "dense_1.bias": [0, -8],
    "dense_2.weight": [1, 10],
    "dense_2.bias": [5],
  });
  const examples = [
    [1, -1],
    [2, 1],
  ];

  it("shows every layer's numbers, in the network's order", async () => {
    const hidden = await trace(net, examples);
    expect([...hidden.value.keys()]).toEqual(["dense_1", "relu_1", "dense_2"]);
    expect(hidden.get("dense_1")).toEqual({ dtype: "float32", shape: [2, 2], data: Float32Array.of(-1, -9, 4, 2) });
    expect(hidden.get("relu_1").data).toEqual(Float32Array.of(0, 0, 4, 2));
    expect(hidden.outputs.output?.data).toEqual(Float32Array.of(5, 29));
    expect(hidden.check).toBe(0);
    expect(hidden.gradients.size).toBe(0);
  });

  it("differentiates the score by each layer, example by example", async () => {
    const hidden = await trace(net, examples, { gradients: true });
    expect(hidden.gradient("dense_2").data).toEqual(Float32Array.of(1, 1));
    expect(hidden.gradient("relu_1").data).toEqual(Float32Array.of(1, 10, 1, 10));
    expect(hidden.gradient("dense_1").data).toEqual(Float32Array.of(0, 0, 1, 10));
  });

  it("takes only the layers asked for", async () => {
    const hidden = await trace(net, examples, { layers: ["relu_1"] });
    expect([...hidden.value.keys()]).toEqual(["relu_1"]);
    expect(hidden.check).toBe(0);
    expect(() => hidden.get("dense_1")).toThrow("The layers are: relu_1");
  });
});

describe.each([1, 3, 5])("with %i channels", (channels) => {
  it("goes on from every captured layer to the same output, bit for bit", async () => {
    const net = pictureNet(channels);
    const x = noise([4, channels, 12, 12]);
    const hidden = await trace(net, x);
    expect(hidden.check).toBe(0);
    expect(hidden.get("maxPool2d_1").shape).toEqual([4, 6, 5, 5]);
    for (const [name, value] of hidden.value) {
      const again = await replay(net, new Map([[name, value]]), x);
      expect(largestDifference(hidden.outputs, again), name).toBe(0);
    }
  });

  it("runs as evaluation: the output is that of predict, and dropout passes on", async () => {
    const net = pictureNet(channels);
    const x = noise([4, channels, 12, 12]);
    const hidden = await trace(net, x);
    const predicted = await net.predict(x);
    expect(largestDifference({ y: predicted }, { y: hidden.outputs.output as Tensor })).toBeLessThan(1e-6);
    expect(hidden.get("dropout_1").data).toEqual(hidden.get("relu_1").data);
  });
});

it("traces twice to the same bits, and leaves the network as it was, even after it has failed", async () => {
  const net = pictureNet(3);
  const x = noise([2, 3, 12, 12]);
  const before = copyOfWeights(net.weights);
  const predicted = await net.predict(x);
  const once = await trace(net, x, { gradients: true, of: 2 });
  await expect(trace(net, noise([2, 3, 11, 12]))).rejects.toThrow("expected float32[batch, 3, 12, 12]");
  await expect(trace(net, x, { of: 5 })).rejects.toThrow("there is no unit 5");
  const twice = await trace(net, x, { gradients: true, of: 2 });
  for (const name of once.value.keys()) {
    expect(twice.get(name).data, name).toEqual(once.get(name).data);
    expect(twice.gradient(name).data, name).toEqual(once.gradient(name).data);
  }
  expect(copyOfWeights(net.weights)).toEqual(before);
  expect((await net.predict(x)).data).toEqual(predicted.data);
});

it("uses the weights as they are now", async () => {
  const net = plant(sequential({ input: [1] }, dense(1, { bias: false })), { "dense_1.weight": [2] });
  expect((await trace(net, [[3]])).get("dense_1").data[0]).toBe(6);
  plant(net, { "dense_1.weight": [-1] });
  expect((await trace(net, [[3]])).get("dense_1").data[0]).toBe(-3);
});

it("sees many rows as it sees few", async () => {
  const net = pictureNet(1);
  const x = noise([150, 1, 12, 12]);
  const hidden = await trace(net, x, { of: Array.from({ length: 150 }, (_, i) => i % 5) });
  expect(hidden.check).toBe(0);
  const last = tensor(x.data.slice(140 * 144), [10, 1, 12, 12]);
  const some = await trace(net, last, { of: Array.from({ length: 10 }, (_, i) => i % 5) });
  expect(hidden.get("conv2d_1").shape).toEqual([150, 6, 10, 10]);
  expect(hidden.get("conv2d_1").data.slice(140 * 600)).toEqual(some.get("conv2d_1").data);
  expect(hidden.gradient("relu_1").data.slice(140 * 600)).toEqual(some.gradient("relu_1").data);
});

describe("several inputs and outputs", () => {
  const examples = { image: noise([3, 2, 6, 6]), extra: noise([3, 3], 2) };

  it("goes on from each layer, the other ways around it given", async () => {
    const net = branchedNet();
    const hidden = await trace(net, examples, { of: { output: "kind", unit: 1 } });
    expect(hidden.check).toBe(0);
    for (const [name, value] of hidden.value)
      expect(largestDifference(hidden.outputs, await replay(net, new Map([[name, value]]), examples)), name).toBe(0);
    // "size" and what leads to it alone have no part in "kind".
    expect(hidden.gradient("dense_1").data.every((g) => g === 0)).toBe(true);
    expect(hidden.gradient("conv2d_1").data.some((g) => g !== 0)).toBe(true);
  });

  it("asks which output is meant", async () => {
    await expect(trace(branchedNet(), examples, { of: 0 })).rejects.toThrow('Name one: { output: "kind", unit: 0 }');
  });
});

// (f(a + e) - f(a - e)) / 2e by replay, for numbers of a layer in the middle; float32 leaves about 1e-4 of it.
it("has gradients that are the slopes of the rest of the network", async () => {
  const net = sequential(
    { input: [3, 6, 6], seed: 2 },
    conv2d(4, 3),
    tanh(),
    dropout(0.3),
    flatten(),
    dense(3),
    tanh(),
    dense(4),
  );
  const x = noise([1, 3, 6, 6]);
  const hidden = await trace(net, x, { of: 3 });
  const layer = hidden.get("tanh_1");
  for (const at of [0, 17, 63]) {
    const moved = async (by: number): Promise<number> => {
      const data = Float32Array.from(layer.data);
      data[at] = (data[at] as number) + by;
      const { output } = await replay(net, new Map([["tanh_1", { ...layer, data } as Tensor]]), x);
      return output?.data[3] as number;
    };
    const slope = ((await moved(1e-2)) - (await moved(-1e-2))) / 2e-2;
    expect(hidden.gradient("tanh_1").data[at]).toBeCloseTo(slope, 3);
    expect(Math.abs(slope)).toBeGreaterThan(1e-3);
  }
});

// The faulty tool differentiated the probability, whose gradient fades as the network grows sure.
it("differentiates the score before a softmax at the end, not the probability", async () => {
  const net = pictureNet(1);
  const hidden = await trace(net, noise([2, 1, 12, 12]), { of: 4 });
  expect(Array.from(hidden.gradient("dense_1").data)).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
});

it("takes each example's largest score unless told which", async () => {
  const net = plant(sequential({ input: [2] }, dense(2, { bias: false })), { "dense_1.weight": [1, 0, 0, 1] });
  const hidden = await trace(
    net,
    [
      [3, 1],
      [1, 3],
    ],
    { gradients: true },
  );
  expect(hidden.gradient("dense_1").data).toEqual(Float32Array.of(1, 0, 0, 1));
});

it("finds out when the rest of the network does not follow from what was captured", async () => {
  const honest = await nativeEngine();
  let runs = 0;
  const drifting: Engine = {
    name: "drifting",
    load: async (model, options) => {
      const program = await honest.load(model, options);
      return {
        ...program,
        run: async (feeds) => {
          const results = await program.run(feeds);
          runs++;
          const off = Object.entries(results).map(([name, t]) => [
            name,
            { ...t, data: t.data.map((v) => v + runs / 1024) },
          ]);
          return Object.fromEntries(off) as typeof results;
        },
      };
    },
  };
  const net = sequential({ input: [2], engine: drifting }, dense(2), relu(), dense(1));
  expect((await trace(net, [[1, 2]])).check).toBeGreaterThan(1e-4);
});

it("names the layers there are", async () => {
  const net = pictureNet(1);
  const x = noise([1, 1, 12, 12]);
  await expect(trace(net, x, { layers: ["conv2_1"] })).rejects.toThrow('Did you mean "conv2d_1"?');
  await expect(trace(net, x, { layers: ["head"] })).rejects.toThrow("The layers are: conv2d_1, batchNorm_1");
  await expect(trace(net, x, { layer: ["conv2d_1"] } as never)).rejects.toThrow('Did you mean "layers"?');
  await expect(replay(net, new Map([["conv2d_1", noise([1, 6, 9, 10])]]))).rejects.toThrow(
    "expected float32[batch, 6, 10, 10]",
  );
  const hidden = await trace(net, x);
  expect(() => hidden.gradient("conv2d_1")).toThrow("{ gradients: true }");
});
