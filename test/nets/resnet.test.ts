import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { tensor, zeros } from "../../src/base/tensor.js";
import { trace } from "../../src/look/index.js";
import { plain, type ResnetOptions, resnet } from "../../src/nets/index.js";
import { crossEntropy } from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { sgd } from "../../src/optim/index.js";
import { type Network, TrainingStep, useEngine } from "../../src/runtime/index.js";
import { loadBytes, saveBytes } from "../../src/train/index.js";

useEngine(await nativeEngine());

const pictures = (rows: number, input: readonly number[] = [3, 32, 32]) =>
  tensor(random(1, "pictures").normal(rows * input.reduce((n, d) => n * d, 1)), [rows, ...input]);

const layers = (net: Network) => net.traced(false).calls.map(({ name, output }) => `${name} ${output.shape.slice(1)}`);

describe("resnet", () => {
  // The paper's table 6: 0.27 M, 0.85 M, 1.7 M; in full for CIFAR-10, as others count them with option A.
  it.each([
    [20, 269_722],
    [56, 853_018],
    [110, 1_727_962],
    [200, 3_186_202],
  ])("of %i layers has %i parameters, and so has the plain one", (depth, count) => {
    expect(resnet({ depth, classes: 10 }).parameterCount).toBe(count);
    expect(plain({ depth, classes: 10 }).parameterCount).toBe(count);
  });

  it("has as many layers with weights as its depth says, in three stages", () => {
    const net = resnet({ depth: 20, classes: 10 });
    const weights = [...net.weights.keys()].filter((name) => /(conv\d?|scores)\.weight$/.test(name));
    expect(weights).toHaveLength(20);
    expect(layers(net)).toEqual([
      "stem 16,32,32",
      "stage1_block1 16,32,32",
      "stage1_block2 16,32,32",
      "stage1_block3 16,32,32",
      "stage2_block1 32,16,16",
      "stage2_block2 32,16,16",
      "stage2_block3 32,16,16",
      "stage3_block1 64,8,8",
      "stage3_block2 64,8,8",
      "stage3_block3 64,8,8",
      "pool 64",
      "scores 10",
    ]);
    expect([...net.traced(false).hidden.keys()].filter((name) => name.startsWith("stage2_block1/"))).toEqual(
      ["conv1", "norm1", "relu1", "conv2", "norm2", "shortcut", "add", "relu2"].map((name) => `stage2_block1/${name}`),
    );
  });

  it("with option B has a convolution on the way around where the shape changes, and nowhere else", () => {
    const net = resnet({ depth: 20, classes: 10, shortcut: "convolution" });
    const around = [...net.weights].filter(([name]) => name.includes(".shortcut."));
    expect(around.map(([name, { shape }]) => [name, shape])).toEqual([
      ["stage2_block1.shortcut.weight", [32, 16, 1, 1]],
      ["stage3_block1.shortcut.weight", [64, 32, 1, 1]],
    ]);
    expect(net.parameterCount).toBe(269_722 + 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64);
  });

  // Without its convolutions a block is the ReLU of its input, which is not negative: stages only take pictures apart.
  it("passes its input on through blocks whose last normalisation is 0", async () => {
    const net = resnet({ depth: 8, classes: 2, input: [1, 4, 4], seed: 3 });
    const last = [...net.weights].filter(([name]) => name.endsWith("norm2.weight"));
    net.setWeights(new Map(last.map(([name, { shape }]) => [name, zeros(shape)])));
    const { hidden } = net.traced(false);
    expect(hidden.get("stage3_block1")?.shape).toEqual(["batch", 64, 1, 1]);
    const { value } = await trace(net, pictures(2, [1, 4, 4]));
    const [stem, end] = [value.get("stem"), value.get("stage3_block1")];
    for (let row = 0; row < 2; row++)
      for (let channel = 0; channel < 64; channel++)
        expect(end?.data[row * 64 + channel]).toBe(channel < 16 ? stem?.data[(row * 16 + channel) * 16] : 0);
  });

  it("without normalisation has biases in its place", () => {
    const net = resnet({ depth: 8, classes: 10, norm: false, initializer: { normal: 0.01 } });
    expect([...net.weights.keys()].some((name) => name.includes("norm"))).toBe(false);
    expect(net.weights.get("stage1_block1.conv1.bias")?.shape).toEqual([16]);
    expect(Math.max(...(net.weights.get("stage3_block1.conv2.weight")?.data ?? []))).toBeLessThan(0.06);
  });

  it("takes other pictures, and the seed draws other weights", () => {
    const options = { depth: 8, classes: 4, input: [1, 28, 30] } as const;
    expect(layers(resnet(options)).slice(-3)).toEqual(["stage3_block1 64,7,8", "pool 64", "scores 4"]);
    const weight = (seed: number) => resnet({ ...options, seed }).weights.get("stem.conv.weight")?.data[0];
    expect(weight(1)).toBe(weight(1));
    expect(weight(1)).not.toBe(weight(2));
  });

  it("is saved and loaded", async () => {
    const net = resnet({ depth: 8, classes: 3, input: [3, 8, 8], seed: 4 });
    const again = loadBytes(saveBytes(net));
    const x = pictures(2, [3, 8, 8]);
    expect((await again.predict(x)).data).toEqual((await net.predict(x)).data);
    expect(again.summary()).toBe(net.summary());
  });

  it.each([
    [{ depth: 100 }, "resnet: depth must be 6 n + 2, got 100. The nearest are 98 and 104."],
    [{ depth: 7 }, "resnet: depth must be a whole number from 8, got 7."],
    [{ depth: 20, classes: 1 }, "resnet: classes must be a whole number from 2, got 1."],
    [{ depth: 20, shortcut: "none" }, 'resnet: shortcut must be "pad" or "convolution", got "none".'],
    [{ depth: 20, dept: 20 }, 'resnet: unknown option "dept". Did you mean "depth"?'],
  ])("refuses %j", (options, message) => {
    const build = () => resnet({ classes: 10, ...options } as ResnetOptions);
    expect(build).toThrow(OptionError);
    expect(build).toThrow(message);
  });
});

describe("plain", () => {
  it("has the same layers without the ways around", () => {
    const names = (net: Network) => [...net.traced(false).hidden.keys()];
    const without = names(resnet({ depth: 20, classes: 10 })).filter((name) => !/\/(add|shortcut)$/.test(name));
    expect(names(plain({ depth: 20, classes: 10 }))).toEqual(without);
  });

  it("has no shortcut to choose", () => {
    expect(() => plain({ depth: 20, classes: 10, shortcut: "pad" } as never)).toThrow(
      'plain: unknown option "shortcut".',
    );
  });
});

it("both train: the loss of one batch falls", async () => {
  const batch = {
    inputs: { input: pictures(8) },
    targets: { target: tensor(Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3), [8]) },
  };
  for (const net of [resnet({ depth: 8, classes: 4, seed: 1 }), plain({ depth: 8, classes: 4, seed: 1 })]) {
    const step = await TrainingStep.create(net, batch, {
      loss: crossEntropy(),
      optimizer: sgd({ learningRate: 0.05 }),
    });
    const losses: number[] = [];
    for (let i = 0; i < 15; i++) losses.push((await step.run(batch)).loss);
    expect(losses[0]).toBeGreaterThan(0.9);
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] as number));
  }
});
