import { describe, expect, it } from "vitest";
import { DataError, MidstError, ShapeError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor, zeros } from "../../src/base/tensor.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { add, sum, unsqueeze } from "../../src/ops/index.js";
import { sgd } from "../../src/optim/index.js";
import {
  type Engine,
  type Network,
  network,
  rowsOf,
  run,
  sequential,
  TrainingStep,
  useEngine,
} from "../../src/runtime/index.js";

const engine = await nativeEngine();
useEngine(engine);

/** y = (a + b + 1, a - b) */
function plain(): Network {
  const net = sequential({ input: [2] }, nn.dense(2));
  net.setWeights(
    new Map([
      ["dense_1.weight", tensor([1, 1, 1, -1], [2, 2])],
      ["dense_1.bias", tensor([1, 0])],
    ]),
  );
  return net;
}

const several = () =>
  network({ picture: [1, 2, 2], age: [1] }, ({ picture, age }) => {
    const both = nn.concat()(nn.flatten()(picture), age);
    return { total: unsqueeze(sum(both, 1), 1), all: both };
  });
const picture = tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2]);
const age = tensor([10, 20], [2, 1]);

const untyped = (value: unknown) => value as never;

describe("predict takes", () => {
  it("a list of examples, and gives one array each", async () => {
    const outputs = await plain().predict([[3, 4], Float32Array.of(0.5, 0), Uint8Array.of(7, 9)]);
    expect(outputs).toEqual([Float32Array.of(8, -1), Float32Array.of(1.5, 0.5), Float32Array.of(17, -2)]);
    outputs[0]?.fill(99);
    expect(outputs[1], "each array is its own").toEqual(Float32Array.of(1.5, 0.5));
  });

  it("a tensor, and gives one", async () => {
    const output = await plain().predict(tensor([3, 4, 0.5, 0], [2, 2]));
    expect(output).toEqual({ dtype: "float32", shape: [2, 2], data: Float32Array.of(8, -1, 1.5, 0.5) });
  });

  it("inputs by name, and gives outputs by name", async () => {
    const outputs = await several().predict({ picture, age });
    expect(outputs.total).toEqual({ dtype: "float32", shape: [2, 1], data: Float32Array.of(20, 46) });
    expect(outputs.all?.shape).toEqual([2, 5]);
    expect(Object.keys(outputs)).toEqual(["total", "all"]);
  });

  it("tokens and bytes, where the input holds them", async () => {
    const words = network({ words: { shape: [2], dtype: "int32" } }, ({ words }) =>
      nn.embedding(3, 1, { initializer: "ones" })(words),
    );
    expect(await words.predict([[0, 2], Int32Array.of(1, 1)])).toEqual([Float32Array.of(1, 1), Float32Array.of(1, 1)]);
    const bytes = network({ x: { shape: [2], dtype: "uint8" } }, ({ x }) => nn.flatten()(x));
    expect((await bytes.predict([[7, 255]])).map((row) => [...row])).toEqual([[7, 255]]);
  });

  it("no examples at all", async () => {
    expect(await plain().predict([])).toEqual([]);
    expect(await plain().predict(zeros([0, 2]))).toEqual(zeros([0, 2]));
    const empty = { picture: zeros([0, 1, 2, 2]), age: zeros([0, 1]) };
    expect(await several().predict(empty)).toEqual({ total: zeros([0, 1]), all: zeros([0, 5]) });
  });

  it("an input of one number an example", async () => {
    const net = network({ x: [] }, ({ x }) => nn.flatten()(x));
    expect(await net.predict(tensor([5, 6]))).toEqual(tensor([5, 6], [2, 1]));
    expect(await net.predict([[5], [6]])).toEqual([Float32Array.of(5), Float32Array.of(6)]);
  });
});

