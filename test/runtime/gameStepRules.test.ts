import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { NumericError, OptionError, ShapeError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { nodesOf } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine, wasmEngine } from "../../src/node/engine.js";
import { log, sqrt } from "../../src/ops/index.js";
import { adam, sgd } from "../../src/optim/index.js";
import { gamePlan } from "../../src/runtime/gameGraph.js";
import {
  drawLatent,
  type Engine,
  type Game,
  GameStep,
  type GameStepOptions,
  gan,
  sequential,
} from "../../src/runtime/index.js";
import { expectClose } from "../support/close.js";
import { copies, expectSame } from "./steps.js";

const engine = await nativeEngine();
const { dense, nonSaturating, wasserstein } = nn;

const batchOf = (rows: number, shape: readonly number[], seed = 1) => {
  const count = shape.reduce((n, d) => n * d, rows);
  return { inputs: { input: tensor(random(seed, "x").normal(count), [rows, ...shape]) }, targets: {} };
};

const both = (make: () => ReturnType<typeof sgd>) => ({ generator: make(), discriminator: make() });
const begin = (game: Game, options: Partial<GameStepOptions> = {}, rows = 4) =>
  GameStep.create(game, batchOf(rows, game.exampleShape), {
    objective: nonSaturating(),
    optimizer: both(() => adam({ learningRate: 0.01 })),
    ...options,
  });

/** With everything that has a state: convolutions, running statistics and dropout in both networks. */
const wholeGame = (on: Engine = engine, judge = on) =>
  gan({
    generator: sequential(
      { input: [5], engine: on, seed: 1 },
      nn.reshape([5, 1, 1]),
      nn.convTranspose2d(4, 4, { bias: false }),
      nn.batchNorm(),
      nn.relu(),
      nn.dropout(0.2),
      nn.convTranspose2d(1, 4, { stride: 2, padding: 1 }),
      nn.tanh(),
    ),
    discriminator: sequential(
      { input: [1, 8, 8], engine: judge, seed: 2 },
      nn.conv2d(4, 4, { stride: 2, padding: 1, bias: false }),
      nn.batchNorm(),
      nn.leakyRelu(0.2),
      nn.dropout(0.3),
      nn.conv2d(1, 4),
      nn.flatten(),
    ),
  });

/** Numbers: the generator is a z + b, the discriminator w x + c. */
function lineGame(a = 0.5, b = 0.1, w = 0.3, c = -0.2): Game {
  const generator = sequential({ input: [1], engine }, dense(1));
  const discriminator = sequential({ input: [1], engine }, dense(1));
  const planted = (weight: number, bias: number) =>
    new Map([
      ["dense_1.weight", tensor([weight], [1, 1])],
      ["dense_1.bias", tensor([bias])],
    ]);
  generator.setWeights(planted(a, b));
  discriminator.setWeights(planted(w, c));
  return gan({ generator, discriminator });
}

const number = (weights: ReadonlyMap<string, Tensor>, name: string) =>
  weights.get(`dense_1.${name}`)?.data[0] as number;
const meanOf = ({ data }: Tensor) => Array.from(data).reduce((sum, x) => sum + x, 0) / data.length;

