import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import type { Value } from "../../src/graph/index.js";
import {
  dense,
  gru,
  type InputDeclaration,
  type Layer,
  lstm,
  mse,
  type RecurrentOptions,
  simpleRnn,
} from "../../src/nn/index.js";
import { nativeEngine, wasmEngine } from "../../src/node/engine.js";
import { lower } from "../../src/onnx/index.js";
import { sgd } from "../../src/optim/index.js";
import { bakedModel, type Network, network, sequential, TrainingStep } from "../../src/runtime/index.js";
import { expectClose } from "../support/close.js";
import { nodesIn } from "../support/model.js";

const engine = await nativeEngine();
const kinds = { simpleRnn, lstm, gru } as const;
type Make = (units: number, options?: Omit<RecurrentOptions, "units">) => Layer;
const each = Object.entries(kinds) as [string, Make][];

const noise = (seed: number, ...shape: number[]): Tensor =>
  tensor(random(seed).normal(shape.reduce((n, d) => n * d, 1)), shape);

describe.each(each)("%s", (kind, make) => {
  it("does not see what stands in the padding, on the way back neither", async () => {
    const layer = () => make(4, { layers: 2, bidirectional: true });
    const net = sequential({ input: [5, 3], lengths: true, engine, seed: 1 }, layer(), dense(2));
    const lengths = tensor(new Int32Array([5, 2, 1]), [3]);
    const [x, y] = [noise(1, 3, 5, 3), noise(2, 3, 5, 2)];
    const other = { ...x, data: x.data.slice() } as Tensor;
    for (const [row, length] of [...lengths.data].entries())
      other.data.fill(1e6, (row * 5 + length) * 3, (row + 1) * 5 * 3);
    const results = await Promise.all([x, other].map((input) => net.predict({ input, lengths })));
    expect(results[1]).toEqual(results[0]);
    const weights = await Promise.all(
      [x, other].map(async (input) => {
        const batch = { inputs: { input, lengths }, targets: { target: y } };
        const step = await TrainingStep.create(net, batch, { loss: mse(), optimizer: sgd({ learningRate: 0.5 }) });
        await step.run(batch);
        return step.weights();
      }),
    );
    expect(weights[1]).toEqual(weights[0]);
    // As the short ones alone.
    const short = await net.at({ input: [2, 3] }).predict({
      input: tensor(x.data.slice(15, 21) as Float32Array, [1, 2, 3]),
      lengths: tensor(new Int32Array([2]), [1]),
    });
    const all = results[0]?.output?.data as Float32Array;
    short.output?.data.forEach((value, i) => void expect(all[10 + i]).toBeCloseTo(value, 6));
  });

  it("is one operator of ONNX in a file for inference, and a loop where its gates are read", () => {
    const type = { simpleRnn: "RNN", lstm: "LSTM", gru: "GRU" }[kind];
    const net = sequential({ input: [5, 3], engine }, make(4), dense(2));
    const typesIn = (bytes: Uint8Array) => nodesIn(bytes).map(({ opType }) => opType);
    expect(typesIn(bakedModel(net).bytes).filter((op) => op === type)).toHaveLength(1);
    expect(typesIn(bakedModel(net).bytes)).not.toContain("Scan");
    const { inputs, parameters, hidden } = net.traced(false);
    const weights = Object.fromEntries([...parameters].map(([name, { value }]) => [name, value]));
    const looked = lower({
      inputs: { ...inputs, ...weights },
      outputs: { state: hidden.get(`${kind}_1/state`) as never },
    });
    expect(typesIn(looked.bytes)).toContain("Scan");
  });

  it("names its states and gates [batch, time, units], those of all layers and directions", () => {
    const gates = {
      simpleRnn: ["state"],
      lstm: ["input", "forget", "candidate", "output", "cell", "state"],
      gru: ["reset", "update", "candidate", "state"],
    }[kind] as string[];
    const { hidden } = sequential({ input: [5, 3], engine }, make(4, { layers: 2, bidirectional: true })).traced(false);
    const places = ["", "l0_reverse/", "l1/", "l1_reverse/"].flatMap((place) =>
      gates.map((gate) => `${kind}_1/${place}${gate}`),
    );
    expect([...hidden.keys()].sort()).toEqual([...places, `${kind}_1`].sort());
    for (const place of places) expect(hidden.get(place)?.shape, place).toEqual(["batch", 5, 4]);
  });

  it("trains on WebAssembly as natively, stateful and with gradients gathered", async () => {
    const batch = { inputs: { input: noise(1, 3, 5, 3) }, targets: { target: noise(2, 3, 5, 2) } };
    const [native, other] = await Promise.all(
      [engine, await wasmEngine()].map(async (own) => {
        const net = sequential({ input: [5, 3], engine: own, seed: 1 }, make(4, { layers: 2 }), dense(2));
        const options = { loss: mse(), optimizer: sgd({ learningRate: 0.5 }), stateful: true, accumulate: 2 };
        const step = await TrainingStep.create(net, batch, options);
        for (let i = 0; i < 4; i++) await step.run(batch);
        return step.state();
      }),
    );
    const start = sequential({ input: [5, 3], engine, seed: 1 }, make(4, { layers: 2 }), dense(2)).weights;
    for (const [name, tensor] of native as Map<string, Tensor>) {
      expectClose(name, other?.get(name) as Tensor, tensor, 1e-5);
      expect(tensor.data, name).not.toEqual(start.get(name)?.data);
    }
  });

  it("drops the same units in all steps of an example, and none in prediction", async () => {
    const plain = sequential({ input: [5, 3], engine, seed: 2 }, make(6, { returns: "last" }));
    const dropping = sequential(
      { input: [5, 3], engine, seed: 2 },
      make(6, { returns: "last", recurrentDropout: 0.5 }),
    );
    const x = noise(5, 2, 5, 3);
    expect(await dropping.predict(x)).toEqual(await plain.predict(x));
    const { noise: drawn } = dropping.traced(true);
    expect([...drawn].map(([name, { value, rate }]) => [name, value.shape, rate])).toEqual([
      [`${kind}_1/l0/recurrentDropout`, ["batch", 6], 0.5],
    ]);
    const between = sequential({ input: [5, 3], engine }, make(6, { layers: 3, dropout: 0.2 })).traced(true).noise;
    expect([...between.keys()]).toEqual([`${kind}_1/l1/dropout`, `${kind}_1/l2/dropout`]);
  });

  it("begins with orthogonal recurrent weights, block by block", () => {
    const net = sequential({ input: [5, 3], engine }, make(6));
    const { data, shape } = net.weights.get(`${kind}_1.weight_hh_l0`) as Tensor;
    for (let block = 0; block < (shape[0] as number) / 6; block++)
      for (let a = 0; a < 6; a++)
        for (let b = 0; b < 6; b++) {
          const row = (i: number) => data.subarray((block * 6 + i) * 6, (block * 6 + i + 1) * 6) as Float32Array;
          const product = row(a).reduce((sum, value, i) => sum + value * (row(b)[i] as number), 0);
          expect(product).toBeCloseTo(Number(a === b), 5);
        }
  });
});

