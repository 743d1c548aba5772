import { describe, expect, it } from "vitest";
import { tensor } from "../../src/base/tensor.js";
import { dataset } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine, wasmEngine } from "../../src/node/engine.js";
import { sgd } from "../../src/optim/index.js";
import { type Engine, GameStep, gan, network, sequential } from "../../src/runtime/index.js";
import { epochOrder } from "../../src/train/batches.js";
import { conditionsFor } from "../../src/train/gameData.js";
import * as train from "../../src/train/index.js";
import { cloud, labelledGame, meanMade, pictureGame, pictures, pointGame, quietly } from "./games.js";
import { weightsOf } from "./points.js";

const { play } = train;
const data = cloud(40);
const base = quietly({ epochs: 3, batchSize: 8 });

describe("the record of a game", () => {
  it("has the means over its steps, in which the generator had its turn or not", async () => {
    const seen: train.StepRecord[] = [];
    const options = {
      ...base,
      discriminatorSteps: 2,
      callbacks: [{ onStep: (record: train.StepRecord) => void seen.push(record) }],
    };
    const run = await play(pointGame(), data, options);
    expect(run).toMatchObject({ steps: 15, ended: "done", warnings: [] });
    expect(run.history.map(({ epoch, step }) => [epoch, step])).toEqual([1, 2, 3].map((epoch) => [epoch, 5 * epoch]));
    const names = [
      "loss",
      "generator loss",
      "real accuracy",
      "fake accuracy",
      "discriminator gradient",
      "generator gradient",
    ];
    for (const { epoch, training, validation } of run.history) {
      expect(Object.keys(training).sort()).toEqual([...names].sort());
      expect(validation).toBeUndefined();
      const steps = seen.filter((step) => step.epoch === epoch);
      const scores: Record<string, number>[] = steps.map(({ loss, scores }) => ({ loss, ...scores }));
      for (const name of names) {
        const values = scores.flatMap((each) => each[name] ?? []);
        expect(training[name]).toBeCloseTo(values.reduce((a, b) => a + b, 0) / values.length, 10);
      }
    }
    // The generator has its turn at every second step, from epoch to epoch.
    const turns = seen.flatMap(({ step, scores }) => (scores?.["generator loss"] === undefined ? [] : [step]));
    expect(turns).toEqual([2, 4, 6, 8, 10, 12, 14]);
  });

  it("is of the steps that GameStep makes, batch by batch, the seed being the run's", async () => {
    const [played, stepped] = [pointGame(), pointGame()];
    const losses: number[] = [];
    const note = { onStep: ({ loss }: train.StepRecord) => void losses.push(loss) };
    const optimizer = sgd({ learningRate: 0.1 });
    const objective = nn.hinge();
    await play(played, data, { ...base, seed: 9, objective, optimizer, r1: 0.5, callbacks: [note] });
    const expected: number[] = [];
    const step = await GameStep.create(stepped, data.batch([0, 1, 2, 3, 4, 5, 6, 7]) as never, {
      ...{ objective, r1: 0.5, seed: 9 },
      optimizer: { generator: optimizer, discriminator: optimizer },
    });
    for (let epoch = 1; epoch <= 3; epoch++) {
      const order = epochOrder(data, 8, 9, epoch);
      for (let i = 0; i < 40; i += 8)
        expected.push((await step.run(await data.batch(order.slice(i, i + 8)))).discriminatorLoss);
    }
    step.publish();
    expect(losses).toEqual(expected);
    expect(weightsOf(played.generator)).toEqual(weightsOf(stepped.generator));
    expect(weightsOf(played.discriminator)).toEqual(weightsOf(stepped.discriminator));
  });

  /** A discriminator w x + c of numbers, which stays, and a generator that makes its bias. */
  const still = (w: number, c: number, made: number) => {
    const net = (weight: number, bias: number) => {
      const one = sequential({ input: [1] }, nn.dense(1));
      one.setWeights(
        new Map([
          ["dense_1.weight", tensor([weight], [1, 1])],
          ["dense_1.bias", tensor([bias])],
        ]),
      );
      return one;
    };
    return gan({ generator: net(0, made), discriminator: net(w, c) });
  };

  it.each([
    // Scores of real examples: -2, -1, 1, 2, shifted by c.
    ["the boundary of the objective", nn.nonSaturating(), 0, -0.5, [0.5, 1]],
    ["a score at it, which is not above", nn.nonSaturating(), 1, 0, [0.5, 0]],
    ["another boundary", nn.leastSquares(), 0, 0.75, [0.5, 0]],
    ["none: the middle between the means", nn.wasserstein({ clip: 50 }), 10, -4, [0.75, 1]],
  ])("counts as real by %s", async (_, objective, c, made, [real, fake]) => {
    const four = dataset({ input: tensor([-2, -1, 1, 2], [4, 1]) });
    const optimizer = sgd({ learningRate: 0 });
    const run = await play(still(1, c, made), four, quietly({ epochs: 1, batchSize: 4, objective, optimizer }));
    expect(run.history[0]?.training).toMatchObject({ "real accuracy": real, "fake accuracy": fake });
  });
});

