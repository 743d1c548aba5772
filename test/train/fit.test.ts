import { afterEach, describe, expect, it } from "vitest";
import { DataError, NumericError, OptionError, ShapeError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { type Batch, type Dataset, dataset } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { nodeTrainingHost } from "../../src/node/progress.js";
import { log } from "../../src/ops/index.js";
import { adam, sgd } from "../../src/optim/index.js";
import { type Network, network, sequential, TrainingStep, useEngine } from "../../src/runtime/index.js";
import { epochOrder } from "../../src/train/batches.js";
import * as train from "../../src/train/index.js";

useEngine(await nativeEngine());
const { fit } = train;
const quiet = { progress: false } as const;

/** `rows` points in the plane; the class is the sign of x + y. */
function points(rows: number, seed = 1): Dataset {
  const x = random(seed, "points").normal(2 * rows);
  const label = Array.from({ length: rows }, (_, i) => Number((x[2 * i] as number) + (x[2 * i + 1] as number) > 0));
  return dataset({ input: tensor(x, [rows, 2]), target: label, classes: ["below", "above"] });
}

const small = (seed = 0) => sequential({ input: [2], seed }, nn.dense(6), nn.tanh(), nn.dense(2));
const weightsOf = (net: Network) =>
  new Map([...net.weights].map(([name, { data }]) => [name, Float32Array.from(data)]));

/** Notes every batch asked for. */
function watched(data: Dataset) {
  const asked: number[][] = [];
  const draws: ({ seed: number; step: number } | undefined)[] = [];
  const batch: Dataset["batch"] = (indices, draw) => {
    asked.push(Array.from(indices));
    draws.push(draw);
    return data.batch(indices, draw);
  };
  return { data: { ...data, batch }, asked, draws };
}

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

  it("leaves out a last batch of one, another one each time", async () => {
    const { data, asked } = watched(points(9));
    await fit(small(), data, { loss: nn.crossEntropy(), epochs: 6, batchSize: 4, ...quiet });
    expect(asked.every((indices) => indices.length === 4)).toBe(true);
    const left = Array.from({ length: 6 }, (_, e) => {
      const seen = new Set(asked.slice(2 * e, 2 * e + 2).flat());
      return [0, 1, 2, 3, 4, 5, 6, 7, 8].find((i) => !seen.has(i));
    });
    expect(new Set(left).size).toBeGreaterThan(1);
    expect(epochOrder(1, 4, 0, 1)).toHaveLength(1);
    expect(epochOrder(3, 1, 0, 1), "batches of one by choice").toHaveLength(3);
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

describe("validation", () => {
  it("of a share is kept apart from training", async () => {
    const { data, asked } = watched(points(40));
    const metrics = [train.accuracy()];
    const { history } = await fit(small(), data, {
      loss: nn.crossEntropy(),
      metrics,
      epochs: 3,
      batchSize: 8,
      validation: 0.25,
      ...quiet,
    });
    const trained = new Set(asked.filter((indices) => indices.length === 8).flat());
    const validated = new Set(asked.filter((indices) => indices.length === 10).flat());
    expect([trained.size, validated.size]).toEqual([30, 10]);
    expect([...trained].filter((i) => validated.has(i))).toEqual([]);
    expect(history.map(({ validation }) => Object.keys(validation ?? {}))).toEqual([
      ["loss", "accuracy"],
      ["loss", "accuracy"],
      ["loss", "accuracy"],
    ]);
  });

  it("of a data set is what evaluate gives for the weights of that epoch", async () => {
    const [net, held] = [
      sequential({ input: [2] }, nn.dense(6), nn.batchNorm(), nn.dropout(0.5), nn.dense(2)),
      points(300, 2),
    ];
    const metrics = [train.accuracy(), train.rocAuc()];
    const seen: train.Scores[] = [];
    const { history } = await fit(net, points(40), {
      loss: nn.crossEntropy(),
      metrics,
      epochs: 3,
      validation: held,
      onEpoch: async ({ validation }) => {
        const again = await train.evaluate(net, held, { loss: nn.crossEntropy(), metrics, batchSize: 70 });
        for (const [name, value] of Object.entries(again)) expect(validation?.[name], name).toBeCloseTo(value, 5);
        seen.push(again);
      },
      ...quiet,
    });
    expect(seen).toHaveLength(3);
    expect(history[0]?.validation?.loss).not.toBe(history[2]?.validation?.loss);
  });

  it.each([
    ["a share of 0", 0, "fit: validation must be a share between 0 and 1, got 0."],
    ["a share of 1", 1, "fit: validation must be a share between 0 and 1, got 1."],
    ["a share below 0", -0.2, "fit: validation must be a share between 0 and 1, got -0.2."],
    ["a share of nothing", 0.01, "validation"],
    ["no examples", { ...points(3), length: 0 }, "validation: the data set has no examples."],
    [
      "other shapes",
      dataset({ input: tensor(new Float32Array(6), [2, 3]), target: [0, 1], classes: ["a", "b"] }),
      'validation: the input "input" is [3], in the training data it is [2].',
    ],
    [
      "other inputs",
      dataset({ input: { x: tensor(new Float32Array(4), [2, 2]) }, target: [0, 1], classes: ["a", "b"] }),
      'validation: the input "input" is missing',
    ],
  ])("of %s is refused before training", async (_, validation, message) => {
    const { data, asked } = watched(points(8));
    const options = { loss: nn.crossEntropy(), validation, ...quiet };
    await expect(fit(small(), data, options)).rejects.toThrow(message);
    expect(asked).toEqual([]);
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

describe("progress", () => {
  const noted = () => {
    const calls: string[] = [];
    const steps: train.Progress[] = [];
    const epochs: train.Progress[] = [];
    const reporter: train.ProgressReporter = {
      step: (progress) => {
        calls.push("step");
        steps.push({ ...progress, scores: progress.scores });
      },
      epoch: (progress) => {
        calls.push("epoch");
        epochs.push(progress);
      },
      end: () => void calls.push("end"),
    };
    return { calls, steps, epochs, reporter };
  };

  it("is told step by step, epoch by epoch, and of the end", async () => {
    const { calls, steps, epochs, reporter } = noted();
    const metrics = [train.accuracy()];
    const options = {
      loss: nn.crossEntropy(),
      metrics,
      epochs: 2,
      batchSize: 4,
      validation: points(6, 2),
      progress: reporter,
    };
    const { history } = await fit(small(), points(10), options);
    expect(calls).toEqual(["step", "step", "step", "epoch", "step", "step", "step", "epoch", "end"]);
    expect(steps.map(({ epoch, epochs, step, steps }) => [epoch, epochs, step, steps])).toEqual([
      [1, 2, 1, 3],
      [1, 2, 2, 3],
      [1, 2, 3, 3],
      [2, 2, 1, 3],
      [2, 2, 2, 3],
      [2, 2, 3, 3],
    ]);
    expect(steps[2]?.scores).toEqual(history[0]?.training);
    expect(steps.every(({ rate, left }) => rate > 0 && left >= 0)).toBe(true);
    expect(steps[5]?.left).toBe(0);
    expect(epochs[1]?.scores).toEqual({
      ...history[1]?.training,
      "validation loss": history[1]?.validation?.loss,
      "validation accuracy": history[1]?.validation?.accuracy,
    });
  });

  it("costs no metric that nobody reads", async () => {
    let values = 0;
    const costly: train.Metric = {
      name: "costly",
      start: () => ({ add: () => {}, value: () => ++values }),
    };
    await fit(small(), points(20), { loss: nn.crossEntropy(), metrics: [costly], epochs: 1, batchSize: 2, ...quiet });
    expect(values, "once for the record, once for the line of the epoch").toBeLessThanOrEqual(2);
  });

  it("ends also when training fails", async () => {
    const { calls, reporter } = noted();
    const data = { ...points(8), batch: () => Promise.reject(new Error("disk")) };
    await expect(fit(small(), data, { loss: nn.crossEntropy(), progress: reporter })).rejects.toThrow("disk");
    expect(calls).toEqual(["end"]);
  });
});

describe("an interrupt (Ctrl-C)", () => {
  const quietHost: train.TrainingHost = {
    now: () => performance.now() / 1000,
    reporter: () => ({ step() {}, epoch() {}, end() {} }),
    onInterrupt: () => () => {},
  };
  afterEach(() => train.registerTrainingHost(quietHost));

  it("ends training after the step being made, and keeps what was learned", async () => {
    let interrupt = () => {};
    let released = false;
    train.registerTrainingHost({
      ...quietHost,
      onInterrupt: (stop) => {
        interrupt = stop;
        return () => {
          released = true;
        };
      },
    });
    const { data: held, asked } = watched(points(20, 2));
    const net = small();
    let steps = 0;
    const progress = {
      step: () => void (++steps === 5 && interrupt()),
      epoch: () => {},
      end: () => {},
    };
    const run = await fit(net, points(12), {
      loss: nn.crossEntropy(),
      epochs: 9,
      batchSize: 4,
      validation: held,
      progress,
    });
    expect(run).toMatchObject({ ended: "interrupted", steps: 5 });
    expect(run.history, "the epoch that was cut short is recorded").toHaveLength(2);
    expect(run.history[1]?.validation).toBeUndefined();
    expect(asked, "no validation after the interrupt").toHaveLength(1);
    expect(released).toBe(true);

    const same = small();
    await fit(same, points(12), { loss: nn.crossEntropy(), epochs: 2, batchSize: 4, ...quiet });
    expect(weightsOf(net), "five steps, not six").not.toEqual(weightsOf(same));
    const five = small();
    let count = 0;
    await fit(five, points(12), {
      loss: nn.crossEntropy(),
      epochs: 9,
      batchSize: 4,
      progress: { ...progress, step: () => void (++count === 5 && interrupt()) },
    });
    expect(weightsOf(net)).toEqual(weightsOf(five));
  });

  it("in Node is the signal SIGINT; afterwards nobody listens any more", async () => {
    train.registerTrainingHost(nodeTrainingHost);
    const before = process.listeners("SIGINT");
    let during = 0;
    const progress = {
      step: () => {
        during = process.listeners("SIGINT").length;
        for (const listener of process.rawListeners("SIGINT"))
          if (!before.includes(listener as never)) (listener as () => void)();
      },
      epoch: () => {},
      end: () => {},
    };
    const run = await fit(small(), points(12), { loss: nn.crossEntropy(), batchSize: 4, progress });
    expect(run).toMatchObject({ ended: "interrupted", steps: 1 });
    expect(during).toBe(before.length + 1);
    expect(process.listeners("SIGINT")).toEqual(before);
  });
});

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
    const order = epochOrder(12, 3, seed, 1);
    const failsAt = Math.floor(order.indexOf(5) / 3);
    expect(failsAt, "a seed for which the failure is not the first step").toBeGreaterThan(0);
    const net = make();
    const failing = fit(net, data, { loss: nn.mse(), batchSize: 3, seed, ...quiet });
    await expect(failing).rejects.toBeInstanceOf(NumericError);
    await expect(failing).rejects.toMatchObject({ place: "logOfInput_1", step: failsAt });
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
      "input: the input is NaN in example 1 of the batch at step 0. Remove or replace such numbers in the data.",
    );
  });
});

describe("evaluate", () => {
  it("is exact over batches of any size", async () => {
    const [net, data] = [small(), points(50)];
    const metrics = [train.accuracy(), train.rocAuc()];
    const whole = await train.evaluate(net, data, { loss: nn.crossEntropy(), metrics, batchSize: 50 });
    const cut = await train.evaluate(net, data, { loss: nn.crossEntropy(), metrics, batchSize: 7 });
    expect(cut.accuracy).toBe(whole.accuracy);
    expect(cut.auc).toBe(whole.auc);
    expect(cut.loss).toBeCloseTo(whole.loss as number, 6);
    expect(Object.keys(whole)).toEqual(["loss", "accuracy", "auc"]);
  });

  it("without a loss needs no targets that fit one", async () => {
    expect(await train.evaluate(small(), points(5), { metrics: [train.accuracy()] })).toHaveProperty("accuracy");
    expect(await train.evaluate(small(), points(5))).toEqual({});
  });

  it("works for an output called like a score", async () => {
    const net = network({ target: [2] }, ({ target }) => ({ loss: nn.dense(2)(target) }));
    const data = dataset({ input: { target: tensor([1, 2, 3, 4], [2, 2]) }, target: [0, 1], classes: ["a", "b"] });
    const scores = await train.evaluate(net, data, { loss: nn.crossEntropy(), metrics: [train.accuracy()] });
    expect(scores.loss).toBeGreaterThan(0);
  });

  it.each([
    ["an unknown option", { losss: 1 }, 'evaluate: unknown option "losss". Did you mean "loss"?'],
    ["a batch of none", { batchSize: 0 }, "evaluate: batchSize must be a whole number from 1"],
  ])("refuses %s", async (_, options, message) => {
    await expect(train.evaluate(small(), points(5), options as never)).rejects.toThrow(message);
  });
});
