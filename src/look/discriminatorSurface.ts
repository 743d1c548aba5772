import { checkOptions } from "../base/options.js";
import { type Tensor, tensor } from "../base/tensor.js";
import { nonSaturating, type Objective } from "../nn/index.js";
import type { Game, Tensors } from "../runtime/index.js";
import { checkPlane, GRID_OPTIONS, type GridOptions, gridOf, type PlaneGrid, pointsOf } from "./gameGrid.js";
import { conditionsFor, runBothWays, scorePerExample } from "./gameParts.js";
import type { Checked } from "./values.js";

export interface DiscriminatorSurfaceOptions extends GridOptions {
  /** What is played for; defaults to `nonSaturating()`. Its boundary is where the probability is 1/2. */
  readonly objective?: Objective;
  /** Of a conditional game: one row. */
  readonly conditions?: Tensors;
}

/** What a discriminator says over a part of the plane; row after row from the least y. */
export interface DiscriminatorSurface extends PlaneGrid {
  /** [grid, grid] */
  readonly score: Tensor<"float32">;
  /** sigmoid(score - boundary), [grid, grid]: with the cross entropies (minimax, nonSaturating) how probable "real" is. */
  readonly probability: Tensor<"float32">;
  /** The score between real and made; for an objective that has none (wasserstein) the mean score of the grid. */
  readonly boundary: number;
}

/**
 * What the discriminator thinks of each place of a plane, where examples are points `[2]`: at the middles of the cells of a
 * grid. Batch norm is as learned.
 *
 * The check: the largest difference between a point's score and the one that it gets in other company, all points the other
 * way around.
 * @throws ShapeError for a game of other examples
 */
export async function discriminatorSurface(
  game: Game,
  options: DiscriminatorSurfaceOptions,
): Promise<Checked<DiscriminatorSurface>> {
  checkOptions("discriminatorSurface", options, [...GRID_OPTIONS, "objective", "conditions"]);
  checkPlane("discriminatorSurface", game);
  const { objective = nonSaturating(), conditions = {} } = options;
  const { x, y } = gridOf("discriminatorSurface", options);
  const points = pointsOf({ x, y });
  const rows = x.length * y.length;
  const given = conditionsFor("discriminatorSurface", game.conditions, conditions, rows);
  const { output, off } = await runBothWays(game.discriminator, { [game.example]: points, ...given });
  const scores = scorePerExample(output);
  const boundary = objective.boundary ?? scores.reduce((a, b) => a + b, 0) / rows;
  const shape = [y.length, x.length];
  const probability = tensor(
    Float32Array.from(scores, (score) => 1 / (1 + Math.exp(boundary - score))),
    shape,
  );
  return { value: { x, y, score: tensor(Float32Array.from(scores), shape), probability, boundary }, check: off };
}
