import { describe, expect, it } from "vitest";
import {
  conv1d,
  conv2d,
  crossEntropy,
  dataset,
  dense,
  dropout,
  type Engine,
  embedding,
  fit,
  flatten,
  mse,
  network,
  relu,
  sequential,
  sgd,
  sigmoid,
  tanh,
  tensor,
} from "../../src/index.js";
import { health } from "../../src/look/health.js";
import { healthRecorder } from "../../src/look/healthRecorder.js";
import { healthTable } from "../../src/look/healthTable.js";
import { nativeEngine } from "../../src/node/engine.js";
import { sqrt } from "../../src/ops/index.js";
import { noise, pictureNet, plant } from "./networks.js";

const layerOf = async (...given: Parameters<typeof health>) => {
  const { value } = await health(...given);
  return (name: string) => value.layers.find(({ layer }) => layer === name);
};

describe("the size of a layer's numbers", () => {
  // Twice the input: [2, -2, 6, 10], mean 4, deviations -2, -6, 2, 6.
  it("is that of all examples together", async () => {
    const net = plant(sequential({ input: [1] }, dense(1)), { "dense_1.weight": [2] });
    const { value, check } = await health(net, [[1], [-1], [3], [5]]);
    expect(value).toEqual({
      samples: 4,
      layers: [{ layer: "dense_1", mean: 4, std: Math.sqrt(20), most: 10, bad: 0, badGradients: 0 }],
      weights: [],
    });
    expect(check).toBe(0);
  });

  it("comes out the same through many parts", async () => {
    const net = pictureNet(2);
    const x = noise([150, 2, 12, 12]);
    const { value } = await health(net, x);
    const all = (await net.predict(x)).data;
    const mean = all.reduce((a, b) => a + b, 0) / all.length;
    const std = Math.sqrt(all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length);
    const output = value.layers.at(-1);
    expect(value.samples).toBe(150);
    expect(output?.mean).toBeCloseTo(mean, 6);
    expect(output?.std).toBeCloseTo(std, 6);
  });

  it("is measured on examples spread evenly over the data", async () => {
    const net = plant(sequential({ input: [1] }, dense(1)), { "dense_1.weight": [1] });
    const data = dataset({
      input: tensor(
        Array.from({ length: 100 }, (_, i) => i),
        [100, 1],
      ),
      target: tensor(new Float32Array(100), [100, 1]),
    });
    const { value } = await health(net, data, { samples: 10 });
    expect(value.samples).toBe(10);
    expect(value.layers[0]?.mean).toBe(45);
  });
});

describe("dead units", () => {
  it("are all of them behind a bias of -1e6, and nothing is learned through them: the gradient is exactly 0", async () => {
    const net = sequential({ input: [3, 8, 8], seed: 1 }, conv2d(5, 3), relu(), flatten(), dense(2));
    plant(net, { "conv2d_1.bias": new Array(5).fill(-1e6) });
    const data = dataset({ input: noise([70, 3, 8, 8]), target: noise([70, 2]) });
    const { value, check } = await health(net, data, { loss: mse() });
    const at = (name: string) => value.layers.find(({ layer }) => layer === name);
    expect(at("relu_1")?.dead).toEqual({ share: 1, units: [0, 1, 2, 3, 4] });
    expect(at("conv2d_1")?.gradient).toEqual({ mean: 0, std: 0, most: 0 });
    expect(at("dense_1")?.gradient?.std).toBeGreaterThan(0);
    expect(check).toBeLessThan(0.01);
  });

  it("are those that answer to none of the examples, not those that are often silent", async () => {
    const net = plant(sequential({ input: [1] }, dense(3), relu()), {
      "dense_1.weight": [1, -1, 0],
      "dense_1.bias": [0, -5, -1],
    });
    const few = await layerOf(net, [[1], [2], [-1]]);
    expect(few("relu_1")?.dead).toEqual({ share: 2 / 3, units: [1, 2] });
    const more = await layerOf(net, [[1], [2], [-6]]);
    expect(more("relu_1")?.dead).toEqual({ share: 1 / 3, units: [2] });
    expect(few("dense_1")?.dead).toBeUndefined();
  });
});

