import { describe, expect, it } from "vitest";
import { DataError, MidstError, OptionError, ShapeError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor, zeros } from "../../src/base/tensor.js";
import { imageEncoding } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { drawLatent, type GanOptions, gan, type Network, network, sequential } from "../../src/runtime/index.js";
import { loadBytes, saveBytes } from "../../src/train/index.js";

const engine = await nativeEngine();
const { dense, sigmoid, tanh, flatten, reshape, softmax } = nn;

const generator = (...layers: nn.Layer[]) =>
  sequential({ input: [3], engine, seed: 1 }, ...(layers.length > 0 ? layers : [dense(4), tanh(), dense(2)]));
const discriminator = (...layers: nn.Layer[]) =>
  sequential({ input: [2], engine, seed: 2 }, ...(layers.length > 0 ? layers : [dense(1)]));
const gameOf = (options: Partial<GanOptions> = {}) =>
  gan({ generator: generator(), discriminator: discriminator(), ...options });

const labels = (...numbers: readonly number[]) => tensor(Int32Array.from(numbers), [numbers.length]);

/** A game of labelled points: both networks are told the label. */
function conditional(inputs: { g?: object; d?: object } = {}) {
  const label = { shape: [], dtype: "int32" } as const;
  const told = (x: unknown, given: unknown, layer: nn.Layer): never =>
    layer(nn.concat({ axis: 1 })(x as never, nn.embedding(3, 2)(given as never))) as never;
  return gan({
    generator: network(
      { latent: [3], label, ...inputs.g } as never,
      ((all: Record<string, never>) => told(all.latent, all.label, dense(2))) as never,
      { engine },
    ),
    discriminator: network(
      { input: [2], label, ...inputs.d } as never,
      ((all: Record<string, never>) => told(all.input, all.label, dense(1))) as never,
      { engine, seed: 1 },
    ),
  });
}

describe("a game", () => {
  it("knows its noise, its example and its conditions", () => {
    const game = gameOf();
    expect([game.noise, game.example, game.conditions, game.exampleShape]).toEqual(["input", "input", [], [2]]);
    expect(game.latent).toEqual({ size: 3, noise: "normal" });
    expect(gameOf({ latent: { size: 3, noise: "uniform" } }).latent.noise).toBe("uniform");
    expect(gameOf({ latent: 3 }).latent).toEqual(game.latent);
    const told = conditional();
    expect([told.noise, told.example, told.conditions]).toEqual(["latent", "input", ["label"]]);
  });

  it("may score an example in several places", () => {
    const game = gan({
      generator: sequential({ input: [3], engine }, dense(16), reshape([1, 4, 4])),
      discriminator: sequential({ input: [1, 4, 4], engine }, nn.conv2d(1, 3)),
    });
    expect(game.exampleShape).toEqual([1, 4, 4]);
  });
});

