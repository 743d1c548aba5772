import { describe, expect, it } from "vitest";
import { dense, gan, relu, reshape, sequential, tensor } from "../../src/index.js";
import { generatorManifold } from "../../src/look/index.js";
import { normalQuantile } from "../../src/look/normalQuantile.js";
import { conditionalGame, linearGame } from "./games.js";
import { plant } from "./networks.js";

const uniform = { size: 2, noise: "uniform" } as const;

/** x = right relu(u) + left relu(-u), y = v. */
const bent = (right: number, left: number) => {
  const generator = plant(sequential({ input: [2] }, dense(4), relu(), dense(2)), {
    "dense_1.weight": [1, 0, -1, 0, 0, 1, 0, -1],
    "dense_1.bias": [0, 0, 0, 0],
    "dense_2.weight": [right, left, 0, 0, 0, 0, 1, -1],
    "dense_2.bias": [0, 0],
  });
  return gan({ generator, discriminator: sequential({ input: [2] }, dense(1)), latent: uniform });
};

describe("the generator's manifold", () => {
  it("is the grid itself for a generator that passes its noise on", async () => {
    const { value, check } = await generatorManifold(linearGame({ latent: uniform }), { cells: 2 });
    // Rows go by the second number of noise, columns by the first.
    const grid = [-1, 0, 1].flatMap((v) => [-1, 0, 1].flatMap((u) => [u, v]));
    expect(value.corners).toEqual(tensor(grid, [3, 3, 2]));
    expect(value.latents).toEqual(value.corners);
    expect([...value.area.data]).toEqual([1, 1, 1, 1]);
    expect([...value.opacity.data]).toEqual([1, 1, 1, 1]);
    expect(value).toMatchObject({ cells: 2, folded: 0, covers: 1 });
    expect(check).toBe(0);
  });

  it("has cells of the determinant's size for a linear generator, 20 by 20 by default", async () => {
    // det [[3, 1], [-1, 0.5]] = 2.5, and 2.5 * 4 / 400 = 0.025 a cell.
    const game = linearGame({ latent: uniform, weight: [3, 1, -1, 0.5], bias: [4, -2] });
    const { value, check } = await generatorManifold(game);
    expect(value.area.shape).toEqual([20, 20]);
    for (const area of value.area.data) expect(area).toBeCloseTo(0.025, 6);
    // A share of 1/400 on 0.025 each.
    for (const density of value.density.data) expect(density).toBeCloseTo(0.1, 4);
    for (const opacity of value.opacity.data) expect(opacity).toBeCloseTo(1, 3);
    expect(check).toBeLessThan(1e-5);
  });

  it("cuts normal noise into cells of equal probability, between the outermost hundredths", async () => {
    const { value } = await generatorManifold(linearGame(), { cells: 4, coverage: 0.98 });
    const across = [0, 1, 2, 3, 4].map((i) => value.latents.data[2 * i] as number);
    // The quantiles 0.01, 0.255, 0.5, 0.745, 0.99 of the standard normal distribution.
    [-2.326348, -0.6588377, 0, 0.6588377, 2.326348].forEach((z, i) => {
      expect(across[i]).toBeCloseTo(z, 5);
    });
    expect(value.covers).toBeCloseTo(0.98 ** 2, 12);
    // A small cell in the middle, a large one in the corner: the same probability.
    expect(value.density.data[5]).toBeGreaterThan(3 * (value.density.data[0] as number));
    const mass = value.area.data.reduce((sum, area, i) => sum + area * (value.density.data[i] as number), 0);
    expect(mass).toBeCloseTo(value.covers, 5);
  });

  it("draws what is dense opaque: opacity goes by 1 / area", async () => {
    // The right half is stretched three times as wide as the left.
    const { value: half } = await generatorManifold(bent(1.5, -0.5), { cells: 4 });
    const [left, right] = [1, 1 / 3];
    const row = [left, left, right, right];
    [...row, ...row, ...row, ...row].forEach((opacity, i) => {
      expect(half.opacity.data[i]).toBeCloseTo(opacity, 6);
    });
    const { value } = await generatorManifold(linearGame(), { cells: 6 });
    const [a, b] = [0, 1].map((i) => (value.opacity.data[i] as number) * (value.area.data[i] as number));
    expect(a).toBeCloseTo(b as number, 5);
    expect(Math.max(...value.opacity.data)).toBe(1);
  });

  it("knows cells without an area and cells that are folded over", async () => {
    const flat = await generatorManifold(linearGame({ latent: uniform, weight: [1, 0, 1, 0] }), { cells: 2 });
    expect([...flat.value.area.data]).toEqual([0, 0, 0, 0]);
    expect([...flat.value.opacity.data]).toEqual([1, 1, 1, 1]);
    expect(flat.check).toBe(0);
    const both = await generatorManifold(bent(1, 1), { cells: 4 });
    expect(both.value.folded).toBe(8);
    expect([...both.value.area.data]).toEqual(new Array(16).fill(0.25));
    expect(both.check).toBe(0);
    const mirrored = await generatorManifold(linearGame({ latent: uniform, weight: [-1, 0, 0, 1] }), { cells: 2 });
    expect(mirrored.value.folded).toBe(0);
  });

  it("takes a plane of more numbers of noise: two axes, or through three latents", async () => {
    const game = linearGame({ latent: 4, weight: [1, 2, 3, 4, 0, 0, 1, 0] });
    const axes = await generatorManifold(game, { cells: 1, axes: [0, 2], coverage: 0.5 });
    // Quartiles: u = v = -0.6744898 gives x = u + 3 v, y = v.
    expect(axes.value.corners.data[0]).toBeCloseTo(4 * -0.6744898, 5);
    expect(axes.value.corners.data[1]).toBeCloseTo(-0.6744898, 5);
    expect([...axes.value.latents.data.slice(0, 4)].map((z) => Math.round(z * 1e4))).toEqual([-6745, 0, -6745, 0]);
    const through = tensor([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0], [3, 4]);
    const plane = await generatorManifold(game, { cells: 1, through });
    // Corners z0, z1, z2, z1 + z2 - z0.
    expect([...plane.value.corners.data]).toEqual([0, 0, 1, 0, 3, 1, 4, 1]);
    expect(plane.value.covers).toBe(0);
    await expect(generatorManifold(game, { axes: [0, 4] })).rejects.toThrow("axes must be a whole number from 0 to 3");
    await expect(generatorManifold(game, { axes: [1, 1] })).rejects.toThrow("axes must be two");
    await expect(generatorManifold(game, { through: tensor([1, 2], [1, 2]) })).rejects.toThrow("[3, 4]");
  });

  it("is another under another condition", async () => {
    const [none, moved] = await Promise.all(
      [0, 1].map((label) =>
        generatorManifold(conditionalGame(), { cells: 2, conditions: { label: tensor(Int32Array.of(label)) } }),
      ),
    );
    none?.value.corners.data.forEach((x, i) => {
      expect(moved?.value.corners.data[i]).toBeCloseTo(i % 2 === 0 ? x + 10 : x, 5);
    });
    expect(moved?.check).toBeLessThan(1e-5);
  });

  it("needs two numbers of noise and points", async () => {
    const line = gan({
      generator: sequential({ input: [1] }, dense(2)),
      discriminator: sequential({ input: [2] }, dense(1)),
    });
    await expect(generatorManifold(line)).rejects.toThrow("the noise is 1 number");
    const pictures = gan({
      generator: sequential({ input: [2] }, dense(4), reshape([1, 2, 2])),
      discriminator: sequential({ input: [1, 2, 2] }, reshape([4]), dense(1)),
    });
    await expect(generatorManifold(pictures)).rejects.toThrow("they should be points [2]");
  });
});

it("quantiles of the normal distribution, from tables", () => {
  const table = [0.5, 0, 0.75, 0.6744897502, 0.975, 1.959963985, 0.999, 3.090232306, 0.0001, -3.719016485];
  for (let i = 0; i < table.length; i += 2)
    expect(normalQuantile(table[i] as number)).toBeCloseTo(table[i + 1] as number, 8);
});
