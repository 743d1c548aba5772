import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { dataset } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { adam, sgd } from "../../src/optim/index.js";
import { sequential } from "../../src/runtime/index.js";
import { Evaluator, evaluate } from "../../src/train/evaluate.js";
import { expectClose } from "../support/close.js";
import { batchOf, begin, copies, engine, expectSame, loss, make, makeNormed, part } from "./steps.js";

describe("gradient accumulation", () => {
  it("over 4 batches of 8 is one batch of 32", async () => {
    const whole = batchOf(32, 128);
    const options = { clip: { norm: 0.5 }, average: 0.9 };
    const plain = await begin(make(), options, whole);
    const gathering = await begin(make(), { ...options, accumulate: 4 }, part(whole, 0, 8));
    for (let update = 0; update < 5; update++) {
      const { gradientNorm, loss } = await plain.run(whole);
      let sum = 0;
      for (let i = 0; i < 4; i++) {
        const result = await gathering.run(part(whole, 8 * i, 8 * i + 8));
        sum += result.loss / 4;
        if (i < 3) expect(result).not.toHaveProperty("gradientNorm");
        else expect(result.gradientNorm).toBeCloseTo(gradientNorm as number, 5);
      }
      expect(sum).toBeCloseTo(loss, 5);
    }
    for (const [name, weight] of plain.rawWeights())
      expectClose(name, gathering.rawWeights().get(name) as Tensor, weight, 2e-5);
    for (const [name, weight] of plain.weights())
      expectClose(name, gathering.weights().get(name) as Tensor, weight, 2e-5);
    expect(gathering.count).toBe(20);
  });

  it("leaves the weights alone until the last batch of a round, and running statistics never", async () => {
    const step = await begin(makeNormed(), { accumulate: 3 });
    const seen: string[][] = [];
    let before = copies(step.weights());
    for (let i = 0; i < 6; i++) {
      await step.run(batchOf(8, 6, i + 1));
      const now = copies(step.weights());
      seen.push(
        [...now.keys()].filter((name) => String(now.get(name)?.data) !== String(before.get(name)?.data)).sort(),
      );
      before = now;
    }
    const statistics = ["batchNorm_1.running_mean", "batchNorm_1.running_var"];
    const all = [...before.keys()].sort();
    expect(seen).toEqual([statistics, statistics, all, statistics, statistics, all]);
  });

  it("counts updates in schedules", async () => {
    const asked: number[] = [];
    const learningRate = (step: number) => {
      asked.push(step);
      return 1 / step;
    };
    const step = await begin(makeNormed(), { accumulate: 2, optimizer: sgd({ learningRate }) });
    const rates = [step.learningRate];
    for (let i = 0; i < 5; i++) {
      await step.run(batchOf(8, 6));
      rates.push(step.learningRate);
    }
    expect(rates).toEqual([1, 1, 1, 1, 0.5, 0.5]);
    expect(Math.max(...asked)).toBe(2);
  });
});

describe("the moving average of the weights", () => {
  it("is what plain JavaScript makes of the weights after each update", async () => {
    const [decay, steps] = [0.3, 6];
    const net = makeNormed();
    const expected = copies(net.weights);
    const step = await begin(net, { average: decay });
    for (let t = 1; t <= steps; t++) {
      await step.run(batchOf(8, 6, t));
      const d = Math.min(decay, (1 + t) / (10 + t));
      for (const [name, { data }] of step.rawWeights()) {
        const average = expected.get(name)?.data as Float32Array;
        for (let i = 0; i < average.length; i++)
          average[i] = d * (average[i] as number) + (1 - d) * (data[i] as number);
      }
    }
    for (const [name, average] of expected) expectClose(name, step.weights().get(name) as Tensor, average, 1e-6);
    for (const [name, { data }] of step.rawWeights()) expect([...data], name).not.toEqual(expected.get(name)?.data);
  });

  it("is taken after each update, of the statistics too, where gradients are accumulated", async () => {
    const net = makeNormed();
    const expected = copies(net.weights);
    const step = await begin(net, { average: 0.2, accumulate: 2 });
    for (let i = 0; i < 6; i++) {
      await step.run(batchOf(8, 6, i + 1));
      if (i % 2 === 0) continue;
      const t = (i + 1) / 2;
      const d = Math.min(0.2, (1 + t) / (10 + t));
      for (const [name, { data }] of step.rawWeights()) {
        const average = expected.get(name)?.data as Float32Array;
        for (let k = 0; k < average.length; k++)
          average[k] = d * (average[k] as number) + (1 - d) * (data[k] as number);
      }
    }
    for (const [name, average] of expected) expectClose(name, step.weights().get(name) as Tensor, average, 1e-6);
  });

  it("is what is published, and trains no differently", async () => {
    const [net, plainNet] = [makeNormed(), makeNormed()];
    const [step, plain] = [await begin(net, { average: 0.9 }), await begin(plainNet, {})];
    for (let i = 0; i < 4; i++) for (const each of [step, plain]) await each.run(batchOf(8, 6, i + 1));
    expectSame(step.rawWeights(), plain.rawWeights());
    const { inputs, targets } = batchOf(8, 6);
    const data = dataset({ input: inputs.input as Tensor, target: targets.target as Tensor, classes: ["a", "b", "c"] });
    const scores = await new Evaluator(net, { loss }).scores(data, step.weights());
    step.publish();
    expectSame(net.weights, step.weights());
    expect(await evaluate(net, data, { loss }), "evaluated before they are published").toEqual(scores);
    const [x] = Object.values(batchOf(8, 6).inputs) as [Tensor];
    const averaged = makeNormed();
    averaged.setWeights(copies(step.weights()));
    expectClose("predictions", await net.predict(x), await averaged.predict(x), 1e-6);
  });
});