describe("what gan refuses", () => {
  const two = (net: "generator" | "discriminator") =>
    network({ input: [net === "generator" ? 3 : 2] }, ({ input }) => ({ a: dense(2)(input), b: dense(2)(input) }), {
      engine,
    });

  it.each([
    [
      "other options",
      () => gameOf({ latnet: 3 } as object),
      OptionError,
      'gan: unknown option "latnet". Did you mean "latent"?',
    ],
    [
      "examples of two shapes",
      () => gameOf({ discriminator: sequential({ input: [3], engine }, dense(1)) }),
      ShapeError,
      "generator: makes examples of [2], the discriminator takes [3]. Make both the same.",
    ],
    [
      "a generator of two examples",
      () => gameOf({ generator: two("generator") }),
      ShapeError,
      "generator: must have one output, but has 2. Return one value.",
    ],
    [
      "a discriminator of two scores",
      () => gameOf({ discriminator: two("discriminator") }),
      ShapeError,
      "discriminator: must have one output, but has 2. Return one value.",
    ],
    [
      "a sigmoid at the end",
      () => gameOf({ discriminator: discriminator(dense(1), sigmoid()) }),
      OptionError,
      "discriminator: ends with sigmoid, but the objectives take scores. Leave that last layer out.",
    ],
    [
      "a sigmoid, flattened",
      () =>
        gan({
          generator: generator(dense(4), reshape([1, 2, 2])),
          discriminator: sequential({ input: [1, 2, 2], engine }, nn.conv2d(1, 2), sigmoid(), flatten()),
        }),
      OptionError,
      "discriminator: ends with sigmoid, but the objectives take scores. Leave that last layer out.",
    ],
    [
      "a softmax at the end",
      () => gameOf({ discriminator: discriminator(dense(2), softmax()) }),
      OptionError,
      "discriminator: ends with softmax, but the objectives take scores.",
    ],
    [
      "noise in the form of a picture",
      () => gameOf({ generator: sequential({ input: [3, 1, 1], engine }, flatten(), dense(2)) }),
      ShapeError,
      "generator: takes float32[batch, 3, 1, 1] as noise, it should be float32[batch, latent]. Begin with reshape([...]) behind an input [latent].",
    ],
    [
      "noise of whole numbers",
      () =>
        gameOf({
          generator: sequential({ input: [3], dtype: "int32", engine }, nn.embedding(4, 2), flatten(), dense(2)),
        }),
      ShapeError,
      "generator: takes int32[batch, 3] as noise",
    ],
    [
      "examples of whole numbers",
      () =>
        gameOf({
          generator: sequential({ input: [3], engine }, dense(4), reshape([1, 2, 2])),
          discriminator: sequential(
            { input: [1, 2, 2], dtype: "uint8", engine },
            nn.normalize({ mean: [0.5], deviation: [0.5] }),
            flatten(),
            dense(1),
          ),
        }),
      ShapeError,
      "discriminator: takes examples of uint8, the generator makes float32. Leave out normalize(), and the option dtype.",
    ],
    [
      "another length of noise",
      () => gameOf({ latent: 4 }),
      ShapeError,
      "generator: takes 3 numbers of noise, but latent is 4. Give the same.",
    ],
    [
      "half a number of noise",
      () => gameOf({ latent: 2.5 }),
      OptionError,
      "gan: latent must be a whole number from 1, got 2.5.",
    ],
    [
      "noise of another kind",
      () => gameOf({ latent: { size: 3, noise: "pink" as never } }),
      OptionError,
      'gan: latent: noise must be "normal" or "uniform", got "pink".',
    ],
    [
      "options of noise that are none",
      () => gameOf({ latent: { size: 3, kind: "normal" } as never }),
      OptionError,
      'gan: latent: unknown option "kind".',
    ],
    [
      "noise without a name",
      () =>
        gameOf({
          generator: network({ z: [3], c: [2] }, ({ z, c }) => dense(2)(nn.concat({ axis: 1 })(z, c)), { engine }),
        }),
      OptionError,
      'generator: has the inputs z, c. Call one of them "latent".',
    ],
    [
      "an example without a name",
      () =>
        gameOf({
          discriminator: network({ x: [2], c: [2] }, ({ x, c }) => dense(1)(nn.concat({ axis: 1 })(x, c)), { engine }),
        }),
      OptionError,
      'discriminator: has the inputs x, c. Call one of them "input".',
    ],
    [
      "a condition for one network alone",
      () => conditional({ d: { other: [1] } }),
      ShapeError,
      'input "other": the generator has nothing under this name, the discriminator float32[batch, 1]. Both must be given the same conditions.',
    ],
    [
      "a condition of two types",
      () =>
        gan({
          generator: conditional().generator,
          discriminator: network(
            { input: [2], label: [1] },
            ({ input, label }) => dense(1)(nn.concat({ axis: 1 })(input, label)),
            {
              engine,
            },
          ),
        }),
      ShapeError,
      'input "label": the generator has int32[batch] under this name, the discriminator float32[batch, 1].',
    ],
    [
      "a condition under the name of the example",
      () =>
        gameOf({
          generator: network(
            { latent: [3], input: [2] },
            ({ latent, input }) => dense(2)(nn.concat({ axis: 1 })(latent, input)),
            {
              engine,
            },
          ),
        }),
      ShapeError,
      'input "input": the generator has float32[batch, 2] under this name, the discriminator nothing.',
    ],
    [
      "noise for the discriminator",
      () =>
        gan({
          generator: network({ latent: [3] }, ({ latent }) => dense(2)(latent), { engine }),
          discriminator: network(
            { input: [2], latent: [3] },
            ({ input, latent }) => dense(1)(nn.concat({ axis: 1 })(input, latent)),
            {
              engine,
            },
          ),
        }),
      ShapeError,
      'input "latent": the generator has nothing under this name, the discriminator float32[batch, 3].',
    ],
  ] as const)("%s", (_, make, kind, message) => {
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });
});

