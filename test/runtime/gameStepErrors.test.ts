import { describe, expect, it } from "vitest";
import { NumericError, OptionError } from "../../src/base/errors.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import * as nn from "../../src/nn/index.js";
import { log, sqrt } from "../../src/ops/index.js";
import { adam } from "../../src/optim/index.js";
import { gan, sequential } from "../../src/runtime/index.js";
import { batchOf, begin, lineGame, number, wholeGame } from "./games.js";
import { copies, engine, expectSame } from "./steps.js";

const { dense, nonSaturating } = nn;

describe("a number that is none", () => {
  const layerOf = (kind: string, op: typeof log) =>
    nn.defineLayer<nn.LayerOptions>({ kind, options: [], build: ([x]) => op(x) });
  const [logOf, rootOf] = [layerOf("logOf", log), layerOf("rootOf", sqrt)];
  const ones = (bad?: number, at = 1) => ({
    inputs: {
      input: tensor(
        Float32Array.from({ length: 4 }, (_, i) => (i === at ? (bad ?? 1) : 1)),
        [4, 1],
      ),
    },
    targets: {},
  });
  const positive = () => {
    const net = sequential({ input: [1], engine }, dense(1, { name: "last" }));
    net.setWeights(
      new Map([
        ["last.weight", tensor([0], [1, 1])],
        ["last.bias", tensor([2])],
      ]),
    );
    return net;
  };

  it("in the data is named, and leaves the step as it was", async () => {
    const [step, same] = [await begin(wholeGame(), { average: 0.9 }), await begin(wholeGame(), { average: 0.9 })];
    const batch = batchOf(4, [1, 8, 8]);
    for (const each of [step, same]) await each.run(batch);
    const before = copies(step.state());
    const bad = batchOf(4, [1, 8, 8]);
    bad.inputs.input.data[2 * 64 + 5] = Number.NaN;
    const failing = step.run(bad);
    await expect(failing).rejects.toBeInstanceOf(NumericError);
    await expect(failing).rejects.toThrow(
      "the input is NaN in example 2 of the batch at step 2. Remove or replace such numbers",
    );
    expectSame(step.state(), before);
    expect(step.count).toBe(1);
    expect(await step.run(batch)).toEqual(await same.run(batch));
    expectSame(step.state(), same.state());
  });

  it("in a network is placed there: network, layer, op, step", async () => {
    const judge = gan({
      generator: positive(),
      discriminator: sequential({ input: [1], engine }, logOf({}), dense(1)),
    });
    const step = await begin(judge);
    await step.run(ones());
    await expect(step.run(ones(-1))).rejects.toMatchObject({ place: "discriminator/logOf_1", step: 2 });
    await expect(step.run(ones(-1))).rejects.toThrow('NaN arose at step 2, forward, in the op "log" in example 1');

    const maker = gan({
      generator: sequential({ input: [1], engine }, logOf({}), dense(1)),
      discriminator: positive(),
    });
    await expect((await begin(maker)).run(ones())).rejects.toMatchObject({ place: "generator/logOf_1", step: 1 });
  });

  it("in the slope of a penalty is placed in the layer, too", async () => {
    // The root has no slope at 0.
    const game = gan({
      generator: positive(),
      discriminator: sequential({ input: [1], engine }, rootOf({}), dense(1)),
    });
    const step = await begin(game, { r1: 1 });
    await expect(step.run(ones(0))).rejects.toMatchObject({ place: "discriminator/rootOf_1", step: 1 });
    await expect(step.run(ones(0))).rejects.toThrow("backward");
    await expect((await begin(game)).run(ones(0))).resolves.toBeDefined();
  });

  it("among the weights is named as a weight, of its network", async () => {
    const game = lineGame();
    const step = await begin(game);
    const state = copies(step.state());
    (state.get("discriminator/dense_1.weight") as Tensor).data[0] = Number.NaN;
    step.restore(state, 1);
    await expect(step.run(batchOf(4, [1]))).rejects.toThrow(
      "discriminator/dense_1.weight: the weight is NaN in position 0 at step 2: an update before made it so.",
    );
    expect(() => step.publish()).toThrow(
      "discriminator: dense_1.weight: the weight is NaN in position 0 after step 1.",
    );
    expect(number(game.discriminator.weights, "weight")).toBeCloseTo(0.3, 6);
  });
});

describe("what a game's step refuses", () => {
  it.each([
    [
      "no objective",
      { objective: undefined },
      "objective must be one, e.g. nonSaturating(). Call it with its parentheses.",
    ],
    ["an objective uncalled", { objective: nonSaturating }, "objective must be one, e.g. nonSaturating()."],
    ["half a turn", { discriminatorSteps: 1.5 }, "discriminatorSteps must be a whole number from 1, got 1.5."],
    ["a penalty below 0", { r1: -1 }, "r1 must be a number from 0 to 1000000, got -1."],
    [
      "an average of nothing new",
      { average: 1 },
      "average must be less than 1, got 1: the weights would never enter it.",
    ],
    ["noise below 0", { instanceNoise: -1 }, "instanceNoise must be a number from 0 to 1000000, got -1."],
    ["half a seed", { seed: 0.5 }, "seed must be a whole number, got 0.5."],
    ["a clip of 0", { clip: { norm: 0 } }, "clip.norm must be above 0, got 0."],
    ["other options", { steps: 2 }, 'unknown option "steps".'],
    [
      "an optimizer for one network alone",
      { optimizer: { generator: adam() } },
      "optimizer has none for the discriminator. Give { generator: ..., discriminator: ... }.",
    ],
    [
      "an optimizer that is none",
      { optimizer: { generator: 0.1, discriminator: adam() } },
      "optimizer has none for the generator.",
    ],
  ])("%s", async (_, options, message) => {
    const made = begin(lineGame(), options as never);
    await expect(made).rejects.toBeInstanceOf(OptionError);
    await expect(made).rejects.toThrow(`play: ${message}`);
  });

  it("networks without weights", async () => {
    const still = () => sequential({ input: [1], engine }, nn.tanh());
    const { generator, discriminator } = lineGame();
    await expect(begin(gan({ generator: still(), discriminator }))).rejects.toThrow(
      "generator: has no weights to train. Add a layer that has, e.g. dense().",
    );
    await expect(begin(gan({ generator, discriminator: still() }))).rejects.toThrow(
      "discriminator: has no weights to train.",
    );
  });
});