it("counts as units the channels of a signal, and the features of a sequence", async () => {
  // Three tokens of two features, the second of which is never above 0.
  const words = plant(sequential({ input: [3], dtype: "int32" }, embedding(2, 2), relu()), {
    "embedding_1.weight": [1, -1, 2, -2],
  });
  const spoken = await layerOf(words, tensor(new Int32Array([0, 1, 0]), [1, 3]));
  expect(spoken("relu_1")?.dead).toEqual({ share: 0.5, units: [1] });
  // Three channels at two positions, the last channel never above 0.
  const signal = plant(sequential({ input: [1, 2] }, conv1d(3, 1), relu()), {
    "conv1d_1.weight": [1, -1, 0],
    "conv1d_1.bias": [0, 0, -1],
  });
  const heard = await layerOf(signal, tensor([1, -1], [1, 1, 2]));
  expect(heard("relu_1")?.dead).toEqual({ share: 1 / 3, units: [2] });
});

// tanh 3 = 0.995, tanh -2.1 = -0.9705, tanh 2 = 0.964; sigmoid s = (1 + tanh(s / 2)) / 2, so twice as far out.
it("counts as saturated what is in the outer 3 % on either side", async () => {
  const x = [[3], [-2.1], [2], [0]];
  const ends = await layerOf(plant(sequential({ input: [1] }, dense(1), tanh()), { "dense_1.weight": [1] }), x);
  expect(ends("tanh_1")?.saturated).toBe(0.5);
  const probabilities = plant(sequential({ input: [1] }, dense(1), sigmoid()), { "dense_1.weight": [2] });
  expect((await layerOf(probabilities, x))("sigmoid_1")?.saturated).toBe(0.5);
  expect((await layerOf(probabilities, x))("dense_1")?.saturated).toBeUndefined();
});

// y = 3 x, loss (y - t)^2: by y 2 (y - t): x = 1, t = 0 gives 6; x = 2, t = 5 gives 2.
it("measures the gradient of one example's loss, however many there are", async () => {
  const net = plant(sequential({ input: [1] }, dense(1)), { "dense_1.weight": [3] });
  for (const times of [1, 50]) {
    const repeated = (pair: number[]) => tensor(Array.from({ length: times }, () => pair).flat(), [2 * times, 1]);
    const data = dataset({ input: repeated([1, 2]), target: repeated([0, 5]) });
    const { value, check } = await health(net, data, { loss: mse() });
    expect(value.layers[0]?.gradient?.mean).toBeCloseTo(4, 5);
    expect(value.layers[0]?.gradient?.std).toBeCloseTo(2, 5);
    expect(value.layers[0]?.gradient?.most).toBeCloseTo(6, 5);
    expect(check).toBeLessThan(0.01);
  }
});

// One example x = [1, 2], w = [[1, 2], [3, 5]], so y = [5, 13]; targets [4, 15]; mse over 2: dy = [1, -2];
// dw = dy x^T = [[1, 2], [-2, -4]]; SGD moves w by -0.1 dw.
it("gives the size of a step of SGD as worked out by hand", async () => {
  const net = plant(sequential({ input: [2] }, dense(2)), { "dense_1.weight": [1, 2, 3, 5], "dense_1.bias": [0, 0] });
  const before = new Map(net.weights);
  const data = dataset({ input: tensor([1, 2], [1, 2]), target: tensor([4, 15], [1, 2]) });
  await fit(net, data, { loss: mse(), optimizer: sgd({ learningRate: 0.1 }), epochs: 1, progress: false });
  const { value } = await health(net, data, { before });
  const std = (numbers: number[]) => {
    const mean = numbers.reduce((a, b) => a + b) / numbers.length;
    return Math.sqrt(numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / numbers.length);
  };
  const [weight, bias] = value.weights;
  expect(weight?.weight).toBe("dense_1.weight");
  expect(weight?.std).toBeCloseTo(std([1, 2, 3, 5]), 6);
  expect(weight?.moved).toBeCloseTo(0.1 * std([1, 2, -2, -4]), 6);
  expect(weight?.ratio).toBeCloseTo(Math.log10((0.1 * std([1, 2, -2, -4])) / std([1, 2, 3, 5])), 5);
  expect(bias).toMatchObject({ std: 0, ratio: Infinity });
  expect((await health(net, data, { before: new Map(net.weights) })).value.weights[0]?.ratio).toBe(-Infinity);
});

