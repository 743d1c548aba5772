import { accuracy, cosine, crossEntropy, type Dataset, evaluate, fit, type Network, sgd } from "midst";
import { augment } from "midst/data";
import { plain, resnet } from "midst/nets";
import { expect, it } from "vitest";
import { cifar, has } from "./data.js";

/**
 * As He et al. 2016: SGD with momentum 0.9, pictures mirrored and shifted by up to 4 pixels. 110 layers begin with a tenth
 * of the usual rate, as there.
 */
async function trained(net: Network, training: Dataset, epochs: number, rate: number): Promise<number[]> {
  const batchSize = 64;
  const steps = epochs * Math.ceil(training.length / batchSize);
  const run = await fit(net, augment(training, { flip: true, shift: 4 }), {
    loss: crossEntropy(),
    optimizer: sgd({ learningRate: cosine(rate, steps, Math.round(steps / 20)), momentum: 0.9, weightDecay: 5e-4 }),
    epochs,
    batchSize,
    seed: 1,
  });
  return run.history.map(({ training: { loss } }) => loss as number);
}

it.skipIf(!has("cifar10"))("ResNet-20 on CIFAR-10 from 4,000 pictures: at least 68 %", async () => {
  const { training, test } = cifar();
  const net = resnet({ depth: 20, classes: 10, seed: 1 });
  await trained(net, training, 100, 0.1);
  const { accuracy: score } = await evaluate(net, test, { metrics: [accuracy()] });
  console.log(`ResNet-20 accuracy ${score}`);
  expect(score).toBeGreaterThanOrEqual(0.68);
});

it.skipIf(!has("cifar10"))("110 layers train with ways around them, and do not without", async () => {
  const { training } = cifar();
  const options = { depth: 110, classes: 10, seed: 1 };
  const residual = await trained(resnet(options), training, 5, 0.01);
  console.log(`ResNet-110 loss by epoch ${residual.map((loss) => loss.toFixed(3)).join(" ")}`);
  expect(residual).toEqual([...residual].sort((a, b) => b - a));
  expect(residual.at(-1)).toBeLessThan(1.9);

  const without = await trained(plain(options), training, 5, 0.01);
  console.log(`plain, 110 layers: loss by epoch ${without.map((loss) => loss.toFixed(3)).join(" ")}`);
  // ln 10 = 2.303 is a guess among ten classes.
  expect(Math.min(...without)).toBeGreaterThan(2.1);
});
