import { describe, expect, it } from "vitest";
import { imageEncoding } from "../../src/data/index.js";
import {
  concat,
  conv1d,
  conv2d,
  dataset,
  dense,
  dropout,
  flatten,
  globalAvgPool,
  lstm,
  maxPool2d,
  network,
  relu,
  sequential,
  softmax,
  type Tensor,
  tensor,
} from "../../src/index.js";
import { featureLayer } from "../../src/look/classifierFeatures.js";
import { featuresOf, frechet, frechetDistance, trace } from "../../src/look/index.js";
import { branchedNet, noise, pictureNet, plant } from "./networks.js";

describe("the last hidden layer before the scores", () => {
  it.each([
    ["in a perceptron", sequential({ input: [4] }, dense(8), relu(), dense(3)), "relu_1"],
    ["before a softmax", sequential({ input: [4] }, dense(8), relu(), dense(3), softmax()), "relu_1"],
    ["with dropout between", sequential({ input: [4] }, dense(8), relu(), dropout(0.5), dense(3)), "relu_1"],
    ["of maps laid out in a row", pictureNet(1), "residual_1/add"],
    [
      "of maps pooled",
      sequential({ input: [1, 8, 8] }, conv2d(4, 3), relu(), maxPool2d(2), globalAvgPool(), dense(2)),
      "globalAvgPool_1",
    ],
    [
      "of convolutions alone",
      sequential({ input: [1, 8, 8] }, conv2d(4, 3), relu(), conv2d(2, 1), globalAvgPool()),
      "relu_1",
    ],
    [
      "under its own name in a branch",
      network({ a: [2], b: [2] }, ({ a, b }) => dense(2)(relu({ name: "seen" })(dense(3)(concat()(a, dense(3)(b)))))),
      "seen",
    ],
  ])("%s", (_, net, layer) => {
    expect(featureLayer(net)).toBe(layer);
  });

  it("is told of when there is none", () => {
    expect(() => featureLayer(sequential({ input: [4] }, dense(3)))).toThrow("no hidden layer comes before the scores");
  });
});

describe("features", () => {
  it("are a hidden layer's numbers, row by row", async () => {
    // relu(x W' + b) by hand.
    const net = plant(sequential({ input: [2] }, dense(2), relu(), dense(2)), {
      "dense_1.weight": [1, 0, 1, -1],
      "dense_1.bias": [0, 0.5],
    });
    const { value, check } = await featuresOf(net, tensor([1, 2, 3, -1], [2, 2]));
    expect(value.shape).toEqual([2, 2]);
    expect([...value.data]).toEqual([1, 0, 3, 4.5]);
    expect(check).toBe(0);
  });

  it("of maps are means over their places, of every part of the data", async () => {
    const net = pictureNet(1);
    const pictures = tensor(noise([150, 144]).data, [150, 1, 12, 12]);
    const { value, check } = await featuresOf(net, dataset({ input: pictures }));
    expect(value.shape).toEqual([150, 6]);
    expect(check).toBeLessThan(1e-6);
    const maps = (await trace(net, pictures)).get("residual_1");
    for (const row of [0, 70, 149])
      for (const channel of [0, 5]) {
        const own = (maps.data as Float32Array).subarray((row * 6 + channel) * 25, (row * 6 + channel + 1) * 25);
        expect(value.data[row * 6 + channel]).toBeCloseTo(own.reduce((a, b) => a + b, 0) / 25, 5);
      }
  });

  it("of sequences are means over time", async () => {
    const net = sequential({ input: [5, 2] }, lstm(3), flatten(), dense(2));
    const { value, check } = await featuresOf(net, tensor(noise([4, 10]).data, [4, 5, 2]), { layer: "lstm_1" });
    expect(value.shape).toEqual([4, 3]);
    expect(check).toBeLessThan(1e-6);
  });

  it("of maps along a length are means over it", async () => {
    const net = sequential({ input: [2, 7] }, conv1d(3, 3), relu(), flatten(), dense(2));
    const { value, check } = await featuresOf(net, tensor(noise([4, 14]).data, [4, 2, 7]));
    expect(value.shape).toEqual([4, 3]);
    expect(check).toBeLessThan(1e-6);
  });

  it("of a layer that is named, of a network with several inputs", async () => {
    const given = { image: tensor(noise([3, 72]).data, [3, 2, 6, 6]), extra: noise([3, 3]) };
    const { value } = await featuresOf(branchedNet(), given, { layer: "conv2d_1" });
    expect(value.shape).toEqual([3, 4]);
    await expect(featuresOf(branchedNet(), given, { layer: "conv2d_9" })).rejects.toThrow('Did you mean "conv2d_1"?');
    await expect(featuresOf(branchedNet(), given, { lyer: "a" } as never)).rejects.toThrow('unknown option "lyer"');
  });
});