describe("a step restored", () => {
  it.each([
    ["plain", {}],
    ["in the middle of a round", { accumulate: 4, average: 0.95, clip: { norm: 0.1, value: 0.05 } }],
    ["two optimizers", { optimizer: twoOptimizers(), frozen: ["dense_1"] }],
  ])("goes on with identical bits: %s", async (_, options) => {
    const steps = 11;
    const whole = await begin(makeNormed(), options);
    let saved: { state: ReadonlyMap<string, Tensor>; count: number } | undefined;
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      losses.push((await whole.run(batchOf(8, 6, i + 1))).loss);
      if (i === 5) saved = { state: copies(whole.state()), count: whole.count };
    }
    const other = makeNormed();
    other.setWeights(
      new Map([...other.weights].map(([name, t]) => [name, { ...t, data: t.data.map(() => 9) } as Tensor])),
    );
    const resumed = await begin(other, options);
    await resumed.run(batchOf(8, 6, 77));
    resumed.restore(saved?.state as ReadonlyMap<string, Tensor>, saved?.count as number);
    const again: number[] = [];
    for (let i = 6; i < steps; i++) again.push((await resumed.run(batchOf(8, 6, i + 1))).loss);
    expect(again).toEqual(losses.slice(6));
    expectSame(resumed.state(), whole.state());
    expect(resumed.count).toBe(whole.count);
  });

  it("keeps copies", async () => {
    const step = await begin(makeNormed(), {});
    const state = copies(step.state());
    step.restore(state, 0);
    for (let i = 0; i < 3; i++) await step.run(batchOf(8, 6));
    expectSame(state, (await begin(makeNormed(), {})).state());
  });

  it.each([
    ["without a weight", {}, "dense_1.weight", undefined, "dense_1.weight: the state lacks this."],
    ["without averages", {}, "average/small", undefined, "average/small: the state lacks this."],
    [
      "another shape",
      {},
      "dense_2.weight",
      tensor([1, 2]),
      "dense_2.weight: expected float32[3, 8], the state has float32[2].",
    ],
    [
      "of other options",
      {},
      "accumulated/small",
      tensor([1]),
      "accumulated/small: the state has this, but the step has not.",
    ],
  ])("refuses a state %s and stays as it was", async (_, options, name, value, message) => {
    const step = await begin(makeNormed(), { average: 0.9, ...options });
    await step.run(batchOf(8, 6));
    const [state, before] = [copies(step.state()), copies(step.state())];
    state.set("dense_1.weight", tensor(new Float32Array(48), [8, 6]));
    if (value === undefined) state.delete(name);
    else state.set(name, value);
    expect(() => step.restore(state, 4)).toThrow(message);
    expectSame(step.state(), before);
    expect(step.count).toBe(1);
  });
});

/** One optimizer for weights, another for the rest. */
function twoOptimizers() {
  const [matrices, rest] = [adam({ learningRate: 0.02, weightDecay: 0.1 }), sgd({ learningRate: 0.1, momentum: 0.9 })];
  return ({ shape }: { shape: readonly number[] }) => (shape.length > 1 ? matrices : rest);
}

describe("an optimizer per weight", () => {
  it("trains each weight as that optimizer alone would", async () => {
    const [slow, fast] = [sgd({ learningRate: 0.05, weightDecay: 0.1 }), sgd({ learningRate: 0.5, momentum: 0.5 })];
    const batch = batchOf(8, 128);
    const both = await begin(make(), { optimizer: ({ name }) => (name.startsWith("dense_2.") ? fast : slow) }, batch);
    const [allSlow, allFast] = [
      await begin(make(), { optimizer: slow }, batch),
      await begin(make(), { optimizer: fast }, batch),
    ];
    for (const step of [both, allSlow, allFast]) await step.run(batch);
    for (const [name, weight] of both.weights()) {
      const alone = name.startsWith("dense_2.") ? allFast : allSlow;
      expectClose(name, weight, alone.weights().get(name) as Tensor, 1e-7);
    }
  });

  it("is asked once for each weight that is trained, with its name and shape", async () => {
    const asked: unknown[] = [];
    const one = sgd();
    const optimizer = (weight: { name: string; shape: readonly number[] }) => {
      asked.push([weight.name, weight.shape]);
      return one;
    };
    await begin(makeNormed(), { optimizer, frozen: ["batchNorm_1"] });
    expect(asked).toEqual([
      ["dense_1.weight", [8, 6]],
      ["dense_2.weight", [3, 8]],
      ["dense_2.bias", [3]],
    ]);
  });

  it("must be given", async () => {
    const made = begin(makeNormed(), { optimizer: (() => undefined) as never });
    await expect(made).rejects.toThrow("optimizer of dense_1.weight: the function gave no optimizer");
    await expect(made).rejects.toBeInstanceOf(OptionError);
  });

  it("learns by the rate times the factor", async () => {
    const [halved, half] = [
      await begin(makeNormed(), { optimizer: adam({ learningRate: 0.04 }) }),
      await begin(makeNormed(), { optimizer: adam({ learningRate: 0.02 }) }),
    ];
    halved.learningRateFactor = 0.5;
    expect(halved.learningRate).toBe(0.02);
    for (const step of [halved, half]) for (let i = 0; i < 3; i++) await step.run(batchOf(8, 6));
    expectSame(halved.weights(), half.weights());
  });
});