describe("where a NaN or Inf came from", () => {
  const layers = () => [dense(3), tanh(), dense(3), tanh(), dense(2)];
  const data = dataset({ input: noise([5, 3]), target: noise([5, 2]) });

  it("is the layer with a NaN in its weights, the third", async () => {
    const net = plant(sequential({ input: [3] }, ...layers()), { "dense_2.bias": [0, Number.NaN, 0] });
    const { value, check } = await health(net, data, { loss: mse() });
    expect(value.origin).toEqual({ layer: "dense_2", where: "forward" });
    expect(value.layers.map(({ bad }) => bad)).toEqual([0, 0, 5, 5, 10]);
    expect(check).toBe(0);
    // The sizes are those of the numbers that are there.
    expect(Number.isFinite(value.layers[2]?.std)).toBe(true);
  });

  it("is the input that holds one", async () => {
    const net = sequential({ input: [3] }, ...layers());
    expect((await health(net, [[1, 2, Number.NaN]])).value.origin).toEqual({ layer: "input", where: "input" });
  });

  it("is the loss that grew too large", async () => {
    const net = plant(sequential({ input: [1] }, dense(1)), { "dense_1.weight": [1e30] });
    const one = dataset({ input: tensor([1], [1, 1]), target: tensor([0], [1, 1]) });
    expect((await health(net, one, { loss: mse() })).value.origin).toEqual({ layer: "loss", where: "loss" });
  });

  it("is, backward, the layer before a root of 0", async () => {
    const net = network({ x: [2] }, ({ x }) => dense(1)(sqrt(relu()(dense(2)(x)))), { seed: 1 });
    plant(net, { "dense_1.weight": [0, 0, 0, 0] });
    const two = dataset({ input: { x: noise([4, 2]) }, target: noise([4, 1]) });
    expect((await health(net, two, { loss: mse() })).value.origin).toEqual({ layer: "relu_1", where: "backward" });
  });

  it("is nowhere in a healthy network", async () => {
    expect((await health(sequential({ input: [3] }, ...layers()), data, { loss: mse() })).value.origin).toBeUndefined();
  });
});

it("looks as evaluation does, changes nothing, and its gradients are the loss's slopes", async () => {
  const net = sequential({ input: [2, 9, 9], seed: 3 }, conv2d(4, 3), tanh(), dropout(0.5), flatten(), dense(3));
  const before = [...net.weights].map(([, { data }]) => Array.from(data));
  const data = dataset({
    input: noise([40, 2, 9, 9]),
    target: Int32Array.from({ length: 40 }, (_, i) => i % 3),
    classes: ["a", "b", "c"],
  } as never);
  const once = await health(net, data, { loss: crossEntropy() });
  const twice = await health(net, data, { loss: crossEntropy() });
  expect(twice).toEqual(once);
  const at = (name: string) => once.value.layers.find(({ layer }) => layer === name);
  expect(at("dropout_1")?.std).toBe(at("tanh_1")?.std);
  expect(once.check).toBeLessThan(0.01);
  expect([...net.weights].map(([, { data: numbers }]) => Array.from(numbers))).toEqual(before);
});

it("finds out when the gradients are not the slopes", async () => {
  const honest = await nativeEngine();
  const doubling: Engine = {
    name: "doubling",
    load: async (model, options) => {
      const program = await honest.load(model, options);
      return {
        ...program,
        run: async (feeds) =>
          Object.fromEntries(
            Object.entries(await program.run(feeds)).map(([name, t]) => [
              name,
              name.startsWith("gradient/") ? { ...t, data: t.data.map((g) => 2 * g) } : t,
            ]),
          ) as Awaited<ReturnType<typeof program.run>>,
      };
    },
  };
  const net = sequential({ input: [3], engine: doubling, seed: 1 }, dense(4), tanh(), dense(2));
  const data = dataset({ input: noise([5, 3]), target: noise([5, 2]) });
  expect((await health(net, data, { loss: mse() })).check).toBeCloseTo(0.5, 1);
});