describe("the measure", () => {
  const net = sequential({ input: [2], seed: 2 }, dense(4), relu(), dense(2));
  const real = noise([300, 2], 1);
  const data = dataset({ input: real });

  it("is the distance between features, and the real ones are worked out once", async () => {
    let read = 0;
    const batch = (rows: ArrayLike<number>) => {
      read++;
      return data.batch(rows);
    };
    const counted = { ...data, batch };
    const measure = frechet({ classifier: net, data: counted });
    expect([measure.name, measure.smallerIsBetter]).toEqual(["frechet", true]);
    const made = tensor(
      noise([200, 2], 2).data.map((x) => x + 1),
      [200, 2],
    );
    const features = async (x: Tensor) => (await featuresOf(net, x)).value;
    const expected = frechetDistance(await features(real), await features(made)).value;
    expect(await measure.of(made, {})).toBeCloseTo(expected, 8);
    const before = read;
    expect(await measure.of(real, {})).toBeCloseTo(0, 8);
    expect(read).toBe(before);
    expect(expected).toBeGreaterThan(0.5);
  });

  it("refuses a layer that does not exist, and too few examples", () => {
    expect(() => frechet({ classifier: net, data, layer: "relu_9" })).toThrow('Did you mean "relu_1"?');
    expect(() => frechet({ classifier: net, data, samples: 1 })).toThrow("samples must be a whole number from 2");
  });

  it("brings pictures of -1 to 1 into the form that the classifier takes", async () => {
    /** What enters the classifier is what its first layer, which changes nothing, gives out. */
    const shape = [1, 1, 2] as const;
    const seenBy = async (
      classifier: ReturnType<typeof sequential>,
      given: Tensor<"float32">,
      encoding?: ReturnType<typeof imageEncoding>,
    ) => {
      const other = tensor([0, 0, 0.5, 0.5, -0.5, 0.25], [3, 1, 1, 2]);
      const own = dataset({ input: other, ...(encoding && { encoding }) });
      const plain = frechet({ classifier, data: own, layer: "flatten_1" });
      return Promise.all([plain.of(given, {}), plain.of(other, {})]);
    };
    const classifier = plant(sequential({ input: shape }, flatten(), dense(2)), {});
    classifier.encoding = imageEncoding({ shape, mean: 0.25, deviation: 0.125 });
    // In -1..1, 8 levels to one of the classifier's: distances of features grow by (0.5 / 0.125)^2.
    const given = tensor([1, 1, 1, 0.5, 0.5, 0.5], [3, 1, 1, 2]);
    const [far, none] = await seenBy(classifier, given);
    expect(none).toBeCloseTo(0, 10);
    const plain = frechetDistance(tensor([0, 0, 0.5, 0.5, -0.5, 0.25], [3, 2]), tensor(given.data, [3, 2])).value;
    expect(far).toBeCloseTo(16 * plain, 5);
    // Data in 0..1 grows by 1 / 0.125.
    const [further] = await seenBy(classifier, given, imageEncoding({ shape }));
    expect(further).toBeCloseTo(64 * plain, 5);
    // Without an encoding of its own, the classifier gets what the discriminator gets.
    classifier.encoding = undefined;
    const [same] = await seenBy(classifier, given);
    expect(same).toBeCloseTo(plain, 8);
  });

  it("or as the user says", async () => {
    const doubled = (x: Tensor) =>
      tensor(
        (x.data as Float32Array).map((v) => 2 * v),
        x.shape,
      );
    const made = tensor(
      noise([200, 2], 2).data.map((x) => x + 1),
      [200, 2],
    );
    const measure = frechet({ classifier: net, data, encode: doubled });
    const features = async (x: Tensor) => (await featuresOf(net, doubled(x))).value;
    expect(await measure.of(made, {})).toBeCloseTo(
      frechetDistance(await features(real), await features(made)).value,
      8,
    );
  });
});
