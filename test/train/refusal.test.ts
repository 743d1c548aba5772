import { describe, expect, it } from "vitest";
import { DataError, NumericError, OptionError, ShapeError } from "../../src/base/errors.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { type Batch, type Dataset, dataset } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { log } from "../../src/ops/index.js";
import { adam } from "../../src/optim/index.js";
import { network, sequential, TrainingStep } from "../../src/runtime/index.js";
import { epochOrder } from "../../src/train/batches.js";
import * as train from "../../src/train/index.js";
import { points, quiet, small, weightsOf } from "./points.js";

const { fit } = train;

describe("what fit refuses", () => {
  const loss = nn.crossEntropy();
  const untyped = (options: object) => options as never;

  it.each([
    [
      "unknown options",
      () => fit(small(), points(4), untyped({ loss, epoch: 3 })),
      OptionError,
      'fit: unknown option "epoch". Did you mean "epochs"?',
    ],
    [
      "no loss",
      () => fit(small(), points(4), untyped({ ...quiet })),
      OptionError,
      "fit: needs a loss, e.g. { loss: crossEntropy() }.",
    ],
    [
      "no options",
      () => fit(small(), points(4), untyped(undefined as never)),
      OptionError,
      "fit: needs a loss, e.g. { loss: crossEntropy() }.",
    ],
    [
      "no epochs",
      () => fit(small(), points(4), { loss, epochs: 0 }),
      OptionError,
      "fit: epochs must be a whole number from 1",
    ],
    [
      "half a batch",
      () => fit(small(), points(4), { loss, batchSize: 2.5 }),
      OptionError,
      "fit: batchSize must be a whole number from 1",
    ],
    [
      "half a seed",
      () => fit(small(), points(4), { loss, seed: 0.5 }),
      OptionError,
      "fit: seed must be a whole number",
    ],
    [
      "no data",
      () => fit(small(), { ...points(4), length: 0 }, { loss }),
      DataError,
      "fit: the data set has no examples.",
    ],
    [
      "two metrics of one name",
      () => fit(small(), points(4), { loss, metrics: [train.accuracy(), train.accuracy()] }),
      OptionError,
      'metrics: two scores are called "accuracy".',
    ],
    [
      "data of another shape",
      () => fit(sequential({ input: [3] }, nn.dense(2)), points(4), { loss, ...quiet }),
      ShapeError,
      'input "input": expected float32[batch, 3], got float32[4, 2].',
    ],
    [
      "data of other names",
      () =>
        fit(
          network({ x: [2] }, ({ x }) => nn.dense(2)(x)),
          points(4),
          { loss, ...quiet },
        ),
      ShapeError,
      'input "input": the network has no such input. It has: x.',
    ],
    [
      "targets of another kind",
      () => fit(sequential({ input: [2] }, nn.dense(1)), points(4), { loss: nn.mse(), ...quiet }),
      ShapeError,
      "loss (mse): the targets are int32 labels",
    ],
    [
      "more classes than scores",
      () => fit(sequential({ input: [2] }, nn.dense(1)), points(40), { loss, ...quiet }),
      DataError,
      "the network gives scores for 1 classes",
    ],
    [
      "metrics of several outputs",
      () =>
        fit(
          network({ x: [2] }, ({ x }) => ({ a: x, b: nn.dense(1)(x) })),
          points(4),
          { loss, metrics: [train.accuracy()], ...quiet },
        ),
      OptionError,
      "metrics: metrics are for networks with one output; this one has a, b.",
    ],
    [
      "batches of one for batchNorm",
      () => fit(sequential({ input: [2] }, nn.dense(2), nn.batchNorm()), points(4), { loss, batchSize: 1, ...quiet }),
      DataError,
      "batchNorm_1: cannot train on a batch of 1, it needs 2 examples or more. Use a larger batchSize.",
    ],
  ] as const)("%s", async (_, start, kind, message) => {
    const before = process.listenerCount("SIGINT");
    const failing = start();
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toBeInstanceOf(kind);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  it("labels out of range, wherever they come from", async () => {
    const data = points(8);
    const wrong: Dataset = {
      ...data,
      batch: async (indices) => {
        const { inputs } = await data.batch(indices);
        return {
          inputs,
          targets: {
            target: tensor(
              Int32Array.from(indices, () => 7),
              [indices.length],
            ),
          },
        };
      },
    };
    const net = small();
    const failing = fit(net, wrong, { loss, ...quiet });
    await expect(failing).rejects.toBeInstanceOf(DataError);
    await expect(failing).rejects.toThrow(
      "has the label 7, but the network gives scores for 2 classes: labels go from 0 to 1.",
    );
    await expect(train.evaluate(net, wrong, { loss })).rejects.toThrow("has the label 7");
    await expect(train.evaluate(net, wrong, { metrics: [train.accuracy()] })).rejects.toThrow(
      "the label 7 is not one of 2 classes",
    );
  });
});

describe("a NaN while fitting", () => {
  const logOf = nn.defineLayer<nn.LayerOptions>({ kind: "logOfInput", options: [], build: ([x]) => log(x) });

  it("stops it, names the layer, and keeps the weights from before that step", async () => {
    // Example 5 alone is negative: the step whose batch holds it is the one that fails.
    const x = Float32Array.from({ length: 12 }, (_, i) => (i === 5 ? -1 : 1 + i));
    const data = dataset({
      input: tensor(x, [12, 1]),
      target: tensor(
        x.map((v) => v / 12),
        [12, 1],
      ),
    });
    const make = () => sequential({ input: [1] }, logOf({}), nn.dense(1));
    const seed = 5;
    const order = epochOrder({ length: 12 }, 3, seed, 1);
    const failsAt = Math.floor(order.indexOf(5) / 3);
    expect(failsAt, "a seed for which the failure is not the first step").toBeGreaterThan(0);
    const net = make();
    const failing = fit(net, data, { loss: nn.mse(), batchSize: 3, seed, ...quiet });
    await expect(failing).rejects.toBeInstanceOf(NumericError);
    await expect(failing).rejects.toMatchObject({ place: "logOfInput_1", step: failsAt + 1 });
    const same = make();
    const step = await TrainingStep.create(same, (await data.batch([0])) as Batch, {
      loss: nn.mse(),
      optimizer: adam(),
      seed,
    });
    for (let i = 0; i < failsAt; i++) await step.run(await data.batch(order.slice(3 * i, 3 * i + 3)));
    step.publish();
    expect(weightsOf(net)).toEqual(weightsOf(same));
  });

  it("in the data is named as the data's", async () => {
    const data = points(8);
    const spoiled: Dataset = {
      ...data,
      batch: async (indices) => {
        const { inputs, targets } = await data.batch(indices);
        (inputs.input as Tensor).data[3] = Number.NaN;
        return { inputs, targets };
      },
    };
    const failing = fit(small(), spoiled, { loss: nn.crossEntropy(), ...quiet });
    await expect(failing).rejects.toThrow(
      "input: the input is NaN in example 1 of the batch at step 1. Remove or replace such numbers in the data.",
    );
  });
});
