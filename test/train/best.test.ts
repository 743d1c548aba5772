import { describe, expect, it } from "vitest";
import * as nn from "../../src/nn/index.js";
import { sgd } from "../../src/optim/index.js";
import * as train from "../../src/train/index.js";
import { points, quiet, small, weightsOf } from "./points.js";

const { fit } = train;
const data = points(40);
const base = { loss: nn.crossEntropy(), validation: points(20, 2), ...quiet };

describe("patience", () => {
  it("stops so many epochs after the best, and gives its weights back", async () => {
    // A rate that grows until training comes apart: some epoch is the best, and worse ones follow.
    const optimizer = sgd({ learningRate: (step) => 0.05 * 1.25 ** step });
    const seen: Map<string, Float32Array>[] = [];
    const net = small();
    const run = await fit(net, data, {
      ...{ ...base, optimizer, epochs: 100, batchSize: 20, patience: 3 },
      callbacks: [{ onEpoch: () => void seen.push(weightsOf(net)) }],
    });
    const losses = run.history.map(({ validation }) => validation?.loss as number);
    const least = losses.indexOf(Math.min(...losses));
    expect(run).toMatchObject({ ended: "stopped", best: { epoch: least + 1, score: losses[least] } });
    expect(losses.length).toBe(least + 1 + 3);
    expect(weightsOf(net)).toEqual(seen[least]);
    expect(weightsOf(net)).not.toEqual(seen.at(-1));
  });

  it("watches a metric that should grow, and keeps the last weights where asked", async () => {
    const seen: Map<string, Float32Array>[] = [];
    const net = small();
    const run = await fit(net, data, {
      ...{ ...base, optimizer: sgd({ learningRate: 0 }), epochs: 9, patience: 2, keep: "last" as const },
      ...{ metrics: [train.accuracy()], monitor: "accuracy" },
      callbacks: [{ onEpoch: () => void seen.push(weightsOf(net)) }],
    });
    // Nothing is learned: no later epoch is better than the first.
    expect(run.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(run.best?.epoch).toBe(1);
    expect(weightsOf(net)).toEqual(seen.at(-1));
  });

  it("refuses a score that is not measured", async () => {
    await expect(fit(small(), data, { ...base, monitor: "acuracy" })).rejects.toThrow(
      'fit: monitor must be one of loss, got "acuracy". Give it as a metric.',
    );
  });
});

describe("reduceOnPlateau", () => {
  /** The factors asked for when these losses come, one an epoch. */
  const factors = async (losses: readonly number[], callback: train.Callback): Promise<number[]> => {
    let factor = 1;
    const scaleLearningRate = (by: number) => {
      factor *= by;
    };
    const control = { stop: () => {}, warn: () => {}, scaleLearningRate };
    const seen: number[] = [];
    for (const [i, loss] of losses.entries()) {
      const record = {
        epoch: i + 1,
        step: i,
        training: { loss },
        learningRate: 1,
        seconds: 1,
        examplesPerSecond: 1,
        waiting: 0,
      };
      await callback.onEpoch?.(record, control);
      seen.push(factor);
    }
    return seen;
  };

  it("lowers the rate as PyTorch's ReduceLROnPlateau does", async () => {
    // torch 2.13: ReduceLROnPlateau(SGD(lr=1), factor=0.5, patience=1), step(loss) for these losses.
    const losses = [1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5, 0.49996, 0.6, 0.4, 0.4, 0.4];
    const expected = [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.0625];
    expect(await factors(losses, train.reduceOnPlateau({ factor: 0.5, patience: 1 }))).toEqual(expected);
  });

  it("stops at the least rate", async () => {
    const callback = train.reduceOnPlateau({ factor: 0.1, patience: 0, least: 0.05 });
    expect(await factors([1, 1, 1, 1], callback)).toEqual([1, 0.1, 0.05, 0.05]);
  });

  it("remembers through a checkpoint", async () => {
    const [before, after] = [train.reduceOnPlateau({ patience: 1 }), train.reduceOnPlateau({ patience: 1 })];
    await factors([1, 1], before);
    after.restore?.(JSON.parse(JSON.stringify(before.state?.())));
    expect(await factors([1], after)).toEqual([0.1]);
  });

  it("acts on the training that calls it", async () => {
    const run = await fit(small(), data, {
      ...{ ...base, optimizer: sgd({ learningRate: 1e-12 }), epochs: 3 },
      callbacks: [train.reduceOnPlateau({ factor: 0.1, patience: 0 })],
    });
    expect(run.history.map(({ learningRate }) => learningRate / 1e-12)).toEqual([1, 1, expect.closeTo(0.1, 6)]);
  });
});