describe("latent noise", () => {
  const moments = ({ data }: Tensor<"float32">) => {
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    return { mean, deviation: Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length) };
  };

  it("is normal, or uniform in [-1, 1)", () => {
    const normal = drawLatent({ size: 4 }, 5000, 1);
    expect(normal.shape).toEqual([5000, 4]);
    // 20,000 numbers: five deviations of their mean are 0.035.
    expect(Math.abs(moments(normal).mean)).toBeLessThan(0.035);
    expect(moments(normal).deviation).toBeCloseTo(1, 1);
    const uniform = drawLatent({ size: 4, noise: "uniform" }, 5000, 1);
    expect(Math.abs(moments(uniform).mean)).toBeLessThan(0.02);
    expect(moments(uniform).deviation).toBeCloseTo(1 / Math.sqrt(3), 2);
    expect([Math.min(...uniform.data) >= -1, Math.max(...uniform.data) < 1]).toEqual([true, true]);
    expect(Math.min(...uniform.data)).toBeLessThan(-0.99);
  });

  it("is that of the generator of random numbers under its stream and step", () => {
    expect(drawLatent({ size: 3 }, 2, 7, "game/latent", 5).data).toEqual(random(7, "game/latent", 5).normal(6));
  });

  it.each(["normal", "uniform"] as const)("%s: more of it begins with the same, odd sizes too", (noise) => {
    for (const size of [1, 3])
      for (const count of [1, 2, 5]) {
        const few = drawLatent({ size, noise }, count, 4);
        expect(few.data).toEqual(drawLatent({ size, noise }, count + 3, 4).data.slice(0, count * size));
      }
  });
});

describe("samples", () => {
  it("are what the generator makes of the noise: the same by seed, and more begin with the same", async () => {
    const game = gameOf();
    const five = await game.sample(5, { seed: 3 });
    expect(five.shape).toEqual([5, 2]);
    expect(five.data).toEqual((await game.generator.predict(drawLatent(game.latent, 5, 3))).data);
    expect(await game.sample(5, { seed: 3 })).toEqual(five);
    expect((await game.sample(5)).data).not.toEqual(five.data);
    const more = await game.sample(300, { seed: 3 });
    expect([...more.data.slice(0, 10)]).toEqual([...five.data].map((x) => expect.closeTo(x, 6)));
    expect(game.sample(2, { seed: 0 })).resolves.toEqual(await game.sample(2));
  });

  it("of a conditional game are made for their conditions, and scored with them", async () => {
    const game = conditional();
    const [zero, two] = [labels(0, 0), labels(2, 2)];
    const of = (label: Tensor) => game.sample(2, { conditions: { label } });
    expect((await of(zero)).data).not.toEqual((await of(two)).data);
    const examples = zeros([2, 2]);
    const [low, high] = [await game.score(examples, { label: zero }), await game.score(examples, { label: two })];
    expect(low.shape).toEqual([2, 1]);
    expect(low.data).not.toEqual(high.data);
    await expect(game.sample(2)).rejects.toThrow('input "label": expected int32[2], got nothing.');
    await expect(game.sample(3, { conditions: { label: zero } })).rejects.toThrow('input "label": expected int32[3]');
    await expect(of(labels(0, 3))).rejects.toThrow("example 1 holds 3, but embedding_1 has 3 vectors: 0 to 2.");
    await expect(game.sample(2, { conditions: { class: zero } })).rejects.toThrow("the network has no such input");
  });

  it("refuse options that are none, and counts and seeds that cannot be", async () => {
    const game = gameOf();
    await expect(game.sample(2, { sede: 1 } as object)).rejects.toThrow(
      'sample: unknown option "sede". Did you mean "seed"?',
    );
    await expect(game.sample(2.5)).rejects.toThrow("sample: count must be a whole number from 1, got 2.5.");
    await expect(game.sample(0)).rejects.toThrow("sample: count must be a whole number from 1, got 0.");
    await expect(game.sample(2, { seed: 0.5 })).rejects.toThrow("sample: seed must be a whole number, got 0.5.");
  });
});

