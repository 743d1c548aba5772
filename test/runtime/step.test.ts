import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { DataError, MidstError, ShapeError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { countOf } from "../../src/base/shape.js";
import { type Tensor, tensor, zeros } from "../../src/base/tensor.js";
import { input, type Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine, wasmEngine } from "../../src/node/engine.js";
import { adam, adamW, type Optimizer, rmsprop, sgd } from "../../src/optim/index.js";
import {
  compile,
  type Engine,
  lossValue,
  type Network,
  network,
  type StepBatch,
  sequential,
  type Tensors,
  TrainingStep,
} from "../../src/runtime/index.js";
import { expectClose } from "../support/close.js";

const engine = await nativeEngine();

const labels = (rows: number, classes: number) =>
  tensor(
    Int32Array.from({ length: rows }, (_, i) => i % classes),
    [rows],
  );

function batchOf(shape: readonly number[], rows: number, classes: number, seed = 1): StepBatch {
  const x = tensor(random(seed, "x").normal(rows * countOf(shape)), [rows, ...shape]);
  return { inputs: { input: x }, targets: { target: labels(rows, classes) } };
}

async function losses(net: Network, batch: StepBatch, optimizer: Optimizer, steps: number, seed = 0) {
  const step = await TrainingStep.create(net, batch, { loss: nn.crossEntropy(), optimizer, seed });
  const found: number[] = [];
  while (found.length < steps) found.push((await step.run(batch)).loss);
  return { found, weights: step.weights() };
}

/** The same training without the step's arrangements: a graph per pass, every weight updated alone. */
async function plainly(net: Network, batch: StepBatch, optimizer: Optimizer, steps: number) {
  const traced = net.traced(true);
  const types = { target: { dtype: "int32", shape: ["batch"] } } as const;
  const { value, targets } = lossValue(traced, nn.crossEntropy(), types);
  const trainable = [...traced.parameters].filter(([, { trainable }]) => trainable);
  const slopes = gradients(
    value,
    trainable.map(([, p]) => p.value),
  );
  const names = Object.keys(optimizer.scalars(1));
  const scalars = Object.fromEntries(names.map((name) => [name, input(`scalar/${name}`, [])]));
  const inputs: Record<string, Value> = { ...traced.inputs, ...targets };
  for (const [name, { value }] of traced.parameters) inputs[name] = value;
  for (const [name, scalar] of Object.entries(scalars)) inputs[`scalar/${name}`] = scalar;
  const outputs: Record<string, Value> = { loss: value };
  const state: Record<string, Tensor> = Object.fromEntries(net.weights);
  trainable.forEach(([name, { value: parameter, shape }], i) => {
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, input(`${name}/${slot}`, shape)]));
    for (const [slot, value] of Object.entries(slots)) {
      inputs[`${name}/${slot}`] = value;
      state[`${name}/${slot}`] = zeros(shape);
    }
    const update = optimizer.update({ parameter, gradient: slopes[i] as Value, state: slots, scalars });
    outputs[`next/${name}`] = update.parameter;
    for (const [slot, value] of Object.entries(update.state)) outputs[`next/${name}/${slot}`] = value;
  });
  for (const [name, value] of traced.updates) outputs[`next/${name}`] = value;
  const program = await compile({ inputs, outputs }, { purpose: "training" }, engine);
  const feeds = { ...batch.inputs, "target/target": batch.targets.target as Tensor };
  const found: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const numbers = Object.entries(optimizer.scalars(step)).map(([name, n]) => [`scalar/${name}`, tensor([n], [])]);
    const results: Tensors = await program.run({ ...feeds, ...state, ...Object.fromEntries(numbers) });
    found.push(results.loss?.data[0] as number);
    for (const [name, result] of Object.entries(results))
      if (name.startsWith("next/")) state[name.slice("next/".length)] = result;
  }
  return { found, state };
}