describe("a game's round", () => {
  const operations = (wholeRound: "round" | "turn", options: Partial<GameStepOptions> = {}) => {
    const game = wholeGame();
    const traced = { generator: game.generator.traced(true), discriminator: game.discriminator.traced(true) };
    const plan = gamePlan(game, traced, { objective: nonSaturating(), optimizer: both(adam), ...options });
    const nodes = nodesOf(Object.values(plan[wholeRound].graph.outputs));
    return (layer: string, op: string) => nodes.filter((node) => node.scope === layer && node.op.name === op).length;
  };

  it("makes the examples once, and has them judged by the discriminator before its update and after", () => {
    const round = operations("round");
    expect(round("generator/convTranspose2d_1", "convTranspose")).toBe(1);
    expect(round("generator/convTranspose2d_2", "convTranspose")).toBe(1);
    // Real ones, made ones, and these again.
    expect(round("discriminator/conv2d_1", "conv")).toBe(3);
    expect(round("discriminator/conv2d_2", "conv")).toBe(3);
    const turn = operations("turn");
    expect([turn("generator/convTranspose2d_1", "convTranspose"), turn("discriminator/conv2d_1", "conv")]).toEqual([
      1, 2,
    ]);
    // R1 takes the slopes of the scores that there are; the gradient penalty's examples are judged besides.
    expect(operations("round", { r1: 1 })("discriminator/conv2d_1", "conv")).toBe(3);
    expect(operations("round", { objective: wasserstein() })("discriminator/conv2d_1", "conv")).toBe(4);
  });

  it("is what can be worked out on paper: turns, schedules, the average, and no slope through the discriminator's update", async () => {
    const [seed, turns, decay] = [3, 2, 0.5];
    const rates = { generator: (round: number) => 0.1 / round, discriminator: (turn: number) => 0.02 * turn };
    const game = lineGame();
    const step = await begin(game, {
      objective: wasserstein({ clip: 100 }),
      optimizer: {
        generator: sgd({ learningRate: rates.generator }),
        discriminator: sgd({ learningRate: rates.discriminator }),
      },
      discriminatorSteps: turns,
      average: decay,
      seed,
    });
    let [a, b, w, c] = [0.5, 0.1, 0.3, -0.2];
    let average = { a, b };
    for (let count = 0; count < 10; count++) {
      const batch = batchOf(4, [1], count);
      const z = drawLatent({ size: 1 }, 4, seed, "game/latent", count);
      const [real, made] = [meanOf(batch.inputs.input), a * meanOf(z) + b];
      const result = await step.run(batch);
      // Minimised: mean of w made + c less mean of w real + c.
      expect(result.discriminatorLoss).toBeCloseTo(w * (made - real), 5);
      expect(result.discriminatorGradient).toBeCloseTo(Math.abs(made - real), 5);
      expect([...result.real.data]).toEqual([...batch.inputs.input.data].map((x) => expect.closeTo(w * x + c, 5)));
      expect([...result.fake.data]).toEqual([...z.data].map((x) => expect.closeTo(w * (a * x + b) + c, 5)));
      w -= rates.discriminator(count + 1) * (made - real);
      expect(step.learningRate).toBeCloseTo(rates.discriminator(count + 1), 9);
      const round = (count + 1) / turns;
      if (Number.isInteger(round)) {
        expect(result.generatorLoss).toBeCloseTo(-(w * made + c), 5);
        expect(result.generatorGradient).toBeCloseTo(Math.hypot(w * meanOf(z), w), 5);
        a += rates.generator(round) * w * meanOf(z);
        b += rates.generator(round) * w;
        const share = 1 - Math.min(decay, (1 + round) / (10 + round));
        average = { a: average.a + share * (a - average.a), b: average.b + share * (b - average.b) };
      } else expect([result.generatorLoss, result.generatorGradient]).toEqual([undefined, undefined]);
      const [own, judge] = [step.weights(), step.discriminatorWeights()];
      expect([number(own, "weight"), number(own, "bias")]).toEqual([
        expect.closeTo(average.a, 5),
        expect.closeTo(average.b, 5),
      ]);
      expect([number(judge, "weight"), number(judge, "bias")]).toEqual([expect.closeTo(w, 5), expect.closeTo(c, 6)]);
      expect(step.state().get("dense_1.weight")?.data[0]).toBeCloseTo(a, 5);
    }
    expect(step.count).toBe(10);
    expect([number(game.generator.weights, "weight"), number(game.discriminator.weights, "weight")]).toEqual([
      0.5,
      Math.fround(0.3),
    ]);
    step.publish();
    expect(number(game.generator.weights, "weight")).toBeCloseTo(average.a, 5);
    expect(number(game.discriminator.weights, "weight")).toBeCloseTo(w, 5);
  });

  it("has the learning rates of both multiplied by the factor", async () => {
    const moved = async (factor: number) => {
      const step = await begin(lineGame(), { optimizer: both(() => sgd({ learningRate: 0.1 })) });
      step.learningRateFactor = factor;
      await step.run(batchOf(4, [1]));
      expect(step.learningRate).toBeCloseTo(0.1 * factor, 9);
      return [number(step.weights(), "weight") - 0.5, number(step.discriminatorWeights(), "weight") - Math.fround(0.3)];
    };
    const [[a, w], [b, v]] = [await moved(1), await moved(0.5)] as [[number, number], [number, number]];
    expect(v).toBeCloseTo(w / 2, 6);
    // By the discriminator as it is after its own, smaller update.
    expect(b / a).toBeGreaterThan(0.4);
    expect(b / a).toBeLessThan(0.6);
    expect(await moved(0)).toEqual([0, 0]);
  });

  it("takes batches of other sizes", async () => {
    const step = await begin(wholeGame(), { discriminatorSteps: 2, r1: 1 });
    for (const rows of [4, 2, 7, 4]) expect((await step.run(batchOf(rows, [1, 8, 8]))).fake.shape).toEqual([rows, 1]);
  });
});

