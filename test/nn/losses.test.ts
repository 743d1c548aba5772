import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { DataError, OptionError, ShapeError } from "../../src/base/errors.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { input, type Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { compile } from "../../src/runtime/index.js";
import { readFixture } from "../fixtures/read.js";
import { expectClose } from "../support/close.js";

const engine = await nativeEngine();
const makers: Readonly<Record<string, (options: never) => nn.Loss>> = {
  crossEntropy: nn.crossEntropy,
  binaryCrossEntropy: nn.binaryCrossEntropy,
  mse: nn.mse,
  mae: nn.mae,
  huber: ({ delta }: { delta: number }) => nn.huber(delta),
};
const lossOf = (name: string, options: object) => (makers[name] as (options: object) => nn.Loss)(options);

/** The loss and its gradient by the prediction; the batch stays symbolic. */
async function evaluate(loss: nn.Loss, prediction: Tensor, target: Tensor, weights?: Tensor) {
  const batched = ({ shape }: Tensor) => ["batch", ...shape.slice(1)];
  const p = input("prediction", batched(prediction));
  const t = input("target", batched(target), target.dtype);
  const w = weights && input("weights", ["batch"]);
  const value = loss(p, t, w);
  const [gradient] = gradients(value, [p]);
  const inputs = { prediction: p, target: t, ...(w && { weights: w }) };
  const graph = { inputs, outputs: { value, gradient: gradient as Value } };
  const program = await compile(graph, { purpose: "training" }, engine);
  const results = await program.run({ prediction, target, ...(weights && { weights }) });
  return { value: results.value as Tensor, gradient: results.gradient as Tensor };
}

describe("every loss as PyTorch has it, to 2e-6 of the largest number", () => {
  const fixtures = readFixture("losses");

  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))("%s", async (_, fixture) => {
    const loss = lossOf(fixture.loss, fixture.options);
    const { value, gradient } = await evaluate(loss, fixture.prediction, fixture.target, fixture.weights);
    expectClose("value", value, tensor([fixture.value], []), 2e-6);
    expectClose("gradient", gradient, fixture.gradient, 2e-6, 1e-3);
  });

  it("is tried of every loss", () => {
    expect(new Set(fixtures.map(({ loss }) => loss))).toEqual(new Set(Object.keys(makers)));
  });
});

describe("weights of examples", () => {
  const makes: Readonly<Record<string, () => nn.Loss>> = {
    ...makers,
    huber: () => nn.huber(),
    "crossEntropy with class weights": () => nn.crossEntropy({ classWeights: [1, 2, 0.5], labelSmoothing: 0.1 }),
  };

  it.each(Object.entries(makes))("%s: of 0 and 1 leave the loss of those with 1", async (name, make) => {
    const prediction = tensor([1, 2, 3, -1, 0, 5, 4, 4, -2, 0.5, 0.1, -3], [4, 3]);
    const target = name.startsWith("cross")
      ? tensor(Int32Array.of(2, 0, 1, 1))
      : tensor([1, 0, 1, 0, 0, 1, 1, 1, 0, 0.5, 0.25, 0], [4, 3]);
    const kept = [1, 3];
    const rows = ({ data, shape, dtype }: Tensor): Tensor => {
      const size = data.length / 4;
      const picked = kept.flatMap((row) => [...data.slice(row * size, (row + 1) * size)]);
      return tensor(picked, [2, ...shape.slice(1)], dtype);
    };
    const all = await evaluate((make as () => nn.Loss)(), prediction, target, tensor([0, 1, 0, 1]));
    const subset = await evaluate((make as () => nn.Loss)(), rows(prediction), rows(target));
    expect(all.value.data[0]).toBeCloseTo(subset.value.data[0] as number, 6);
    expectClose("gradient", rows(all.gradient), subset.gradient, 1e-6);
    expect([...all.gradient.data.slice(0, 3)].every((x) => x === 0)).toBe(true);
  });
});

describe("losses by hand", () => {
  it("crossEntropy takes probabilities as well as labels", async () => {
    const scores = tensor([1, 2, 3, -1, 0, 5], [2, 3]);
    const labels = await evaluate(nn.crossEntropy(), scores, tensor(Int32Array.of(2, 0), [2]));
    const rows = await evaluate(nn.crossEntropy(), scores, tensor([0, 0, 1, 1, 0, 0], [2, 3]));
    expect(rows.value.data[0]).toBe(labels.value.data[0]);
    // -ln softmax: ln(1 + e^-1 + e^-2) and 6 + ln(1 + e^-5 + e^-6)
    const byHand = (Math.log(1 + Math.exp(-1) + Math.exp(-2)) + 6 + Math.log(1 + Math.exp(-5) + Math.exp(-6))) / 2;
    expect(labels.value.data[0]).toBeCloseTo(byHand, 6);
  });

  it("binaryCrossEntropy takes labels, one a row, for scores [batch, 1]", async () => {
    const scores = tensor([0, 2, -3], [3, 1]);
    const { value } = await evaluate(nn.binaryCrossEntropy(), scores, tensor(Int32Array.of(1, 0, 1), [3]));
    const byHand = (Math.log(2) + Math.log(1 + Math.exp(2)) + Math.log(1 + Math.exp(3))) / 3;
    expect(value.data[0]).toBeCloseTo(byHand, 6);
  });

  it.each([
    ["mse", 5],
    ["mae", 2],
    ["huber", 1.5],
  ])("%s takes targets [batch] for predictions [batch, 1]", async (name, value) => {
    const result = await evaluate(
      lossOf(name, { ...(name === "huber" && { delta: 1 }) }),
      tensor([1, 3], [2, 1]),
      tensor([0, 6]),
    );
    expect(result.value.data[0]).toBeCloseTo(value, 6);
    expect(result.gradient.shape).toEqual([2, 1]);
  });
});

