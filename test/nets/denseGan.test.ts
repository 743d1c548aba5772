import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { type DenseGanOptions, denseGan, mixtureGame } from "../../src/nets/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { gan, type Network, useEngine } from "../../src/runtime/index.js";
import { loadBytes, saveBytes } from "../../src/train/index.js";

useEngine(await nativeEngine());

const layers = (net: Network) =>
  net.traced(false).calls.map(({ name, layer, output }) => `${name} ${layer.kind} ${output.shape.slice(1)}`);

describe("denseGan", () => {
  it("of pictures: units in order and in reverse, leaky ReLUs, tanh at the end", () => {
    const game = denseGan({ shape: [1, 4, 5], latent: 7, units: [8, 16] });
    expect(layers(game.generator)).toEqual([
      ...["g_dense1 dense 8", "g_act1 leakyRelu 8", "g_dense2 dense 16", "g_act2 leakyRelu 16"],
      ...["g_dense3 dense 20", "g_tanh tanh 20", "g_reshape reshape 1,4,5"],
    ]);
    expect(layers(game.discriminator)).toEqual([
      ...["d_flatten flatten 20", "d_dense1 dense 16", "d_act1 leakyRelu 16", "d_dense2 dense 8", "d_act2 leakyRelu 8"],
      "d_dense3 dense 1",
    ]);
    expect(game.generator.parameterCount).toBe(7 * 8 + 8 + 8 * 16 + 16 + 16 * 20 + 20);
    expect(game.discriminator.parameterCount).toBe(20 * 16 + 16 + 16 * 8 + 8 + 8 + 1);
  });

  it("of digits, by default: 559,632 and 533,505 parameters", () => {
    const game = denseGan({ shape: [1, 28, 28] });
    expect(game.generator.parameterCount).toBe(559_632);
    expect(game.discriminator.parameterCount).toBe(533_505);
  });

  it("of vectors: neither flattened nor reshaped, and linear at the end where asked", () => {
    const game = denseGan({ shape: [3], latent: 2, units: [4], activation: "tanh", output: "linear" });
    expect(layers(game.generator)).toEqual(["g_dense1 dense 4", "g_act1 tanh 4", "g_dense2 dense 3"]);
    expect(layers(game.discriminator)).toEqual(["d_dense1 dense 4", "d_act1 tanh 4", "d_dense2 dense 1"]);
  });

  // With the same names, and so the same random numbers, the two would begin alike.
  it("begins with other weights in each network, by the seed", () => {
    const game = (seed: number) => denseGan({ shape: [2], latent: 2, units: [4], seed });
    const made = (seed: number) => game(seed).generator.weights.get("g_dense1.weight")?.data;
    const judged = (seed: number) => game(seed).discriminator.weights.get("d_dense1.weight")?.data;
    expect(made(1)).not.toEqual(judged(1));
    expect(made(1)).toEqual(made(1));
    expect(made(1)).not.toEqual(made(2));
    expect(judged(1)).not.toEqual(judged(2));
  });

  it("with classes joins the label to the noise and to the example", async () => {
    const game = denseGan({ shape: [1, 2, 3], latent: 4, units: [5], classes: 3, seed: 1 });
    expect(game.conditions).toEqual(["label"]);
    expect(game.generator.weights.get("g_dense1.weight")?.shape).toEqual([5, 4 + 3]);
    expect(game.discriminator.weights.get("d_dense1.weight")?.shape).toEqual([5, 6 + 3]);
    // Nothing but the label differs between the first two rows, nothing at all between the first and the last.
    const noise = tensor([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], [3, 4]);
    const conditions = { label: tensor([0, 2, 0], [3], "int32") };
    const made = await game.make(noise, conditions);
    const row = (i: number) => [...made.data.slice(6 * i, 6 * i + 6)];
    expect(row(0)).not.toEqual(row(1));
    expect(row(0)).toEqual(row(2));
    const same = tensor([...row(0), ...row(0), ...row(0)], [3, 1, 2, 3]);
    const [a, b, c] = (await game.score(same, conditions)).data;
    expect(a).not.toBe(b);
    expect(a).toBe(c);
  });

  it.each([{}, { classes: 2 }])("is saved and loaded, both networks: %j", async (more) => {
    const game = denseGan({ shape: [1, 3, 3], latent: 3, units: [4, 5], ...more });
    const [generator, discriminator] = [game.generator, game.discriminator].map((net) => loadBytes(saveBytes(net)));
    const again = gan({ generator: generator as Network, discriminator: discriminator as Network });
    const conditions = "classes" in more ? { label: tensor([1, 0], [2], "int32") } : {};
    const made = await game.sample(2, { conditions });
    expect((await again.sample(2, { conditions })).data).toEqual(made.data);
    expect((await again.score(made, conditions)).data).toEqual((await game.score(made, conditions)).data);
  });

  it.each([
    [{ shape: [] }, "denseGan: shape must be a list of whole numbers from 1, got []."],
    [{ shape: 2 }, "denseGan: shape must be a list of whole numbers from 1, got 2."],
    [{ units: [4, 0] }, "denseGan: units must be a list of whole numbers from 1, got [4,0]."],
    [{ units: 64 }, "denseGan: units must be a list of whole numbers from 1, got 64."],
    [{ activation: "gelu" }, 'denseGan: activation must be "leakyRelu" or "relu" or "tanh", got "gelu".'],
    [{ output: "sigmoid" }, 'denseGan: output must be "tanh" or "linear", got "sigmoid".'],
    [{ latent: 1.5 }, "denseGan: latent must be a whole number from 1, got 1.5."],
    [{ classes: 0 }, "denseGan: classes must be a whole number from 2, got 0."],
    [{ unit: [3] }, 'denseGan: unknown option "unit". Did you mean "units"?'],
  ])("refuses %j", (options, message) => {
    const build = () => denseGan({ shape: [2], ...options } as unknown as DenseGanOptions);
    expect(build).toThrow(OptionError);
    expect(build).toThrow(message);
  });
});

describe("mixtureGame", () => {
  it("plays for points in the plane", async () => {
    const game = mixtureGame();
    expect(layers(game.generator)).toEqual([
      ...["g_dense1 dense 128", "g_act1 relu 128", "g_dense2 dense 128", "g_act2 relu 128", "g_dense3 dense 2"],
    ]);
    expect(layers(game.discriminator).at(-1)).toBe("d_dense3 dense 1");
    expect(game.generator.parameterCount).toBe(2 * 128 + 128 + 128 * 128 + 128 + 128 * 2 + 2);
    expect((await game.sample(5)).shape).toEqual([5, 2]);
  });

  it("takes other noise, units and activations, and no other options", () => {
    const { generator } = mixtureGame({ latent: { size: 3, noise: "uniform" }, units: [6], activation: "tanh" });
    expect(layers(generator)).toEqual(["g_dense1 dense 6", "g_act1 tanh 6", "g_dense2 dense 2"]);
    expect(() => mixtureGame({ shape: [3] } as object)).toThrow('mixtureGame: unknown option "shape".');
    expect(() => mixtureGame({ units: [] })).toThrow(
      "mixtureGame: units must be a list of whole numbers from 1, got [].",
    );
  });
});
