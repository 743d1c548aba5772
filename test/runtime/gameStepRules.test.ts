import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { nodesOf } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { wasmEngine } from "../../src/node/engine.js";
import { adam, sgd } from "../../src/optim/index.js";
import { gamePlan } from "../../src/runtime/gameGraph.js";
import { drawLatent, type Engine, type GameStepOptions, gan, sequential } from "../../src/runtime/index.js";
import { expectClose } from "../support/close.js";
import { batchOf, begin, both, lineGame, number, wholeGame } from "./games.js";
import { copies, engine, expectSame } from "./steps.js";

const { dense, nonSaturating, wasserstein } = nn;

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