describe("a loss that does not fit", () => {
  const value = (shape: readonly (string | number)[], dtype: Tensor["dtype"] = "float32") => input("x", shape, dtype);
  const untyped = (x: unknown) => x as never;

  it.each([
    [
      "scores of pictures",
      nn.crossEntropy(),
      value(["batch", 3, 8, 8]),
      value(["batch"], "int32"),
      "crossEntropy: needs scores [batch, classes] and labels [batch], got [batch, 3, 8, 8] and [batch]. Add flatten() and dense(classes).",
    ],
    [
      "labels as float32",
      nn.crossEntropy(),
      value(["batch", 3]),
      value(["batch"]),
      "crossEntropy: labels must be int32, got float32[batch]. Give the data class names: dataset({ ..., classes: [...] }).",
    ],
    [
      "labels of two axes",
      nn.crossEntropy(),
      value(["batch", 3]),
      value(["batch", 4], "int32"),
      "crossEntropy: needs scores [batch, classes] and labels [batch]",
    ],
    [
      "probabilities of other classes",
      nn.crossEntropy(),
      value(["batch", 3]),
      value(["batch", 4]),
      "crossEntropy: predictions [batch, 3] and targets [batch, 4] must have one shape. End the network in dense(4).",
    ],
    [
      "scores of every step for one label an example",
      nn.crossEntropy(),
      value(["batch", 7, 3]),
      value(["batch"], "int32"),
      "crossEntropy: scores [batch, time, classes] need labels [batch, time], got [batch, 7, 3] and [batch]. For one label an example, give the last recurrent layer",
    ],
    [
      "labels of every step for scores of one",
      nn.crossEntropy(),
      value(["batch", 3]),
      value(["batch", 7], "int32"),
      "got [batch, 3] and [batch, 7]. For labels [batch, time] give scores [batch, time, classes]",
    ],
    [
      "other numbers of steps",
      nn.crossEntropy(),
      value(["batch", 6, 3]),
      value(["batch", 7], "int32"),
      "crossEntropy: scores and labels must have as many steps, got [batch, 6, 3] and [batch, 7].",
    ],
    [
      "labels of steps as float32",
      nn.crossEntropy(),
      value(["batch", 7, 3]),
      value(["batch", 7]),
      "crossEntropy: labels must be int32, got float32[batch, 7].",
    ],
    [
      "a yes or no for two scores",
      nn.binaryCrossEntropy(),
      value(["batch", 2]),
      value(["batch"], "int32"),
      "binaryCrossEntropy: predictions [batch, 2] and targets [batch] must have one shape. End the network in dense(1).",
    ],
    [
      "labels for a number",
      nn.mse(),
      value(["batch", 1]),
      value(["batch"], "int32"),
      "mse: the targets are int32 labels, the loss is for float32 numbers. Use crossEntropy(), or data without classes.",
    ],
    [
      "more targets than outputs",
      nn.mae(),
      value(["batch", 2]),
      value(["batch", 5]),
      "mae: predictions [batch, 2] and targets [batch, 5] must have one shape. End the network in dense(5).",
    ],
    [
      "pictures for numbers",
      nn.huber(),
      value(["batch", 2]),
      value(["batch", 1, 2]),
      "huber: predictions [batch, 2] and targets [batch, 1, 2] must have one shape. Add reshape([1, 2])",
    ],
  ])("%s", (_, loss, prediction, target, message) => {
    expect(() => loss(prediction, target)).toThrow(ShapeError);
    expect(() => loss(prediction, target)).toThrow(message);
  });

  it.each([
    [
      "labelSmoothing",
      () => nn.crossEntropy({ labelSmoothing: 1 }),
      "crossEntropy: labelSmoothing must be less than 1, got 1.",
    ],
    [
      "labelSmoothing",
      () => nn.crossEntropy({ labelSmoothing: -0.1 }),
      "crossEntropy: labelSmoothing must be a number from 0 to 1",
    ],
    [
      "an unknown option",
      () => nn.crossEntropy(untyped({ smoothing: 0.1 })),
      'crossEntropy: unknown option "smoothing".',
    ],
    [
      "class weights below 0",
      () => nn.crossEntropy({ classWeights: [1, -1] }),
      "crossEntropy: classWeights[1] must be a number from 0",
    ],
    [
      "no class that counts",
      () => nn.crossEntropy({ classWeights: [0, 0] }),
      "crossEntropy: classWeights must have one above 0, got 0, 0.",
    ],
    ["delta", () => nn.huber(0), "huber: delta must be above 0, got 0."],
    ["delta", () => nn.huber(Number.NaN), "huber: delta must be a number"],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});

describe("targets that a loss cannot take", () => {
  it.each([
    [
      "a label too high",
      nn.crossEntropy(),
      Int32Array.of(0, 2, 3),
      "crossEntropy: example 2 has the label 3, but the network gives scores for 3 classes: labels go from 0 to 2.",
    ],
    [
      "a label below 0",
      nn.crossEntropy(),
      Int32Array.of(0, -1, 2),
      "crossEntropy: example 1 has the label -1, but the network gives scores for 3 classes: labels go from 0 to 2.",
    ],
    [
      "a third class of two",
      nn.binaryCrossEntropy(),
      Int32Array.of(0, 2, 1),
      "binaryCrossEntropy: example 1 has the target 2, but yes-or-no targets go from 0 to 1.",
    ],
    [
      "a target below 0",
      nn.binaryCrossEntropy(),
      Float32Array.of(0.5, -1, 1),
      "binaryCrossEntropy: example 1 has the target -1, but yes-or-no targets go from 0 to 1.",
    ],
    [
      "a probability above 1",
      nn.crossEntropy(),
      Float32Array.of(1, 0, 1.5),
      "crossEntropy: example 0 has the target 1.5, but probabilities go from 0 to 1.",
    ],
  ] as const)("%s", (_, loss, data, message) => {
    const classes = loss.name === "crossEntropy" ? 3 : 1;
    const shape = data instanceof Int32Array ? [3] : [3 / classes, classes];
    const check = () => loss.checkTargets?.(tensor(data as Float32Array, shape), ["batch", classes]);
    expect(check).toThrow(DataError);
    expect(check).toThrow(message);
  });

  it("a step's label that is no class", () => {
    const check = (labels: number[]) => () =>
      nn.crossEntropy().checkTargets?.(tensor(Int32Array.from(labels), [2, 3]), ["batch", 3, 4]);
    expect(check([0, 1, -1, 3, -1, -1])).not.toThrow();
    const range = "but the network gives scores for 4 classes: labels go from 0 to 3, or are -1 where nothing counts.";
    expect(check([0, 1, -1, 3, 4, 0])).toThrow(`crossEntropy: example 1 at step 1 has the label 4, ${range}`);
    expect(check([0, 1, -2, 3, 4, 0])).toThrow(`crossEntropy: example 0 at step 2 has the label -2, ${range}`);
  });

  it("sequences of which nothing counts", () => {
    const check = (labels: number[], weights?: number[], classWeights?: number[]) => () =>
      nn
        .crossEntropy(classWeights && { classWeights })
        .checkTargets?.(tensor(Int32Array.from(labels), [2, 2]), ["batch", 2, 3], weights && tensor(weights));
    expect(check([-1, -1, -1, -1])).toThrow("crossEntropy: all labels of this batch are -1: their mean is 0 / 0.");
    const weightless = "crossEntropy: all examples of this batch have the weight 0: their mean is 0 / 0.";
    expect(check([-1, -1, 2, -1], [1, 0])).toThrow(weightless);
    expect(check([-1, -1, 2, -1], [0, 1])).not.toThrow();
    expect(check([-1, -1, 2, -1], undefined, [1, 1, 0])).toThrow(weightless);
  });

  it("a batch of which nothing counts", () => {
    const loss = nn.crossEntropy({ classWeights: [0, 1, 2] });
    const check = (labels: number[], weights?: number[]) => () =>
      loss.checkTargets?.(tensor(Int32Array.from(labels)), ["batch", 3], weights && tensor(weights));
    const message = "crossEntropy: all examples of this batch have the weight 0: their mean is 0 / 0.";
    expect(check([0, 0])).toThrow(message);
    expect(check([0, 1], [1, 0])).toThrow(message);
    expect(check([0, 1])).not.toThrow();
  });

  it("good ones pass", () => {
    nn.crossEntropy().checkTargets?.(tensor(Int32Array.of(0, 2, 1)), ["batch", 3]);
    nn.crossEntropy().checkTargets?.(tensor([0.5, 0.5, 0], [1, 3]), ["batch", 3]);
    nn.binaryCrossEntropy().checkTargets?.(tensor([0, 1, 0.5]), ["batch", 1]);
  });
});