it("the forget gate begins with a bias of 1, all else with 0", () => {
  const { weights } = sequential({ input: [5, 3], engine }, lstm(2));
  expect([...(weights.get("lstm_1.bias_ih_l0")?.data ?? [])]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  expect([...(weights.get("lstm_1.bias_hh_l0")?.data ?? [])]).toEqual(new Array(8).fill(0));
});

describe("what is refused", () => {
  const net = (layer: Layer, input: number[] = [5, 3]): Network => sequential({ input, engine }, layer);
  it("names the option, what it is and what it may be", () => {
    expect(() => lstm(0)).toThrow("lstm: units must be");
    expect(() => lstm(4, { returns: "first" as never })).toThrow('lstm: returns must be "all" or "last", got "first".');
    expect(() => gru(4, { initialState: 0 as never })).toThrow(
      'gru: initialState must be "zeros" or "learned", got 0.',
    );
    expect(() => gru(4, { resetAfter: "no" as never })).toThrow('gru: resetAfter must be true or false, got "no".');
    expect(() => lstm(4, { dropout: 1 })).toThrow("lstm: dropout must be less than 1, got 1.");
    expect(() => simpleRnn(4, { activation: "sin" as never })).toThrow(
      'simpleRnn: activation must be "tanh" or "relu" or "linear", got "sin".',
    );
    expect(() => lstm(4, { unit: 3 } as never)).toThrow(/unit/);
  });
  it("names the first states that are there and those that there should be", () => {
    const called = (layer: Layer, ...states: readonly (readonly number[])[]) =>
      network(
        Object.fromEntries([[5, 3], ...states].map((shape, i) => [`x${i}`, shape])),
        (inputs) => layer(...(Object.values(inputs) as [Value, ...Value[]])),
        { engine },
      );
    expect(() => called(lstm(4), [4])).toThrow(
      "lstm_1: takes the input alone, or with its first states h, c: 3 values, got 2.",
    );
    expect(() => called(gru(4, { layers: 2 }), [4])).toThrow(
      "first states h of 2 layers and directions: 3 values, got 2.",
    );
    expect(() => called(gru(4), [3])).toThrow(
      /gru_1: expected first states \[batch, 4\], got \[batch, 3\]. Put dense\(4\) before it./,
    );
    expect(() => called(gru(4, { initialState: "learned" }), [4])).toThrow("a first state is given, and learned too.");
    expect(() => called(gru(4), [4]).session()).toThrow("sessions and stateful steps bring their own");
  });
  it("an input lengths that is none", () => {
    const read = (lengths: InputDeclaration) => () => network({ x: [5, 3], lengths }, ({ x }) => lstm(4)(x));
    expect(read([])).toThrow('input "lengths": says how many time steps of each example count: expected int32[batch]');
    expect(read({ shape: [5], dtype: "int32" })).toThrow("got int32[batch, 5]. Declare it as { shape: []");
  });
  it("names the shape, and the way out", () => {
    expect(() => net(lstm(4), [5])).toThrow(
      /lstm_1: expected \[batch, time, features\], got \[batch, 5\]. Put embedding\(\) before it for tokens/,
    );
    expect(() => net(lstm(4), [1, 5, 3])).toThrow(/Add reshape\(\[time, features\]\) before it/);
  });
});
