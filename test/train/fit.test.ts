import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { tensor } from "../../src/base/tensor.js";
import { type Batch, dataset } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { adam, sgd } from "../../src/optim/index.js";
import { network, sequential, TrainingStep } from "../../src/runtime/index.js";
import { epochOrder } from "../../src/train/batches.js";
import * as train from "../../src/train/index.js";
import { points, quiet, small, watched, weightsOf } from "./points.js";

const { fit } = train;

describe("fit", () => {
  it("learns XOR", async () => {
    const corners = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ];
    const data = dataset({ input: tensor(corners.flat(), [4, 2]), target: [0, 1, 1, 0] });
    const net = sequential({ input: [2], seed: 1 }, nn.dense(8), nn.tanh(), nn.dense(1));
    const metrics = [train.accuracy()];
    const run = await fit(net, data, {
      loss: nn.binaryCrossEntropy(),
      optimizer: adam({ learningRate: 0.05 }),
      epochs: 150,
      metrics,
      ...quiet,
    });
    expect((await net.predict(corners)).map(([score]) => (score as number) > 0)).toEqual([false, true, true, false]);
    expect(run).toMatchObject({ steps: 150, ended: "done" });
    expect(run.history.at(-1)?.training.accuracy).toBe(1);
    expect(run.history.at(-1)?.training.loss).toBeLessThan(0.1);
  });

  it("makes the steps one would make by hand: order, batches, means", async () => {
    const data = points(10);
    const optimizer = () => sgd({ learningRate: 0.1, momentum: 0.5 });
    const net = small();
    const run = await fit(net, data, {
      loss: nn.crossEntropy(),
      optimizer: optimizer(),
      epochs: 2,
      batchSize: 4,
      seed: 3,
      ...quiet,
    });

    const same = small();
    const loss = nn.crossEntropy();
    const step = await TrainingStep.create(same, (await data.batch([0])) as Batch, {
      loss,
      optimizer: optimizer(),
      seed: 3,
    });
    for (const epoch of [1, 2]) {
      const order = random(3, "shuffle", epoch).permutation(10);
      let total = 0;
      for (const [from, to] of [
        [0, 4],
        [4, 8],
        [8, 10],
      ] as const)
        total += (to - from) * (await step.run(await data.batch(order.slice(from, to)))).loss;
      expect(run.history[epoch - 1]?.training.loss).toBeCloseTo(total / 10, 6);
      expect(run.history[epoch - 1]?.epoch).toBe(epoch);
    }
    step.publish();
    expect(weightsOf(net)).toEqual(weightsOf(same));
    expect(run.steps).toBe(6);
  });

  it("gives the same bits for a seed, others for another", async () => {
    const once = async (seed: number) => {
      const net = sequential({ input: [2] }, nn.dense(6), nn.dropout(0.4), nn.batchNorm(), nn.dense(2));
      const { data, draws } = watched(points(30));
      const { history } = await fit(net, data, { loss: nn.crossEntropy(), epochs: 3, batchSize: 8, seed, ...quiet });
      return { weights: weightsOf(net), losses: history.map(({ training }) => training.loss), draws };
    };
    const first = await once(1);
    expect(await once(1)).toEqual(first);
    const other = await once(2);
    expect(other.weights).not.toEqual(first.weights);
    expect(other.losses).not.toEqual(first.losses);
    expect(first.draws, "augmentation: the seed, and steps counted through all epochs").toEqual(
      Array.from({ length: 12 }, (_, step) => ({ seed: 1, step })),
    );
  });

  it("visits every example once an epoch, the last batch as it comes out", async () => {
    const { data, asked } = watched(points(11));
    await fit(small(), data, { loss: nn.crossEntropy(), epochs: 2, batchSize: 4, ...quiet });
    expect(asked.map((indices) => indices.length)).toEqual([4, 4, 3, 4, 4, 3]);
    for (const epoch of [asked.slice(0, 3), asked.slice(3)])
      expect(epoch.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 11 }, (_, i) => i));
    expect(asked.slice(3), "another order each epoch").not.toEqual(asked.slice(0, 3));
  });

  it("asks for the next epoch's first batches before an epoch ends, each batch once, for its own step", async () => {
    const data = points(20);
    const asked: [step: number | undefined, first: number][] = [];
    const noting = {
      ...data,
      batch: (indices: ArrayLike<number>, draw?: { seed: number; step: number }) => {
        asked.push([draw?.step, indices[0] as number]);
        return data.batch(indices, draw);
      },
    };
    const ahead: number[] = [];
    const options = { epochs: 3, batchSize: 4, seed: 5, ...quiet };
    const onStep = ({ step }: { step: number }) => void ahead.push(asked.length - step);
    await fit(small(), noting, { loss: nn.crossEntropy(), ...options, callbacks: [{ onStep }] });
    const first = [1, 2, 3].flatMap((epoch) =>
      [0, 4, 8, 12, 16].map((start) => epochOrder({ length: 20 }, 4, 5, epoch)[start] as number),
    );
    expect(asked).toEqual(first.map((at, step) => [step, at]));
    // Until the last epoch ends.
    expect(ahead).toEqual([3, 3, 5, 4, 3, 3, 3, 5, 4, 3, 3, 3, 2, 1, 0]);
  });

  it("leaves out a last batch of one, another one each time", async () => {
    const { data, asked } = watched(points(9));
    await fit(small(), data, { loss: nn.crossEntropy(), epochs: 6, batchSize: 4, ...quiet });
    expect(asked.every((indices) => indices.length === 4)).toBe(true);
    const left = Array.from({ length: 6 }, (_, e) => {
      const seen = new Set(asked.slice(2 * e, 2 * e + 2).flat());
      return [0, 1, 2, 3, 4, 5, 6, 7, 8].find((i) => !seen.has(i));
    });
    expect(new Set(left).size).toBeGreaterThan(1);
    expect(epochOrder({ length: 1 }, 4, 0, 1)).toHaveLength(1);
    expect(epochOrder({ length: 3 }, 1, 0, 1), "batches of one by choice").toHaveLength(3);
  });

  it("takes several inputs and outputs", async () => {
    const net = network({ a: [1], b: [1] }, ({ a, b }) => {
      const both = nn.concat()(a, b);
      return { sum: nn.dense(1)(both), kind: nn.dense(2)(both) };
    });
    const a = random(1, "a").normal(20);
    const b = random(1, "b").normal(20);
    const sums = Float32Array.from(a, (x, i) => x + (b[i] as number));
    const data = dataset({
      input: { a: tensor(a, [20, 1]), b: tensor(b, [20, 1]) },
      target: { sum: sums, kind: Int32Array.from(sums, (x) => Number(x > 0)) },
    });
    const loss = { sum: nn.mse(), kind: nn.crossEntropy() };
    const run = await fit(net, data, {
      loss,
      optimizer: adam({ learningRate: 0.1 }),
      epochs: 60,
      batchSize: 20,
      ...quiet,
    });
    expect(run.history.at(-1)?.training.loss).toBeLessThan(0.3 * (run.history[0]?.training.loss as number));
    const { sum } = await net.predict({ a: tensor([1, 2], [2, 1]), b: tensor([0.5, -1], [2, 1]) });
    expect(sum?.data[0]).toBeCloseTo(1.5, 0);
  });

  it("keeps the data's encoding with the network, once it fits", async () => {
    const data = points(8);
    const net = small();
    await fit(net, data, { loss: nn.crossEntropy(), epochs: 1, ...quiet });
    expect(net.encoding).toEqual({ kind: "values", shape: [2], classes: ["below", "above"] });
    const other = sequential({ input: [3] }, nn.dense(2));
    await expect(fit(other, data, { loss: nn.crossEntropy(), ...quiet })).rejects.toThrow();
    expect(other.encoding).toBeUndefined();
  });
});

describe("onEpoch", () => {
  it("can stop training, and finds the weights up to date", async () => {
    const net = small();
    const before = weightsOf(net);
    const during: ReturnType<typeof weightsOf>[] = [];
    const run = await fit(net, points(16), {
      loss: nn.crossEntropy(),
      epochs: 50,
      onEpoch: async ({ epoch }, stop) => {
        await new Promise((done) => setTimeout(done, 1));
        during.push(weightsOf(net));
        if (epoch === 3) stop();
      },
      ...quiet,
    });
    expect(run).toMatchObject({ ended: "stopped", steps: 3 });
    expect(run.history).toHaveLength(3);
    expect(during[0]).not.toEqual(before);
    expect(during[1]).not.toEqual(during[0]);
    expect(weightsOf(net)).toEqual(during[2]);
  });

  it("that throws ends training with its error; what was learned stays", async () => {
    const net = small();
    const before = weightsOf(net);
    const failing = fit(net, points(16), {
      loss: nn.crossEntropy(),
      onEpoch: () => {
        throw new Error("mine");
      },
      ...quiet,
    });
    await expect(failing).rejects.toThrow("mine");
    expect(weightsOf(net)).not.toEqual(before);
  });
});
