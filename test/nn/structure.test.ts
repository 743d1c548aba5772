import { describe, expect, it } from "vitest";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import type { Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { mul } from "../../src/ops/index.js";
import { sgd } from "../../src/optim/index.js";
import { type Network, network, sequential, TrainingStep } from "../../src/runtime/index.js";
import { expectClose } from "../support/close.js";

const engine = await nativeEngine();
const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, i) => i + from);
const arrays = (rows: Float32Array[]) => rows.map((row) => [...row]);

async function output(net: Network, ...examples: number[][]): Promise<number[][]> {
  return arrays(await net.predict(examples));
}

describe("joining layers", () => {
  const two = (body: (a: Value, b: Value) => Value, shape: readonly number[]) =>
    network({ a: shape, b: shape }, ({ a, b }) => body(a, b), { engine });
  const inputs = (shape: readonly number[]) => ({
    a: tensor(numbers(4), [2, ...shape]),
    b: tensor(numbers(4, 10), [2, ...shape]),
  });

  it("add sums its inputs", async () => {
    const { output: y } = await two((a, b) => nn.add()(a, b, b), [2]).predict(inputs([2]));
    expect([...(y as Tensor).data]).toEqual([21, 24, 27, 30]);
  });

  it("concat puts them side by side, along axis 1 or another", async () => {
    const { output: y } = await two((a, b) => nn.concat()(a, b), [2]).predict(inputs([2]));
    expect(y).toMatchObject({ shape: [2, 4], data: Float32Array.of(1, 2, 10, 11, 3, 4, 12, 13) });
    const last = await two((a, b) => nn.concat({ axis: -1 })(a, b), [2, 1]).predict(inputs([2, 1]));
    expect(last.output).toMatchObject({ shape: [2, 2, 2], data: Float32Array.of(1, 10, 2, 11, 3, 12, 4, 13) });
  });

  it("concat refuses shapes that differ elsewhere", () => {
    const uneven = () => network({ a: [2, 3], b: [2, 4] }, ({ a, b }) => nn.concat()(a, b));
    expect(uneven).toThrow("concat_1 (concat): [batch, 2, 3] and [batch, 2, 4] may differ only along axis 1.");
  });

  it("add refuses shapes that differ", () => {
    const uneven = () => network({ a: [2], b: [3] }, ({ a, b }) => nn.add()(a, b));
    expect(uneven).toThrow("add_1 (add): float32[batch, 2] and float32[batch, 3] do not go together.");
  });
});

describe("reshaping", () => {
  it("keeps the order of the numbers and the batch, -1 being worked out", async () => {
    const net = sequential({ input: [2, 3, 2], engine }, nn.reshape([4, -1]));
    expect(net.traced(false).outputs.output?.shape).toEqual(["batch", 4, 3]);
    expect(await output(net, numbers(12), numbers(12, 50))).toEqual([numbers(12), numbers(12, 50)]);
  });
});

describe("avgPool1d", () => {
  it("is the mean of each window", async () => {
    const net = sequential({ input: [2, 4], engine }, nn.avgPool1d(2));
    expect(await output(net, [1, 3, 5, 9, 0, -2, 4, 4])).toEqual([[2, 7, -1, 4]]);
    const strided = sequential({ input: [1, 4], engine }, nn.avgPool1d(3, { stride: 1, padding: 1 }));
    expect(await output(strided, [3, 6, 9, 12])).toEqual([[3, 6, 9, 7]]);
    const inside = sequential(
      { input: [1, 4], engine },
      nn.avgPool1d(3, { stride: 1, padding: 1, countPadding: false }),
    );
    expect(await output(inside, [3, 6, 9, 12])).toEqual([[4.5, 6, 9, 10.5]]);
  });
});