describe("a training step", () => {
  const optimizers = [
    sgd({ momentum: 0.9, nesterov: true }),
    adam({ learningRate: 0.01 }),
    adamW(),
    rmsprop({ momentum: 0.5 }),
  ];

  it.each(optimizers.map((optimizer) => [optimizer.name, optimizer] as const))(
    "%s: small weights joined, large ones alone, as each weight by itself",
    async (_, optimizer) => {
      const make = () =>
        sequential(
          { input: [128], engine, seed: 4 },
          nn.dense(128),
          nn.batchNorm(),
          nn.tanh(),
          nn.dense(129),
          nn.dense(3),
        );
      const batch = batchOf([128], 12, 3);
      const joined = await losses(make(), batch, optimizer, 6);
      const alone = await plainly(make(), batch, optimizer, 6);
      expectClose("losses", tensor(joined.found), tensor(alone.found), 1e-6);
      for (const [name, weight] of joined.weights) expectClose(name, weight, alone.state[name] as Tensor, 1e-6);
    },
  );

  it("gives the outputs before the update, and leaves the network alone until published", async () => {
    const net = sequential({ input: [2], engine }, nn.dense(3));
    const before = new Map([...net.weights].map(([name, { data }]) => [name, [...data]]));
    const batch = batchOf([2], 4, 3);
    const predicted = await net.predict(batch.inputs.input as Tensor);
    const step = await TrainingStep.create(net, batch, { loss: nn.crossEntropy(), optimizer: sgd() });
    const { outputs } = await step.run(batch);
    expectClose("outputs", outputs.output as Tensor, predicted, 1e-6);
    await step.run(batch);
    for (const [name, { data }] of net.weights) expect([...data], name).toEqual(before.get(name));
    step.publish();
    for (const [name, { data }] of net.weights) expect([...data], name).not.toEqual(before.get(name));
    const published = [...(net.weights.get("dense_1.weight")?.data ?? [])];
    for (let i = 0; i < 3; i++) await step.run(batch);
    expect([...(net.weights.get("dense_1.weight")?.data ?? [])], "what was published is a copy").toEqual(published);
    expect(step.count).toBe(5);
  });

  it("takes batches of any size with one program", async () => {
    let programs = 0;
    const counting: Engine = {
      name: "counting",
      load: (model, options) => {
        programs++;
        return engine.load(model, options);
      },
    };
    const net = sequential({ input: [2], engine: counting }, nn.dense(3), nn.dropout(0.5));
    const step = await TrainingStep.create(net, batchOf([2], 4, 3), { loss: nn.crossEntropy(), optimizer: sgd() });
    for (const rows of [4, 1, 7])
      expect((await step.run(batchOf([2], rows, 3))).outputs.output?.shape).toEqual([rows, 3]);
    expect(programs).toBe(1);
  });

  it("takes a loss per output, and minimises their sum", async () => {
    const net = network({ x: [2] }, ({ x }) => ({ kind: nn.dense(3)(x), size: nn.dense(1)(x) }), { engine });
    const batch = {
      inputs: { x: tensor([1, 2, 3, 4], [2, 2]) },
      targets: { kind: labels(2, 3), size: tensor([1, 2]) },
    };
    const options = { loss: { kind: nn.crossEntropy(), size: nn.mse() }, optimizer: sgd() };
    const { loss } = await (await TrainingStep.create(net, batch, options)).run(batch);
    const alone = async (name: "kind" | "size") => {
      const one = { loss: { [name]: options.loss[name] }, optimizer: sgd() };
      return (await (await TrainingStep.create(net, batch, one)).run(batch)).loss;
    };
    expect(loss).toBeCloseTo((await alone("kind")) + (await alone("size")), 5);
  });

  it("works for inputs and outputs that are called like its own parts", async () => {
    const net = network(
      { loss: [2], target: [2] },
      ({ loss, target }) => ({ next: nn.dense(3)(nn.add()(loss, target)) }),
      { engine },
    );
    const x = tensor([1, 2, 3, 4], [2, 2]);
    const batch = { inputs: { loss: x, target: x }, targets: { target: labels(2, 3) } };
    const step = await TrainingStep.create(net, batch, { loss: nn.crossEntropy(), optimizer: sgd() });
    const first = (await step.run(batch)).loss;
    expect((await step.run(batch)).loss).toBeLessThan(first);
  });
});

