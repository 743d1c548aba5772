import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropy,
  concat,
  conv2d,
  dataset,
  dense,
  embedding,
  fit,
  flatten,
  gan,
  leastSquares,
  network,
  random,
  reshape,
  sequential,
  tanh,
  tensor,
  wasserstein,
} from "../../src/index.js";
import { bestDiscriminator, discriminatorSurface, gameValue, surfaceError } from "../../src/look/index.js";
import { adam } from "../../src/optim/index.js";
import { linearGame } from "./games.js";
import { plant } from "./networks.js";

/** A round normal distribution. */
const gaussian =
  (mx: number, my: number, deviation = 1) =>
  (x: number, y: number): number =>
    Math.exp(-((x - mx) ** 2 + (y - my) ** 2) / (2 * deviation ** 2)) / (2 * Math.PI * deviation ** 2);

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

describe("the discriminator's surface", () => {
  it("is the plane that a linear discriminator is, x across and y up from the first row", async () => {
    const { value, check } = await discriminatorSurface(linearGame({ w: [2, -1], c: 0.5 }), {
      low: 0,
      high: [4, 2],
      grid: 2,
    });
    expect([value.x, value.y].map((ends) => Array.from(ends))).toEqual([
      [1, 3],
      [0.5, 1.5],
    ]);
    // 2 x - y + 0.5
    expect(value.score).toEqual(tensor([2, 6, 1, 5], [2, 2]));
    [2, 6, 1, 5].forEach((score, i) => {
      expect(value.probability.data[i]).toBeCloseTo(logistic(score), 6);
    });
    expect(value.boundary).toBe(0);
    expect(check).toBe(0);
  });

  it("is pinned at 1/2 where the objective's boundary is", async () => {
    const options = { low: 0, high: 1, grid: 3 } as const;
    const least = await discriminatorSurface(linearGame(), { ...options, objective: leastSquares() });
    expect(least.value.boundary).toBe(0.5);
    expect(least.value.probability.data[1]).toBe(0.5);
    const critic = await discriminatorSurface(linearGame({ c: 70 }), { ...options, objective: wasserstein() });
    expect(critic.value.boundary).toBeCloseTo(70.5, 4);
    expect(critic.value.probability.data[4]).toBeCloseTo(0.5, 4);
  });

  it("has a surface for each condition, in 30 rows of 30 by default", async () => {
    const inputs = { input: [2], label: { shape: [], dtype: "int32" } } as const;
    const discriminator = plant(
      network(inputs, ({ input, label }) => dense(1)(concat()(input, embedding(2, 1)(label)))),
      { "dense_1.weight": [1, 0, 10], "dense_1.bias": [0], "embedding_1.weight": [0, 3] },
    );
    const generator = network({ latent: [2], label: { shape: [], dtype: "int32" } }, ({ latent, label }) =>
      dense(2)(concat()(latent, embedding(2, 1)(label))),
    );
    const game = gan({ generator, discriminator });
    const surfaces = [0, 1].map((label) =>
      discriminatorSurface(game, { low: -1, high: 1, conditions: { label: tensor(Int32Array.of(label)) } }),
    );
    const [none, three] = await Promise.all(surfaces);
    expect(none?.value.score.shape).toEqual([30, 30]);
    none?.value.score.data.forEach((score, i) => {
      expect(three?.value.score.data[i]).toBeCloseTo(score + 30, 4);
    });
    await expect(discriminatorSurface(game, { low: -1, high: 1 })).rejects.toThrow('Give "label"');
  });

  it("names what cannot be", async () => {
    const game = linearGame();
    await expect(discriminatorSurface(game, { low: 1, high: 1 })).rejects.toThrow(
      "low must be below high, got 1 and 1",
    );
    await expect(discriminatorSurface(game, { low: 0, high: 1, grids: 3 } as never)).rejects.toThrow(
      'Did you mean "grid"?',
    );
    const pictures = gan({
      generator: sequential({ input: [2] }, dense(4), reshape([1, 2, 2])),
      discriminator: sequential({ input: [1, 2, 2] }, conv2d(1, 1), flatten(), dense(1)),
    });
    await expect(discriminatorSurface(pictures, { low: 0, high: 1 })).rejects.toThrow(
      "its examples are [1, 2, 2], they should be points [2]",
    );
  });
});

