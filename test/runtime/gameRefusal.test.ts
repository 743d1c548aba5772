import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.js";
import * as nn from "../../src/nn/index.js";
import { gan, network, sequential } from "../../src/runtime/index.js";
import { conditional, discriminator, gameOf, generator } from "./games.js";
import { engine } from "./steps.js";

const { dense, sigmoid, flatten, reshape, softmax } = nn;

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