describe("callbacks of a game", () => {
  it("see its beginning, its epochs and its end; may stop it, scale both learning rates and warn", async () => {
    const said: unknown[] = [];
    const game = pointGame();
    const run = await play(game, data, {
      ...{ ...base, epochs: 9, optimizer: sgd({ learningRate: 0.1 }) },
      callbacks: [
        {
          onStart: ({ net, epochs, stepsPerEpoch, step }) =>
            void said.push([net === game.generator, epochs, stepsPerEpoch, step]),
          onEpoch: ({ epoch }, control) => {
            said.push(epoch);
            control.scaleLearningRate(0.5);
            if (epoch === 2) control.warn("enough");
            if (epoch === 2) control.stop();
          },
          onEnd: ({ ended }) => void said.push(ended),
        },
      ],
    });
    expect(said).toEqual([[true, 9, 5, 0], 1, 2, "stopped"]);
    expect(run).toMatchObject({ ended: "stopped", warnings: ["enough"], steps: 10 });
    expect(run.history.map(({ learningRate }) => learningRate)).toEqual([0.1, 0.05]);
  });

  it("see the networks of the epoch, and the option onEpoch may stop", async () => {
    const game = pointGame();
    const before = weightsOf(game.discriminator);
    const seen: unknown[] = [];
    const run = await play(game, data, {
      ...base,
      onEpoch: (_, stop) => {
        seen.push(weightsOf(game.discriminator));
        stop();
      },
    });
    expect(run.history).toHaveLength(1);
    expect(seen).toEqual([weightsOf(game.discriminator)]);
    expect(seen[0]).not.toEqual(before);
  });
});

