import { DataError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { random } from "../base/random.js";
import type { Tensor } from "../base/tensor.js";
import { squaredDistance } from "./distances.js";
import { checkSpaces, type Points, pointsOf } from "./points.js";
import type { Checked } from "./values.js";

export interface SpreadOptions {
  /** How many pairs of each set are measured, or all if there are fewer; defaults to 2,048. */
  readonly pairs?: number;
  /** Of which pairs; defaults to 0. */
  readonly seed?: number;
}

/**
 * How varied samples are: the mean distance between two of them by that between two real examples. About 1 for a generator as
 * varied as the data, near 0 for one that makes the same again and again.
 *
 * The check: how far the mean squared distance of the pairs is from that of all pairs, which follows from the variances; as a
 * share, of the set where it is larger. 0 where all pairs were measured.
 * @param samples `[n, ...example]` @param real `[m, ...example]`
 * @throws DataError for fewer than two rows, a number that is not finite, or real examples that are all the same
 * @throws ShapeError for rows of different sizes
 */
export function spread(samples: Tensor, real: Tensor, options: SpreadOptions = {}): Checked<number> {
  checkOptions("spread", options, ["pairs", "seed"]);
  const { pairs = 2048, seed = 0 } = options;
  checkNumber("spread", "pairs", pairs, { low: 1, integer: true });
  const [made, truth] = [samples, real].map((set) => pointsOf("spread", set, 2)) as [Points, Points];
  checkSpaces("spread", made, truth);
  const [own, usual] = [made, truth].map((set) => meanDistance(set, pairs, seed)) as [Distance, Distance];
  if (usual.mean === 0)
    throw new DataError("the real examples are all the same: there is nothing to compare with. Give others.", {
      place: "spread",
      actual: 0,
    });
  return { value: own.mean / usual.mean, check: Math.max(own.check, usual.check) };
}

interface Distance {
  readonly mean: number;
  readonly check: number;
}

function meanDistance(points: Points, pairs: number, seed: number): Distance {
  let [count, sum, squares] = [0, 0, 0];
  for (const [i, j] of pairsOf(points.rows, pairs, seed)) {
    const square = squaredDistance(points, i, points, j);
    count++;
    squares += square;
    sum += Math.sqrt(square);
  }
  const all = 2 * totalVariance(points);
  return { mean: sum / count, check: Math.abs(squares / count - all) / (all || 1) };
}

/** Pairs of different rows: all there are, or so many at random. */
function* pairsOf(rows: number, pairs: number, seed: number): Generator<readonly [number, number]> {
  if ((rows * (rows - 1)) / 2 <= pairs) {
    for (let i = 0; i < rows; i++) for (let j = 0; j < i; j++) yield [i, j];
    return;
  }
  const numbers = random(seed, "spread");
  for (let pair = 0; pair < pairs; pair++) {
    const i = numbers.below(rows);
    const other = numbers.below(rows - 1);
    yield [i, other < i ? other : other + 1];
  }
}

/** The variances of all numbers together, of a sample: half the mean squared distance of two different rows. */
function totalVariance({ rows, width, data }: Points): number {
  let total = 0;
  for (let k = 0; k < width; k++) {
    const origin = data[k] as number;
    let [sum, squares] = [0, 0];
    for (let i = 0; i < rows; i++) {
      const x = (data[i * width + k] as number) - origin;
      sum += x;
      squares += x * x;
    }
    total += squares - (sum * sum) / rows;
  }
  return total / (rows - 1);
}