describe("noise in a game", () => {
  /** The discriminator is dropout and a sum; the generator makes ones, as the data has them. */
  const dropping = () => {
    const generator = sequential({ input: [1], engine }, dense(40));
    const discriminator = sequential({ input: [40], engine }, nn.dropout(0.5), dense(1));
    generator.setWeights(
      new Map([
        ["dense_1.weight", tensor(new Float32Array(40), generator.weights.get("dense_1.weight")?.shape ?? [])],
        ["dense_1.bias", tensor(new Float32Array(40).fill(1))],
      ]),
    );
    const { shape } = discriminator.weights.get("dense_1.weight") as Tensor;
    discriminator.setWeights(new Map([["dense_1.weight", tensor(new Float32Array(40).fill(1), shape)]]));
    return gan({ generator, discriminator });
  };
  const ones = { inputs: { input: tensor(new Float32Array(80).fill(1), [2, 40]) }, targets: {} };
  const still = both(() => sgd({ learningRate: 0 }));

  it("drops otherwise for real examples, made ones and these again, anew each step, the same by seed", async () => {
    const seen = async (seed: number) => {
      const step = await begin(dropping(), { optimizer: still, seed, objective: wasserstein({ clip: 9 }) }, 2);
      const results = [await step.run(ones), await step.run(ones)];
      return results.flatMap(({ real, fake, generatorLoss }) => [[...real.data], [...fake.data], [generatorLoss]]);
    };
    const found = await seen(7);
    expect(new Set(found.map(String)).size).toBe(6);
    expect(await seen(7)).toEqual(found);
    const sums = (call: string, step: number) => {
      const mask = random(7, `discriminator/dropout_1/mask/${call}`, step).dropout(80, 0.5);
      return [0, 40].map((from) => mask.slice(from, from + 40).reduce((a, b) => a + b, 0));
    };
    expect(found.slice(0, 2)).toEqual([sums("real", 0), sums("fake", 0)]);
    expect(found[2]).toEqual([-(sums("again", 0).reduce((a, b) => a + b, 0) / 2)]);
    expect(found[3]).toEqual(sums("real", 1));
    expect(await seen(8)).not.toEqual(found);
  });

  it("is put on examples as a rule of the step says", async () => {
    const instanceNoise = (step: number) => (step === 2 ? 0.5 : 0);
    const step = await begin(lineGame(), { optimizer: still, instanceNoise, seed: 4 });
    const batch = batchOf(4, [1]);
    const clean = [...batch.inputs.input.data].map((x) => 0.3 * x - 0.2);
    const blurred = (stream: string, count: number) =>
      [...random(4, stream, count).normal(4)].map((x) => 0.3 * 0.5 * x);
    const [first, second] = [await step.run(batch), await step.run(batch)];
    expect([...first.real.data]).toEqual(clean.map((x) => expect.closeTo(x, 5)));
    const noise = blurred("game/noise/real", 1);
    expect([...second.real.data]).toEqual(clean.map((x, i) => expect.closeTo(x + (noise[i] as number), 5)));
    const made = drawLatent({ size: 1 }, 4, 4, "game/latent", 1).data;
    const other = blurred("game/noise/fake", 1);
    expect([...second.fake.data]).toEqual(
      [...made].map((z, i) => expect.closeTo(0.3 * (0.5 * z + 0.1) - 0.2 + (other[i] as number), 5)),
    );
  });

  it("of a rule that gives no number is refused, and the step stays as it was", async () => {
    const step = await begin(lineGame(), { instanceNoise: () => Number.NaN });
    const before = copies(step.state());
    await expect(step.run(batchOf(4, [1]))).rejects.toThrow("play: instanceNoise must be a number from 0");
    expectSame(step.state(), before);
    expect(step.count).toBe(0);
  });
});