describe("measures", () => {
  it("are taken of the same noise after each epoch, and named in the validation", async () => {
    const game = pointGame();
    const seen: unknown[] = [];
    const run = await play(game, data, {
      ...{ ...base, seed: 4, measures: [meanMade(), { name: "count", of: ({ shape }) => shape[0] as number }] },
      samples: { measured: 30 },
      onEpoch: async () => void seen.push((await game.sample(30, { seed: 4 })).data),
    });
    const means = seen.map((made) => (made as Float32Array).reduce((a, b) => a + b, 0) / 60);
    expect(run.history.map(({ validation }) => validation)).toEqual(
      means.map((mean) => ({ mean: expect.closeTo(mean, 5), count: 30 })),
    );
    expect(run.best).toBeUndefined();
  });

  it("are taken every so many epochs, and after the last; more than there are epochs is after the last alone", async () => {
    const measured = async (epochs: number, every: number) => {
      const run = await play(pointGame(), data, {
        ...base,
        epochs,
        measures: [meanMade()],
        samples: { every, measured: 4 },
      });
      return run.history.flatMap(({ epoch, validation }) => (validation ? [epoch] : []));
    };
    expect(await measured(5, 2)).toEqual([2, 4, 5]);
    expect(await measured(2, 9)).toEqual([2]);
    expect(await measured(1, 1)).toEqual([1]);
  });

  it.each([true, false])(
    "choose the best epoch, smaller being better: %s; patience gives its weights back",
    async (smaller) => {
      const game = pointGame();
      const seen: Map<string, Float32Array>[] = [];
      // Largest, or least, after the third epoch.
      const scores = [1, 2, 3, 2, 1, 0];
      let epoch = 0;
      const measure = {
        name: "told",
        smallerIsBetter: smaller,
        of: () => (smaller ? -1 : 1) * (scores[epoch++] as number),
      };
      const run = await play(game, data, {
        ...{ ...base, epochs: 6, measures: [meanMade(), measure], monitor: "told", patience: 2 },
        samples: { measured: 4 },
        onEpoch: () => void seen.push(weightsOf(game.generator)),
      });
      expect(run).toMatchObject({ ended: "stopped", best: { epoch: 3, score: smaller ? -3 : 3 } });
      expect(run.history).toHaveLength(5);
      expect(weightsOf(game.generator)).toEqual(seen[2]);
      expect(weightsOf(game.generator)).not.toEqual(seen[4]);
    },
  );

  it("keep the last weights where asked, and the best without patience", async () => {
    const kept = async (keep: "last" | "best") => {
      const game = pointGame();
      const seen: Map<string, Float32Array>[] = [];
      let epoch = 0;
      const told = { name: "told", of: () => -epoch++ };
      await play(game, data, {
        ...{ ...base, measures: [told], monitor: "told", keep },
        onEpoch: () => void seen.push(weightsOf(game.generator)),
      });
      return seen.findIndex((weights) => String([...weights]) === String([...weightsOf(game.generator)]));
    };
    expect([await kept("last"), await kept("best")]).toEqual([2, 0]);
  });

  it("of a conditional game are told what was to be made: all classes in turn", async () => {
    const seen: unknown[] = [];
    const measure: train.GameMeasure = {
      name: "labels",
      of: ({ shape }, { label }) => {
        seen.push([shape, [...(label?.data ?? [])]]);
        return 0;
      },
    };
    const given = pictures(30, 1, ["a", "b", "c"]);
    await play(
      labelledGame(),
      given,
      quietly({ epochs: 1, batchSize: 10, measures: [measure], samples: { measured: 5 } }),
    );
    expect(seen).toEqual([
      [
        [5, 1, 4, 4],
        [0, 1, 2, 0, 1],
      ],
    ]);
  });

  it("compile the generator once, however many epochs there are", async () => {
    const native = await nativeEngine();
    const loads: string[] = [];
    const engine: Engine = {
      name: "counting",
      load: (model, load) => {
        loads.push(load.purpose);
        return native.load(model, load);
      },
    };
    await play(pointGame(engine), data, { ...base, epochs: 6, measures: [meanMade()], samples: { measured: 300 } });
    expect(loads).toHaveLength(2);
  });
});

describe("conditions that are no labels", () => {
  it("are those of examples evenly spread over the data, as many as there may be", async () => {
    const game = gan({
      generator: sequential({ input: [2] }, nn.dense(2)),
      discriminator: sequential({ input: [2] }, nn.dense(1)),
    });
    expect(await conditionsFor(game, data, 5)).toEqual({});
    const told = gan({
      generator: network({ latent: [2], at: [1] }, ({ latent, at }) => nn.dense(2)(nn.concat({ axis: 1 })(latent, at))),
      discriminator: network({ input: [2], at: [1] }, ({ input, at }) =>
        nn.dense(1)(nn.concat({ axis: 1 })(input, at)),
      ),
    });
    const all = Array.from({ length: 40 }, (_, i) => i);
    const inputs = dataset({ input: { ...(await data.batch(all)).inputs, at: tensor(all, [40, 1]) } });
    for (const count of [4, 10, 40, 100]) {
      const few = [...((await conditionsFor(told, inputs, count)).at?.data ?? [])];
      const many = [...((await conditionsFor(told, inputs, 2 * count)).at?.data ?? [])];
      expect(many.slice(0, count)).toEqual(few);
      // The four quarters of the data, each with its share.
      for (let quarter = 0; quarter < 4; quarter++) {
        const share = few.filter((x) => Math.floor(x / 10) === quarter).length / count;
        expect(Math.abs(share - 0.25)).toBeLessThan(2.1 / count);
      }
    }
  });
});