describe("padding", () => {
  it('"same" gives ceil(length / stride), the odd zero at the end', async () => {
    const ones = { initializer: "ones", bias: false } as const;
    const net = sequential({ input: [1, 4], engine }, nn.conv1d(1, 3, { padding: "same", stride: 2, ...ones }));
    expect(await output(net, [1, 2, 3, 4]), "nothing before, one zero after").toEqual([[6, 7]]);
    const even = sequential({ input: [1, 4], engine }, nn.conv1d(1, 2, { padding: "same", ...ones }));
    expect(await output(even, [1, 2, 3, 4])).toEqual([[3, 5, 7, 4]]);
    const pooled = sequential({ input: [1, 5], engine }, nn.maxPool1d(2, { padding: "same" }));
    expect(await output(pooled, [-1, -2, -3, -4, -5]), "padding is never the largest").toEqual([[-1, -3, -5]]);
  });
});

describe("dropout", () => {
  it("drops by its mask in training and is nothing in evaluation", async () => {
    const net = sequential({ input: [4], engine }, nn.dropout(0.5));
    expect(await output(net, [1, 2, 3, 4])).toEqual([[1, 2, 3, 4]]);
    expect([...net.traced(true).noise].map(([name, { rate, value }]) => [name, rate, value.shape])).toEqual([
      ["dropout_1/mask", 0.5, ["batch", 4]],
    ]);
    expect(net.traced(false).noise.size).toBe(0);
  });

  it("called twice has two masks", () => {
    const drop = nn.dropout(0.5);
    const net = sequential({ input: [4] }, drop, nn.relu(), drop);
    expect([...net.traced(true).noise.keys()]).toEqual(["dropout_1/mask", "dropout_1/mask:2"]);
  });
});

describe("a batchNorm called twice", () => {
  it("moves its running statistics call by call", async () => {
    const norm = nn.batchNorm({ momentum: 0.5 });
    const net = network({ a: [1], b: [1] }, ({ a, b }) => nn.concat()(norm(a), norm(b)), { engine });
    const batch = {
      inputs: { a: tensor([0, 4], [2, 1]), b: tensor([10, 14], [2, 1]) },
      targets: { target: tensor([0, 0, 0, 0], [2, 2]) },
    };
    const step = await TrainingStep.create(net, batch, { loss: nn.mse(), optimizer: sgd({ learningRate: 0 }) });
    await step.run(batch);
    // 0 -> (0 + 2)/2 -> (1 + 12)/2, and the unbiased variance 8: 1 -> 4.5 -> 6.25.
    expect(step.weights().get("batchNorm_1.running_mean")?.data[0]).toBeCloseTo(6.5, 5);
    expect(step.weights().get("batchNorm_1.running_var")?.data[0]).toBeCloseTo(6.25, 5);
  });
});

describe("upsample", () => {
  it("takes a factor per axis", async () => {
    const net = sequential({ input: [1, 1, 2], engine }, nn.upsample([2, 3]));
    expect(await output(net, [1, 2])).toEqual([[1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]]);
    const smooth = sequential({ input: [1, 1, 2], engine }, nn.upsample([1, 2], { mode: "bilinear" }));
    expect(await output(smooth, [1, 2])).toEqual([[1, 1.25, 1.75, 2]]);
  });
});

describe("elu", () => {
  it("has slope alpha at 0 from below and does not overflow", async () => {
    const net = sequential({ input: [3], engine }, nn.elu(2));
    const [y] = await net.predict([[-1, 0, 1000]]);
    expectClose("elu", tensor(y as Float32Array), tensor([2 * (Math.exp(-1) - 1), 0, 1000]), 1e-6);
  });
});

describe("a layer's own options reach its op", () => {
  it("batchNorm uses its statistics in evaluation", async () => {
    const net = sequential({ input: [1], engine }, nn.batchNorm({ epsilon: 0 }));
    net.setWeights(
      new Map([
        ["batchNorm_1.running_mean", tensor([3])],
        ["batchNorm_1.running_var", tensor([4])],
      ]),
    );
    expect(await output(net, [7])).toEqual([[2]]);
  });

  it("raw ops stand between layers", async () => {
    const net = network({ x: [2] }, ({ x }) => nn.relu()(mul(x, 3)), { engine });
    expect(await output(net, [1, -1])).toEqual([[3, 0]]);
  });
});