describe("the state of a game", () => {
  const options = (): Partial<GameStepOptions> => ({
    objective: wasserstein(),
    discriminatorSteps: 3,
    average: 0.9,
    instanceNoise: 0.1,
    seed: 6,
    clip: { norm: 1 },
  });

  it("goes on from what it was, bit for bit, in the middle of a round too", async () => {
    const whole = await begin(wholeGame(), options());
    const batch = (i: number) => batchOf(4, [1, 8, 8], i);
    for (let i = 0; i < 4; i++) await whole.run(batch(i));
    const [state, count] = [copies(whole.state()), whole.count];
    const again = await begin(wholeGame(), options());
    again.restore(state, count);
    for (let i = 4; i < 9; i++) expect(await again.run(batch(i))).toEqual(await whole.run(batch(i)));
    expectSame(again.state(), whole.state());
    expectSame(again.weights(), whole.weights());
  });

  it("has the generator's weights under their names, the discriminator's behind its own", async () => {
    const game = wholeGame();
    const state = (await begin(game, options())).state();
    for (const name of game.generator.weights.keys()) expect(state.has(name), name).toBe(true);
    for (const name of game.discriminator.weights.keys()) expect(state.has(`discriminator/${name}`), name).toBe(true);
    const plain = [...state.keys()].filter((name) => !name.includes("/"));
    expect(plain.sort()).toEqual([...game.generator.weights.keys()].sort());
  });

  it("refuses another game's", async () => {
    const [step, other] = [await begin(lineGame()), await begin(lineGame(), { average: 0.9 })];
    const before = copies(step.state());
    expect(() => step.restore(other.state(), 1)).toThrow("average/small: the state has this, but the step has not.");
    expect(() => other.restore(step.state(), 1)).toThrow("average/small: the state lacks this.");
    expect(() => step.restore(new Map([...before, ["discriminator/dense_1.bias", tensor([1, 2])]]), 1)).toThrow(
      ShapeError,
    );
    expectSame(step.state(), before);
    expect(step.count).toBe(0);
  });

  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;

  it("takes no more memory over a long run: two sets of arrays in turn", async () => {
    const game = gan({
      generator: sequential({ input: [256], engine }, dense(512), nn.batchNorm(), nn.relu(), dense(256)),
      discriminator: sequential({ input: [256], engine }, dense(512), nn.relu(), dense(1)),
    });
    const step = await begin(game, { discriminatorSteps: 2, average: 0.9 }, 2);
    const seen = new Map<string, Set<unknown>>();
    const batch = batchOf(2, [256]);
    const many = async (steps: number) => {
      for (let i = 0; i < steps; i++) {
        await step.run(batch);
        for (const [name, { data }] of step.state()) {
          seen.set(name, (seen.get(name) ?? new Set()).add(data.buffer));
        }
      }
      collect();
      return process.memoryUsage();
    };
    const early = await many(40);
    const late = await many(200);
    for (const [name, buffers] of seen) expect(buffers.size, name).toBeLessThanOrEqual(2);
    // One set of the state is 6 MB: a set left behind each step would be 1.2 GB.
    expect(late.arrayBuffers - early.arrayBuffers).toBeLessThan(1e8);
    expect(late.rss - early.rss).toBeLessThan(3e8);
  });
});

