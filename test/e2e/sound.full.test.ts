import { accuracy, adam, cosine, crossEntropy, dense, dropout, evaluate, fit, gru, sequential } from "midst";
import { augmentSounds } from "midst/data";
import { soundFolders } from "midst/node";
import { expect, it } from "vitest";
import { has, pathOf } from "./data.js";

it.skipIf(!has("speech"))("spoken digits from 240 recordings: at least 90 % of 80 others", async () => {
  const { train, test } = await soundFolders(pathOf("speech"));
  const net = sequential(
    { input: train.inputShapes.input as number[], lengths: true, seed: 1 },
    gru(64, { layers: 2, bidirectional: true, returns: "last", dropout: 0.2 }),
    dropout(0.4),
    dense(10),
  );
  const epochs = 60;
  const steps = epochs * Math.ceil(train.length / 32);
  await fit(
    net,
    augmentSounds(train, { speed: 0.1, shift: 0.05, gain: 6, noise: 0.005, maskFeatures: 6, maskTime: 6 }),
    {
      loss: crossEntropy(),
      optimizer: adam({ learningRate: cosine(2e-3, steps) }),
      clip: { norm: 1 },
      epochs,
      batchSize: 32,
      progress: false,
      seed: 1,
    },
  );
  const { accuracy: score } = await evaluate(net, test as NonNullable<typeof test>, { metrics: [accuracy()] });
  console.log(`spoken digits accuracy ${score}`);
  expect(score).toBeGreaterThanOrEqual(0.9);
});
