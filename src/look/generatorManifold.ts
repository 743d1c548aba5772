import { OptionError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
import type { Game, Tensors } from "../runtime/index.js";
import { checkPlane } from "./gameGrid.js";
import { conditionsFor, runBothWays } from "./gameParts.js";
import { normalQuantile } from "./normalQuantile.js";
import type { Checked } from "./values.js";

export interface GeneratorManifoldOptions {
  /** Along each side; defaults to 20. */
  readonly cells?: number;
  /** Which two numbers of the noise, the others being 0; defaults to [0, 1]. */
  readonly axes?: readonly [across: number, up: number];
  /** Instead of axes: three latents [3, latent]; the plane goes from the first to the second across, to the third up. */
  readonly through?: Tensor;
  /** Of normal noise, which never ends: the share of each of the two numbers that is shown. Defaults to 0.99. */
  readonly coverage?: number;
  /** Of a conditional game: one row. */
  readonly conditions?: Tensors;
}

/** Where cells of the noise come to lie in the plane; row after row from the least of the second number of noise. */
export interface GeneratorManifold {
  /** Along each side. */
  readonly cells: number;
  /** [cells + 1, cells + 1, latent] */
  readonly latents: Tensor<"float32">;
  /** What the generator makes of them, [cells + 1, cells + 1, 2]. */
  readonly corners: Tensor<"float32">;
  /** What each cell covers, [cells, cells]. */
  readonly area: Tensor<"float32">;
  /** The share of the noise that a cell has, by its area, [cells, cells]: how dense what is made lies there. */
  readonly density: Tensor<"float32">;
  /** As the density, from 0 to 1 for the densest tenth: for a picture. [cells, cells] */
  readonly opacity: Tensor<"float32">;
  /** How many cells lie upside down, compared with most. */
  readonly folded: number;
  /** The share of the noise in all cells together; 0 for a plane within noise of more numbers. */
  readonly covers: number;
}

/**
 * A grid over the noise pushed through a generator of points `[2]` (GAN Lab, Kahng et al. 2019): even cells of uniform noise,
 * cells of equal probability of normal noise. Where cells come out small, much of what is made lies.
 *
 * The check: how far the cells' areas, signed, are from summing to that within the outer edge, as a share of all; or the
 * largest difference between a corner and the one that is made in other company, if that is more.
 * @throws ShapeError for a game of other examples, or one number of noise
 */
export async function generatorManifold(
  game: Game,
  options: GeneratorManifoldOptions = {},
): Promise<Checked<GeneratorManifold>> {
  checkOptions("generatorManifold", options, ["cells", "axes", "through", "coverage", "conditions"]);
  const { cells = 20, conditions = {} } = options;
  checkNumber("generatorManifold", "cells", cells, { low: 1, high: 500, integer: true });
  checkPlane("generatorManifold", game);
  const { latents, covers } = latentGrid(game, cells, options);
  const rows = (cells + 1) ** 2;
  const given = conditionsFor("generatorManifold", game.conditions, conditions, rows);
  const { output, off } = await runBothWays(game.generator, { [game.noise]: latents, ...given });
  const quads = quadsOf(output.data, cells);
  const signed = quads.map(signedArea);
  const area = quads.map(coveredArea);
  const share = (covers === 0 ? 1 : covers) / cells ** 2;
  const density = area.map((size) => share / size);
  const grid = (values: readonly number[]) => tensor(Float32Array.from(values), [cells, cells]);
  const side = [cells + 1, cells + 1];
  const upright = signed.filter((size) => size > 0).length;
  const turned = signed.filter((size) => size < 0).length;
  return {
    value: {
      cells,
      latents: tensor(latents.data, [...side, game.latent.size]),
      corners: tensor(output.data, [...side, 2]),
      area: grid(area),
      density: grid(density),
      opacity: grid(opacities(density)),
      folded: Math.min(upright, turned),
      covers,
    },
    check: Math.max(off, edgeOff(output.data, cells, signed, area)),
  };
}

type Point = readonly [x: number, y: number];
/** Around a cell, counter-clockwise where it is not folded. */
type Quad = readonly [Point, Point, Point, Point];

/** The latents at the corners of cells, [(cells + 1)^2, latent]. */
function latentGrid(
  { latent: { size, noise } }: Game,
  cells: number,
  { axes = [0, 1], through, coverage = 0.99 }: GeneratorManifoldOptions,
): { latents: Tensor<"float32">; covers: number } {
  const place = "generatorManifold";
  if (size < 2) throw new ShapeError("the noise is 1 number, a plane needs two.", { place, expected: 2, actual: size });
  if (through !== undefined && (through.shape.length !== 2 || through.shape[0] !== 3 || through.shape[1] !== size))
    throw new ShapeError(`through must be [3, ${size}], got ${formatShape(through.shape)}.`, {
      place,
      expected: [3, size],
      actual: through.shape,
    });
  for (const axis of axes) checkNumber(place, "axes", axis, { low: 0, high: size - 1, integer: true });
  if (axes.length !== 2 || axes[0] === axes[1])
    throw new OptionError(`axes must be two different numbers of the noise, got ${axes.join(" and ")}.`, { place });
  checkNumber(place, "coverage", coverage, { low: 0.001, high: 1 - 1e-8 });
  const isNormal = through === undefined && noise === "normal";
  const lines = Array.from({ length: cells + 1 }, (_, i) => {
    if (through !== undefined) return i / cells;
    return isNormal ? normalQuantile(0.5 + coverage * (i / cells - 0.5)) : (2 * i) / cells - 1;
  });
  const point = (u: number, v: number): number[] =>
    Array.from({ length: size }, (_, i) => {
      if (through === undefined) return i === axes[0] ? u : i === axes[1] ? v : 0;
      const [from, across, up] = [0, 1, 2].map((row) => through.data[row * size + i]) as [number, number, number];
      return from + u * (across - from) + v * (up - from);
    });
  const latents = lines.flatMap((v) => lines.flatMap((u) => point(u, v)));
  const covers = size > 2 || through !== undefined ? 0 : isNormal ? coverage ** 2 : 1;
  return { latents: tensor(latents, [(cells + 1) ** 2, size]), covers };
}

function quadsOf(corners: Float32Array, cells: number): Quad[] {
  const at = (row: number, column: number): Point => {
    const i = 2 * (row * (cells + 1) + column);
    return [corners[i] as number, corners[i + 1] as number];
  };
  return Array.from({ length: cells ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / cells), i % cells];
    return [at(row, column), at(row, column + 1), at(row + 1, column + 1), at(row + 1, column)];
  });
}

