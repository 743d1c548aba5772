import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { input } from "../../src/graph/index.js";
import { stopWords, writingInPlace } from "../../src/node/inPlace.js";
import { lower } from "../../src/onnx/index.js";
import { add, cast, concat, gather, greater, sum } from "../../src/ops/index.js";
import { ortEngine, type Program } from "../../src/runtime/index.js";

const x = input("x", ["batch", 2]);
const twice = input("twice", ["2*batch"]);
const model = lower({
  inputs: { x, twice },
  outputs: {
    sum: add(x, 1),
    total: sum(x),
    longer: concat([twice, twice], 0),
    positive: greater(x, 0),
    whole: cast(x, "int32"),
  },
});
const feeds = { x: tensor([1.5, -2.5, 3.5, 0], [2, 2]), twice: tensor([1, 2, 3, 4]) };

async function program(words: string): Promise<Program> {
  const settings = { name: "in place", writesInPlace: true, sessionOptions: () => ({}) };
  return ortEngine(writingInPlace(ort, model, words), settings).load(model, { purpose: "training" });
}

const listed = (results: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(
    Object.entries(results).map(([name, { dtype, shape, data }]) => [name, [dtype, shape, [...data]]]),
  );

it("onnxruntime-node still stops at an output that is no tensor, all others being written", async () => {
  expect(await stopWords(ort)).toMatch(/tensor/i);
});

it("gives every result with its dtype and shape, also of symbolic lengths", async () => {
  const results = await (await program((await stopWords(ort)) as string)).run(feeds);
  expect(listed(results)).toEqual({
    sum: ["float32", [2, 2], [2.5, -1.5, 4.5, 1]],
    total: ["float32", [], [2.5]],
    longer: ["float32", [8], [1, 2, 3, 4, 1, 2, 3, 4]],
    positive: ["bool", [2, 2], [1, 0, 1, 0]],
    whole: ["int32", [2, 2], [1, -2, 3, 0]],
  });
});

it("writes into what is given, and makes the rest anew each time", async () => {
  const training = await program((await stopWords(ort)) as string);
  const into = { sum: tensor([0, 0, 0, 0], [2, 2]) };
  const [first, second] = [await training.run(feeds, into), await training.run(feeds, into)];
  expect([first.sum, second.sum]).toEqual([into.sum, into.sum]);
  expect(first.sum).toBe(into.sum);
  expect(first.total).not.toBe(second.total);
});

it("follows the batch from run to run", async () => {
  const training = await program((await stopWords(ort)) as string);
  await training.run(feeds);
  const results = await training.run({ x: tensor([1, 2], [1, 2]), twice: tensor([5, 6]) });
  expect(listed(results).longer).toEqual(["float32", [4], [5, 6, 5, 6]]);
});

it("lets other errors through", async () => {
  const table = input("table", [2]);
  const at = input("at", [1], "int32");
  const bad = lower({ inputs: { table, at }, outputs: { y: gather(table, at) } });
  const settings = { name: "in place", writesInPlace: true, sessionOptions: () => ({ logSeverityLevel: 4 as const }) };
  const words = (await stopWords(ort)) as string;
  const gathering = await ortEngine(writingInPlace(ort, bad, words), settings).load(bad, { purpose: "training" });
  const run = gathering.run({ table: tensor([1, 2]), at: tensor(Int32Array.of(7)) });
  await expect(run).rejects.toThrow(/out of data bounds|out of bounds/);
});

it("is not used where the binding does not stop", async () => {
  const obliging = {
    ...ort,
    InferenceSession: { create: async () => ({ run: async () => ({}), release: async () => undefined }) },
  };
  expect(await stopWords(obliging as unknown as typeof ort)).toBeUndefined();
  const broken = { ...ort, InferenceSession: { create: () => Promise.reject(new Error("no")) } };
  expect(await stopWords(broken as unknown as typeof ort)).toBeUndefined();
});
