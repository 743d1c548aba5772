import { checkNumber, checkOptions } from "../../base/options.js";
import { type Random, random } from "../../base/random.js";
import { checkIndices } from "../dataset.js";
import { pad } from "../padded.js";
import { encodeSamples, type SoundDataset, targetsOf } from "./data.js";
import { featureCount } from "./features.js";
import { resample } from "./resample.js";

export interface SoundAugmentOptions {
  /** Play sounds faster or slower by up to this share, which also raises or lowers them. Defaults to 0. */
  readonly speed?: number;
  /** Begin sounds later (after silence) or earlier (cut off) by up to this many seconds. Defaults to 0. */
  readonly shift?: number;
  /** Make sounds louder or softer by up to this many decibels. Defaults to 0. */
  readonly gain?: number;
  /** Add noise of up to this deviation, of samples in -1..1. Defaults to 0. */
  readonly noise?: number;
  /** Blank up to this many neighbouring features (Park et al. 2019, "SpecAugment"). Defaults to 0. */
  readonly maskFeatures?: number;
  /** Blank up to this many neighbouring stretches. Defaults to 0. */
  readonly maskTime?: number;
}

/**
 * The same data with its sounds varied at random, anew at every step: for training only. The variations depend on `draw`
 * alone; without it the sounds come as they are.
 */
export function augmentSounds(data: SoundDataset, options: SoundAugmentOptions): SoundDataset {
  const names = ["speed", "shift", "gain", "noise", "maskFeatures", "maskTime"] as const;
  checkOptions("augmentSounds", options, names);
  const { speed = 0, shift = 0, gain = 0, noise = 0, maskFeatures = 0, maskTime = 0 } = options;
  const most = { speed: 0.5, shift: 3600, gain: 60, noise: 1, maskFeatures: 1024, maskTime: 2 ** 20 };
  for (const name of names)
    checkNumber("augmentSounds", name, options[name] ?? 0, {
      low: 0,
      high: most[name],
      integer: name.startsWith("mask"),
    });
  const { encoding, samples, labels } = data;
  const { rate } = encoding.features;
  const width = featureCount(encoding.features);

  const vary = (index: number, chance: Random): Float32Array => {
    const between = (reach: number) => (2 * chance.next() - 1) * reach;
    const faster = Math.round(rate * (1 + between(speed)));
    const moved = shiftBy(resample(samples[index] as Float32Array, faster, rate), Math.round(between(shift) * rate));
    const louder = 10 ** (between(gain) / 20);
    const hiss = noise === 0 ? undefined : chance.normal(moved.length, 0, noise * chance.next());
    const varied = encodeSamples(
      encoding,
      moved.map((sample, i) => sample * louder + (hiss?.[i] ?? 0)),
    );
    const stretches = varied.length / width;
    const [band, bands] = span(chance, width, maskFeatures);
    const [start, count] = span(chance, stretches, maskTime);
    // 0 is the mean of every feature.
    return varied.map((value, i) => {
      const [t, f] = [Math.floor(i / width) - start, (i % width) - band];
      return (t >= 0 && t < count) || (f >= 0 && f < bands) ? 0 : value;
    });
  };
  return {
    ...data,
    batch(indices, draw) {
      if (draw === undefined) return data.batch(indices);
      checkIndices(indices, samples.length, "augmentSounds.batch");
      const chosen = Array.from(indices, (index, row) => vary(index, random(draw.seed, `sound ${row}`, draw.step)));
      const inputs = pad(chosen, { dtype: "float32", shape: [width], time: encoding.length });
      return { inputs, targets: targetsOf(labels, indices) };
    },
  };
}

/** Later by so many samples, or earlier; at least one sample stays. */
function shiftBy(samples: Float32Array, by: number): Float32Array {
  if (by <= 0) return samples.subarray(Math.min(-by, samples.length - 1));
  const out = new Float32Array(samples.length + by);
  out.set(samples, by);
  return out;
}

/** Where up to `most` of `length` places are blanked: the first, and how many. */
function span(chance: Random, length: number, most: number): [first: number, count: number] {
  const count = chance.below(Math.min(most, length) + 1);
  return [chance.below(length - count + 1), count];
}