describe("a batch of data for a game", () => {
  const x = tensor(random(1).normal(8), [4, 2]);
  const plain = gameOf();
  const told = conditional();
  const batch = (inputs: object, targets: object = {}) => ({ inputs, targets }) as never;

  it("may have its examples under any name where there is one input, and conditions among inputs or targets", () => {
    expect(plain.batch(batch({ picture: x })).examples).toBe(x);
    expect(plain.batch(batch({ input: x, more: x }, { target: labels(1) })).conditions).toEqual({});
    const label = labels(0, 1, 2, 0);
    for (const given of [
      batch({ input: x, label }),
      batch({ input: x }, { label }),
      batch({ input: x }, { target: label }),
      batch({ input: x }, { other: labels(1, 1, 1, 1), label }),
    ])
      expect(told.batch(given)).toEqual({ examples: x, conditions: { label } });
  });

  it.each([
    [
      "several inputs of other names",
      plain,
      batch({ a: x, b: x }),
      ShapeError,
      'data: the data has the inputs a, b. Call the examples "input".',
    ],
    [
      "another shape",
      plain,
      batch({ input: zeros([4, 3]) }),
      ShapeError,
      "data: the game is of [2], the data has examples of float32[3]. Read the data in that shape, or make networks for the data's.",
    ],
    [
      "bytes",
      plain,
      batch({ input: zeros([4, 2], "uint8") }),
      ShapeError,
      "data: the game is of [2], the data has examples of uint8[2]. Open pictures without the option bytes.",
    ],
    ["nothing", plain, batch({ input: zeros([0, 2]) }), DataError, "batch: a batch needs at least one example."],
    [
      "weights",
      plain,
      { inputs: { input: x }, targets: {}, weights: tensor([1, 2, 3, 4]) } as never,
      DataError,
      "data: the examples have weights, which a game does not know. Give data without them.",
    ],
    [
      "no condition",
      told,
      batch({ input: x }),
      DataError,
      'condition "label": the data has no such input or target, and the networks need it. It has: input.',
    ],
    [
      "two targets, neither of the condition's name",
      told,
      batch({ input: x }, { kind: labels(0, 1, 2, 0), size: x }),
      DataError,
      'condition "label": the data has no such input or target, and the networks need it. It has: input, kind, size.',
    ],
    [
      "a condition of another type",
      told,
      batch({ input: x }, { label: zeros([4]) }),
      ShapeError,
      'condition "label": expected int32[4], the data has float32[4].',
    ],
    [
      "conditions for other rows",
      told,
      batch({ input: x }, { label: labels(0, 1) }),
      ShapeError,
      'condition "label": expected int32[4], the data has int32[2].',
    ],
    [
      "labels out of range",
      told,
      batch({ input: x }, { label: labels(0, 1, 3, 0) }),
      DataError,
      'input "label": example 2 holds 3, but embedding_1 has 3 vectors: 0 to 2.',
    ],
  ] as const)("refuses %s", (_, game, given, kind, message) => {
    expect(() => game.batch(given)).toThrow(MidstError);
    expect(() => game.batch(given)).toThrow(kind);
    expect(() => game.batch(given)).toThrow(message);
  });

  it("must be large enough for every layer, of both networks", () => {
    const normed = (net: Network) => () =>
      gan({
        generator: generator(),
        discriminator: discriminator(),
        [net === one ? "generator" : "discriminator"]: net,
      }).batch(batch({ input: zeros([1, 2]) }));
    const one = generator(dense(2), nn.batchNorm({ name: "norm" }));
    const message = "norm: cannot train on a batch of 1, it needs 2 examples or more. Use a larger batchSize.";
    expect(normed(one)).toThrow(message);
    expect(normed(discriminator(dense(2), nn.batchNorm({ name: "norm" }), dense(1)))).toThrow(message);
    // A picture of one pixel has one value a channel; one of four has four.
    const pixels = (size: number) =>
      gan({
        generator: sequential({ input: [3], engine }, dense(size * size), reshape([1, size, size])),
        discriminator: sequential(
          { input: [1, size, size], engine },
          nn.batchNorm({ name: "norm" }),
          flatten(),
          dense(1),
        ),
      }).batch(batch({ input: zeros([1, 1, size, size]) }));
    expect(() => pixels(1)).toThrow(message);
    expect(pixels(2).examples.shape).toEqual([1, 1, 2, 2]);
  });
});

describe("a generator saved and loaded", () => {
  it("makes the same of the same noise, and knows its noise and its pictures", async () => {
    const { generator: net, latent } = gameOf({ latent: { size: 3, noise: "uniform" } });
    net.encoding = { kind: "latent", ...latent, of: imageEncoding({ shape: [1, 1, 2], mean: 0.5, deviation: 0.5 }) };
    const again = loadBytes(saveBytes(net), { engine });
    expect(again.encoding).toEqual(net.encoding);
    const noise = drawLatent(latent, 4, 1);
    expect((await again.predict(noise)).data).toEqual((await net.predict(noise)).data);
  });
});