describe("predict on more than 256 examples", () => {
  const net = sequential({ input: [1, 6, 6] }, nn.conv2d(3, 3), nn.relu(), nn.flatten(), nn.dense(4), nn.softmax());
  const x = tensor(random(1, "x").normal(600 * 36), [600, 1, 6, 6]);

  it.each([1, 255, 256, 257, 512, 600])("%i: as its parts, to the bit", async (rows) => {
    const whole = await net.predict(rowsOf(x, 0, rows));
    expect(whole.shape).toEqual([rows, 4]);
    const parts: number[] = [];
    for (let start = 0; start < rows; start += 256)
      parts.push(...(await net.predict(rowsOf(x, start, Math.min(rows, start + 256)))).data);
    expect([...whole.data]).toEqual(parts);
  });

  it("and as its rows one by one, to rounding", async () => {
    const whole = await net.predict(rowsOf(x, 0, 300));
    for (const row of [0, 1, 255, 256, 299]) {
      const one = await net.predict(rowsOf(x, row, row + 1));
      for (let c = 0; c < 4; c++)
        expect(Math.abs((one.data[c] as number) - (whole.data[row * 4 + c] as number))).toBeLessThan(1e-6);
    }
  });

  it("of several inputs, cuts each", async () => {
    const rows = 300;
    const inputs = {
      picture: tensor(random(1, "p").normal(rows * 4), [rows, 1, 2, 2]),
      age: tensor(random(1, "a").normal(rows), [rows, 1]),
    };
    const { total } = await several().predict(inputs);
    const last = Number(inputs.picture.data.slice(-4).reduce((a, b) => a + b)) + (inputs.age.data[rows - 1] as number);
    expect(total?.data[rows - 1]).toBeCloseTo(last, 5);
  });
});

describe("predict refuses", () => {
  it.each([
    [
      "examples of another length",
      plain,
      [
        [1, 2],
        [1, 2, 3],
      ],
      'input "input", example 1: expected [2], that is 2 numbers, got 3.',
    ],
    [
      "one example without a list",
      plain,
      [1, 2],
      'input "input": expected a list of examples, got a list of numbers. Give predict([example]).',
    ],
    [
      "one array without a list",
      plain,
      Float32Array.of(1, 2),
      "predict: a single example must be in a list: predict([example]).",
    ],
    ["nothing", plain, undefined, "predict: a single example must be in a list: predict([example])."],
    [
      "a tensor of another shape",
      plain,
      tensor([1, 2, 3], [1, 3]),
      'input "input": expected float32[batch, 2], got float32[1, 3].',
    ],
    ["a tensor without a batch", plain, tensor([1, 2]), 'input "input": expected float32[batch, 2], got float32[2].'],
    [
      "a tensor of another dtype",
      plain,
      tensor(Int32Array.of(1, 2), [1, 2]),
      'input "input": expected float32[batch, 2], got int32[1, 2].',
    ],
    [
      "a list for several inputs",
      several,
      [[1, 2, 3, 4]],
      "predict: the network has the inputs picture, age. Give them by name.",
    ],
    [
      "a tensor for several inputs",
      several,
      picture,
      "predict: the network has the inputs picture, age. Give them by name.",
    ],
    ["a missing input", several, { picture }, 'input "age": expected float32[2, 1], got nothing.'],
    [
      "an unknown input",
      several,
      { picture, age, agge: age },
      'input "agge": the network has no such input. It has: picture, age.',
    ],
    [
      "inputs of different lengths",
      several,
      { picture, age: rowsOf(age, 0, 1) },
      'input "age": expected float32[2, 1], got float32[1, 1].',
    ],
  ])("%s", async (_, make, given, message) => {
    const predicted = make().predict(untyped(given));
    await expect(predicted).rejects.toBeInstanceOf(MidstError);
    await expect(predicted).rejects.toThrow(message);
  });
});

