import { once } from "../base/once.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import { concatRows, type Tensors } from "../runtime/index.js";
import { type GameMeasure, realPoints, type SpaceOptions, spaceOf } from "./gameMeasure.js";
import { checkSpaces, pointsOf } from "./points.js";
import { ballsOf, compareBalls, type PrecisionRecall } from "./precisionRecall.js";

export interface SamplePrecisionOptions extends SpaceOptions {
  /** How many neighbours the ball around a point reaches to; defaults to 3. */
  readonly k?: number;
  /** How many real examples are looked at, evenly spread over the data; defaults to 1,000, or all if there are fewer. */
  readonly samples?: number;
}

/**
 * The share of samples that lie among real examples (see `precisionRecall`), as a measure of `play` called "precision". Given the same
 * options object, `samplePrecision` and `sampleRecall` share their work: `const how = { data, classifier }`.
 */
export function samplePrecision(options: SamplePrecisionOptions): GameMeasure {
  const compare = comparisonOf("samplePrecision", options);
  return { name: "precision", of: async (samples) => (await compare(samples)).precision };
}

/** The share of real examples that lie among samples, as a measure of `play` called "recall": see `samplePrecision`. */
export function sampleRecall(options: SamplePrecisionOptions): GameMeasure {
  const compare = comparisonOf("sampleRecall", options);
  return { name: "recall", of: async (samples) => (await compare(samples)).recall };
}

type Comparison = (samples: Tensor) => Promise<PrecisionRecall>;

const comparisons = new WeakMap<SamplePrecisionOptions, Comparison>();

/** What compares samples with the real examples; one for each options object, so that two measures share it. */
function comparisonOf(place: string, options: SamplePrecisionOptions): Comparison {
  const known = comparisons.get(options) ?? makeComparison(place, options);
  comparisons.set(options, known);
  return known;
}

function makeComparison(place: string, options: SamplePrecisionOptions): Comparison {
  checkOptions(place, options, ["data", "classifier", "layer", "encode", "k", "samples"]);
  const { data, k = 3, samples = 1000 } = options;
  checkNumber(place, "k", k, { low: 1, integer: true });
  checkNumber(place, "samples", samples, { low: k + 1, integer: true });
  const space = spaceOf(options);
  const real = once(async () => {
    const parts: Tensors[] = [];
    for await (const points of realPoints(data, samples, space)) parts.push({ points });
    return ballsOf(pointsOf(`${place}: data`, concatRows(parts).points as Tensor, k + 1), k);
  });
  const results = new WeakMap<Tensor, Promise<PrecisionRecall>>();
  const compare = async (made: Tensor): Promise<PrecisionRecall> => {
    const truth = await real();
    const points = pointsOf(`${place}: samples`, await space(made), k + 1);
    checkSpaces(place, truth.points, points);
    return compareBalls(truth, ballsOf(points, k)).value;
  };
  return (made) => {
    const known = results.get(made) ?? compare(made);
    results.set(made, known);
    return known;
  };
}
