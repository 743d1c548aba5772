import { describe, expect, it } from "vitest";
import {
  concat,
  conv2d,
  dense,
  embedding,
  flatten,
  gan,
  network,
  reshape,
  sequential,
  tanh,
  tensor,
} from "../../src/index.js";
import { latentWalk } from "../../src/look/index.js";
import { drawLatent } from "../../src/runtime/index.js";
import { linearGame } from "./games.js";
import { noise } from "./networks.js";

const row = (data: ArrayLike<number>, i: number, size: number) => Array.from(data).slice(i * size, (i + 1) * size);

describe("a walk through the noise", () => {
  it("goes along the circle: halfway between two axes is (0.7071, 0.7071)", async () => {
    const { value, check } = await latentWalk(linearGame(), {
      from: tensor([1, 0]),
      to: tensor([[0, 1]].flat(), [1, 2]),
      steps: 4,
    });
    const angles = [0, 1, 2, 3, 4].map((k) => (k * Math.PI) / 8);
    const expected = angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]);
    expected.forEach((z, i) => {
      expect(value.latents.data[i]).toBeCloseTo(z, 6);
    });
    expect(row(value.latents.data, 2, 2).map((z) => Math.fround(z))).toEqual([
      Math.fround(Math.SQRT1_2),
      Math.fround(Math.SQRT1_2),
    ]);
    expect(value.examples).toEqual(value.latents);
    expect(value.legs).toEqual(["slerp"]);
    expect(check).toBeLessThan(1e-6);
  });

  it("goes evenly from one length to the other", async () => {
    const { value } = await latentWalk(linearGame(), { from: tensor([1, 0]), to: tensor([0, 3]), steps: 2 });
    expect(Math.hypot(...row(value.latents.data, 1, 2))).toBeCloseTo(2, 6);
  });

  it("begins and ends with what the seeds give, to the bit, and comes through others", async () => {
    const game = linearGame({ latent: 6, weight: [...noise([12]).data] });
    const middle = noise([1, 6], 9);
    const { value, check } = await latentWalk(game, { from: 3, through: [middle, 8], to: 5, steps: 4 });
    expect(value.latents.shape).toEqual([13, 6]);
    expect(value.examples.shape).toEqual([13, 2]);
    const stops = [3, undefined, 8, 5].map((seed) => (seed === undefined ? middle : drawLatent(game.latent, 1, seed)));
    stops.forEach((stop, i) => {
      expect(row(value.latents.data, 4 * i, 6)).toEqual([...stop.data]);
    });
    expect(row(value.examples.data, 0, 2)).toEqual([...(await game.sample(1, { seed: 3 })).data]);
    expect(value.legs).toEqual(["slerp", "slerp", "slerp"]);
    expect(check).toBeLessThan(1e-5);
  });

  it("goes straight through uniform noise, which has corners that a circle would leave", async () => {
    const game = linearGame({ latent: { size: 2, noise: "uniform" } });
    const ends = { from: tensor([1, 0.25]), to: tensor([1, -0.25]), steps: 2 };
    const straight = await latentWalk(game, ends);
    expect(row(straight.value.latents.data, 1, 2)).toEqual([1, 0]);
    expect(straight.value.legs).toEqual(["lerp"]);
    const round = await latentWalk(game, { ...ends, path: "slerp" });
    expect(round.value.latents.data[2]).toBeCloseTo(Math.hypot(1, 0.25), 6);
  });

  it("goes straight between latents in one line, where no circle is", async () => {
    const ends: [number[], number[]][] = [
      [
        [1, 1],
        [3, 3],
      ],
      [
        [1, 1],
        [-1, -1],
      ],
      [
        [0, 0],
        [2, 4],
      ],
      [
        [2, 4],
        [2, 4],
      ],
    ];
    for (const [from, to] of ends) {
      const { value, check } = await latentWalk(linearGame(), { from: tensor(from), to: tensor(to), steps: 2 });
      expect(row(value.latents.data, 1, 2)).toEqual(from.map((z, i) => (z + (to[i] as number)) / 2));
      expect(value.legs).toEqual(["lerp"]);
      expect(check).toBe(0);
    }
  });

  it("takes a bare generator, pictures and conditions", async () => {
    const generator = network({ latent: [4], label: { shape: [], dtype: "int32" } }, ({ latent, label }) =>
      reshape([3, 2, 2])(tanh()(dense(12)(concat()(latent, embedding(3, 2)(label))))),
    );
    const label = tensor(Int32Array.of(2));
    const alone = await latentWalk(generator, { from: 1, to: 2, conditions: { label } });
    expect(alone.value.examples.shape).toEqual([9, 3, 2, 2]);
    const discriminator = network({ input: [3, 2, 2], label: { shape: [], dtype: "int32" } }, ({ input, label }) =>
      dense(1)(concat()(flatten()(conv2d(2, 1)(input)), embedding(3, 2)(label))),
    );
    const game = gan({ generator, discriminator });
    expect((await latentWalk(game, { from: 1, to: 2, conditions: { label } })).value).toEqual(alone.value);
    await expect(latentWalk(game, { from: 1, to: 2 })).rejects.toThrow('Give "label"');
  });

  it("names what cannot be", async () => {
    await expect(latentWalk(linearGame(), { from: tensor([1]), to: 2 })).rejects.toThrow(
      "from must be a seed or float32[2], got float32[1]",
    );
    await expect(latentWalk(linearGame(), { from: 1, to: 2, steps: 0 })).rejects.toThrow(
      "steps must be a whole number",
    );
    await expect(latentWalk(linearGame(), { from: 1, to: 2, path: "arc" as never })).rejects.toThrow(
      'path must be "slerp" or "lerp"',
    );
    const two = sequential({ input: [2, 2] }, flatten(), dense(2));
    await expect(latentWalk(two, { from: 1, to: 2 })).rejects.toThrow("should be float32[batch, latent]");
  });
});