describe("a number that is none", () => {
  const layerOf = (kind: string, op: typeof log) =>
    nn.defineLayer<nn.LayerOptions>({ kind, options: [], build: ([x]) => op(x) });
  const [logOf, rootOf] = [layerOf("logOf", log), layerOf("rootOf", sqrt)];
  const ones = (bad?: number, at = 1) => ({
    inputs: {
      input: tensor(
        Float32Array.from({ length: 4 }, (_, i) => (i === at ? (bad ?? 1) : 1)),
        [4, 1],
      ),
    },
    targets: {},
  });
  const positive = () => {
    const net = sequential({ input: [1], engine }, dense(1, { name: "last" }));
    net.setWeights(
      new Map([
        ["last.weight", tensor([0], [1, 1])],
        ["last.bias", tensor([2])],
      ]),
    );
    return net;
  };

  it("in the data is named, and leaves the step as it was", async () => {
    const [step, same] = [await begin(wholeGame(), { average: 0.9 }), await begin(wholeGame(), { average: 0.9 })];
    const batch = batchOf(4, [1, 8, 8]);
    for (const each of [step, same]) await each.run(batch);
    const before = copies(step.state());
    const bad = batchOf(4, [1, 8, 8]);
    bad.inputs.input.data[2 * 64 + 5] = Number.NaN;
    const failing = step.run(bad);
    await expect(failing).rejects.toBeInstanceOf(NumericError);
    await expect(failing).rejects.toThrow(
      "the input is NaN in example 2 of the batch at step 2. Remove or replace such numbers",
    );
    expectSame(step.state(), before);
    expect(step.count).toBe(1);
    expect(await step.run(batch)).toEqual(await same.run(batch));
    expectSame(step.state(), same.state());
  });

  it("in a network is placed there: network, layer, op, step", async () => {
    const judge = gan({
      generator: positive(),
      discriminator: sequential({ input: [1], engine }, logOf({}), dense(1)),
    });
    const step = await begin(judge);
    await step.run(ones());
    await expect(step.run(ones(-1))).rejects.toMatchObject({ place: "discriminator/logOf_1", step: 2 });
    await expect(step.run(ones(-1))).rejects.toThrow('NaN arose at step 2, forward, in the op "log" in example 1');

    const maker = gan({
      generator: sequential({ input: [1], engine }, logOf({}), dense(1)),
      discriminator: positive(),
    });
    await expect((await begin(maker)).run(ones())).rejects.toMatchObject({ place: "generator/logOf_1", step: 1 });
  });

  it("in the slope of a penalty is placed in the layer, too", async () => {
    // The root has no slope at 0.
    const game = gan({
      generator: positive(),
      discriminator: sequential({ input: [1], engine }, rootOf({}), dense(1)),
    });
    const step = await begin(game, { r1: 1 });
    await expect(step.run(ones(0))).rejects.toMatchObject({ place: "discriminator/rootOf_1", step: 1 });
    await expect(step.run(ones(0))).rejects.toThrow("backward");
    await expect((await begin(game)).run(ones(0))).resolves.toBeDefined();
  });

  it("among the weights is named as a weight, of its network", async () => {
    const game = lineGame();
    const step = await begin(game);
    const state = copies(step.state());
    (state.get("discriminator/dense_1.weight") as Tensor).data[0] = Number.NaN;
    step.restore(state, 1);
    await expect(step.run(batchOf(4, [1]))).rejects.toThrow(
      "discriminator/dense_1.weight: the weight is NaN in position 0 at step 2: an update before made it so.",
    );
    expect(() => step.publish()).toThrow(
      "discriminator: dense_1.weight: the weight is NaN in position 0 after step 1.",
    );
    expect(number(game.discriminator.weights, "weight")).toBeCloseTo(0.3, 6);
  });
});

