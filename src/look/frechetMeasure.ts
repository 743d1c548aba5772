import { once } from "../base/once.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Network } from "../runtime/index.js";
import { betweenGaussians, checkSizes, gaussianOf } from "./frechet.js";
import { type GameMeasure, realPoints, type SpaceOptions, spaceOf } from "./gameMeasure.js";
import { GaussianCount } from "./gaussian.js";

export interface FrechetOptions extends SpaceOptions {
  /** Whose features are compared: one that tells the classes of this data apart says most. */
  readonly classifier: Network;
  /** How many real examples are looked at, evenly spread over the data; defaults to 10,000, or all if there are fewer. */
  readonly samples?: number;
}

/**
 * The Fréchet distance between the features of samples and of real examples (Heusel et al. 2017, there with Inception's), as
 * a measure of `play` called "frechet": smaller is better. It falls with the number of samples, so compare only epochs, or
 * runs, that have equally many; and only with the same classifier.
 * @throws MidstError for a layer that the classifier does not have
 */
export function frechet(options: FrechetOptions): GameMeasure {
  checkOptions("frechet", options, ["classifier", "data", "layer", "encode", "samples"]);
  const { data, samples = 10_000 } = options;
  checkNumber("frechet", "samples", samples, { low: 2, integer: true });
  const space = spaceOf(options);
  const real = once(async () => {
    const count = new GaussianCount("frechet");
    for await (const part of realPoints(data, samples, space)) count.add(part);
    return count.result();
  });
  return {
    name: "frechet",
    smallerIsBetter: true,
    of: async (made) => {
      const [truth, own] = [await real(), gaussianOf("frechet", await space(made))];
      checkSizes("frechet", truth, own);
      return betweenGaussians(truth, own).value;
    },
  };
}