describe("a norm too large for float32", () => {
  it.each([1, 2])("is an error that names where, over %d batches, and leaves all as it was", async (accumulate) => {
    const net = sequential({ input: [1], engine }, nn.dense(1));
    const batch = (x: number) => ({ inputs: { input: tensor([x], [1, 1]) }, targets: { target: tensor([0]) } });
    const options = { loss: nn.mse(), clip: { norm: 1 }, accumulate, average: 0.9 };
    const step = await begin(net, options, batch(1));
    for (let i = 1; i < accumulate; i++) await step.run(batch(1));
    const before = copies(step.state());
    // The gradient is about 1e30, and finite; its square is not.
    await expect(step.run(batch(1e15))).rejects.toThrow(/optimizer: Infinity arose at step \d, in the update/);
    expectSame(step.state(), before);
    expect(step.count).toBe(accumulate - 1);
    await step.run(batch(1));
  });
});

describe("options of a step", () => {
  it.each([
    [{ clip: { norm: 0 } }, "fit: clip.norm must be above 0, got 0."],
    [{ clip: { value: -1 } }, "fit: clip.value must be a number from 0"],
    [{ clip: { norms: 1 } }, 'fit, clip: unknown option "norms". Did you mean "norm"?'],
    [{ accumulate: 0 }, "fit: accumulate must be a whole number from 1"],
    [{ accumulate: 1.5 }, "fit: accumulate must be a whole number from 1"],
    [{ average: 1 }, "fit: average must be less than 1, got 1"],
    [{ average: -0.1 }, "fit: average must be a number from 0 to 1"],
    [{ accumulat: 2 }, 'fit: unknown option "accumulat". Did you mean "accumulate"?'],
  ])("%j is refused", async (options, message) => {
    const made = begin(makeNormed(), options as never);
    await expect(made).rejects.toBeInstanceOf(OptionError);
    await expect(made).rejects.toThrow(message);
  });
});

describe("weights of examples in a step", () => {
  const batch = batchOf(8, 6);
  const weighing = (weights: Tensor) => ({ ...batch, weights });
  const halves = tensor([1, 1, 1, 1, 0, 0, 0, 0]);

  it("of 0 and 1 train as the subset does", async () => {
    const make = () => sequential({ input: [6], engine, seed: 3 }, nn.dense(8), nn.relu(), nn.dense(3));
    const [all, some] = [await begin(make(), {}, weighing(halves)), await begin(make(), {}, part(batch, 0, 4))];
    for (let i = 0; i < 4; i++)
      expect((await all.run(weighing(halves))).loss).toBeCloseTo((await some.run(part(batch, 0, 4))).loss, 5);
    for (const [name, weight] of some.weights()) expectClose(name, all.weights().get(name) as Tensor, weight, 1e-5);
  });

  it.each([
    [tensor([1, 2]), "weights: expected float32[8], got float32[2]."],
    [tensor(Int32Array.from({ length: 8 }, () => 1)), "weights: expected float32[8], got int32[8]."],
    [tensor([1, 1, -0.5, 1, 1, 1, 1, 1]), "weights: example 2 has the weight -0.5, but weights are numbers from 0."],
    [
      tensor([1, 1, 1, 1, 1, 1, 1, Number.NaN]),
      "weights: example 7 has the weight NaN, but weights are numbers from 0.",
    ],
    [
      tensor([0, 0, 0, 0, 0, 0, 0, 0]),
      "weights: all examples of this batch have the weight 0: their mean loss is 0 / 0.",
    ],
    [undefined, "weights: this batch has none, the first one had some. Give weights with every batch or with none."],
  ])("that make no sense are refused %#", async (weights, message) => {
    const step = await begin(makeNormed(), {}, weighing(halves));
    await expect(step.run(weights ? weighing(weights) : batch)).rejects.toThrow(message);
  });

  it("that the first batch had not are refused", async () => {
    const step = await begin(makeNormed(), {}, batch);
    await expect(step.run(weighing(halves))).rejects.toThrow("weights: this batch has some, the first one had none.");
  });
});
