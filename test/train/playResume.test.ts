import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/base/tensor.js";
import type { Batch } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { adam, cosine, sgd } from "../../src/optim/index.js";
import { gan, sequential } from "../../src/runtime/index.js";
import * as train from "../../src/train/index.js";
import { bitsOf, cloud, labelledGame, meanMade, pictureGame, pictures, pointGame, quietly, scoresOf } from "./games.js";
import { memoryStore } from "./memoryStore.js";

const { play } = train;
const data = cloud(40);

/** With everything that has a state: dropout, running statistics, an average, turns, noise, a plateau, the best epoch. */
const options = (): train.PlayOptions =>
  quietly({
    epochs: 4,
    batchSize: 7,
    seed: 5,
    optimizer: {
      generator: adam({ learningRate: cosine(0.01, 30) }),
      discriminator: sgd({ learningRate: 0.05, momentum: 0.9 }),
    },
    objective: nn.nonSaturating({ smoothing: 0.1 }),
    discriminatorSteps: 4,
    instanceNoise: cosine(0.2, 30),
    r1: 0.1,
    average: 0.9,
    clip: { norm: 1 },
    measures: [meanMade(), meanMade(true, "least")],
    monitor: "mean",
    samples: { measured: 20 },
    callbacks: [train.reduceOnPlateau({ patience: 0, factor: 0.5 })],
  });

const stopping = (stop: number): train.Callback => ({
  onStep: ({ step }, control) => (step >= stop ? control.stop() : undefined),
});

