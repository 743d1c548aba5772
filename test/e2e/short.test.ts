// The accuracy proofs in short: fewer pictures and passes, lower bars. The whole ones: npm run test:full.
import { subset } from "midst";
import { encodeTable, fitTable, selectRows, table } from "midst/data";
import { expect, it } from "vitest";
import { digits, has, textOf } from "./data.js";
import { digitsNet, learn, tableNet } from "./recipes.js";

const first = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

it.skipIf(!has("mnist"))("MNIST from 3,000 digits: at least 93 % of 1,000", async () => {
  const { training, test } = digits("mnist");
  const recipe = { epochs: 3, batchSize: 32, learningRate: 2e-3 };
  const score = await learn(digitsNet(), subset(training, first(3000)), subset(test, first(1000)), recipe);
  expect(score).toBeGreaterThanOrEqual(0.93);
});

it.skipIf(!has("tabular/iris.csv"))("iris: at least 92 % of every third flower", async () => {
  const rows = table(textOf("tabular", "iris.csv"));
  const part = (third: boolean) => first(rows.length).filter((i) => (i % 3 === 0) === third);
  const [training, test] = [selectRows(rows, part(false)), selectRows(rows, part(true))];
  const encoding = fitTable(training, { target: "species" });
  const recipe = { epochs: 40, batchSize: 16, learningRate: 5e-3 };
  const score = await learn(tableNet(4, 3, 16), encodeTable(training, encoding), encodeTable(test, encoding), recipe);
  expect(score).toBeGreaterThanOrEqual(0.92);
});
