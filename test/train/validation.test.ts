import { describe, expect, it } from "vitest";
import { tensor } from "../../src/base/tensor.js";
import {
  characterTokenizer,
  type Dataset,
  dataset,
  folds,
  split,
  subset,
  tokenWindows,
  weighted,
} from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { sgd } from "../../src/optim/index.js";
import { network, sequential } from "../../src/runtime/index.js";
import * as train from "../../src/train/index.js";
import { points, quiet, small, watched } from "./points.js";

const { fit } = train;

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

  it("of a share of a text's windows is its end, of which training sees nothing, though it moves its windows", async () => {
    const characters = String.fromCodePoint(...Array.from({ length: 200 }, (_, i) => 256 + i));
    const tokenizer = characterTokenizer(characters);
    const windows = tokenWindows(tokenizer.encode(characters), { tokenizer, length: 8 });
    const [trained, validated] = [new Set<number>(), new Set<number>()];
    const data: Dataset = {
      ...windows,
      async batch(indices, draw) {
        const batch = await windows.batch(indices, draw);
        for (const token of Array.from(batch.inputs.input?.data ?? [])) (draw ? trained : validated).add(token);
        return batch;
      },
    };
    const net = sequential({ input: [8], dtype: "int32" }, nn.embedding(200, 2), nn.dense(200));
    await fit(net, data, { loss: nn.crossEntropy(), epochs: 5, batchSize: 4, validation: 0.25, ...quiet });
    // 24 windows: 18 for training, the last of which is left out, and 6.
    expect([...validated]).toEqual(Array.from({ length: 48 }, (_, i) => 144 + i));
    expect(Math.max(...trained)).toBeGreaterThan(17 * 8);
    expect(Math.max(...trained)).toBeLessThan(144);
    expect(() => split(data, { training: 0.5, test: 0.5 })).toThrow("share data. Divide what they are cut from");
    expect(() => folds(data, 2)).toThrow("share data. Divide what they are cut from");
    await expect(
      fit(net, subset(data, [0, 1, 2]), { loss: nn.crossEntropy(), validation: 0.8, ...quiet }),
    ).rejects.toThrow("3 examples cannot be divided by 0.8");
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

  it("of sequences counts steps, however they are cut into batches, in training too", async () => {
    const net = () => sequential({ input: [3], dtype: "int32", seed: 3 }, nn.embedding(5, 4), nn.lstm(6), nn.dense(5));
    const data = dataset({
      input: tensor([1, 2, 3, 2, 1, 0, 4, 4, 4, 0, 1, 2], [4, 3], "int32"),
      target: tensor([1, 2, 3, 2, -1, -1, 4, -1, -1, 0, -1, -1], [4, 3], "int32"),
    });
    // The perplexity counts step by step: e to the same mean.
    for (const batchSize of [1, 2, 3, 4]) {
      const options = { loss: nn.crossEntropy(), metrics: [train.perplexity()] };
      const scores = await train.evaluate(net(), data, { ...options, batchSize });
      expect(scores.loss, `${batchSize} at once`).toBeCloseTo(Math.log(scores.perplexity as number), 6);
      const still = { optimizer: sgd({ learningRate: 0 }), epochs: 1, ...quiet };
      const { history } = await fit(net(), data, { ...options, ...still, batchSize: Math.min(batchSize, 2) });
      expect(history[0]?.training.loss).toBeCloseTo(scores.loss as number, 6);
    }
    const classWeights = [1, 3, 0.5, 2, 0.1];
    const loss = nn.crossEntropy({ classWeights });
    const [parts, whole] = [
      await train.evaluate(net(), data, { loss, batchSize: 1 }),
      await train.evaluate(net(), data, { loss }),
    ];
    expect(parts.loss).toBeCloseTo(whole.loss as number, 6);
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

describe("examples with weights", () => {
  const data = points(30);
  const counts = Array.from({ length: 30 }, (_, i) => i % 3);
  const doubled = subset(
    data,
    counts.flatMap((count, i) => new Array<number>(count).fill(i)),
  );

  it("count in the loss as often as their weights say, in batches of any size", async () => {
    const net = small(1);
    const loss = nn.crossEntropy();
    const { loss: expected } = await train.evaluate(net, doubled, { loss });
    for (const batchSize of [256, 7])
      expect((await train.evaluate(net, weighted(data, counts), { loss, batchSize })).loss).toBeCloseTo(
        expected as number,
        6,
      );
    expect((await train.evaluate(net, data, { loss })).loss).not.toBeCloseTo(expected as number, 3);
  });

  it("count so in an epoch's mean, too", async () => {
    const options = { loss: nn.crossEntropy(), optimizer: sgd({ learningRate: 0 }), epochs: 1, ...quiet };
    const run = await train.fit(small(1), weighted(data, counts), { ...options, batchSize: 7 });
    const { loss } = await train.evaluate(small(1), doubled, { loss: nn.crossEntropy() });
    expect(run.history[0]?.training.loss).toBeCloseTo(loss as number, 6);
  });
});