describe("a game that goes on from a checkpoint", () => {
  // 6 steps an epoch; a round takes 4.
  it.each([[[12]], [[2]], [[9]], [[1, 5, 6, 7, 23]], [[8, 20]]])(
    "ends as one that never stopped, to the bit, both networks and the record: stopped after %j steps",
    async (stops) => {
      const whole = pointGame();
      const expected = await play(whole, data, { ...options(), folder: memoryStore() });
      const store = memoryStore();
      for (const stop of stops) {
        const { callbacks = [] } = options();
        const part = { ...options(), callbacks: [...callbacks, stopping(stop)], folder: store, resume: true };
        expect((await play(pointGame(), data, part)).ended).toBe("stopped");
      }
      const game = pointGame();
      const run = await play(game, data, { ...options(), folder: store, resume: true });
      expect(bitsOf(game)).toEqual(bitsOf(whole));
      expect(scoresOf(run)).toEqual(scoresOf(expected));
      expect(run).toMatchObject({ steps: 24, ended: "done", best: expected.best });
    },
  );

  it("needs no folder for that: a folder changes nothing", async () => {
    const [bare, kept] = [pointGame(), pointGame()];
    await play(bare, data, options());
    await play(kept, data, { ...options(), folder: memoryStore() });
    expect(bitsOf(kept)).toEqual(bitsOf(bare));
  });

  it("has the checkpoints of every so many steps, in the middle of a round", async () => {
    const store = memoryStore();
    await play(pointGame(), data, { ...options(), folder: store, checkpoint: { steps: 5, epochs: 9, keep: 9 } });
    const steps = [...store.files.keys()].flatMap((name) => name.match(/^step-0*(\d+)/)?.[1] ?? []);
    expect(steps.map(Number).sort((a, b) => a - b)).toEqual([5, 10, 15, 20, 24]);
    const whole = pointGame();
    await play(whole, data, options());
    // As if killed after the tenth step: what came later is not there.
    for (const step of [15, 20, 24]) store.files.delete(`step-00000000${step}.safetensors`);
    const game = pointGame();
    await play(game, data, { ...options(), folder: store, resume: true });
    expect(bitsOf(game)).toEqual(bitsOf(whole));
  });

  it("goes on with conditions too", async () => {
    const given = pictures(30, 1, ["a", "b", "c"]);
    const plan = quietly({ epochs: 3, batchSize: 8, seed: 2 });
    const [whole, resumed, store] = [labelledGame(), labelledGame(), memoryStore()];
    await play(whole, given, plan);
    await play(labelledGame(), given, { ...plan, folder: store, callbacks: [stopping(5)] });
    await play(resumed, given, { ...plan, folder: store, resume: true });
    expect(bitsOf(resumed)).toEqual(bitsOf(whole));
  });

  it("shows callbacks both networks as they were", async () => {
    const [before, after, store] = [pointGame(), pointGame(), memoryStore()];
    await play(before, data, { ...options(), epochs: 2, folder: store });
    const seen: unknown[] = [];
    const look: train.Callback = { onStart: ({ step }) => void seen.push(step, bitsOf(after)) };
    await play(after, data, { ...options(), folder: store, resume: true, callbacks: [look] });
    expect(seen).toEqual([12, bitsOf(before)]);
  });

  it("does nothing more when it was done, and goes on with more epochs", async () => {
    const store = memoryStore();
    const [first, again] = [pointGame(), pointGame()];
    await play(first, data, { ...options(), folder: store });
    expect((await play(again, data, { ...options(), folder: store, resume: true })).steps).toBe(24);
    expect(bitsOf(again)).toEqual(bitsOf(first));
    const { history } = await play(pointGame(), data, { ...options(), epochs: 5, folder: store, resume: true });
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
  });

  it("is warned once of what it was warned of", async () => {
    const store = memoryStore();
    const shades = pictures(10);
    const bright = { ...shades, batch: async (i: ArrayLike<number>) => raised(await shades.batch(i)) };
    const plan = quietly({ epochs: 2, batchSize: 5, folder: store });
    const first = await play(pictureGame(), bright, { ...plan, epochs: 1 });
    expect(first.warnings).toEqual([expect.stringContaining("the generator makes numbers from -1 to 1")]);
    const run = await play(pictureGame(), bright, { ...plan, resume: true });
    expect(run.warnings).toEqual(first.warnings);
    const lines = new TextDecoder().decode(store.files.get("log.jsonl")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "warning")).toHaveLength(1);
  });

  it.each([
    [
      "objective",
      { objective: nn.hinge() },
      'it was {"name":"nonSaturating","smoothing":0.1} and is {"name":"hinge"} now',
    ],
    [
      "objective",
      { objective: nn.nonSaturating() },
      '"smoothing":0.1} and is {"name":"nonSaturating","smoothing":0} now',
    ],
    ["seed", { seed: 6 }, "it was 5 and is 6 now"],
    ["batchSize", { batchSize: 8 }, "it was 7 and is 8 now"],
    ["optimizers", { optimizer: adam() }, 'it was ["adam","sgd"] and is ["adam","adam"] now'],
    ["discriminatorSteps", { discriminatorSteps: 2 }, "it was 4 and is 2 now"],
    ["r1", { r1: 0 }, "it was 0.1 and is 0 now"],
    ["average", { average: 0.99 }, "it was 0.9 and is 0.99 now"],
    ["clip", { clip: { value: 1 } }, 'it was {"norm":1} and is {"value":1} now'],
    ["instanceNoise", { instanceNoise: 0.2 }, 'it was "cosine(0.2, 30, 0)" and is 0.2 now'],
    ["measures", { measures: [meanMade()] }, 'it was ["mean","least"] and is ["mean"] now'],
    ["monitor", { monitor: "least" }, 'it was "mean" and is "least" now'],
  ])("refuses another %s", async (name, change, message) => {
    const store = memoryStore();
    await play(pointGame(), data, { ...options(), epochs: 1, folder: store });
    const other = play(pointGame(), data, { ...options(), ...change, folder: store, resume: true });
    await expect(other).rejects.toThrow(`memory: cannot go on with another ${name}: `);
    await expect(other).rejects.toThrow(message);
  });

  it("refuses another network, other noise, other data, and a network's run", async () => {
    const store = memoryStore();
    await play(pointGame(), data, { ...options(), epochs: 1, folder: store });
    const { generator, discriminator } = pointGame();
    const go = (game: ReturnType<typeof pointGame>, given = data) =>
      play(game, given, { ...options(), folder: store, resume: true });
    const critic = sequential({ input: [2] }, nn.dense(4), nn.dense(1));
    await expect(go(gan({ generator, discriminator: critic }))).rejects.toThrow(
      "memory: cannot go on with another discriminator: its layers differ.",
    );
    const maker = sequential({ input: [3] }, nn.dense(2));
    await expect(go(gan({ generator: maker, discriminator }))).rejects.toThrow("another generator: its layers differ.");
    await expect(go(gan({ generator, discriminator, latent: { size: 3, noise: "uniform" } }))).rejects.toThrow(
      'another latent: it was {"size":3,"noise":"normal"} and is {"size":3,"noise":"uniform"} now',
    );
    await expect(go(pointGame(), cloud(41))).rejects.toThrow("another examples: it was 40 and is 41 now");
    const fitting = train.fit(maker, data, { loss: nn.mse(), folder: store, resume: true, progress: false });
    await expect(fitting).rejects.toThrow("memory: cannot go on with another");
  });
});

/** Pictures of the upper half of the shades. */
function raised(batch: Batch): Batch {
  const { data } = batch.inputs.input as Tensor;
  for (const [i, x] of data.entries()) data[i] = Math.abs(x);
  return batch;
}
