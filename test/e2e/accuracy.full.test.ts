import { type Dataset, mse, random, rocAuc, rSquared } from "midst";
import { encodeTable, fitTable, selectRows, table, tableData } from "midst/data";
import { imageFolders } from "midst/node";
import { expect, it } from "vitest";
import { cifar, digits, has, pathOf, textOf } from "./data.js";
import { cifarNet, digitsNet, learn, photoNet, tableNet } from "./recipes.js";

it.skipIf(!has("mnist"))("MNIST: at least 99.2 % after 6 epochs", async () => {
  const { training, test } = digits("mnist");
  const score = await learn(digitsNet(), training, test, { epochs: 6, batchSize: 64, learningRate: 2e-3 });
  console.log(`MNIST accuracy ${score}`);
  expect(score).toBeGreaterThanOrEqual(0.992);
});

it.skipIf(!has("fashion-mnist"))("Fashion-MNIST: at least 91.5 %", async () => {
  const { training, test } = digits("fashion-mnist");
  const score = await learn(digitsNet(), training, test, { epochs: 8, batchSize: 64, learningRate: 2e-3 });
  console.log(`Fashion-MNIST accuracy ${score}`);
  expect(score).toBeGreaterThanOrEqual(0.915);
});

it.skipIf(!has("cifar10"))("CIFAR-10 from 4,000 pictures: at least 60 %", async () => {
  const { training, test } = cifar();
  const recipe = {
    epochs: 40,
    batchSize: 32,
    learningRate: 2e-3,
    augment: { flip: true, shift: 4 },
    weightDecay: 0.05,
  };
  const score = await learn(cifarNet(), training, test, recipe);
  console.log(`CIFAR-10 accuracy ${score}`);
  expect(score).toBeGreaterThanOrEqual(0.6);
});

it.skipIf(!has("plants"))("plants: at least 68 % of photos", async () => {
  const { train, test } = await imageFolders(pathOf("plants"), { size: 64, normalise: true });
  const recipe = {
    epochs: 40,
    batchSize: 16,
    learningRate: 2e-3,
    augment: { flip: true, shift: 6 },
    weightDecay: 0.05,
  };
  const score = await learn(photoNet(3, 64, 5), train, test as Dataset, recipe);
  console.log(`plants accuracy ${score}`);
  expect(score).toBeGreaterThanOrEqual(0.68);
});

it.skipIf(!has("xray"))("xray: at least 0.93 area under the ROC curve", async () => {
  const { train, test } = await imageFolders(pathOf("xray"), { size: 48, channels: 1, normalise: true });
  // Pictures of other patients and exposures: brightness varied, a stronger decay.
  const recipe = {
    epochs: 40,
    batchSize: 16,
    learningRate: 2e-3,
    weightDecay: 0.1,
    augment: { flip: true, shift: 5, brightness: 0.3 },
    metric: rocAuc(),
  };
  const score = await learn(photoNet(1, 48, 2), train, test as Dataset, recipe);
  console.log(`xray AUC ${score}`);
  expect(score).toBeGreaterThanOrEqual(0.93);
});

it.skipIf(!has("tabular/california-housing.csv"))("California housing: R² at least 0.78", async () => {
  const text = textOf("tabular", "california-housing.csv");
  const { train, test } = tableData(text, { target: "median_house_value", split: { train: 0.8, test: 0.2 }, seed: 1 });
  const recipe = { epochs: 40, batchSize: 64, learningRate: 3e-3, loss: mse(), metric: rSquared() };
  const width = train.inputShapes.input?.[0] as number;
  const score = await learn(tableNet(width, 1, 128), train, test, recipe);
  console.log(`California housing R² ${score}`);
  expect(score).toBeGreaterThanOrEqual(0.78);
});

it.skipIf(!has("tabular/iris.csv"))("iris: at least 95 % over 5 folds", async () => {
  const rows = table(textOf("tabular", "iris.csv"));
  const order = random(1, "iris").permutation(rows.length);
  let total = 0;
  for (let fold = 0; fold < 5; fold++) {
    const training = selectRows(
      rows,
      order.filter((_, i) => i % 5 !== fold),
    );
    const test = selectRows(
      rows,
      order.filter((_, i) => i % 5 === fold),
    );
    const encoding = fitTable(training, { target: "species" });
    total += await learn(tableNet(4, 3, 16), encodeTable(training, encoding), encodeTable(test, encoding), {
      epochs: 60,
      batchSize: 16,
      learningRate: 5e-3,
      weightDecay: 0.1,
    });
  }
  console.log(`iris accuracy ${total / 5}`);
  expect(total / 5).toBeGreaterThanOrEqual(0.95);
});