const triangle = (a: Point, b: Point, c: Point): number =>
  ((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2;

const signedArea = ([a, b, c, d]: Quad): number => triangle(a, b, c) + triangle(a, c, d);

/** The mean of both ways to cut it into triangles: of a cell that crosses itself, no part takes another's away. */
const coveredArea = ([a, b, c, d]: Quad): number =>
  (Math.abs(triangle(a, b, c)) +
    Math.abs(triangle(a, c, d)) +
    Math.abs(triangle(a, b, d)) +
    Math.abs(triangle(b, c, d))) /
  2;

/** Proportional to densities; 1 from the densest tenth on, so that one collapsed cell does not make all others vanish. */
function opacities(densities: readonly number[]): number[] {
  const known = densities.filter(Number.isFinite).sort((a, b) => a - b);
  const most = known[Math.min(known.length - 1, Math.floor(0.9 * known.length))] ?? 1;
  return densities.map((density) => Math.min(1, density / most));
}

/** How far the signed areas are from summing to that within the outer edge, as a share of all that is covered. */
function edgeOff(corners: Float32Array, cells: number, signed: readonly number[], area: readonly number[]): number {
  const side = cells + 1;
  const way = Array.from({ length: cells }, (_, i) => i);
  const ring = [
    ...way,
    ...way.map((i) => i * side + cells),
    ...way.map((i) => cells * side + cells - i),
    ...way.map((i) => (cells - i) * side),
  ].map((i): Point => [corners[2 * i] as number, corners[2 * i + 1] as number]);
  const [origin] = ring as [Point];
  const within = ring.reduce((sum, point, i) => sum + triangle(origin, point, ring[(i + 1) % ring.length] as Point), 0);
  const all = area.reduce((a, b) => a + b, 0);
  return all === 0 ? 0 : Math.abs(signed.reduce((a, b) => a + b, 0) - within) / all;
}
