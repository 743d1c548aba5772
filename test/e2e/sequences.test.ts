// Tasks of memory in short; the whole ones: npm run test:full.
import { crossEntropy, gru } from "midst";
import { expect, it } from "vitest";
import { accuracyOf, copyNet, decoderNet, learnSequences, reachOfCounting } from "./sequenceRecipes.js";
import { copyTask } from "./sequenceTasks.js";

it("counts: a^n b^n, learned from n up to 8, is right to 10 at least", async () => {
  const reach = await reachOfCounting({ trained: 8, tried: 16, units: 4, epochs: 120, seeds: [1] });
  expect(reach).toBeGreaterThanOrEqual(10);
});

const task = { letters: 3, length: 3, delay: 4 };
const recipe = { loss: crossEntropy(), batchSize: 32, epochs: 8, learningRate: 0.01 };

it("copies three letters after four steps: a gru", async () => {
  const net = copyNet(task, gru(32));
  await learnSequences(net, copyTask(1600, task, 1), recipe);
  expect(await accuracyOf(net, copyTask(300, task, 3))).toBeGreaterThan(0.98);
});

it("copies three letters after four steps: a causal transformer", async () => {
  const net = decoderNet(task, 16);
  await learnSequences(net, copyTask(1600, task, 1), { ...recipe, learningRate: 0.005 });
  expect(await accuracyOf(net, copyTask(300, task, 3))).toBeGreaterThan(0.98);
});
