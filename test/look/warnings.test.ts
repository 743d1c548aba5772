import { describe, expect, it } from "vitest";
import {
  adam,
  batchNorm,
  block,
  conv2d,
  crossEntropy,
  dataset,
  dense,
  type FitOptions,
  fit,
  flatten,
  maxPool2d,
  mse,
  type Network,
  relu,
  sequential,
  sgd,
  sigmoid,
  tanh,
  tensor,
} from "../../src/index.js";
import { healthWarnings } from "../../src/look/index.js";
import { stuckLoss } from "../../src/look/warningRules.js";
import { noise, plant } from "./networks.js";

const rows = 64;
const x = noise([rows, 4]);
/** Whether the sum of an example's four numbers is above 0. */
const labels = Array.from({ length: rows }, (_, i) =>
  Number([0, 1, 2, 3].reduce((sum, j) => sum + (x.data[4 * i + j] as number), 0) > 0),
);
const data = dataset({ input: x, target: labels, classes: ["below", "above"] });

const layers = () => [dense(8), relu(), dense(8), tanh(), dense(2)];
const plain = (seed = 1) => sequential({ input: [4], seed }, ...layers());

/** What is warned of in a run. */
async function warningsOf(net: Network, options: Partial<FitOptions> = {}, loss = false): Promise<readonly string[]> {
  const given = { loss: crossEntropy(), optimizer: adam({ learningRate: 1e-2 }), epochs: 6, batchSize: 16 };
  const watch = healthWarnings(net, data, loss ? { loss: crossEntropy() } : {});
  const run = await fit(net, data, { ...given, progress: false, callbacks: [watch], ...options });
  return run.warnings;
}

describe("a healthy network", () => {
  it("is not warned of", async () => {
    for (const seed of [1, 2, 3]) expect(await warningsOf(plain(seed), {}, true)).toEqual([]);
  });

  it("with convolutions neither", async () => {
    const pictures = dataset({
      input: tensor(noise([rows, 2 * 64]).data, [rows, 2, 8, 8]),
      target: labels,
      classes: ["a", "b"],
    });
    const net = sequential(
      { input: [2, 8, 8], seed: 1 },
      conv2d(8, 3),
      batchNorm(),
      relu(),
      maxPool2d(2),
      flatten(),
      dense(2),
    );
    const watch = healthWarnings(net, pictures, { loss: crossEntropy() });
    const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
    const run = await fit(net, pictures, {
      loss: crossEntropy(),
      optimizer,
      epochs: 5,
      batchSize: 16,
      progress: false,
      callbacks: [watch],
    });
    expect(run.warnings).toEqual([]);
  });
});

describe("what is planted", () => {
  it("dead units are warned of once, with their layer and share", async () => {
    const net = plant(plain(), { "dense_1.bias": [-99, -99, -99, -99, 0, 0, 0, 0] });
    const warnings = await warningsOf(net);
    expect(warnings).toEqual([
      "relu_1: 50 % of its units (4) are above 0 for none of 64 examples: dead, they learn nothing. " +
        "Try a lower learning rate, leakyRelu(), or batchNorm() before it.",
    ]);
  });

  it("many layers with the same trouble are one warning", async () => {
    const deep = sequential(
      { input: [4], seed: 1 },
      ...Array.from({ length: 10 }, () => [dense(4), relu()]).flat(),
      dense(2),
    );
    const dead = { "dense_1.bias": [-99, -99, -99, -99] };
    for (let i = 2; i <= 10; i++) Object.assign(dead, { [`dense_${i}.bias`]: [-1, -1, -1, -1] });
    const warnings = (await warningsOf(plant(deep, dead))).filter((text) => text.includes("dead"));
    expect(warnings).toEqual([
      "relu_1: 100 % of its units (4) are above 0 for none of 64 examples: dead, they learn nothing. " +
        "Try a lower learning rate, leakyRelu(), or batchNorm() before it. " +
        "The same in relu_2, relu_3, relu_4, relu_5, relu_6, relu_7 and 3 others.",
    ]);
  });

  it("a layer that is a container's last is warned of under one name", async () => {
    const net = sequential({ input: [4], seed: 1 }, block(dense(8, { name: "inner" }), relu()), dense(2));
    const warnings = await warningsOf(plant(net, { "block_1.inner.bias": new Array(8).fill(-99) }));
    const dead = warnings.filter((text) => text.includes("dead"));
    expect(dead.map((text) => text.slice(0, text.indexOf(":")))).toEqual(["block_1/relu_1"]);
  });

  it("saturated units are warned of, but not those of the output", async () => {
    const net = plant(plain(), { "dense_2.bias": [9, 9, 9, 9, -9, -9, -9, -9] });
    const warnings = await warningsOf(net);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^tanh_1: 100 % of its numbers are at the ends of its range/);

    const certain = plant(sequential({ input: [4], seed: 1 }, dense(1), sigmoid()), { "dense_1.bias": [50] });
    const watch = healthWarnings(certain, x);
    const said: string[] = [];
    await watch.onEpoch(
      { epoch: 1, step: 1, training: {}, learningRate: 1 },
      { warn: (message) => said.push(message) },
    );
    // One look: a weight is warned of at the second, and nothing here is saturated but the answer.
    expect(said.filter((text) => text.includes("at the ends"))).toEqual([]);
  });

  it("weights that hardly move are warned of, each by name, and one learning rate for all says how slowly", async () => {
    const warnings = await warningsOf(plain(), { optimizer: sgd({ learningRate: 1e-6 }), epochs: 3 });
    expect(warnings.map((text) => text.slice(0, text.indexOf(":")))).toEqual([
      "dense_1.weight",
      "dense_2.weight",
      "dense_3.weight",
    ]);
    expect(warnings[0]).toMatch(/a step moves it by about \d\.\de-(6|7|8) of its size; 1e-3 is usual\. Raise/);
  });

  it("weights that jump are warned of", async () => {
    // Adam moves every number by about its learning rate, whatever the gradient.
    const warnings = await warningsOf(plain(), { optimizer: adam({ learningRate: 2 }), epochs: 4, batchSize: 64 });
    expect(
      warnings.some((text) =>
        /^dense_\d\.weight: a step moves it by about \d\.\de[-+]\d of its size.*Lower/.test(text),
      ),
    ).toBe(true);
  });

  it("no move at all is one warning", async () => {
    const warnings = await warningsOf(plain(), { optimizer: sgd({ learningRate: 0 }), epochs: 3 });
    expect(warnings).toEqual([
      "no weight moved in 4 steps. Raise the learning rate, or see whether the loss depends on the weights.",
    ]);
  });

  it("a loss that does not move is warned of after four epochs", async () => {
    const early = await warningsOf(plain(), { optimizer: sgd({ learningRate: 0 }), epochs: 3 });
    expect(early.some((text) => text.startsWith("loss:"))).toBe(false);
    const late = await warningsOf(plain(), { optimizer: sgd({ learningRate: 0 }), epochs: 7 });
    expect(late.filter((text) => text.startsWith("loss:"))).toEqual([
      expect.stringMatching(
        /^loss: it was \d\.\d+ in the first epoch and is \d\.\d+ after 4: it does not move\. Try a learning rate/,
      ),
    ]);
  });

  it("a gradient that fades on the way back is warned of, at the last layer that lacks it", async () => {
    const deep = sequential(
      { input: [4], seed: 1 },
      ...Array.from({ length: 12 }, () => [dense(4), sigmoid()]).flat(),
      dense(2),
    );
    const warnings = await warningsOf(deep, {}, true);
    const fading = warnings.filter((text) => text.includes("the loss's gradient here is"));
    expect(fading).toHaveLength(1);
    expect(fading[0]).toMatch(/^(dense|sigmoid)_[1-8]: the loss's gradient here is \d\.\de-\d+ of the largest/);
    expect((await warningsOf(deep)).some((text) => text.includes("the loss's gradient"))).toBe(false);
  });
});

