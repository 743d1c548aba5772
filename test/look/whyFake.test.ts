import { describe, expect, it } from "vitest";
import {
  concat,
  conv2d,
  dense,
  embedding,
  flatten,
  gan,
  leakyRelu,
  network,
  type relu,
  reshape,
  sequential,
  tanh,
  tensor,
} from "../../src/index.js";
import { whyFake } from "../../src/look/index.js";
import { mul, slice, sum } from "../../src/ops/index.js";
import { linearGame } from "./games.js";
import { noise } from "./networks.js";

type Value = Parameters<ReturnType<typeof relu>>[0];

/** A game whose discriminator is a formula of the two numbers of a point. */
const formula = (score: (x: Value) => Value) =>
  gan({
    generator: sequential({ input: [2] }, dense(2)),
    discriminator: network({ input: [2] }, ({ input }) => score(input)),
  });

describe("why the discriminator takes something for made or real", () => {
  it("is w (x - baseline) for a linear discriminator, in one step", async () => {
    const game = linearGame({ w: [2, -3], c: 5 });
    const { value, check } = await whyFake(game, tensor([1, 1, 0.5, -2], [2, 2]), { steps: 1 });
    expect(value.attribution).toEqual(tensor([2, -3, 1, 6], [2, 2]));
    expect([...value.scores]).toEqual([4, 12]);
    expect([...value.baseline]).toEqual([5, 5]);
    expect(value.steps).toBe(1);
    expect(check).toBe(0);
    const other = await whyFake(game, tensor([1, 1], [1, 2]), { baseline: 1 });
    expect([...other.value.attribution.data].map(Math.abs)).toEqual([0, 0]);
    const row = await whyFake(game, tensor([1, 1], [1, 2]), { baseline: tensor([0, 1], [1, 2]) });
    expect(row.value.attribution.data[0]).toBeCloseTo(2, 5);
    expect(Math.abs(row.value.attribution.data[1] as number)).toBe(0);
  });

  it("shares the product of 2 and 3 as (3, 3)", async () => {
    const part = (x: Value, i: number) => slice(x, [undefined, [i, i + 1]]);
    const game = formula((x) => mul(part(x, 0), part(x, 1)));
    const { value, check } = await whyFake(game, tensor([2, 3], [1, 2]));
    expect(value.attribution.data[0]).toBeCloseTo(3, 5);
    expect(value.attribution.data[1]).toBeCloseTo(3, 5);
    expect(check).toBeLessThan(1e-6);
  });

  it("is exact for a cube by two points of Gauss, and not by one", async () => {
    const game = formula((x) => sum(mul(x, mul(x, x)), [1], { keepDims: true }));
    const point = tensor([2, -1], [1, 2]);
    const { value, check } = await whyFake(game, point, { steps: 2 });
    expect(value.attribution.data[0]).toBeCloseTo(8, 5);
    expect(value.attribution.data[1]).toBeCloseTo(-1, 5);
    expect(value.steps).toBe(2);
    expect(check).toBeLessThan(1e-6);
    // One point, in the middle, gives x^3 (1 - 1/4); it says so, and goes on.
    expect((await whyFake(game, point, { steps: 1 })).value.steps).toBe(2);
  });

  it.each([1, 3, 4])("sums to the score's difference for pictures of %i channels", async (channels) => {
    const game = gan({
      generator: sequential({ input: [3], seed: 2 }, dense(channels * 64), tanh(), reshape([channels, 8, 8])),
      discriminator: sequential(
        { input: [channels, 8, 8], seed: 4 },
        conv2d(6, 3),
        leakyRelu(0.2),
        conv2d(6, 3),
        leakyRelu(0.2),
        flatten(),
        dense(1),
      ),
    });
    const made = await game.sample(5);
    const { value, check } = await whyFake(game, made);
    expect(value.attribution.shape).toEqual([5, channels, 8, 8]);
    const scores = (await game.score(made)).data;
    const grey = (await game.score(tensor(new Float32Array(channels * 64), [1, channels, 8, 8]))).data[0] as number;
    scores.forEach((score, i) => {
      const own = value.attribution.data.subarray(i * channels * 64, (i + 1) * channels * 64);
      const total = own.reduce((a, b) => a + b, 0);
      const size = own.reduce((a, b) => a + Math.abs(b), 0);
      expect(Math.abs(total - (score - grey))).toBeLessThan(0.01 * size);
    });
    expect(check).toBeLessThan(0.01);
  });

  it("takes conditions, and the mean of several scores", async () => {
    const inputs = { label: { shape: [], dtype: "int32" } } as const;
    const game = gan({
      generator: network({ latent: [2], ...inputs }, ({ latent, label }) =>
        dense(4)(concat()(latent, embedding(2, 1)(label))),
      ),
      discriminator: network({ input: [4], ...inputs }, ({ input, label }) =>
        dense(3)(concat()(input, embedding(2, 1)(label))),
      ),
    });
    const label = tensor(Int32Array.of(1));
    const { value, check } = await whyFake(game, noise([2, 4]), { conditions: { label } });
    const scores = await game.score(noise([2, 4]), { label: tensor(Int32Array.of(1, 1)) });
    const mean = (scores.data.slice(0, 3) as Float32Array).reduce((a, b) => a + b / 3, 0);
    expect(value.scores[0]).toBeCloseTo(mean, 5);
    expect(check).toBeLessThan(1e-5);
  });

  it("names what cannot be", async () => {
    const game = linearGame();
    await expect(whyFake(game, tensor([1, 2, 3], [1, 3]))).rejects.toThrow(
      "examples must be float32[batch, 2], got float32[1, 3]",
    );
    await expect(whyFake(game, noise([2, 2]), { baseline: noise([3, 2]) })).rejects.toThrow("baseline has 3 rows");
    await expect(whyFake(game, noise([2, 2]), { steps: 0 })).rejects.toThrow("steps must be a whole number");
  });
});