describe("data that the generator cannot make", () => {
  const ended = (layer: nn.Layer) =>
    gan({
      generator: sequential({ input: [3] }, nn.dense(16), layer, nn.reshape([1, 4, 4])),
      discriminator: sequential({ input: [1, 4, 4] }, nn.flatten(), nn.dense(1)),
    });
  const numbers = (low: number, high: number) =>
    dataset({
      input: tensor(
        Float32Array.from({ length: 160 }, (_, i) => (i % 2 === 0 ? low : high)),
        [10, 1, 4, 4],
      ),
    });
  const warnings = async (layer: nn.Layer, low: number, high: number) =>
    (await play(ended(layer), numbers(low, high), quietly({ epochs: 1, batchSize: 5 }))).warnings;

  it.each([
    [
      "tanh, of pictures from 0 to 1",
      nn.tanh,
      0,
      1,
      "from -1 to 1, the data has them from 0.00 to 1.00. Give pictures a mean and a deviation of 0.5",
    ],
    [
      "tanh, of larger numbers",
      nn.tanh,
      -2.5,
      2.5,
      "from -1 to 1, the data has them from -2.50 to 2.50. Give pictures a mean",
    ],
    [
      "sigmoid, of numbers from -1 to 1",
      nn.sigmoid,
      -1,
      1,
      "from 0 to 1, the data has them from -1.00 to 1.00. End the generator with tanh()",
    ],
    [
      "relu, of numbers below 0",
      nn.relu,
      -1,
      1,
      "from 0 up, the data has them from -1.00 to 1.00. End the generator with",
    ],
  ])("is warned of: %s", async (_, layer, low, high, message) => {
    expect(await warnings(layer(), low, high)).toEqual([
      expect.stringContaining(`the generator makes numbers ${message}`),
    ]);
  });

  it.each([
    ["tanh, of numbers from -1 to 1", nn.tanh, -1, 1],
    ["sigmoid, of numbers from 0 to 1", nn.sigmoid, 0, 1],
    ["relu, of numbers from 0", nn.relu, 0, 70],
    ["a layer without bounds", nn.elu, -0.5, 70],
  ])("is not: %s", async (_, layer, low, high) => {
    expect(await warnings(layer(), low, high)).toEqual([]);
  });
});

describe("WebAssembly", () => {
  it("plays to the same record as the native engine", async () => {
    const options = { ...base, measures: [meanMade()], samples: { measured: 10 } };
    const [native, wasm] = [
      await play(pointGame(), data, options),
      await play(pointGame(await wasmEngine()), data, options),
    ];
    expect(wasm.history).toHaveLength(3);
    for (const [i, { training, validation }] of wasm.history.entries())
      for (const [name, value] of Object.entries({ ...training, ...validation }))
        expect(value, name).toBeCloseTo(
          { ...native.history[i]?.training, ...native.history[i]?.validation }[name] as number,
          3,
        );
  });
});

describe("data of other forms", () => {
  it("a last batch of one example is left out, where there are others", async () => {
    expect((await play(pointGame(), cloud(17), base)).steps).toBe(6);
  });

  it("one whole batch is enough, and pictures are played as they are", async () => {
    const run = await play(pictureGame(), pictures(8), quietly({ epochs: 2, batchSize: 8 }));
    expect([run.steps, run.warnings]).toEqual([2, []]);
  });
});