describe("dropout in training", () => {
  const make = () => sequential({ input: [1000], engine }, nn.dropout(0.3));
  const ones = {
    inputs: { input: tensor(new Float32Array(1000).fill(1), [1, 1000]) },
    targets: { t: zeros([1, 1000]) },
  };

  async function masks(seed: number, steps = 2): Promise<number[][]> {
    // A weight beside it, so that there is something to train.
    const net = network({ input: [1000] }, ({ input }) => ({ y: nn.dropout(0.3)(input), z: nn.dense(1)(input) }), {
      engine,
    });
    const batch = { inputs: ones.inputs, targets: { y: zeros([1, 1000]), z: zeros([1, 1]) } };
    const options = { loss: { y: nn.mse(), z: nn.mse() }, optimizer: sgd({ learningRate: 0 }), seed };
    const step = await TrainingStep.create(net, batch, options);
    const found: number[][] = [];
    while (found.length < steps) found.push([...((await step.run(batch)).outputs.y?.data ?? [])]);
    return found;
  }

  it("has another mask each step, the same by seed", async () => {
    const [first, second] = await masks(5);
    expect(first).not.toEqual(second);
    expect(await masks(5)).toEqual([first, second]);
    expect((await masks(6))[0]).not.toEqual(first);
  });

  it("drops the rate's share and scales the rest", async () => {
    const [mask] = (await masks(1, 1)) as [number[]];
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    const dropped = mask.filter((x) => x === 0).length;
    expect(Math.abs(dropped - 300), "within five deviations of a binomial").toBeLessThan(
      5 * Math.sqrt(1000 * 0.3 * 0.7),
    );
  });

  it("is off in predictions", async () => {
    const [y] = await make().predict([new Float32Array(1000).fill(1)]);
    expect(new Set(y)).toEqual(new Set([1]));
  });
});

describe("memory over a long run", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;

  it("stays flat: two sets of arrays in turn hold weights and optimizer state", async () => {
    const net = sequential(
      { input: [512], engine },
      nn.dense(512),
      nn.batchNorm(),
      nn.relu(),
      nn.dense(512),
      nn.dense(4),
    );
    const batch = batchOf([512], 2, 4);
    const step = await TrainingStep.create(net, batch, { loss: nn.crossEntropy(), optimizer: adam() });
    const arrays = new Map<string, Set<unknown>>([...step.weights().keys()].map((name) => [name, new Set()]));
    const many = async (steps: number) => {
      for (let i = 0; i < steps; i++) {
        await step.run(batch);
        for (const [name, { data }] of step.weights()) arrays.get(name)?.add(data.buffer);
      }
      collect();
      return process.memoryUsage();
    };
    const early = await many(60);
    const late = await many(300);
    for (const [name, seen] of arrays) expect(seen.size, name).toBe(2);
    // One set of the state takes 6.3 MB: a set left behind each step would be 1.9 GB. The collector may be a little late.
    expect(late.arrayBuffers - early.arrayBuffers).toBeLessThan(1e8);
    expect(late.rss - early.rss).toBeLessThan(3e8);
  });
});

describe("WebAssembly", () => {
  it("trains to the same losses and weights as the native engine", async () => {
    const make = (engine: Engine) =>
      sequential(
        { input: [1, 8, 8], engine, seed: 2 },
        // A bias before batchNorm has the gradient 0, of whose rounding noise Adam would make whole steps.
        nn.conv2d(4, 3, { padding: "same", bias: false }),
        nn.batchNorm(),
        nn.relu(),
        nn.maxPool2d(2),
        nn.dropout(0.2),
        nn.flatten(),
        nn.dense(3),
      );
    const batch = batchOf([1, 8, 8], 8, 3);
    const native = await losses(make(engine), batch, adam({ learningRate: 0.01 }), 10);
    const wasm = await losses(make(await wasmEngine()), batch, adam({ learningRate: 0.01 }), 10);
    expectClose("losses", tensor(wasm.found), tensor(native.found), 1e-4);
    for (const [name, weight] of native.weights) expectClose(name, wasm.weights.get(name) as Tensor, weight, 1e-4);
    expect(native.found.at(-1)).toBeLessThan(native.found[0] as number);
  });
});

