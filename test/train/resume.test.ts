import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { tensor } from "../../src/base/tensor.js";
import { dataset } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { adam, cosine, sgd } from "../../src/optim/index.js";
import { sequential } from "../../src/runtime/index.js";
import * as train from "../../src/train/index.js";
import { memoryStore } from "./memoryStore.js";
import { points, quiet, weightsOf } from "./points.js";

const { fit, loadBytes } = train;

/** With everything that has a state: dropout, running statistics, an average, clipping, accumulation, a plateau. */
const network = () =>
  sequential({ input: [2], seed: 4 }, nn.dense(6), nn.batchNorm(), nn.relu(), nn.dropout(0.2), nn.dense(2));

const options = (): train.FitOptions => ({
  loss: nn.crossEntropy(),
  optimizer: adam({ learningRate: cosine(0.01, 60) }),
  epochs: 6,
  batchSize: 7,
  seed: 5,
  validation: 0.2,
  metrics: [train.accuracy(), train.rocAuc()],
  monitor: "accuracy",
  clip: { norm: 1 },
  accumulate: 2,
  average: 0.9,
  callbacks: [train.reduceOnPlateau({ patience: 0, factor: 0.5 })],
  ...quiet,
});

const data = points(60);
const bits = (net: ReturnType<typeof network>) =>
  [...weightsOf(net)].map(([name, values]) => [name, [...new Uint32Array(values.buffer)]]);
const scores = (run: train.Run) =>
  run.history.map(({ epoch, step, training, validation, learningRate }) => ({
    ...{ epoch, step, training, validation, learningRate },
  }));

/** A run stopped after each of these numbers of steps, and gone on with; then to its end. */
async function interrupted(stops: readonly number[], more: train.FitOptions) {
  const store = memoryStore();
  for (const stop of stops) {
    const stopping: train.Callback = { onStep: ({ step }, control) => (step >= stop ? control.stop() : undefined) };
    const { callbacks = [] } = more;
    await fit(network(), data, { ...more, callbacks: [...callbacks, stopping], folder: store, resume: true });
  }
  const net = network();
  const run = await fit(net, data, { ...more, folder: store, resume: true });
  return { net, run, store };
}

describe("a run that goes on from a checkpoint", () => {
  it.each([[[1]], [[7]], [[10]], [[20, 21, 33]], [[1, 2, 3, 4, 5, 40]]])(
    "ends as one that never stopped, to the bit: stopped after %j steps",
    async (stops) => {
      const whole = network();
      const expected = await fit(whole, data, { ...options(), folder: memoryStore() });
      const { net, run } = await interrupted(stops, options());
      expect(bits(net)).toEqual(bits(whole));
      expect(scores(run)).toEqual(scores(expected));
      expect(run).toMatchObject({ steps: expected.steps, ended: "done", best: expected.best });
    },
  );

  it("is so where the engine compiles for the batches that a run began with", async () => {
    // 16 channels and 16 examples fill the blocks of the Node engine's layout.
    const convolutional = () =>
      sequential(
        { input: [3, 8, 8], seed: 4 },
        ...[nn.conv2d(16, 3), nn.batchNorm(), nn.relu(), nn.conv2d(16, 3), nn.relu(), nn.flatten(), nn.dense(3)],
      );
    const pictures = dataset({
      input: tensor(random(6).uniform(48 * 192), [48, 3, 8, 8]),
      target: Array.from({ length: 48 }, (_, i) => i % 3),
      classes: ["a", "b", "c"],
    });
    const plan = { loss: nn.crossEntropy(), epochs: 3, batchSize: 16, ...quiet };
    const [whole, resumed, store] = [convolutional(), convolutional(), memoryStore()];
    await fit(whole, pictures, plan);
    const stopping: train.Callback = { onStep: ({ step }, control) => (step === 4 ? control.stop() : undefined) };
    await fit(convolutional(), pictures, { ...plan, folder: store, callbacks: [stopping] });
    await fit(resumed, pictures, { ...plan, folder: store, resume: true });
    expect(bits(resumed)).toEqual(bits(whole));
  });

  it("shows callbacks the network as it was", async () => {
    const store = memoryStore();
    const before = network();
    await fit(before, data, { ...options(), epochs: 2, folder: store });
    const seen: unknown[] = [];
    const look: train.Callback = { onStart: ({ net, step }) => void seen.push({ step, weights: bits(net) }) };
    await fit(network(), data, { ...options(), folder: store, resume: true, callbacks: [look] });
    expect(seen).toEqual([{ step: 14, weights: bits(before) }]);
  });

  it("needs no folder for that: a folder changes nothing", async () => {
    const [bare, kept] = [network(), network()];
    await fit(bare, data, options());
    await fit(kept, data, { ...options(), folder: memoryStore() });
    expect(bits(kept)).toEqual(bits(bare));
  });

  it("has the log of one that never stopped", async () => {
    const { store } = await interrupted([3, 17], options());
    const lines = new TextDecoder().decode(store.files.get("log.jsonl")).trim().split("\n");
    const steps = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "step");
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 42 }, (_, i) => i + 1));
  });

  it("does nothing more when it was done, and goes on with more epochs", async () => {
    const store = memoryStore();
    const [first, again, longer] = [network(), network(), network()];
    await fit(first, data, { ...options(), folder: store });
    const run = await fit(again, data, { ...options(), folder: store, resume: true });
    expect(run.steps).toBe(42);
    expect(bits(again)).toEqual(bits(first));
    const { history } = await fit(longer, data, { ...options(), epochs: 7, folder: store, resume: true });
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("begins where there is nothing yet, and is asked for where there is", async () => {
    const store = memoryStore();
    const { steps } = await fit(network(), data, { ...options(), epochs: 1, folder: store, resume: true });
    expect(steps).toBe(7);
    const before = [...store.files];
    await expect(fit(network(), data, { ...options(), folder: store })).rejects.toThrow(
      "memory: it holds a run already. Go on with it by resume: true, or give another folder.",
    );
    expect([...store.files]).toEqual(before);
  });

  it.each([
    ["batchSize", { batchSize: 8 }, "it was 7 and is 8 now"],
    ["seed", { seed: 6 }, "it was 5 and is 6 now"],
    ["optimizer", { optimizer: sgd() }, 'it was "adam" and is "sgd" now'],
    ["accumulate", { accumulate: 3 }, "it was 2 and is 3 now"],
    ["clip", { clip: { value: 1 } }, 'it was {"norm":1} and is {"value":1} now'],
    ["monitor", { monitor: "loss" }, 'it was "accuracy" and is "loss" now'],
    ["loss", { loss: nn.mse() }, 'it was "crossEntropy" and is "mse" now'],
  ])("refuses another %s", async (_, change, message) => {
    const store = memoryStore();
    await fit(network(), data, { ...options(), epochs: 1, folder: store });
    const other = fit(network(), data, { ...options(), ...change, folder: store, resume: true });
    await expect(other).rejects.toThrow(message);
  });

  it("refuses another network, naming the folder", async () => {
    const store = memoryStore();
    await fit(network(), data, { ...options(), epochs: 1, folder: store });
    const wider = sequential({ input: [2] }, nn.dense(7), nn.relu(), nn.dense(2));
    await expect(fit(wider, data, { ...options(), folder: store, resume: true })).rejects.toThrow(
      "memory: cannot go on with another network",
    );
  });
});

