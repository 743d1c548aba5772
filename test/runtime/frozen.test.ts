import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import type { Tensor } from "../../src/base/tensor.js";
import * as nn from "../../src/nn/index.js";
import { sgd } from "../../src/optim/index.js";
import { sequential } from "../../src/runtime/index.js";
import { expectClose } from "../support/close.js";
import { batchOf, begin, copies, engine } from "./steps.js";

describe("frozen layers", () => {
  const block = () =>
    sequential(
      { input: [6], engine, seed: 5 },
      nn.dense(6, { name: "first" }),
      nn.residual(nn.dense(6), nn.batchNorm(), nn.dropout(0.5), { name: "block" }),
      nn.dense(6, { name: "block2" }),
      nn.batchNorm({ name: "norm" }),
      nn.dense(3, { name: "last" }),
    );

  it.each([
    [["first"], /^first\./],
    [["block"], /^block\./],
    [["block/dense_1", "norm"], /^block\.dense_1\.|^norm\./],
    [["first", "block", "block2", "norm"], /^(?!last)/],
  ])("%s stay as they are to the bit, all others change", async (frozen, kept) => {
    const net = block();
    const before = copies(net.weights);
    const step = await begin(net, { frozen, average: 0.9 });
    for (let i = 0; i < 3; i++) await step.run(batchOf(8, 6, i + 1));
    for (const weights of [step.weights(), step.rawWeights()])
      for (const [name, { data }] of weights)
        if (kept.test(name)) expect([...data], name).toEqual([...(before.get(name)?.data ?? [])]);
        else expect([...data], name).not.toEqual([...(before.get(name)?.data ?? [])]);
  });

  it("compute as in prediction", async () => {
    const net = block();
    const [x] = Object.values(batchOf(8, 6).inputs) as [Tensor];
    const step = await begin(net, { frozen: ["block", "norm"] });
    const { outputs } = await step.run(batchOf(8, 6));
    expectClose("outputs", outputs.output as Tensor, await net.predict(x), 1e-6);
  });

  it("have no gradients below the first that is trained", async () => {
    const nodes = async (frozen: string[]) => {
      let bytes = 0;
      const counting = {
        ...engine,
        load: (...given: Parameters<typeof engine.load>) => {
          bytes = given[0].bytes.length;
          return engine.load(...given);
        },
      };
      const layers = Array.from({ length: 20 }, () => [nn.dense(6), nn.tanh()]).flat();
      const net = sequential({ input: [6], engine: counting }, ...layers, nn.dense(3));
      await begin(net, { frozen, optimizer: sgd() });
      return bytes;
    };
    const lower = Array.from({ length: 20 }, (_, i) => `dense_${i + 1}`);
    // Without the twenty layers' backward pass and update.
    expect(await nodes(lower)).toBeLessThan((await nodes([])) / 2);
    expect(await nodes(lower.slice(1)), "the lowest one trained").toBeGreaterThan((await nodes([])) / 2);
  });

  it.each([
    [["blok"], 'frozen "blok": the network has no such layer. Did you mean "block"?'],
    [["block/dense_2"], 'frozen "block/dense_2": the network has no such layer. Did you mean "block/dense_1"?'],
    [
      ["something else"],
      'frozen "something else": the network has no such layer. With weights there are: first, block, block/dense_1, block/batchNorm_1, block2, norm, last.',
    ],
  ])("%s is unknown", async (frozen, message) => {
    const made = begin(block(), { frozen });
    await expect(made).rejects.toBeInstanceOf(OptionError);
    await expect(made).rejects.toThrow(message);
  });

  it("cannot be all", async () => {
    await expect(begin(block(), { frozen: ["first", "block", "block2", "norm", "last"] })).rejects.toThrow(
      "every layer with weights is frozen: there is nothing to train. Freeze fewer.",
    );
  });
});