describe("tokens", () => {
  const words = () =>
    network({ words: { shape: [2], dtype: "int32" } }, ({ words }) => nn.flatten()(nn.embedding(3, 1)(words)));
  const batch = (...tokens: number[]) => ({
    inputs: { words: tensor(Int32Array.from(tokens), [2, 2]) },
    targets: { target: zeros([2, 2]) },
  });

  it.each([-1, 3])("that no embedding has are refused: %i", async (token) => {
    const says = `input "words": example 1 holds ${token}, but embedding_1 has 3 vectors: 0 to 2.`;
    await expect(
      words().predict([
        [0, 1],
        [2, token],
      ]),
    ).rejects.toThrow(says);
    await expect(
      words().predict([
        [0, 1],
        [2, token],
      ]),
    ).rejects.toBeInstanceOf(DataError);
    const step = await TrainingStep.create(words(), batch(0, 1, 2, 0), { loss: nn.mse(), optimizer: sgd() });
    await expect(step.run(batch(0, 1, 2, token))).rejects.toThrow(says);
    await step.run(batch(0, 1, 2, 2));
  });

  it("of two embeddings must be in both", async () => {
    const both = network({ t: { shape: [1], dtype: "int32" } }, ({ t }) =>
      nn.concat()(nn.embedding(9, 1)(t), nn.embedding(4, 1)(t)),
    );
    await expect(both.predict([[4]])).rejects.toThrow("embedding_2 has 4 vectors");
    expect(await both.predict([[3]])).toHaveLength(1);
  });
});

describe("weights", () => {
  it("that are set are used, also after a prediction", async () => {
    const net = plain();
    await net.predict([[0, 0]]);
    net.setWeights(new Map([["dense_1.bias", tensor([10, 20])]]));
    expect(await net.predict([[1, 1]])).toEqual([Float32Array.of(12, 20)]);
  });

  it("come in the order of the layers, whatever order they are set in", () => {
    const net = plain();
    net.setWeights(new Map([...net.weights].reverse()));
    expect([...net.weights.keys()]).toEqual(["dense_1.weight", "dense_1.bias"]);
  });

  it.each([
    ["of another shape", "dense_1.bias", tensor([1, 2, 3]), "dense_1.bias: expected float32[2], got float32[3]."],
    [
      "of another dtype",
      "dense_1.bias",
      tensor(Int32Array.of(1, 2)),
      "dense_1.bias: expected float32[2], got int32[2].",
    ],
    [
      "nobody has",
      "dense_1.bais",
      tensor([1, 2]),
      'dense_1.bais: the network has no such weight. Did you mean "dense_1.bias"?',
    ],
    [
      "nobody has at all",
      "gamma",
      tensor([1]),
      "gamma: the network has no such weight. It has: dense_1.weight, dense_1.bias.",
    ],
  ])("%s are refused, and nothing changes", (_, name, value: Tensor, message) => {
    const net = plain();
    const before = new Map(net.weights);
    const set = () =>
      net.setWeights(
        new Map([
          ["dense_1.weight", zeros([2, 2])],
          [name, value],
        ]),
      );
    expect(set).toThrow(ShapeError);
    expect(set).toThrow(message);
    expect(new Map(net.weights)).toEqual(before);
  });

  it("are counted", () => {
    const net = sequential({ input: [3, 8, 8] }, nn.conv2d(4, 3), nn.batchNorm(), nn.flatten(), nn.dense(5));
    expect(net.parameterCount).toBe(4 * 3 * 9 + 4 + 2 * 4 + 4 * 36 * 5 + 5);
  });
});

describe("an engine that fails", () => {
  it("is asked again next time", async () => {
    let failures = 2;
    const shaky: Engine = {
      name: "shaky",
      load: async (model, options) => {
        if (failures-- > 0) throw new Error("no memory");
        return engine.load(model, options);
      },
    };
    const net = sequential({ input: [2], engine: shaky }, nn.dense(1));
    await expect(net.predict([[1, 2]])).rejects.toThrow("no memory");
    await expect(net.predict([[1, 2]])).rejects.toThrow("no memory");
    expect(await net.predict([[1, 2]])).toHaveLength(1);
  });
});

describe("predictions at the same time", () => {
  it("do not disturb each other", async () => {
    const net = plain();
    const all = await Promise.all(Array.from({ length: 8 }, (_, i) => net.predict([[i, 1]])));
    expect(all.map(([y]) => y?.[0])).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("run", () => {
  it("runs ops on numbers at once", async () => {
    const total = await run((a, b) => sum(add(a, b), 0), tensor([1, 2, 3, 4], [2, 2]), tensor([10, 20], [2]));
    expect(total).toEqual(tensor([24, 46]));
  });
});