describe("a loss", () => {
  it.each([
    ["at its first value", [2.3, 2.301, 2.299, 2.3], 1],
    ["that has come down and rests", [2.3, 1, 0.5, 0.5, 0.5, 0.5, 0.5], 0],
    ["that comes down slowly", [2.3, 2.27, 2.24, 2.21, 2.18], 0],
    ["of three epochs", [1, 1, 1], 0],
    ["of 0", [0, 0, 0, 0], 1],
  ])("%s", (_, losses, count) => {
    expect(stuckLoss(losses)).toHaveLength(count);
  });
});

describe("the callback", () => {
  it("goes on from its state as if never stopped", async () => {
    const net = plant(plain(), { "dense_1.bias": new Array(8).fill(-99) });
    const said: string[] = [];
    const control = { warn: (message: string) => void said.push(message) };
    const first = healthWarnings(net, data);
    const record = (epoch: number) => ({ epoch, step: 4 * epoch, training: { loss: 1 }, learningRate: 0.1 });
    for (const epoch of [1, 2]) await first.onEpoch(record(epoch), control);
    const again = healthWarnings(net, data);
    again.onStart({ step: 8 });
    again.restore(JSON.parse(JSON.stringify(first.state())));
    for (const epoch of [3, 4]) await again.onEpoch(record(epoch), control);
    expect(said.filter((text) => text.startsWith("relu_1"))).toHaveLength(1);
    expect(said.filter((text) => text.startsWith("loss"))).toHaveLength(1);
  });

  it("looks as often as it is told", async () => {
    const net = plant(plain(), { "dense_1.bias": new Array(8).fill(-99) });
    const seen: number[] = [];
    const watch = healthWarnings(net, data, { every: 2, samples: 10 });
    for (const epoch of [1, 2])
      await watch.onEpoch(
        { epoch, step: epoch, training: { loss: 1 }, learningRate: 1 },
        { warn: () => void seen.push(epoch) },
      );
    expect([...new Set(seen)]).toEqual([2]);
    expect(() => healthWarnings(net, data, { every: 0 })).toThrow("every must be a whole number");
    expect(() => healthWarnings(net, data, { epochs: 1 } as never)).toThrow('unknown option "epochs"');
  });

  it("says nothing of a schedule's last small steps", async () => {
    const net = plain();
    const said: string[] = [];
    const watch = healthWarnings(net, x);
    const control = { warn: (message: string) => void said.push(message) };
    const nudge = () =>
      net.setWeights(
        new Map(
          [...net.weights].map(([name, w]) => [
            name,
            tensor(
              w.data.map((v) => v * (1 + 1e-7)),
              w.shape,
            ),
          ]),
        ),
      );
    for (const epoch of [1, 2, 3]) {
      nudge();
      await watch.onEpoch({ epoch, step: epoch, training: {}, learningRate: epoch === 1 ? 1 : 0.01 }, control);
    }
    expect(said).toEqual([]);
  });
});

it("mse counts as any loss", async () => {
  const numbers = dataset({ input: x, target: noise([rows, 1]) });
  const net = sequential({ input: [4], seed: 1 }, dense(8), tanh(), dense(1));
  const watch = healthWarnings(net, numbers, { loss: mse() });
  const run = await fit(net, numbers, { loss: mse(), epochs: 2, progress: false, callbacks: [watch] });
  expect(run.warnings).toEqual([]);
});
