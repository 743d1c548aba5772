import { DataError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import { exampleIn } from "../runtime/index.js";
import { distanceBlocks, Nearest, squaredDistance } from "./distances.js";
import { checkSpaces, evenly, type Points, pointsOf } from "./points.js";
import type { Checked } from "./values.js";

export interface NearestExamplesOptions {
  /** How many training examples are told for each sample; defaults to 1. */
  readonly count?: number;
  /** Of how many training examples the usual distance to the nearest other one is worked out; defaults to 128. */
  readonly typical?: number;
  /** Training examples read at a time; defaults to 256. */
  readonly batchSize?: number;
}

/** The training examples that are nearest to one sample. */
export interface SampleNeighbours {
  /** Their positions in the data, the nearest first. */
  readonly indices: readonly number[];
  /** Euclidean, over all numbers of an example. */
  readonly distances: readonly number[];
  /** The first distance by the typical one: far below 1, the sample is a copy. */
  readonly ratio: number;
}

export interface NearestExamples {
  /** One a sample. */
  readonly samples: readonly SampleNeighbours[];
  /** How far a training example is from the nearest other one: the median. */
  readonly typical: number;
}

/**
 * The training examples nearest to each sample: does the generator only know by heart? A sample's distance alone says
 * little, so it is compared with how far training examples are from each other. The data is read once, part by part.
 *
 * The check: the examples found are read again and their distances worked out anew; how far those are off, as a share of the
 * typical one. Not 0 for data that is augmented at random.
 * @param samples `[n, ...example]`, in the form that the data has
 * @param data the training data; of several inputs, the one called "input"
 * @throws ShapeError for samples of another size than the data's examples
 * @throws DataError for data of fewer than two examples, or a number that is not finite
 */
export async function nearestExamples(
  samples: Tensor,
  data: Dataset,
  options: NearestExamplesOptions = {},
): Promise<Checked<NearestExamples>> {
  checkOptions("nearestExamples", options, ["count", "typical", "batchSize"]);
  const { count = 1, typical: tried = 128, batchSize = 256 } = options;
  checkNumber("nearestExamples", "count", count, { low: 1, high: data.length, integer: true });
  checkNumber("nearestExamples", "typical", tried, { low: 1, integer: true });
  checkNumber("nearestExamples", "batchSize", batchSize, { low: 1, integer: true });
  if (data.length < 2)
    throw new DataError("one training example has no neighbour to compare distances with. Give two at least.", {
      place: "nearestExamples",
      expected: 2,
      actual: data.length,
    });
  const made = pointsOf("nearestExamples: samples", samples);
  const probes = evenly(data.length, tried);
  const real = await read(data, probes);
  checkSpaces("nearestExamples", made, real);

  const near = Array.from({ length: made.rows }, () => new Nearest(count));
  const others = probes.map(() => new Nearest(1));
  for (let start = 0; start < data.length; start += batchSize) {
    const rows = Array.from({ length: Math.min(batchSize, data.length - start) }, (_, i) => start + i);
    const part = await read(data, rows);
    offerAll(made, part, start, near);
    offerAll(real, part, start, others, probes);
  }
  const typical = median(others.map(({ furthest }) => Math.sqrt(furthest)));
  const value = { samples: near.map((found) => neighboursOf(found, typical)), typical };
  return { value, check: await difference(made, data, near, typical) };
}

async function read(data: Dataset, rows: readonly number[]): Promise<Points> {
  const { inputs } = await data.batch(rows);
  return pointsOf("nearestExamples: data", exampleIn(inputs));
}

/**
 * Offers every example of a part to each point's nearest.
 * @param first the position of the part's first example
 * @param own the points' own positions in the data: none is a neighbour of itself
 */
function offerAll(
  points: Points,
  part: Points,
  first: number,
  near: readonly Nearest[],
  own?: readonly number[],
): void {
  for (const { start, rows, squares } of distanceBlocks(points, part))
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < part.rows; j++)
        if (own?.[start + i] !== first + j) near[start + i]?.offer(squares[i * part.rows + j] as number, first + j);
}

function neighboursOf({ squares, indices }: Nearest, typical: number): SampleNeighbours {
  const distances = squares.map(Math.sqrt);
  const [least] = distances as [number];
  // Where training examples are all alike, a sample that is like them is no copy.
  return { indices, distances, ratio: least === typical ? 1 : least / typical };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] as number) + (sorted[Math.ceil(half)] as number)) / 2;
}

async function difference(made: Points, data: Dataset, near: readonly Nearest[], typical: number): Promise<number> {
  let most = 0;
  for (const [row, { squares, indices }] of near.entries()) {
    const again = await read(data, indices);
    for (const [i, square] of squares.entries())
      most = Math.max(most, Math.abs(Math.sqrt(square) - Math.sqrt(squaredDistance(made, row, again, i))));
  }
  return typical > 0 ? most / typical : most;
}