describe("engines", () => {
  it("WebAssembly plays as the native engine does", async () => {
    const play = async (on: Engine) => {
      const step = await begin(wholeGame(on), { discriminatorSteps: 2, average: 0.9, r1: 0.5, seed: 3 });
      const losses: number[] = [];
      for (let i = 0; i < 6; i++) losses.push((await step.run(batchOf(4, [1, 8, 8], i))).discriminatorLoss);
      return { losses, step };
    };
    const [native, wasm] = [await play(engine), await play(await wasmEngine())];
    expectClose("losses", tensor(wasm.losses), tensor(native.losses), 1e-4);
    for (const [name, value] of native.step.weights())
      expectClose(name, wasm.step.weights().get(name) as Tensor, value, 1e-4);
    for (const [name, value] of native.step.discriminatorWeights())
      expectClose(name, wasm.step.discriminatorWeights().get(name) as Tensor, value, 1e-4);
  });

  it("may differ: the generator's runs the game", async () => {
    const loads: string[] = [];
    const counting = (name: string): Engine => ({
      name,
      load: (model, load) => {
        loads.push(name);
        return engine.load(model, load);
      },
    });
    const game = wholeGame(counting("generator"), counting("discriminator"));
    await (await begin(game, { discriminatorSteps: 2 })).run(batchOf(4, [1, 8, 8]));
    expect(loads).toEqual(["generator", "generator"]);
    await game.score(await game.sample(2));
    expect(loads).toEqual(["generator", "generator", "generator", "discriminator"]);
  });
});

describe("what a game's step refuses", () => {
  it.each([
    [
      "no objective",
      { objective: undefined },
      "objective must be one, e.g. nonSaturating(). Call it with its parentheses.",
    ],
    ["an objective uncalled", { objective: nonSaturating }, "objective must be one, e.g. nonSaturating()."],
    ["half a turn", { discriminatorSteps: 1.5 }, "discriminatorSteps must be a whole number from 1, got 1.5."],
    ["a penalty below 0", { r1: -1 }, "r1 must be a number from 0 to 1000000, got -1."],
    [
      "an average of nothing new",
      { average: 1 },
      "average must be less than 1, got 1: the weights would never enter it.",
    ],
    ["noise below 0", { instanceNoise: -1 }, "instanceNoise must be a number from 0 to 1000000, got -1."],
    ["half a seed", { seed: 0.5 }, "seed must be a whole number, got 0.5."],
    ["a clip of 0", { clip: { norm: 0 } }, "clip.norm must be above 0, got 0."],
    ["other options", { steps: 2 }, 'unknown option "steps".'],
    [
      "an optimizer for one network alone",
      { optimizer: { generator: adam() } },
      "optimizer has none for the discriminator. Give { generator: ..., discriminator: ... }.",
    ],
    [
      "an optimizer that is none",
      { optimizer: { generator: 0.1, discriminator: adam() } },
      "optimizer has none for the generator.",
    ],
  ])("%s", async (_, options, message) => {
    const made = begin(lineGame(), options as never);
    await expect(made).rejects.toBeInstanceOf(OptionError);
    await expect(made).rejects.toThrow(`play: ${message}`);
  });

  it("networks without weights", async () => {
    const still = () => sequential({ input: [1], engine }, nn.tanh());
    const { generator, discriminator } = lineGame();
    await expect(begin(gan({ generator: still(), discriminator }))).rejects.toThrow(
      "generator: has no weights to train. Add a layer that has, e.g. dense().",
    );
    await expect(begin(gan({ generator, discriminator: still() }))).rejects.toThrow(
      "discriminator: has no weights to train.",
    );
  });
});