describe("the folder of a run", () => {
  it("keeps the last checkpoints, the best and the last network, the log and the recipe", async () => {
    const store = memoryStore();
    const net = network();
    await fit(net, data, { ...options(), folder: store, checkpoint: { keep: 2 }, recipe: { from: "a test" } });
    const names = [...store.files.keys()].sort();
    expect(names.filter((name) => !name.startsWith("events"))).toEqual([
      "best.safetensors",
      "log.jsonl",
      "net.safetensors",
      "recipe.json",
      "step-0000000035.safetensors",
      "step-0000000042.safetensors",
    ]);
    expect(names.filter((name) => name.startsWith("events.out.tfevents."))).toHaveLength(1);
    const recipe = JSON.parse(new TextDecoder().decode(store.files.get("recipe.json")));
    expect(recipe).toMatchObject({
      recipe: { from: "a test" },
      fit: {
        loss: { name: "crossEntropy", labelSmoothing: 0 },
        optimizer: { name: "adam", learningRate: "cosine(0.01, 60, 0)", beta1: 0.9 },
        ...{ epochs: 6, seed: 5, clip: { norm: 1 }, accumulate: 2, average: 0.9 },
      },
    });
    expect(bits(loadBytes(store.files.get("net.safetensors") as Uint8Array))).toEqual(bits(net));
  });

  it("a checkpoint opens as a network", async () => {
    const store = memoryStore();
    const { average: _, ...plain } = options();
    const net = network();
    await fit(net, data, { ...plain, folder: store });
    expect(bits(loadBytes(store.files.get("step-0000000042.safetensors") as Uint8Array))).toEqual(bits(net));
  });

  it("falls back to an older checkpoint where the newest is damaged, with a warning", async () => {
    const whole = network();
    await fit(whole, data, options());
    const store = memoryStore();
    await fit(network(), data, { ...options(), epochs: 3, folder: store });
    store.files.set(
      "step-0000000021.safetensors",
      (store.files.get("step-0000000021.safetensors") as Uint8Array).subarray(0, 999),
    );
    const net = network();
    const { warnings } = await fit(net, data, { ...options(), folder: store, resume: true });
    expect(warnings.join()).toMatch(/step-0000000021.safetensors.*An older checkpoint is taken/);
    expect(bits(net)).toEqual(bits(whole));
  });

  it("on a full disk: training goes on, older checkpoints make room, the newest there is stays whole", async () => {
    const whole = network();
    await fit(whole, data, options());
    const store = memoryStore();
    const filling: train.Callback = {
      onEpoch: ({ epoch }) => {
        const used = [...store.files.values()].reduce((sum, { length }) => sum + length, 0);
        if (epoch === 3) store.room = used + 100;
      },
    };
    const { callbacks = [] } = options();
    const net = network();
    const { warnings, ended } = await fit(net, data, {
      ...options(),
      callbacks: [...callbacks, filling],
      folder: store,
    });
    expect(ended).toBe("done");
    expect(bits(net)).toEqual(bits(whole));
    expect(warnings.join("\n")).toMatch(/the disk is full \(ENOSPC\)/);
    const kept = [...store.files.keys()].filter((name) => name.startsWith("step-"));
    expect(kept.length).toBeGreaterThan(0);
    store.room = Number.POSITIVE_INFINITY;
    const again = network();
    await fit(again, data, { ...options(), folder: store, resume: true });
    expect(bits(again)).toEqual(bits(whole));
  });
});
