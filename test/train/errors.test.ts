import { describe, expect, it } from "vitest";
import { DataError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import type { Dataset } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { adam, sgd } from "../../src/optim/index.js";
import { sequential } from "../../src/runtime/index.js";
import * as train from "../../src/train/index.js";
import { memoryStore } from "./memoryStore.js";
import { points, quiet, small, weightsOf } from "./points.js";

const { fit } = train;
const data = points(40);
const base: train.FitOptions = { loss: nn.crossEntropy(), batchSize: 4, epochs: 4, ...quiet };

const linesOf = (store: ReturnType<typeof memoryStore>) =>
  new TextDecoder()
    .decode(store.files.get("log.jsonl"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("an error in the middle of a run", () => {
  const failing = (at: number): train.Callback => ({
    onStep: ({ step }) => {
      if (step === at) throw new Error("mine");
    },
  });

  it("is the one that is thrown, is logged, and the run goes on from there", async () => {
    const [whole, store, resumed] = [small(), memoryStore(), small()];
    await fit(whole, data, base);
    await expect(fit(small(), data, { ...base, folder: store, callbacks: [failing(17)] })).rejects.toThrow("mine");
    const lines = linesOf(store);
    expect(lines.filter(({ kind }) => kind === "step")).toHaveLength(17);
    expect(lines.at(-1)).toEqual({ kind: "error", step: 17, message: "mine" });
    expect([...store.files.keys()]).toContain("step-0000000017.safetensors");
    await fit(resumed, data, { ...base, folder: store, resume: true });
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
  });

  it("is not hidden by weights that the last update spoiled", async () => {
    const net = small();
    const huge = sgd({ learningRate: (step) => (step === 3 ? 3e38 : 0.1) });
    const listeners = process.listenerCount("SIGINT");
    await expect(fit(net, data, { ...base, optimizer: huge, callbacks: [failing(3)] })).rejects.toThrow("mine");
    expect([...weightsOf(net).values()].flatMap((values) => [...values]).every(Number.isFinite)).toBe(true);
    expect(process.listenerCount("SIGINT")).toBe(listeners);
  });

  it("says in the log what a NaN was, and what was warned of", async () => {
    const store = memoryStore();
    const batch: Dataset["batch"] = (indices) => ({
      inputs: {
        input: tensor(
          Float32Array.from(indices, (i) => (i === 9 ? Number.NaN : 1)),
          [indices.length, 1],
        ),
      },
      targets: { target: tensor(new Int32Array(indices.length)) },
    });
    const bad = { ...points(10), inputShapes: { input: [1] }, batch };
    const net = sequential({ input: [1] }, nn.dense(2));
    const warning: train.Callback = { onStep: ({ step }, control) => (step === 1 ? control.warn("look") : undefined) };
    const run = fit(net, bad, { ...base, batchSize: 2, folder: store, callbacks: [warning], seed: 1 });
    await expect(run).rejects.toThrow("the input is NaN");
    const said = linesOf(store).filter(({ kind }) => kind === "warning" || kind === "error");
    expect(said[0]).toEqual({ kind: "warning", step: 1, message: "look" });
    expect(said[1]).toMatchObject({ kind: "error", message: expect.stringContaining("the input is NaN in example") });
  });
});

describe("a folder that cannot be written", () => {
  const readOnly = (code: string) => {
    const store = memoryStore();
    const refuse = () => Promise.reject(new DataError(`refused (${code}).`, { cause: { code } }));
    return { store, refuse };
  };

  it("ends a run that begins there, before anything is trained", async () => {
    const { store, refuse } = readOnly("EROFS");
    const run = fit(small(), data, { ...base, folder: { ...store, write: refuse } });
    await expect(run).rejects.toThrow("refused (EROFS).");
  });

  it("in the middle of a run is warned of, and sacrifices no checkpoint", async () => {
    const { store, refuse } = readOnly("EIO");
    let broken = false;
    const folder: train.RunStore = {
      ...store,
      write: (file, bytes) => (broken ? refuse() : store.write(file, bytes)),
      append: (file, bytes) => (broken ? refuse() : store.append(file, bytes)),
      remove: () => refuse(),
    };
    const breaking: train.Callback = {
      onEpoch: ({ epoch }) => {
        broken = epoch >= 3;
      },
    };
    const { ended, warnings } = await fit(small(), data, { ...base, folder, callbacks: [breaking] });
    expect(ended).toBe("done");
    expect(warnings.join("\n")).toMatch(/no checkpoint at step 30: refused \(EIO\)/);
    expect([...store.files.keys()].filter((file) => file.startsWith("step-"))).toHaveLength(2);
  });

  it("a checkpoint that cannot be read is passed over", async () => {
    const [whole, net, store] = [small(), small(), memoryStore()];
    await fit(whole, data, base);
    await fit(small(), data, { ...base, epochs: 2, folder: store });
    const read: train.RunStore["read"] = (file) =>
      file.includes("20.safe") ? Promise.reject(new DataError("bad sector.")) : store.read(file);
    const { warnings } = await fit(net, data, { ...base, folder: { ...store, read }, resume: true });
    expect(warnings.join()).toContain("bad sector. An older checkpoint is taken.");
    expect(weightsOf(net)).toEqual(weightsOf(whole));
  });
});

describe("what a checkpoint holds is not trusted", () => {
  const files = async () => {
    const store = memoryStore();
    await fit(small(), data, {
      ...base,
      optimizer: adam(),
      epochs: 1,
      folder: store,
      callbacks: [train.reduceOnPlateau()],
    });
    return store;
  };
  const changed = async (from: RegExp, to: string) => {
    const store = await files();
    const [name, bytes] = [...store.files].find(([file]) => file.startsWith("step-")) as [string, Uint8Array];
    const text = new TextDecoder("latin1")
      .decode(bytes)
      .replace(from, (match) => to.padEnd(match.length).slice(0, match.length));
    store.files.set(
      name,
      Uint8Array.from(text, (c) => c.charCodeAt(0)),
    );
    return store;
  };
  const again = (store: train.RunStore) =>
    fit(small(), data, {
      ...base,
      optimizer: adam(),
      folder: store,
      resume: true,
      callbacks: [train.reduceOnPlateau()],
    });

  it.each([
    ["the count", /\\"count\\":10/, '\\"count\\":-1', '"count" is -1'],
    ["the history", /\\"history\\":\[/, '\\"history\\":1, \\"x\\":[', "is not JSON"],
    ["the best score", /\\"score\\":[\d.e-]+/, '\\"score\\":null', '"best" is'],
    ["a callback's memory", /\[[\d.e+-]+,0,1\]/, "5", "callback reduceOnPlateau: the checkpoint holds 5 for it"],
  ])("%s", async (_, from, to, message) => {
    await expect(again(await changed(from, to))).rejects.toThrow(message);
  });
});

describe("accumulated gradients", () => {
  it("of more batches than there are would train nothing", async () => {
    await expect(fit(small(), data, { ...base, epochs: 1, accumulate: 11 })).rejects.toThrow(
      "fit: accumulate is 11, but the run has 10 batches in all: no update would be made.",
    );
  });
});