describe("a batch that does not fit", () => {
  const net = sequential({ input: [2], engine }, nn.dense(3));
  const good = batchOf([2], 4, 3);
  const options = { loss: nn.crossEntropy(), optimizer: sgd() };
  const x = (rows: number, features = 2) => zeros([rows, features]);

  it.each([
    [
      "features",
      { inputs: { input: x(4, 3) }, targets: good.targets },
      'input "input": expected float32[batch, 2], got float32[4, 3].',
    ],
    [
      "dtype",
      { inputs: { input: zeros([4, 2], "int32") }, targets: good.targets },
      'input "input": expected float32[batch, 2], got int32[4, 2].',
    ],
    [
      "names",
      { inputs: { x: x(4) }, targets: good.targets },
      'input "x": the network has no such input. It has: input.',
    ],
    [
      "rows",
      { inputs: { input: x(4) }, targets: { target: labels(3, 3) } },
      'target "target": expected int32[4], got int32[3].',
    ],
    [
      "a single target row",
      { inputs: { input: x(4) }, targets: { target: labels(1, 3) } },
      'target "target": expected int32[4], got int32[1].',
    ],
    ["no targets", { inputs: { input: x(4) }, targets: {} }, 'target "target": expected int32[4], got nothing.'],
    [
      "target dtype",
      { inputs: { input: x(4) }, targets: { target: zeros([4]) } },
      'target "target": expected int32[4], got float32[4].',
    ],
    [
      "nothing at all",
      { inputs: { input: x(0) }, targets: { target: labels(0, 3) } },
      "a batch needs at least one example.",
    ],
  ])("%s", async (_, batch, message) => {
    const step = await TrainingStep.create(net, good, options);
    await expect(step.run(batch)).rejects.toThrow(message);
    await expect(step.run(batch)).rejects.toBeInstanceOf(MidstError);
    expect(step.count).toBe(0);
    await step.run(good);
  });

  it("labels that the network has no class for", async () => {
    const step = await TrainingStep.create(net, good, options);
    const wrong = { ...good, targets: { target: tensor(Int32Array.of(0, 1, 2, 3), [4]) } };
    await expect(step.run(wrong)).rejects.toBeInstanceOf(DataError);
    await expect(step.run(wrong)).rejects.toThrow(
      "crossEntropy: example 3 has the label 3, but the network gives scores for 3 classes",
    );
  });

  it("one example for batchNorm", async () => {
    const normed = sequential({ input: [2], engine }, nn.dense(3), nn.batchNorm({ name: "norm" }));
    const step = await TrainingStep.create(normed, good, options);
    await expect(step.run(batchOf([2], 1, 3))).rejects.toBeInstanceOf(DataError);
    await expect(step.run(batchOf([2], 1, 3))).rejects.toThrow(
      "norm: cannot train on a batch of 1, it needs 2 examples or more. Use a larger batchSize.",
    );
  });
});

describe("a loss that does not fit", () => {
  const two = () => network({ x: [2] }, ({ x }) => ({ a: nn.dense(3)(x), b: nn.dense(1)(x) }), { engine });
  const one = () => sequential({ input: [2], engine }, nn.dense(3));
  const x = zeros([4, 2]);

  it.each([
    [
      "one for two outputs",
      two,
      { x },
      { a: labels(4, 3), b: zeros([4]) },
      nn.crossEntropy(),
      "loss: one loss needs one output and one target; there are 2 and 2. Give a loss per output: { a: ..., b: ... }.",
    ],
    ["without targets", one, { input: x }, {}, nn.mse(), "loss: the data has no targets."],
    [
      "an unknown output",
      two,
      { x },
      { a: labels(4, 3) },
      { c: nn.mse() },
      'loss "c": there is no output of this name. There are: a, b.',
    ],
    [
      "an unknown target",
      two,
      { x },
      { a: labels(4, 3) },
      { b: nn.mse() },
      'loss "b": there is no target of this name. There are: a.',
    ],
    ["none at all", two, { x }, { a: labels(4, 3) }, {}, "loss: needs a loss at least, e.g. { a: mse() }."],
    [
      "not fitting the output",
      one,
      { input: x },
      { target: zeros([4, 5]) },
      nn.mse(),
      "loss (mse): predictions [batch, 3] and targets [batch, 5] must have one shape.",
    ],
  ])("%s", async (_, make, inputs, targets, loss, message) => {
    const made = TrainingStep.create(make(), { inputs, targets } as never, { loss, optimizer: sgd() });
    await expect(made).rejects.toBeInstanceOf(ShapeError);
    await expect(made).rejects.toThrow(message);
  });

  it("nothing to train", async () => {
    const still = sequential({ input: [2], engine }, nn.relu());
    const batch = { inputs: { input: x }, targets: { target: x } };
    await expect(TrainingStep.create(still, batch, { loss: nn.mse(), optimizer: sgd() })).rejects.toThrow(
      "the network has no weights to train. Add a layer that has, e.g. dense().",
    );
  });
});
