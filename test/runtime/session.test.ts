import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { dense, embedding, flatten, gru, type Layer, lstm, mse, simpleRnn } from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { adam } from "../../src/optim/index.js";
import { type Engine, sequential, TrainingStep } from "../../src/runtime/index.js";

const engine = await nativeEngine();

const noise = (seed: number, ...shape: number[]): Tensor<"float32"> =>
  tensor(random(seed).normal(shape.reduce((n, d) => n * d, 1)), shape) as Tensor<"float32">;

/** Time steps [from, to) of x [batch, time, features]. */
function during({ shape: [batch = 0, time = 0, features = 0], data }: Tensor, from: number, to: number): Tensor {
  const part = new Float32Array(batch * (to - from) * features);
  for (let b = 0; b < batch; b++)
    part.set(
      data.subarray((b * time + from) * features, (b * time + to) * features) as Float32Array,
      b * (to - from) * features,
    );
  return tensor(part, [batch, to - from, features]);
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (x, i) => Math.abs(x - (b[i] as number))).reduce((m, d) => Math.max(m, d), 0);

describe("a network at another shape", () => {
  it("has the same weights, and training one is training the other", async () => {
    const net = sequential({ input: [6, 3], engine }, lstm(4), dense(2));
    const short = net.at({ input: [2, 3] });
    expect(short.weights).toBe(net.weights);
    expect(net.at({ input: [2, 3] })).toBe(short);
    expect(short.at({ input: [6, 3] }).weights).toBe(net.weights);
    const x = noise(1, 2, 6, 3);
    const before = await short.predict(during(x, 0, 2));
    expect(largest(before.data, during(await net.predict(x), 0, 2).data)).toBeLessThan(1e-6);
    net.setWeights(new Map([["dense_1.bias", tensor([5, 7], [2])]]));
    const after = await short.predict(during(x, 0, 2));
    expect(after.data[0]).toBeCloseTo((before.data[0] as number) + 5, 5);
    expect(short.at({ input: [2, 3] })).toBe(short);
    for (let time = 3; time < 40; time++) net.at({ input: [time, 3] });
    expect(net.at({ input: [39, 3] })).toBe(net.at({ input: [39, 3] }));
    expect(net.at({ input: [2, 3] }), "only the last few are kept").not.toBe(short);
    expect(net.at({ input: [2, 3] }).weights).toBe(short.weights);
    short.encoding = { kind: "values", shape: [2, 3] };
    expect(net.encoding).toBe(short.encoding);
  });

  it("refuses shapes that weights depend on, and inputs that are not", () => {
    const net = sequential({ input: [6, 3], engine }, lstm(4), flatten(), dense(2));
    expect(() => net.at({ input: [5, 3] })).toThrow(
      /dense_1\.weight: is \[2, 24\], for inputs of this shape it would be \[2, 20\]/,
    );
    expect(() => net.at({ inputs: [5, 3] })).toThrow('input "inputs": the network has no such input. It has: input.');
  });
});

