import { describe, expect, it } from "vitest";
import { DataError, OptionError, ShapeError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { imageEncoding } from "../../src/data/index.js";
import { dcgan } from "../../src/nets/index.js";
import { dense, reshape } from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { bakedModel, gan, type Network, sample, sequential, useEngine } from "../../src/runtime/index.js";
import { loadBytes, saveBytes } from "../../src/train/index.js";
import { expectClose } from "../support/close.js";
import { strictSession } from "../support/session.js";

useEngine(await nativeEngine());

/** Makes 3 z_0 - z_1 + 0.5 of noise z. */
function planted(): Network {
  const net = sequential({ input: [2] }, dense(1));
  net.setWeights(
    new Map([
      ["dense_1.weight", tensor([3, -1], [1, 2])],
      ["dense_1.bias", tensor([0.5], [1])],
    ]),
  );
  return net;
}

const labels = (...numbers: number[]) => ({ label: tensor(numbers, [numbers.length], "int32") });

describe("sample", () => {
  it("is what the network makes of normal noise from the seed", async () => {
    const z = random(7, "latent").normal(8);
    const expected = [0, 1, 2, 3].map((i) => 3 * (z[2 * i] as number) - (z[2 * i + 1] as number) + 0.5);
    const made = await sample(planted(), { count: 4, seed: 7 });
    expectClose("samples", made, { shape: [4, 1], data: expected }, 1e-6);
  });

  it("is of the noise that was saved with the network", async () => {
    const net = planted();
    net.encoding = { kind: "latent", size: 2, noise: "uniform" };
    const z = random(7, "latent").uniform(4, -1, 1);
    const expected = [0, 1].map((i) => 3 * (z[2 * i] as number) - (z[2 * i + 1] as number) + 0.5);
    const saved = loadBytes(saveBytes(net));
    expectClose("samples", await sample(saved, { count: 2, seed: 7 }), { shape: [2, 1], data: expected }, 1e-6);
    expect(gan({ generator: saved, discriminator: sequential({ input: [1] }, dense(1)) }).latent.noise).toBe("uniform");
  });

  it.each([
    [{}, {}],
    [{ classes: 3 }, labels(0, 2, 1)],
    [{ latent: { size: 5, noise: "uniform" as const } }, {}],
  ])("of a saved generator alone is what its game samples: %j", async (more, conditions) => {
    const game = dcgan({ size: 28, channels: 1, features: 2, latent: 5, ...more });
    game.generator.encoding = { kind: "latent", ...game.latent };
    const expected = await game.sample(3, { seed: 4, conditions });
    const made = await sample(loadBytes(saveBytes(game.generator)), { count: 3, seed: 4, conditions });
    expect(made.shape).toEqual([3, 1, 28, 28]);
    expect(made).toEqual(expected);
    if (game.conditions.length > 0) return;
    const more6 = await sample(game.generator, { count: 6, seed: 4 });
    expect([...more6.data.subarray(0, made.data.length)]).toEqual([...made.data]);
    expect((await sample(game.generator, { count: 3, seed: 5 })).data).not.toEqual(made.data);
    expect((await sample(game.generator, { count: 0 })).shape).toEqual([0, 1, 28, 28]);
  });

  it.each([
    [{}, {}],
    [{ classes: 3 }, labels(0, 2, 1)],
  ])("is the same as ONNX Runtime makes of the exported generator, three at once: %j", async (more, conditions) => {
    const { generator } = dcgan({ size: 32, features: 4, latent: 6, seed: 3, ...more });
    const made = await sample(generator, { count: 3, seed: 2, conditions });
    const noise = tensor(random(2, "latent").normal(18), [3, 6]);
    const alone = await strictSession(bakedModel(generator).bytes);
    const { output } = await alone({ latent: noise, ...conditions });
    expect(made.shape).toEqual([3, 3, 32, 32]);
    expectClose("pictures", output as Tensor, made, 1e-6);
  });
});

describe("sample refuses", () => {
  const trained = planted();
  trained.encoding = imageEncoding({ shape: [1, 1, 2] });
  const longer = planted();
  longer.encoding = { kind: "latent", size: 3, noise: "normal" };
  const { generator } = dcgan({ size: 28, channels: 1, features: 1, latent: 2, classes: 3 });

  it.each([
    ["a network trained on pictures", trained, { count: 1 }, DataError, "sample: the network takes images, not noise."],
    [
      "a network that takes a picture",
      sequential({ input: [1, 2, 2] }, reshape([4]), dense(1)),
      { count: 1 },
      ShapeError,
      "generator: takes float32[batch, 1, 2, 2] as noise, it should be float32[batch, latent].",
    ],
    ["an encoding of more noise", longer, { count: 1 }, ShapeError, "takes 2 numbers of noise, but latent is 3"],
    ["a part of an example", planted(), { count: 1.5 }, OptionError, "sample: count must be a whole number from 0"],
    ["an unknown option", planted(), { count: 1, seeds: 2 }, OptionError, 'Did you mean "seed"?'],
    [
      "a condition that is not given",
      generator,
      { count: 2 },
      ShapeError,
      'condition "label": the generator is told it of each example: give 2 rows. There are none.',
    ],
    [
      "too few conditions",
      generator,
      { count: 2, conditions: labels(1) },
      ShapeError,
      'condition "label": the generator is told it of each example: give 2 rows. There is 1.',
    ],
    [
      "a condition that does not exist",
      planted(),
      { count: 1, conditions: labels(1) },
      OptionError,
      'condition "label": the generator has no such condition. It has none.',
    ],
    ["a label that does not exist", generator, { count: 1, conditions: labels(3) }, DataError, "has 3 vectors: 0 to 2"],
  ])("%s", async (_, net, options, kind, message) => {
    const asked = sample(net, options);
    await expect(asked).rejects.toThrow(kind);
    await expect(asked).rejects.toThrow(message);
  });
});
