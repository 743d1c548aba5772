import { DataError, ShapeError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";
import { type Batch, checkIndices, type LabelledDataset } from "../dataset.js";
import type { SoundEncoding, SoundFeatures } from "../encoding.js";
import { checkClasses } from "../labels.js";
import { pad } from "../padded.js";
import { featureCount, featuresOf } from "./features.js";
import { resample } from "./resample.js";
import { mono, type Sound } from "./wav.js";

/** Sounds that each belong to a class. */
export interface LabelledSounds {
  readonly sounds: readonly Sound[];
  /** The class of each sound, 0-based. */
  readonly labels: ArrayLike<number>;
  readonly classes: readonly string[];
}

/** Sounds in memory, encoded as `encoding` says. */
export interface SoundDataset extends LabelledDataset {
  readonly classes: readonly string[];
  readonly encoding: SoundEncoding;
  batch(indices: ArrayLike<number>, draw?: { seed: number; step: number }): Batch;
  /** The samples of each sound: one channel, at the features' rate. */
  readonly samples: readonly Float32Array[];
}

export interface SoundDataOptions {
  /** What is measured: `soundFeatures({ rate: 8000 })`. */
  readonly features: SoundFeatures;
  /** Stretches of an example; longer sounds are cut at their end. Defaults to the longest sound's. */
  readonly length?: number;
}

/**
 * Sounds as sequences: `input` [stretches, features], each feature made 0 on average with deviation 1 over these sounds,
 * padded at the end, and `lengths`, how many stretches count. Sounds of several channels are averaged, those of another rate
 * resampled.
 * @throws DataError when there are no sounds, or not as many labels
 */
export function soundData(sounds: LabelledSounds, options: SoundDataOptions): SoundDataset {
  checkOptions("soundData", options, ["features", "length"]);
  const { features, length } = options;
  const samples = prepare(sounds, features);
  const each = samples.map((one) => featuresOf(one, features));
  const width = featureCount(features);
  const longest = each.reduce((most, { length }) => Math.max(most, length / width), 0);
  return asDataset(samples, sounds, {
    kind: "sound",
    features,
    length: length ?? longest,
    ...moments(each, width),
    classes: sounds.classes,
  });
}

/**
 * Sounds encoded as a network was trained.
 * @throws DataError when a class is none of the encoding's
 */
export function encodeSounds(sounds: LabelledSounds, encoding: SoundEncoding): SoundDataset {
  const { classes = sounds.classes } = encoding;
  const numbers = sounds.classes.map((name) => classes.indexOf(name));
  const stranger = sounds.classes.find((_, i) => (numbers[i] as number) < 0);
  if (stranger !== undefined)
    throw new DataError(`the class "${stranger}" is none of ${classes.join(", ")}.`, {
      place: "encodeSounds",
      expected: classes,
      actual: stranger,
    });
  const labels = Array.from(sounds.labels, (label) => numbers[label] as number);
  return asDataset(prepare(sounds, encoding.features), { ...sounds, labels, classes }, encoding);
}

function prepare({ sounds, labels, classes }: LabelledSounds, features: SoundFeatures): Float32Array[] {
  checkClasses(classes, "sounds");
  if (sounds.length === 0 || labels.length !== sounds.length)
    throw new DataError(`${sounds.length} sounds and ${labels.length} labels make no data set. Each needs the other.`, {
      place: "sounds",
      expected: sounds.length,
      actual: labels.length,
    });
  return sounds.map((sound) => samplesAt(sound, features));
}

/** One channel at the features' rate. */
export const samplesAt = (sound: Sound, { rate }: SoundFeatures): Float32Array =>
  resample(mono(sound), sound.rate, rate);

/** The features of samples at the encoding's rate, standardised: [stretches, features]. */
export function encodeSamples(encoding: SoundEncoding, samples: Float32Array): Float32Array {
  const { features, mean, deviation } = encoding;
  const width = featureCount(features);
  if (mean.length !== width || deviation.length !== width)
    throw new ShapeError(`mean and deviation need ${width} numbers, one a feature.`, {
      place: "encoding",
      expected: width,
      actual: mean.length,
    });
  return featuresOf(samples, features).map(
    (value, i) => (value - (mean[i % width] as number)) / (deviation[i % width] as number),
  );
}

/** Mean and deviation of each feature over all stretches. */
function moments(each: readonly Float32Array[], width: number): { mean: number[]; deviation: number[] } {
  // Measured from the first stretch, so that a feature that never changes (silence) deviates by 0, not by rounding errors.
  const first = each[0]?.subarray(0, width) ?? [];
  const sums = Array.from({ length: width }, () => [0, 0] as [number, number]);
  let count = 0;
  for (const one of each) {
    count += one.length / width;
    one.forEach((value, i) => {
      const from = value - (first[i % width] as number);
      const sum = sums[i % width] as [number, number];
      sum[0] += from;
      sum[1] += from * from;
    });
  }
  const mean = sums.map(([sum], i) => (first[i] as number) + sum / count);
  // What never changes is not divided.
  const deviation = sums.map(([sum, squares]) => Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)) || 1);
  return { mean, deviation };
}

function asDataset(
  samples: readonly Float32Array[],
  { labels, classes }: LabelledSounds,
  encoding: SoundEncoding,
): SoundDataset {
  const { length: time } = encoding;
  checkNumber("sounds", "length", time, { low: 1, high: 2 ** 24, integer: true });
  const known = Int32Array.from(labels);
  const width = featureCount(encoding.features);
  const encoded: (Float32Array | undefined)[] = samples.map(() => undefined);
  return {
    length: samples.length,
    inputShapes: { input: [time, width], lengths: [] },
    targetShapes: { target: [] },
    classes,
    labels: known,
    encoding: { ...encoding, classes },
    samples,
    batch(indices) {
      checkIndices(indices, samples.length, "sounds.batch");
      const chosen = Array.from(indices, (i) => {
        encoded[i] ??= encodeSamples(encoding, samples[i] as Float32Array);
        return encoded[i];
      });
      return { inputs: pad(chosen, { dtype: "float32", shape: [width], time }), targets: targetsOf(known, indices) };
    },
  };
}

/** The labels of a batch. */
export function targetsOf(labels: ArrayLike<number>, indices: ArrayLike<number>) {
  const data = Int32Array.from(indices, (i) => labels[i] as number);
  return { target: { dtype: "int32", shape: [data.length], data } } as const;
}
