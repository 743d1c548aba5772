import { DataError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { GameMeasure } from "./gameMeasure.js";
import { pointsOf } from "./points.js";
import type { Checked } from "./values.js";

/** Points drawn around several places: data of which the truth is known, as rings and grids are. */
export interface Mixture {
  /** The places, each as many numbers as an example has. */
  readonly modes: readonly (readonly number[])[];
  /** How far examples are scattered around their mode, along each axis. */
  readonly deviation: number;
}

export interface ModeOptions {
  /** How many deviations from a mode still count as near it; defaults to 3. */
  readonly sigmas?: number;
}

export interface CoveredOptions extends ModeOptions {
  /**
   * Of how large a share of its fair share of samples (all of them by the number of modes) a mode must be near to count as
   * covered; one sample at least. Defaults to 0.1. With 0, one sample will do, as in Metz et al. 2017.
   */
  readonly atLeast?: number;
}

/** Which samples belong to which mode: every sample to the nearest, whether near or not. */
export interface ModeCounts {
  /** Samples near each mode. */
  readonly near: readonly number[];
  /** Samples whose nearest mode it is, but that are not near it. */
  readonly stray: readonly number[];
  /** Of all samples, the share whose nearest mode it is; together 1. */
  readonly shares: readonly number[];
}

/**
 * Counts the samples of each mode of a mixture.
 *
 * The check: how far all counts together are from the number of samples, as a share.
 * @param samples `[n, ...example]`
 * @throws ShapeError for samples of another size than the modes
 * @throws DataError for no samples, or a number that is not finite
 */
export function modeCounts(samples: Tensor, mixture: Mixture, options: ModeOptions = {}): Checked<ModeCounts> {
  checkOptions("modeCounts", options, ["sigmas"]);
  const { sigmas = 3 } = options;
  checkMixture("modeCounts", mixture, sigmas);
  const { rows, width, data } = pointsOf("modeCounts", samples);
  const { modes, deviation } = mixture;
  if (modes[0]?.length !== width)
    throw new ShapeError(`samples of ${width} numbers are not of a mixture whose modes have ${modes[0]?.length}.`, {
      place: "modeCounts",
      expected: modes[0]?.length,
      actual: width,
    });
  const near = modes.map(() => 0);
  const stray = modes.map(() => 0);
  for (let row = 0; row < rows; row++) {
    let [best, least] = [0, Infinity];
    for (const [m, mode] of modes.entries()) {
      let square = 0;
      for (let i = 0; i < width; i++) square += ((data[row * width + i] as number) - (mode[i] as number)) ** 2;
      if (square < least) [best, least] = [m, square];
    }
    const counts = Math.sqrt(least) <= sigmas * deviation ? near : stray;
    counts[best] = (counts[best] as number) + 1;
  }
  const shares = modes.map((_, m) => ((near[m] as number) + (stray[m] as number)) / rows);
  return { value: { near, stray, shares }, check: Math.abs(shares.reduce((a, b) => a + b, 0) - 1) };
}

/**
 * How many modes of a mixture samples are near (Metz et al. 2017, Srivastava et al. 2017), as a measure of `play` called "modes".
 * A generator that has collapsed covers few.
 */
export function modesCovered(mixture: Mixture, options: CoveredOptions = {}): GameMeasure {
  checkOptions("modesCovered", options, ["sigmas", "atLeast"]);
  const { sigmas = 3, atLeast = 0.1 } = options;
  checkMixture("modesCovered", mixture, sigmas);
  checkNumber("modesCovered", "atLeast", atLeast, { low: 0, high: 1 });
  return {
    name: "modes",
    of: (samples) => {
      const { near } = modeCounts(samples, mixture, { sigmas }).value;
      const needed = Math.max(1, (atLeast * (samples.shape[0] as number)) / mixture.modes.length);
      return near.filter((count) => count >= needed).length;
    },
  };
}

/**
 * The share of samples that are near any mode, in [0, 1] ("high-quality samples", Srivastava et al. 2017), as a measure of `play`
 * called "near modes". Of samples of the mixture itself, in two dimensions, it is 0.989 with 3 sigmas.
 */
export function shareNearModes(mixture: Mixture, options: ModeOptions = {}): GameMeasure {
  checkOptions("shareNearModes", options, ["sigmas"]);
  const { sigmas = 3 } = options;
  checkMixture("shareNearModes", mixture, sigmas);
  return {
    name: "near modes",
    of: (samples) => {
      const { near } = modeCounts(samples, mixture, { sigmas }).value;
      return near.reduce((a, b) => a + b, 0) / (samples.shape[0] as number);
    },
  };
}

function checkMixture(place: string, { modes, deviation }: Mixture, sigmas: number): void {
  checkNumber(place, "sigmas", sigmas, { low: 0 });
  checkNumber(place, "deviation", deviation, { low: 0 });
  if (modes.length === 0) throw new DataError("the mixture has no modes. Give one at least.", { place, actual: modes });
  const width = modes[0]?.length as number;
  const other = modes.findIndex((mode) => mode.length !== width);
  if (other >= 0)
    throw new ShapeError(`mode 0 has ${width} numbers, mode ${other} has ${modes[other]?.length}. Give all the same.`, {
      place,
      expected: width,
      actual: modes[other]?.length,
    });
}
