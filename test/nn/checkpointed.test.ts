import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { tensor } from "../../src/base/tensor.js";
import { nodesOf } from "../../src/graph/index.js";
import { resnet } from "../../src/nets/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { sgd } from "../../src/optim/index.js";
import { type Network, network, sequential, TrainingStep, useEngine } from "../../src/runtime/index.js";

useEngine(await nativeEngine());
const { block, checkpointed, conv2d, dense, relu } = nn;

const data = (rows: number, shape: readonly number[], classes: number) => {
  const count = shape.reduce((n, d) => n * d, rows);
  return {
    inputs: { input: tensor(random(7, "pictures").normal(count), [rows, ...shape]) },
    targets: {
      target: tensor(
        Int32Array.from({ length: rows }, (_, i) => i % classes),
        [rows],
      ),
    },
  };
};

/** Losses and everything a network has learned in some steps. */
async function trained(net: Network, shape: readonly number[], steps = 4) {
  const batch = data(6, shape, 3);
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
  const step = await TrainingStep.create(net, batch, { loss: nn.crossEntropy(), optimizer, seed: 5 });
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push((await step.run(batch)).loss);
  return { losses, weights: step.weights() };
}

/** Everything that a block may hold: statistics, masks, pooling, a way around, weights used twice. */
function everything(blocks: typeof block): Network {
  const shared = conv2d(4, 3, { padding: "same" });
  return sequential(
    { input: [2, 8, 8], seed: 2 },
    blocks(conv2d(4, 3, { padding: "same", bias: false }), nn.batchNorm(), relu(), nn.dropout(0.3)),
    blocks(shared, nn.tanh(), shared, nn.maxPool2d(2)),
    blocks(
      nn.residual(conv2d(4, 3, { padding: "same" }), nn.groupNorm(2), nn.gelu(), { after: [relu()] }),
      nn.maxPool2d(3, { stride: 2, padding: 1 }),
    ),
    nn.flatten(),
    blocks(dense(8), nn.layerNorm(), nn.elu()),
    dense(3),
  );
}

describe("checkpointed blocks", () => {
  it("learn the same, bit for bit: weights and running statistics", async () => {
    const shape = [2, 8, 8];
    const [usual, again] = [await trained(everything(block), shape), await trained(everything(checkpointed), shape)];
    expect(again).toEqual(usual);
    expect(usual.losses[3]).toBeLessThan(usual.losses[0] as number);
    expect(usual.weights.get("block_1.batchNorm_1.running_mean")?.data.some((x) => x !== 0)).toBe(true);
  });

  it("have the names of blocks, for weights and hidden layers", () => {
    const [usual, again] = [everything(block), everything(checkpointed)].map((net) => net.traced(true));
    expect([...(again?.hidden.keys() ?? [])]).toEqual([...(usual?.hidden.keys() ?? [])]);
    expect([...(again?.parameters.keys() ?? [])]).toEqual([...(usual?.parameters.keys() ?? [])]);
  });

  it.each([
    ["lstm", nn.lstm],
    ["gru", nn.gru],
    ["simpleRnn", nn.simpleRnn],
  ] as const)("may hold loops over time: %s, two layers both ways, states dropped", async (_, make) => {
    const layer = () =>
      make(4, { layers: 2, bidirectional: true, dropout: 0.2, recurrentDropout: 0.3, returns: "last" });
    const build = (blocks: typeof block) => sequential({ input: [5, 2], seed: 2 }, blocks(layer()), dense(3));
    expect(await trained(build(checkpointed), [5, 2])).toEqual(await trained(build(block), [5, 2]));
  });

  it("are written down as such", () => {
    const layer = checkpointed(dense(2), { name: "deep" });
    expect(layer.toJSON()).toEqual({
      kind: "block",
      options: { name: "deep", checkpointed: true, layers: [{ kind: "dense", options: { units: 2 } }] },
    });
    const again = sequential({ input: [3] }, nn.layerFromJson(layer.toJSON()), dense(1));
    const regions = (training: boolean) =>
      nodesOf(Object.values(again.traced(training).outputs)).filter(({ region }) => region !== undefined).length;
    expect(regions(true)).toBeGreaterThan(0);
    expect(regions(false)).toBe(0);
  });

  it("may stand on the data itself, and be called twice", async () => {
    const build = (blocks: typeof block) =>
      network({ input: [4] }, ({ input }) => {
        const twice = blocks(dense(4), nn.sigmoid());
        return dense(3)(nn.add()(twice(input), twice(nn.tanh()(input))));
      });
    expect(await trained(build(checkpointed), [4])).toEqual(await trained(build(block), [4]));
  });

  it("refuse what blocks refuse", () => {
    expect(() => checkpointed()).toThrow("checkpointed: needs a layer at least");
    expect(() => dense(2, { checkpointed: "yes" as never })).toThrow(
      'dense: checkpointed must be true or false, got "yes".',
    );
    expect(() => checkpointed(dense(2), { nmae: "a" } as never)).toThrow('block: unknown option "nmae".');
  });
});

it("a checkpointed residual network learns the same, bit for bit", async () => {
  const options = { depth: 8, classes: 3, input: [3, 8, 8], seed: 1 } as const;
  const shape = [...options.input];
  expect(await trained(resnet({ ...options, checkpointed: true }), shape)).toEqual(
    await trained(resnet(options), shape),
  );
});
