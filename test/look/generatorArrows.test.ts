import { describe, expect, it } from "vitest";
import {
  conv2d,
  dense,
  flatten,
  gan,
  hinge,
  leastSquares,
  minimax,
  relu,
  reshape,
  sequential,
  tanh,
  tensor,
  wasserstein,
} from "../../src/index.js";
import { generatorArrows } from "../../src/look/index.js";
import { conditionalGame, linearGame } from "./games.js";

describe("where the discriminator pulls what the generator makes", () => {
  const latents = tensor([0, 0, 1, 2, -3, 0.5], [3, 2]);

  it("is w for a critic w x: the same everywhere", async () => {
    const game = linearGame({ w: [2, -0.5], c: 3 });
    for (const objective of [wasserstein(), hinge()]) {
      const { value, check } = await generatorArrows(game, { objective, latents });
      expect(value.examples).toEqual(latents);
      expect(value.arrows).toEqual(tensor([2, -0.5, 2, -0.5, 2, -0.5], [3, 2]));
      expect(check).toBeLessThan(1e-3);
    }
  });

  it("is (1 - D) w for the non-saturating objective, D w for minimax, (1 - s) w for least squares", async () => {
    const game = linearGame({ w: [2, -0.5], c: 0.25 });
    const scores = [0.25, 1.25, -6];
    const logistic = scores.map((s) => 1 / (1 + Math.exp(-s)));
    const factors = [
      [undefined, logistic.map((d) => 1 - d)],
      [minimax(), logistic],
      [leastSquares(), scores.map((s) => 1 - s)],
    ] as const;
    for (const [objective, expected] of factors) {
      const { value, check } = await generatorArrows(game, { latents, ...(objective && { objective }) });
      expected.forEach((factor, i) => {
        expect(value.arrows.data[2 * i]).toBeCloseTo(2 * factor, 5);
        expect(value.arrows.data[2 * i + 1]).toBeCloseTo(-0.5 * factor, 5);
      });
      expect(check).toBeLessThan(1e-3);
    }
  });

  it("does not depend on how many there are: 200 by default, more than one run takes", async () => {
    const game = linearGame({ w: [1, 1] });
    const { value } = await generatorArrows(game, { seed: 3 });
    expect(value.arrows.shape).toEqual([200, 2]);
    const few = await generatorArrows(game, { seed: 3, count: 5 });
    expect(few.value.examples).toEqual(await game.sample(5, { seed: 3 }));
    few.value.arrows.data.forEach((arrow, i) => {
      expect(value.arrows.data[i]).toBeCloseTo(arrow, 6);
    });
  });

  it.each([1, 3, 4])("is a picture for pictures of %i channels", async (channels) => {
    const game = gan({
      generator: sequential({ input: [3], seed: 2 }, dense(channels * 16), tanh(), reshape([channels, 4, 4])),
      discriminator: sequential({ input: [channels, 4, 4], seed: 4 }, conv2d(4, 3), relu(), flatten(), dense(1)),
    });
    const { value, check } = await generatorArrows(game, { count: 70 });
    expect(value.arrows.shape).toEqual([70, channels, 4, 4]);
    expect(check).toBeLessThan(0.01);
  });

  it("is that of an example's own condition", async () => {
    const label = tensor(Int32Array.of(0, 1, 1));
    const { value, check } = await generatorArrows(conditionalGame(), { latents, conditions: { label } });
    expect([...value.examples.data]).toEqual([0, 0, 11, 2, 7, 0.5]);
    // 1 - D at the scores 0, 11 - 8 and 7 - 8.
    [0, 3, -1].forEach((score, i) => {
      expect(value.arrows.data[2 * i]).toBeCloseTo(1 / (1 + Math.exp(score)), 6);
    });
    expect(check).toBeLessThan(1e-3);
  });

  it("is nothing for a discriminator that does not look", async () => {
    const { value, check } = await generatorArrows(linearGame({ w: [0, 0] }), { latents });
    expect(value.arrows.data.every((x) => Math.abs(x) === 0)).toBe(true);
    expect(check).toBe(0);
    await expect(generatorArrows(linearGame(), { latents: tensor([1], [1, 1]) })).rejects.toThrow(
      "latents must be float32[batch, 2], got float32[1, 1]",
    );
  });
});
