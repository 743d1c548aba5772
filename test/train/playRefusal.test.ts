import { describe, expect, it } from "vitest";
import { DataError, MidstError, NumericError, OptionError, ShapeError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { type Dataset, dataset, imageEncoding, weighted } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { adam, sgd } from "../../src/optim/index.js";
import { gan, sequential } from "../../src/runtime/index.js";
import * as train from "../../src/train/index.js";
import { bitsOf, cloud, labelledGame, meanMade, pictureGame, pictures, pointGame, quietly } from "./games.js";
import { memoryStore } from "./memoryStore.js";

const { play } = train;
const small = quietly({ epochs: 1, batchSize: 4 });
const measures = [meanMade()];

describe("what play refuses", () => {
  it.each([
    ["other options", { epoch: 3 }, 'play: unknown option "epoch". Did you mean "epochs"?'],
    ["the losses of fit", { loss: nn.mse() }, 'play: unknown option "loss".'],
    ["no epochs", { epochs: 0 }, "play: epochs must be a whole number from 1, got 0."],
    ["an objective uncalled", { objective: nn.hinge }, "play: objective must be one, e.g. nonSaturating(). Call it"],
    [
      "an optimizer for one alone",
      { optimizer: { generator: adam() } },
      "play: optimizer has none for the discriminator.",
    ],
    [
      "an optimizer for a third",
      { optimizer: { generator: adam(), discriminator: adam(), critic: adam() } },
      'play: optimizer: unknown option "critic".',
    ],
    ["half a turn", { discriminatorSteps: 0.5 }, "play: discriminatorSteps must be a whole number from 1, got 0.5."],
    ["an average of nothing new", { average: 1 }, "play: average must be less than 1"],
    ["samples below 0", { samples: { drawn: -1 } }, "samples: drawn must be a whole number from 0 to 1000000, got -1."],
    [
      "nothing measured",
      { samples: { measured: 0 } },
      "samples: measured must be a whole number from 1 to 1000000, got 0.",
    ],
    ["never", { samples: { every: 0 } }, "samples: every must be a whole number from 1 to 1000000, got 0."],
    ["other samples", { samples: { count: 5 } }, 'samples: unknown option "count".'],
    [
      "a measure uncalled",
      { measures: [meanMade] },
      "measures: each must have a name and a function of samples. Call it",
    ],
    [
      "two measures of one name",
      { measures: [meanMade(), meanMade()] },
      'measures: two measures are called "mean". Give each once.',
    ],
    [
      "patience without a monitor",
      { patience: 2 },
      "play: patience and keep compare epochs, but a game's losses do not say how good it is.",
    ],
    ["the best without a monitor", { keep: "best" }, "play: patience and keep compare epochs"],
    [
      "a monitor that is no measure",
      { monitor: "loss" },
      'play: monitor must be one of the measures, got "loss". Give it among measures.',
    ],
    ["another monitor", { measures, monitor: "maen" }, 'play: monitor must be one of the measures mean, got "maen".'],
    [
      "patience shorter than the time between measures",
      { measures, monitor: "mean", patience: 2, samples: { every: 3 } },
      "play: patience is 2, but only every 3 epochs are measured. Raise it to 3 at least, or measure more often.",
    ],
    ["resuming from nowhere", { resume: true }, "play: resume needs a folder"],
    [
      "a batch larger than the data",
      { batchSize: 10 },
      "play: batchSize is 10, but the data has 9 examples. Lower it to 9 at most, or give more data.",
    ],
    [
      // The ninth example is left out: a batch of one.
      "more turns than there are steps",
      { discriminatorSteps: 3 },
      "play: discriminatorSteps is 3, but the run has 2 steps in all: the generator would have no turn.",
    ],
  ])("%s", async (_, options, message) => {
    const failing = play(pointGame(), cloud(9), { ...small, ...options } as never);
    await expect(failing).rejects.toBeInstanceOf(OptionError);
    await expect(failing).rejects.toThrow(message);
  });

  const bytes = { shape: [1, 4, 4], mean: 0.5, deviation: 0.5, bytes: true } as const;
  const numbers = (shape: readonly number[]) =>
    dataset({ input: tensor(new Float32Array(shape.reduce((n, d) => n * d, 1)), shape) });

  it.each([
    [
      "no data",
      () => play(pointGame(), { ...cloud(9), length: 0 }, small),
      DataError,
      "data: a game needs more than no examples",
    ],
    ["one example", () => play(pointGame(), cloud(1), small), DataError, "data: a game needs more than one example"],
    [
      "another shape",
      () => play(pointGame(), numbers([8, 3]), small),
      ShapeError,
      "data: the game is of [2], the data has examples of float32[3]. Read the data in that shape",
    ],
    [
      "bytes",
      () =>
        play(
          pictureGame(),
          dataset({ input: tensor(new Uint8Array(160), [10, 1, 4, 4]), encoding: imageEncoding(bytes) }),
          small,
        ),
      ShapeError,
      "data: the game is of [1, 4, 4], the data has examples of uint8[1, 4, 4]. Open pictures without the option bytes.",
    ],
    [
      "weights",
      () => play(pointGame(), weighted(cloud(9), [1, 2, 3, 4, 5, 6, 7, 8, 9]), small),
      DataError,
      "data: the examples have weights, which a game does not know. Give data without them.",
    ],
    [
      "no labels",
      () => play(labelledGame(), pictures(9), small),
      DataError,
      'condition "label": the data has no such input or target',
    ],
    [
      "labels that a network has not",
      () => play(labelledGame(), pictures(9, 1, ["a", "b", "c", "d"]), small),
      DataError,
      "but embedding_1 has 3 vectors: 0 to 2.",
    ],
    [
      "batches of one for batch norm",
      () => play(pointGame(), cloud(9), { ...small, batchSize: 1 }),
      DataError,
      "batchNorm_1: cannot train on a batch of 1, it needs 2 examples or more. Use a larger batchSize.",
    ],
  ] as const)("%s", async (_, start, kind, message) => {
    const before = process.listenerCount("SIGINT");
    const failing = start();
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toBeInstanceOf(kind);
    await expect(failing).rejects.toBeInstanceOf(MidstError);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});

describe("an error in the middle of a game", () => {
  it("that is a NaN leaves the networks as they were before that step, and what was learned in the folder", async () => {
    const data = cloud(40);
    let calls = 0;
    const spoiled: Dataset = {
      ...data,
      batch: async (indices, draw) => {
        const batch = await data.batch(indices, draw);
        // The third batch asked for.
        if (++calls === 3) (batch.inputs.input?.data as Float32Array)[5] = Number.NaN;
        return batch;
      },
    };
    const [game, same, store] = [pointGame(), pointGame(), memoryStore()];
    const failing = play(game, spoiled, { ...small, folder: store });
    await expect(failing).rejects.toBeInstanceOf(NumericError);
    await expect(failing).rejects.toThrow("the input is NaN in example 2 of the batch at step 3. Remove or replace");
    const stop: train.Callback = { onStep: ({ step }, control) => (step === 2 ? control.stop() : undefined) };
    await play(same, data, { ...small, callbacks: [stop] });
    expect(bitsOf(game)).toEqual(bitsOf(same));
    expect([...store.files.keys()]).toContain("step-0000000002.safetensors");
  });

  it("that spoils the weights is named with the network, which keeps the weights of the epoch before", async () => {
    const game = pointGame();
    const rate = (step: number) => (step === 2 ? 1e39 : 0.01);
    const optimizer = { generator: sgd({ learningRate: rate }), discriminator: sgd({ learningRate: 0.01 }) };
    const before = bitsOf(game);
    // Two steps: no loss shows what the second has done.
    const failing = play(game, cloud(8), { ...small, optimizer });
    await expect(failing).rejects.toBeInstanceOf(NumericError);
    await expect(failing).rejects.toThrow(
      /^generator: dense_\d\.\w+: the weight is (NaN|-?Infinity) in position \d+ after step 2\./,
    );
    expect(bitsOf(game)).toEqual(before);
  });

  it("of a measure is the one that is thrown", async () => {
    const measure = {
      name: "mine",
      of: () => {
        throw new Error("mine");
      },
    };
    await expect(play(pointGame(), cloud(8), { ...small, measures: [measure] })).rejects.toThrow("mine");
  });

  it("is none where a network is small", async () => {
    const line = () => sequential({ input: [1] }, nn.dense(1));
    const data = dataset({ input: tensor([1, 2, 3, 4], [4, 1]) });
    const run = await play(
      gan({ generator: line(), discriminator: line() }),
      data,
      quietly({ epochs: 1, batchSize: 1 }),
    );
    expect(run.steps).toBe(4);
  });
});