describe("a session", () => {
  const layers: Record<string, () => Layer> = {
    simpleRnn: () => simpleRnn(5),
    lstm: () => lstm(5, { layers: 2 }),
    gru: () => gru(5, { initialState: "learned" }),
    "gru, reset before": () => gru(5, { resetAfter: false }),
  };

  it.each(Object.entries(layers))("of %s goes on where it was", async (_, layer) => {
    const net = sequential({ input: [7, 3], engine, seed: 3 }, layer(), dense(2));
    const learned = [...net.weights].filter(([name]) => name.includes("initial"));
    net.setWeights(new Map(learned.map(([name, { shape }]) => [name, noise(9, ...shape)])));
    const x = noise(2, 4, 7, 3);
    const whole = await net.predict(x);
    const parts = [
      [0, 1],
      [1, 4],
      [4, 7],
    ] as const;
    // One session for each length, the state handed on.
    let state: ReadonlyMap<string, Tensor> = new Map();
    for (const [from, to] of parts) {
      const session = net.at({ input: [to - from, 3] }).session();
      if (state.size > 0) session.restore(state);
      const y = await session.predict(during(x, from, to));
      expect(largest(y.data, during(whole, from, to).data), `${from} to ${to}`).toBeLessThan(1e-6);
      state = session.state;
    }
  });

  it("forgets when it is told to, and sees new weights", async () => {
    const net = sequential({ input: [1, 3], engine, seed: 3 }, lstm(4), dense(2));
    const session = net.session();
    const x = noise(4, 1, 1, 3);
    const first = (await session.predict(x)).data.slice();
    const second = (await session.predict(x)).data.slice();
    expect(largest(first, second)).toBeGreaterThan(1e-3);
    expect([...session.state.keys()]).toEqual(["lstm_1/l0/h", "lstm_1/l0/c"]);
    session.reset();
    expect(session.state.size).toBe(0);
    expect((await session.predict(x)).data).toEqual(first);
    session.reset();
    net.setWeights(new Map([["dense_1.bias", tensor([1, 2], [2])]]));
    expect((await session.predict(x)).data[1]).toBeCloseTo((first[1] as number) + 2, 6);
  });

  it("takes lists of examples and named inputs, tokens too", async () => {
    const net = sequential({ input: [2], dtype: "int32", engine }, embedding(5, 3), gru(4), dense(5));
    const [a] = await net.session().predict([[1, 2]]);
    const { output } = await net.session().predict({ input: tensor(new Int32Array([1, 2]), [1, 2]) });
    expect(a).toEqual(output?.data);
    await expect(net.session().predict([[1, 5]])).rejects.toThrow("example 0 holds 5, but embedding_1 has 5 vectors");
  });

  it("makes calls one after the other, however they are asked for", async () => {
    const net = sequential({ input: [1, 3], engine, seed: 3 }, lstm(4));
    const inputs = [5, 6, 7].map((seed) => noise(seed, 1, 1, 3));
    const [one, other] = [net.session(), net.session()];
    const expected: unknown[] = [];
    for (const x of inputs) expected.push(await one.predict(x));
    expect(await Promise.all(inputs.map((x) => other.predict(x)))).toEqual(expected);
    const failed = other.predict(noise(1, 1, 1, 2));
    const after = other.predict(inputs[0] as Tensor);
    await expect(failed).rejects.toThrow("expected float32[batch, 1, 3]");
    expect(await after, "a call that fails leaves the state").toEqual(await one.predict(inputs[0] as Tensor));
  });

  it("of no examples gives no outputs, and its state stays", async () => {
    const session = sequential({ input: [2, 3], engine }, lstm(4), dense(5)).session();
    expect(await session.predict([])).toEqual([]);
    expect((await session.predict(noise(1, 0, 2, 3))).shape).toEqual([0, 2, 5]);
    expect(session.state.size).toBe(0);
    await session.predict(noise(1, 2, 2, 3));
    const { state } = session;
    expect(await session.predict([])).toEqual([]);
    expect(session.state).toBe(state);
    session.restore(new Map());
    expect(session.state.size, "as before the first call").toBe(0);
  });

  it("shares its programs with the network's other sessions, and tries again where loading failed", async () => {
    let [loads, broken] = [0, true];
    const watched: Engine = {
      ...engine,
      load: (model, options) => {
        loads++;
        return broken ? Promise.reject(new Error("no engine today")) : engine.load(model, options);
      },
    };
    const net = sequential({ input: [1, 3], engine: watched }, lstm(4));
    const x = noise(1, 1, 1, 3);
    const session = net.session();
    await expect(session.predict(x)).rejects.toThrow("no engine today");
    broken = false;
    loads = 0;
    await session.predict(x);
    for (let i = 0; i < 3; i++) await net.session().predict(x);
    expect(loads, "one that begins, one that goes on").toBe(2);
  });

  it("says what does not fit", async () => {
    const net = sequential({ input: [1, 3], engine }, lstm(4));
    const session = net.session();
    await session.predict(noise(1, 2, 1, 3));
    await expect(session.predict(noise(1, 3, 1, 3))).rejects.toThrow(
      "lstm_1/l0/h: the session remembers 2 examples, it is given 3. Give as many, or call reset() to begin anew.",
    );
    expect(() => session.restore(new Map([["h", noise(1, 2, 4)]]))).toThrow(
      "h: no such state. There are: lstm_1/l0/h, lstm_1/l0/c.",
    );
    expect(() => session.restore(new Map([["lstm_1/l0/h", noise(1, 2, 4)]]))).toThrow(
      "lstm_1/l0/c: expected float32[2, 4], got nothing.",
    );
    expect(() => sequential({ input: [3], engine }, dense(2)).session()).toThrow(
      "the network has no state to remember",
    );
    expect(() => sequential({ input: [2, 3], engine }, lstm(2, { bidirectional: true })).session()).toThrow(
      "lstm_1: a layer that reads backwards begins at the end of the time: it cannot remember.",
    );
    const shared = lstm(3);
    expect(() => sequential({ input: [2, 3], engine }, shared, shared).session()).toThrow(
      "lstm_1: a layer that remembers can be called once only. Make another layer.",
    );
  });
});

describe("memory over a long run", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const grown = async (once: () => Promise<unknown>, early: number, late: number): Promise<NodeJS.MemoryUsage> => {
    const usedAfter = async (count: number) => {
      for (let i = 0; i < count; i++) await once();
      collect();
      return process.memoryUsage();
    };
    const [before, then] = [await usedAfter(early), await usedAfter(late)];
    return Object.fromEntries(
      Object.entries(then).map(([key, bytes]) => [key, bytes - before[key as keyof NodeJS.MemoryUsage]]),
    ) as unknown as NodeJS.MemoryUsage;
  };

  it("stays flat in a session, whose states come and go", async () => {
    const net = sequential({ input: [1, 16], engine }, lstm(512), dense(64));
    const session = net.session();
    const x = noise(1, 16, 1, 16);
    const more = await grown(() => session.predict(x), 100, 2000);
    // The states of a call take 65 kB: left behind, 131 MB.
    expect(more.arrayBuffers).toBeLessThan(3e7);
    expect(more.rss).toBeLessThan(1e8);
  });

  it("stays flat where a loop is trained, its state handed on", async () => {
    const net = sequential({ input: [16, 16], engine }, gru(64), dense(8));
    const batch = { inputs: { input: noise(1, 32, 16, 16) }, targets: { target: noise(2, 32, 16, 8) } };
    const step = await TrainingStep.create(net, batch, { loss: mse(), optimizer: adam(), stateful: true });
    const more = await grown(() => step.run(batch), 50, 500);
    // What is stacked in a step takes about 1 MB: left behind, 500 MB.
    expect(more.arrayBuffers).toBeLessThan(5e7);
    expect(more.rss).toBeLessThan(1.5e8);
  });
});