describe("the best discriminator", () => {
  it("of two unit Gaussians two apart is logistic in x exactly", () => {
    const { value, check } = bestDiscriminator(gaussian(1, 0), gaussian(-1, 0), { low: -7, high: 7, grid: 70 });
    expect(check).toBeLessThan(1e-6);
    value.probability.data.forEach((d, i) => {
      expect(d).toBeCloseTo(logistic(2 * (value.x[i % 70] as number)), 6);
    });
  });

  it("is 1/2 where both are the same, and where there is neither", () => {
    const { value } = bestDiscriminator(gaussian(0, 0, 0.1), gaussian(0, 0, 0.1), { low: -9, high: 9, grid: 20 });
    expect([...value.probability.data]).toEqual(new Array(400).fill(0.5));
  });

  it("sees what lies outside of the grid in its check", () => {
    // Half of a Gaussian is on either side of 0.
    const { check } = bestDiscriminator(gaussian(0, 0), gaussian(0, 0), { low: [0, -8], high: [8, 8], grid: 200 });
    expect(check).toBeCloseTo(0.5, 5);
  });

  it("plays for -log 4 + 2 JSD: the literal numbers", () => {
    const apart = gameValue(gaussian(1, 0), gaussian(-1, 0), { low: -9, high: 9 });
    expect(apart.value.value).toBeCloseTo(-0.712633, 6);
    expect(apart.value.divergence).toBeCloseTo(0.336831, 6);
    expect(apart.check).toBeLessThan(1e-9);
    const same = gameValue(gaussian(0.3, 0), gaussian(0.3, 0), { low: -9, high: 9 });
    expect(same.value.value).toBeCloseTo(-1.386294, 6);
    expect(same.value.divergence).toBeCloseTo(0, 9);
    // Far apart: told apart for sure.
    const far = gameValue(gaussian(-4, 0, 0.2), gaussian(4, 0, 0.2), { low: -6, high: 6 });
    expect(far.value.value).toBeCloseTo(0, 9);
    expect(far.value.divergence).toBeCloseTo(Math.LN2, 9);
    expect(gameValue(gaussian(1, 0), gaussian(-1, 0), { low: 0, high: 9 }).check).toBeGreaterThan(0.1);
  });

  it("refuses what is no density", () => {
    expect(() =>
      bestDiscriminator(
        () => -1,
        () => 1,
        { low: 0, high: 1 },
      ),
    ).toThrow("p is -1 at (");
    expect(() =>
      gameValue(
        () => 1,
        () => Number.NaN,
        { low: 0, high: 1 },
      ),
    ).toThrow("q is NaN at (");
  });
});

describe("a discriminator that learns", () => {
  it("comes within 0.05 of p / (p + q)", async () => {
    const [p, q] = [gaussian(-1, 0), gaussian(0.7, 0.5, 0.6)];
    const count = 2048;
    const draw = (mx: number, my: number, deviation: number, stream: string) =>
      random(1, stream)
        .normal(2 * count)
        .map((z, i) => (i % 2 === 0 ? mx : my) + deviation * z);
    const points = tensor([...draw(-1, 0, 1, "real"), ...draw(0.7, 0.5, 0.6, "made")], [2 * count, 2]);
    const labels = tensor(
      Float32Array.from({ length: 2 * count }, (_, i) => Number(i < count)),
      [2 * count, 1],
    );
    const game = gan({
      generator: sequential({ input: [2] }, dense(2)),
      discriminator: sequential({ input: [2], seed: 1 }, dense(24), tanh(), dense(24), tanh(), dense(1)),
    });
    const grid = { low: -4, high: 4, grid: 40 };
    const best = bestDiscriminator(p, q, grid);
    const before = surfaceError((await discriminatorSurface(game, grid)).value, best.value);
    expect(before.value.meanAbsoluteError).toBeGreaterThan(0.1);
    await fit(game.discriminator, dataset({ input: points, target: labels }), {
      loss: binaryCrossEntropy(),
      optimizer: adam({ learningRate: 0.01 }),
      epochs: 12,
      batchSize: 256,
      seed: 1,
    });
    const { value, check } = await discriminatorSurface(game, grid);
    expect(check).toBeLessThan(1e-5);
    const error = surfaceError(value, best.value);
    expect(error.check).toBeLessThan(0.01);
    expect(error.value.meanAbsoluteError).toBeLessThan(0.05);
  });

  it("is weighed by where p and q are", () => {
    // On two cells of x: p and q lie in the first only.
    const inFirst = (x: number) => (x < 1 ? 1 : 0);
    const best = bestDiscriminator(inFirst, inFirst, { low: 0, high: [2, 1], grid: [2, 1] });
    expect(best.check).toBe(0);
    const off = { ...best.value, probability: tensor([0.7, 1], [1, 2]) };
    const { value, check } = surfaceError(off, best.value);
    expect(value.meanAbsoluteError).toBeCloseTo(0.2, 6);
    expect(value.unweighted).toBeCloseTo(0.35, 6);
    expect(check).toBe(0);
    const other = bestDiscriminator(inFirst, inFirst, { low: 0, high: 1, grid: [2, 1] });
    expect(() => surfaceError(other.value, best.value)).toThrow("are not on the same grid");
  });
});
