import { DataError, ShapeError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { type Tensor, tensor } from "../base/tensor.js";
import type { DiscriminatorSurface } from "./discriminatorSurface.js";
import { GRID_OPTIONS, type GridOptions, gridOf, type PlaneGrid } from "./gameGrid.js";
import type { Checked } from "./values.js";

/** How dense a distribution is at a point; its integral over the plane is 1. */
export type Density = (x: number, y: number) => number;

/** The discriminator that cannot be beaten, over a part of the plane; row after row from the least y. */
export interface BestDiscriminator extends PlaneGrid {
  /** p / (p + q), [grid, grid]; 1/2 where there is neither. */
  readonly probability: Tensor<"float32">;
  /** The share of real and made examples together that falls into each cell, [grid, grid]. */
  readonly share: Tensor<"float32">;
}

/**
 * The best discriminator of two known distributions, D* = p / (p + q) (Goodfellow et al. 2014, proposition 1), at the
 * middles of the cells of a grid.
 *
 * The check: how far what p, or q, has on the grid is from 1.
 * @param p of the real examples
 * @param q of the made ones
 * @throws DataError where one is below 0 or no number
 */
export function bestDiscriminator(p: Density, q: Density, options: GridOptions): Checked<BestDiscriminator> {
  checkOptions("bestDiscriminator", options, GRID_OPTIONS);
  const { x, y, real, made, off } = masses("bestDiscriminator", p, q, options);
  const shape = [y.length, x.length];
  const probability = real.map((mass, i) => best(mass, made[i] as number));
  const share = real.map((mass, i) => (mass + (made[i] as number)) / 2);
  return {
    value: {
      x,
      y,
      probability: tensor(Float32Array.from(probability), shape),
      share: tensor(Float32Array.from(share), shape),
    },
    check: off,
  };
}

/** What a game against the best discriminator is worth, in nats. */
export interface GameValue {
  /** V(D*, G) = E_p ln D* + E_q ln(1 - D*): -ln 4 where both are the same, 0 where they have nothing in common. */
  readonly value: number;
  /** The Jensen-Shannon divergence of p and q, from 0 to ln 2. */
  readonly divergence: number;
}

/**
 * What the game of two known distributions comes to against the best discriminator, by the midpoint rule on a grid: the
 * original objective's value V(D*, G) = -ln 4 + 2 JSD(p, q) (Goodfellow et al. 2014, theorem 1).
 *
 * The check: how far that is from holding (the divergence is worked out by entropies, the value by its definition), or how
 * far what p, or q, has on the grid is from 1, if that is more.
 * @param options the grid defaults to 200 cells along each axis
 * @throws DataError where a density is below 0 or no number
 */
export function gameValue(p: Density, q: Density, options: GridOptions): Checked<GameValue> {
  checkOptions("gameValue", options, GRID_OPTIONS);
  const { real, made, cell, off } = masses("gameValue", p, q, { grid: 200, ...options });
  let [value, entropies, together] = [0, 0, 0];
  real.forEach((mass, i) => {
    const other = made[i] as number;
    if (mass > 0) value += mass * Math.log(best(mass, other));
    if (other > 0) value += other * Math.log(best(other, mass));
    entropies += (surprise(mass, cell) + surprise(other, cell)) / 2;
    together += surprise((mass + other) / 2, cell);
  });
  const divergence = together - entropies;
  return { value: { value, divergence }, check: Math.max(off, Math.abs(value + Math.log(4) - 2 * divergence)) };
}

/** How far a discriminator's surface is from the best one. */
export interface SurfaceError {
  /** The mean of |D - D*|, each cell weighed by the share of real and made examples in it. */
  readonly meanAbsoluteError: number;
  /** The same, all cells alike: also where hardly an example ever is. */
  readonly unweighted: number;
  /** The most that any cell is off. */
  readonly largest: number;
}

/**
 * How far a discriminator that learned is from the best one, on the same grid.
 *
 * The check: how far the weights are from summing to 1, the share of examples that the grid misses.
 * @throws ShapeError for surfaces on two grids
 */
export function surfaceError(
  surface: Pick<DiscriminatorSurface, "x" | "y" | "probability">,
  exact: BestDiscriminator,
): Checked<SurfaceError> {
  const isSame = (a: Float64Array, b: Float64Array) => a.length === b.length && a.every((x, i) => x === b[i]);
  if (!isSame(surface.x, exact.x) || !isSame(surface.y, exact.y))
    throw new ShapeError(
      "the surface and the best discriminator are not on the same grid. Give both the same low, high and grid.",
      {
        place: "surfaceError",
        expected: exact.probability.shape,
        actual: surface.probability.shape,
      },
    );
  const errors = Array.from(surface.probability.data, (d, i) => Math.abs(d - (exact.probability.data[i] as number)));
  const weights = Array.from(exact.share.data);
  const total = weights.reduce((a, b) => a + b, 0);
  const weighed = errors.reduce((sum, error, i) => sum + error * (weights[i] as number), 0);
  return {
    value: {
      meanAbsoluteError: weighed / total,
      unweighted: errors.reduce((a, b) => a + b, 0) / errors.length,
      largest: errors.reduce((a, b) => Math.max(a, b), 0),
    },
    check: Math.abs(1 - total),
  };
}

/** p / (p + q) from what a cell has of each. */
const best = (mass: number, other: number): number => (mass + other > 0 ? mass / (mass + other) : 0.5);

/** A cell's part of a distribution's entropy, in nats. */
const surprise = (mass: number, cell: number): number => (mass > 0 ? -mass * Math.log(mass / cell) : 0);

/** What each cell has of p and of q, by the density at its middle, and how far the larger miss is from all of it. */
function masses(place: string, p: Density, q: Density, options: GridOptions) {
  const { x, y, cell } = gridOf(place, options);
  const massOf = (name: string, density: Density): Float64Array =>
    Float64Array.from({ length: x.length * y.length }, (_, i) => {
      const [across, up] = [x[i % x.length] as number, y[Math.floor(i / x.length)] as number];
      const at = density(across, up);
      if (!(at >= 0 && at < Infinity))
        throw new DataError(`${name} is ${at} at (${across}, ${up}). A density is a number from 0.`, {
          place,
          actual: at,
        });
      return at * cell;
    });
  const [real, made] = [massOf("p", p), massOf("q", q)];
  const missing = [real, made].map((mass) => Math.abs(1 - mass.reduce((a, b) => a + b, 0)));
  return { x, y, cell, real, made, off: Math.max(...missing) };
}
