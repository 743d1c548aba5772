import { gradients } from "../autodiff/index.js";
import { ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { sizeOf } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
import type { Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { mul, sum } from "../ops/index.js";
import type { Game, Tensors } from "../runtime/index.js";
import { checkExamples, conditionsFor, scorePerExample } from "./gameParts.js";
import { gaussLegendre } from "./gaussLegendre.js";
import { type Checked, keptProbe } from "./values.js";

export interface WhyFakeOptions {
  /** Of a conditional game: one row for all, or one each. */
  readonly conditions?: Tensors;
  /**
   * What an example is compared with: a number for all of it, or [1, ...example], or one each. Defaults to 0: grey, for
   * pictures in -1..1.
   */
  readonly baseline?: number | Tensor;
  /** Places between the baseline and the example; doubled up to three times while the check is above 0.01. Defaults to 50. */
  readonly steps?: number;
}

export interface WhyFake {
  /** What each number of an example adds to its score: above 0 it speaks for real, below for made. [batch, ...example] */
  readonly attribution: Tensor<"float32">;
  /** The discriminator's score of each example (the mean of several), before any sigmoid. */
  readonly scores: Float64Array;
  /** Of each baseline. */
  readonly baseline: Float64Array;
  /** How many places were used. */
  readonly steps: number;
}

/**
 * Why the discriminator takes examples for real or made: which of their numbers raise the score and which lower it, by
 * integrated gradients (Sundararajan et al. 2017), `(x - x') * mean of dscore/dx between x' and x`, by Gauss-Legendre.
 *
 * The check: how far an example's attributions are from summing to its score less the baseline's (completeness), as a share
 * of their sizes; the worst example's.
 * @param examples made or real, [batch, ...example]
 * @throws ShapeError for examples of another shape
 */
export async function whyFake(game: Game, examples: Tensor, options: WhyFakeOptions = {}): Promise<Checked<WhyFake>> {
  checkOptions("whyFake", options, ["conditions", "baseline", "steps"]);
  const { steps = 50, conditions = {} } = options;
  checkNumber("whyFake", "steps", steps, { low: 1, high: 1000, integer: true });
  checkExamples("whyFake", "examples", examples, game.exampleShape);
  const rows = examples.shape[0] as number;
  const given = conditionsFor("whyFake", game.conditions, conditions, rows);
  const from = baselineOf(game, examples, options.baseline ?? 0);
  const asked = keptProbe(game.discriminator, `why ${game.example}`, (traced) => scored(traced, game.example));
  const at = (data: Float32Array) => asked.run({ [game.example]: tensor(data, examples.shape), ...given });
  const [scores, baseline] = [
    scorePerExample((await at(examples.data as Float32Array)).scores as Tensor),
    scorePerExample((await at(from)).scores as Tensor),
  ];
  const way = (examples.data as Float32Array).map((x, i) => x - (from[i] as number));
  for (let used = steps; ; used *= 2) {
    const slopes = await meanSlopes(at, from, way, used);
    const sums = slopes.map((slope, i) => slope * (way[i] as number));
    const check = incompleteness(sums, scores, baseline);
    if (check > ENOUGH && used < 8 * steps) continue;
    const attribution = tensor(Float32Array.from(sums), examples.shape);
    return { value: { attribution, scores, baseline, steps: used }, check };
  }
}

/** A share that need not be made smaller. */
const ENOUGH = 0.01;

/** The scores and the slopes of each example's mean score by its own numbers. */
function scored({ inputs, outputs }: Traced, example: string): Record<string, Value> {
  const scores = Object.values(outputs)[0] as Value;
  const places = sizeOf(scores.shape.slice(1)) as number;
  const [slope] = gradients(mul(sum(scores), 1 / places), [inputs[example] as Value]);
  return { scores, slope: slope as Value };
}

function baselineOf({ exampleShape }: Game, examples: Tensor, given: number | Tensor): Float32Array {
  if (typeof given === "number") {
    checkNumber("whyFake", "baseline", given, { low: -1e9, high: 1e9 });
    return new Float32Array(examples.data.length).fill(given);
  }
  checkExamples("whyFake", "baseline", given, exampleShape);
  const rows = given.shape[0] as number;
  if (rows !== 1 && rows !== examples.shape[0])
    throw new ShapeError(`baseline has ${rows} rows for ${examples.shape[0]} examples. Give 1 row, or one each.`, {
      place: "whyFake",
      expected: examples.shape,
      actual: given.shape,
    });
  return Float32Array.from(examples.data, (_, i) => given.data[i % given.data.length] as number);
}

async function meanSlopes(
  at: (data: Float32Array) => Promise<Tensors>,
  from: Float32Array,
  way: Float32Array,
  steps: number,
): Promise<Float64Array> {
  const { places, weights } = gaussLegendre(steps);
  const mean = new Float64Array(way.length);
  for (const [k, t] of places.entries()) {
    const { data } = (await at(way.map((x, i) => (from[i] as number) + t * x))).slope as Tensor;
    const weight = weights[k] as number;
    for (let i = 0; i < data.length; i++) mean[i] = (mean[i] as number) + weight * (data[i] as number);
  }
  return mean;
}

function incompleteness(sums: Float64Array, scores: Float64Array, baseline: Float64Array): number {
  const size = sums.length / scores.length;
  const offs = Array.from(scores, (score, row) => {
    const own = sums.subarray(row * size, (row + 1) * size);
    const [total, sizes] = own.reduce(([a, b], x) => [a + x, b + Math.abs(x)] as [number, number], [0, 0]);
    const off = Math.abs(total - (score - (baseline[row] as number)));
    return off === 0 ? 0 : off / Math.max(sizes, Number.MIN_VALUE);
  });
  return Math.max(0, ...offs);
}
