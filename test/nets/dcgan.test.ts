import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { tensor } from "../../src/base/tensor.js";
import { type DcganOptions, dcgan } from "../../src/nets/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { compile, gan, type Network, useEngine } from "../../src/runtime/index.js";
import { loadBytes, saveBytes } from "../../src/train/index.js";

useEngine(await nativeEngine());

const layers = (net: Network) => net.traced(false).calls.map(({ name, output }) => `${name} ${output.shape.slice(1)}`);

/** The names of weights without their kinds, e.g. everything that has a bias. */
const owners = (net: Network, weight: string) =>
  [...net.weights.keys()].filter((name) => name.endsWith(`.${weight}`)).map((name) => name.split(".")[0]);

const kinds = (net: Network) => net.traced(false).calls.map(({ layer }) => layer.kind);

describe("dcgan", () => {
  // 64 x 64 in colour: PyTorch's example has 3,576,704 and 2,765,568, without the biases of the layers at the ends.
  it.each([
    [{ size: 64 }, 3_576_704 + 3, 2_765_568 + 64 + 1],
    [{ size: 32 }, 1_068_931, 663_361],
    [{ size: 28, channels: 1 }, 759_681, 138_689],
    [{ size: 28, channels: 1, latent: 2, features: 1 }, 196 + 4 + 32 + 2 + 17, 17 + 32 + 4 + 99],
  ] as const)("%j has %i and %i parameters", (options, made, judged) => {
    const { generator, discriminator } = dcgan(options);
    expect([generator.parameterCount, discriminator.parameterCount]).toEqual([made, judged]);
  });

  it("doubles and halves pictures of 32 x 32", () => {
    const { generator, discriminator, exampleShape } = dcgan({ size: 32 });
    expect(exampleShape).toEqual([3, 32, 32]);
    expect(layers(generator)).toEqual([
      "g_reshape 100,1,1",
      ...["g_conv1 256,4,4", "g_norm1 256,4,4", "g_relu1 256,4,4"],
      ...["g_conv2 128,8,8", "g_norm2 128,8,8", "g_relu2 128,8,8"],
      ...["g_conv3 64,16,16", "g_norm3 64,16,16", "g_relu3 64,16,16"],
      ...["g_conv4 3,32,32", "g_tanh 3,32,32"],
    ]);
    expect(layers(discriminator)).toEqual([
      ...["d_conv1 64,16,16", "d_relu1 64,16,16"],
      ...["d_conv2 128,8,8", "d_norm2 128,8,8", "d_relu2 128,8,8"],
      ...["d_conv3 256,4,4", "d_norm3 256,4,4", "d_relu3 256,4,4"],
      ...["d_conv4 1,1,1", "d_score 1"],
    ]);
  });

  it("has one more halving for 64 x 64, and one less from 7 x 7 for 28 x 28", () => {
    const convolutions = (net: Network) => layers(net).filter((line) => line.includes("conv"));
    const large = dcgan({ size: 64 });
    expect(convolutions(large.generator)).toEqual([
      ...["g_conv1 512,4,4", "g_conv2 256,8,8", "g_conv3 128,16,16", "g_conv4 64,32,32", "g_conv5 3,64,64"],
    ]);
    expect(convolutions(large.discriminator)).toEqual([
      ...["d_conv1 64,32,32", "d_conv2 128,16,16", "d_conv3 256,8,8", "d_conv4 512,4,4", "d_conv5 1,1,1"],
    ]);
    const small = dcgan({ size: 28, channels: 1 });
    expect(convolutions(small.generator)).toEqual(["g_conv1 128,7,7", "g_conv2 64,14,14", "g_conv3 1,28,28"]);
    expect(convolutions(small.discriminator)).toEqual(["d_conv1 64,14,14", "d_conv2 128,7,7", "d_conv3 1,1,1"]);
  });

  it.each([28, 32, 64] as const)("keeps the paper's rules at size %i", (size) => {
    const { generator, discriminator } = dcgan({ size, features: 4 });
    const last = size === 28 ? 3 : size === 32 ? 4 : 5;
    const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => i + from);
    const norms = (net: Network) => owners(net, "running_mean");
    // Batch normalisation in both, but not at the generator's output nor at the discriminator's input or score.
    expect(norms(generator)).toEqual(numbers(1, last - 1).map((i) => `g_norm${i}`));
    expect(norms(discriminator)).toEqual(numbers(2, last - 1).map((i) => `d_norm${i}`));
    // Biases where batch normalisation does not follow, and its own.
    expect(owners(generator, "bias").sort()).toEqual([...norms(generator), `g_conv${last}`].sort());
    expect(owners(discriminator, "bias").sort()).toEqual([...norms(discriminator), "d_conv1", `d_conv${last}`].sort());
    expect(new Set(kinds(generator))).toEqual(new Set(["reshape", "convTranspose2d", "batchNorm", "relu", "tanh"]));
    expect(new Set(kinds(discriminator))).toEqual(new Set(["conv2d", "batchNorm", "leakyRelu", "flatten"]));
    const slopes = discriminator.traced(false).calls.flatMap(({ layer: { kind, options } }) => {
      return kind === "leakyRelu" ? [(options as { slope?: number }).slope] : [];
    });
    expect(new Set(slopes)).toEqual(new Set([0.2]));
  });

  it("draws every kernel from N(0, 0.02^2), by the seed, for each network its own", () => {
    const { generator, discriminator } = dcgan({ size: 32, features: 16, seed: 1 });
    for (const net of [generator, discriminator])
      for (const [name, { data: numbers, shape }] of net.weights) {
        if (shape.length !== 4 || numbers.length < 4000) continue;
        const data = Array.from(numbers);
        const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
        const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
        // Five standard errors.
        expect(Math.abs(mean), name).toBeLessThan((5 * 0.02) / Math.sqrt(data.length));
        expect(Math.abs(Math.sqrt(variance) / 0.02 - 1), name).toBeLessThan(5 / Math.sqrt(2 * data.length));
      }
    const first = (seed: number) => [
      ...(dcgan({ size: 28, seed }).generator.weights.get("g_conv1.weight")?.data ?? []),
    ];
    expect(first(3)).toEqual(first(3));
    expect(first(3)).not.toEqual(first(4));
    const heads = [...generator.weights, ...discriminator.weights].filter(([, { shape }]) => shape.length === 4);
    expect(new Set(heads.map(([, { data }]) => data[0])).size).toBe(heads.length);
  });

  it("makes pictures in -1..1 and scores them", async () => {
    const game = dcgan({ size: 28, channels: 1, features: 2, latent: { size: 5, noise: "uniform" } });
    expect(game.latent).toEqual({ size: 5, noise: "uniform" });
    const made = await game.sample(3);
    expect(made.shape).toEqual([3, 1, 28, 28]);
    expect(Math.max(...Array.from(made.data, Math.abs))).toBeLessThan(1);
    expect((await game.score(made)).shape).toEqual([3, 1]);
  });

  it("with classes tells both networks the label", async () => {
    const game = dcgan({ size: 28, channels: 1, features: 2, latent: 5, classes: 3 });
    expect(game.conditions).toEqual(["label"]);
    const inputs = (net: Network) => net.architecture.inputs;
    expect(inputs(game.generator)).toEqual({
      latent: { shape: [5], dtype: "float32" },
      label: { shape: [], dtype: "int32" },
    });
    expect(inputs(game.discriminator)).toEqual({
      input: { shape: [1, 28, 28], dtype: "float32" },
      label: { shape: [], dtype: "int32" },
    });
    const shape = (net: Network, name: string) => net.weights.get(name)?.shape;
    expect(shape(game.generator, "g_label.weight")).toEqual([3, 3]);
    expect(shape(game.generator, "g_conv1.weight")).toEqual([8, 4, 7, 7]);
    expect(shape(game.discriminator, "d_label.weight")).toEqual([3, 784]);
    expect(shape(game.discriminator, "d_conv1.weight")).toEqual([2, 2, 4, 4]);

    const noise = tensor(random(2, "noise").normal(5), [1, 5]);
    const label = (n: number) => ({ label: tensor([n], [1], "int32") });
    const pictures = await Promise.all([0, 1].map((n) => game.make(noise, label(n))));
    expect(pictures[0]?.data).not.toEqual(pictures[1]?.data);
    const [picture] = pictures;
    if (picture === undefined) throw new Error("no picture");
    const scores = await Promise.all([0, 1].map((n) => game.score(picture, label(n))));
    expect(scores[0]?.data).not.toEqual(scores[1]?.data);
    await expect(game.make(noise, label(3))).rejects.toThrow("3");
  });

  it("judges each picture alone where it is asked to", async () => {
    const options = { size: 28, channels: 1, features: 2, latent: 3 } as const;
    const company = (seed: number) => tensor(random(seed, "pictures").normal(4 * 784), [4, 1, 28, 28]);
    const scores = async (discriminatorNorm: "batch" | "layer", seed: number) => {
      const { discriminator } = dcgan({ ...options, discriminatorNorm });
      const { inputs, outputs, parameters } = discriminator.traced(true);
      const values = Object.fromEntries([...parameters].map(([name, { value }]) => [name, value]));
      expect(kinds(discriminator)).toContain(discriminatorNorm === "batch" ? "batchNorm" : "groupNorm");
      const pictures = company(seed);
      pictures.data.set(company(1).data.subarray(0, 784));
      const training = await compile({ inputs: { ...inputs, ...values }, outputs });
      const { output } = await training.run({ input: pictures, ...Object.fromEntries(discriminator.weights) });
      return output?.data[0] as number;
    };
    expect(await scores("layer", 2)).toBeCloseTo(await scores("layer", 3), 6);
    expect(Math.abs((await scores("batch", 2)) - (await scores("batch", 3)))).toBeGreaterThan(1e-4);
    expect(Object.fromEntries(dcgan({ ...options, discriminatorNorm: "layer" }).discriminator.weights)).toMatchObject({
      "d_norm2.weight": { shape: [4] },
      "d_norm2.bias": { shape: [4] },
    });
  });

  it.each([{}, { classes: 4 }])("is saved and loaded, both networks: %j", async (more) => {
    const game = dcgan({ size: 32, features: 2, latent: 6, seed: 2, ...more });
    const [generator, discriminator] = [game.generator, game.discriminator].map((net) => loadBytes(saveBytes(net)));
    const again = gan({ generator: generator as Network, discriminator: discriminator as Network });
    const conditions = "classes" in more ? { label: tensor([1, 3], [2], "int32") } : {};
    const made = await game.sample(2, { conditions });
    expect((await again.sample(2, { conditions })).data).toEqual(made.data);
    expect((await again.score(made, conditions)).data).toEqual((await game.score(made, conditions)).data);
    expect(again.generator.summary()).toBe(game.generator.summary());
  });

  it.each([
    [{ size: 48 }, "dcgan: size must be 28, 32 or 64, got 48."],
    [{ size: "toString" }, "dcgan: size must be 28, 32 or 64, got toString."],
    [{ channels: 0 }, "dcgan: channels must be a whole number from 1, got 0."],
    [{ features: 1.5 }, "dcgan: features must be a whole number from 1, got 1.5."],
    [{ latent: 0 }, "dcgan: latent must be a whole number from 1, got 0."],
    [{ latent: { size: 3, noise: "pink" } }, 'dcgan: latent: noise must be "normal" or "uniform", got "pink".'],
    [{ classes: 1 }, "dcgan: classes must be a whole number from 2, got 1."],
    [{ discriminatorNorm: "group" }, 'dcgan: discriminatorNorm must be "batch" or "layer", got "group".'],
    [{ feature: 64 }, 'dcgan: unknown option "feature". Did you mean "features"?'],
  ])("refuses %j", (options, message) => {
    const build = () => dcgan({ size: 32, ...options } as DcganOptions);
    expect(build).toThrow(OptionError);
    expect(build).toThrow(message);
  });
});
