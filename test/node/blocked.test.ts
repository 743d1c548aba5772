import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { tensor } from "../../src/base/tensor.js";
import { conv2d, crossEntropy, dense, flatten, maxPool2d, relu } from "../../src/nn/index.js";
import { blockChannels, channelBlock } from "../../src/node/blocked.js";
import { nativeEngine } from "../../src/node/engine.js";
import { lower, type OnnxModel } from "../../src/onnx/index.js";
import { adam } from "../../src/optim/index.js";
import { bakedModel, type Engine, ortEngine, sequential, TrainingStep } from "../../src/runtime/index.js";
import { stepPlan } from "../../src/runtime/stepGraph.js";
import { decodeModel } from "../support/model.js";

const layers = () => [
  conv2d(32, 3, { padding: "same" }),
  relu(),
  conv2d(32, 3, { padding: "same" }),
  relu(),
  maxPool2d(2),
  conv2d(64, 3, { stride: 2 }),
  relu(),
  flatten(),
  dense(4),
];

const domainsOf = (model: Pick<OnnxModel, "bytes">): string[] =>
  decodeModel(model.bytes).opsetImport.map((o) => o.domain);

const trainingModel = (): OnnxModel => {
  const target = { target: { dtype: "int32", shape: ["batch"] } } as const;
  const traced = sequential({ input: [16, 8, 8] }, ...layers()).traced(true);
  return lower(stepPlan(traced, { loss: crossEntropy(), optimizer: adam() }, target, false).batch.graph);
};

/** The losses of some steps on the same random pictures. */
async function losses(engine: Engine): Promise<number[]> {
  const net = sequential({ input: [16, 8, 8], engine }, ...layers());
  const batch = {
    inputs: { input: tensor(random(1).normal(8 * 16 * 64), [8, 16, 8, 8]) },
    targets: { target: tensor(Int32Array.from({ length: 8 }, (_, i) => i % 4)) },
  };
  const step = await TrainingStep.create(net, batch, { loss: crossEntropy(), optimizer: adam() });
  const found: number[] = [];
  for (let i = 0; i < 100; i++) found.push((await step.run(batch)).loss);
  return found;
}

const plainEngine = (): Engine =>
  ortEngine(ort, { name: "plain", writesInPlace: true, sessionOptions: () => ({ graphOptimizationLevel: "basic" }) });

it("trains as the plain layout does, to 1e-5 of the first loss over 100 steps", async () => {
  const [plain, blocked] = [await losses(plainEngine()), await losses(await nativeEngine())];
  const scale = plain[0] as number;
  expect(plain.at(-1) as number).toBeLessThan(scale / 10);
  plain.forEach((loss, i) => {
    expect(Math.abs(loss - (blocked[i] as number))).toBeLessThan(1e-5 * scale);
  });
});

it("changes convolutions whose channels fill blocks, and only those", async () => {
  const model = trainingModel();
  expect(domainsOf({ bytes: blockChannels(model.bytes, 16) })).toContain("com.microsoft.nchwc");
  expect(blockChannels(model.bytes, 128)).toBe(model.bytes);
});

it("finds the processor's block by trying", async () => {
  expect([undefined, 8, 16]).toContain(await channelBlock(ort));
});

it("has none where ORT refuses", async () => {
  const refusing = { ...ort, InferenceSession: { create: () => Promise.reject(new Error("no such op")) } };
  expect(await channelBlock(refusing as unknown as typeof ort)).toBeUndefined();
});

it("is in no exported file", () => {
  expect(domainsOf(bakedModel(sequential({ input: [16, 8, 8] }, ...layers())))).toEqual([""]);
});