it("records while a network trains", async () => {
  const net = sequential({ input: [3], seed: 1 }, dense(4), relu(), dense(2));
  const data = dataset({ input: noise([64, 3]), target: noise([64, 2], 2) });
  const recorder = healthRecorder(net, data, { loss: mse(), samples: 16, every: 2 });
  await fit(net, data, { loss: mse(), epochs: 4, progress: false, onEpoch: recorder.onEpoch });
  expect(recorder.history.map(({ epoch }) => epoch)).toEqual([2, 4]);
  for (const { health: seen, check } of recorder.history) {
    expect(seen.samples).toBe(16);
    expect(seen.weights.map(({ weight }) => weight)).toEqual([
      "dense_1.weight",
      "dense_1.bias",
      "dense_2.weight",
      "dense_2.bias",
    ]);
    expect(seen.weights[0]?.ratio).toBeGreaterThan(-4);
    expect(seen.weights[0]?.ratio).toBeLessThan(0);
    expect(check).toBeLessThan(0.02);
  }
  // Each record's moves are since the one before: not the sum of both.
  const [first, second] = recorder.history;
  expect(second?.health.weights[0]?.std).not.toBe(first?.health.weights[0]?.std);
});

// x = 1 and 3: dense_1 [2, -10] and [6, -12], relu_1 [2, 0] and [6, 0], answer 1 and 3, of which the loss's gradients are
// 2 and 6, by relu_1 [1, 2] and [3, 6], by dense_1 [1, 0] and [3, 0].
it("prints itself", async () => {
  const net = plant(sequential({ input: [1] }, dense(2), relu(), dense(1, { name: "answer" })), {
    "dense_1.weight": [2, -1],
    "dense_1.bias": [0, -9],
    "answer.weight": [0.5, 1],
  });
  const before = new Map(
    [...net.weights].map(([name, t]) => [name, { ...t, data: t.data.map((w) => w * 1.001) } as typeof t]),
  );
  const data = dataset({ input: tensor([1, 3], [2, 1]), target: tensor([0, 0], [2, 1]) });
  const { value } = await health(net, data, { loss: mse(), before });
  expect(healthTable(value).split("\n")).toEqual([
    "layer     mean   std  largest    dead  saturated  gradient std  gradient largest",
    "--------------------------------------------------------------------------------",
    "dense_1  -3.50  7.66     12.0                             1.22              3.00",
    "relu_1    2.00  2.45     6.00  50.0 %                     1.87              6.00",
    "answer    2.00  1.00     3.00                             2.00              6.00",
    "",
    "weight            std   moved  log10 of moved / std",
    "---------------------------------------------------",
    "dense_1.weight   1.50  1.5e-3                 -3.00",
    "dense_1.bias     4.50  4.5e-3                 -3.00",
    "answer.weight   0.250  2.5e-4                 -3.00",
    "answer.bias         0       0             -Infinity",
    "",
    "2 examples",
  ]);
  plant(net, { "answer.bias": [Number.NaN] });
  const broken = healthTable((await health(net, data)).value);
  expect(broken).toContain("NaN or Inf arose first going forward, in answer.");
  expect(broken).toMatch(/answer .* 2\n/);
});

it("asks for targets where it has a loss", async () => {
  const net = sequential({ input: [1] }, dense(1));
  await expect(health(net, [[1]], { loss: mse() })).rejects.toThrow("a loss needs targets");
  await expect(health(net, [[1]], { samples: 0 })).rejects.toThrow("samples must be a whole number from 1");
  await expect(health(net, [[1]], { before: new Map() })).rejects.toThrow("Copy them all: new Map(net.weights)");
});
