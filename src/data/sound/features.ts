import FFT from "fft.js";
import { OptionError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";
import type { SoundFeatures } from "../encoding.js";

export interface SoundFeatureOptions {
  /** "logMel" (the default) or "mfcc". */
  readonly kind?: SoundFeatures["kind"];
  /** Samples a second, Hz. Defaults to 16,000. */
  readonly rate?: number;
  /** Seconds of a stretch; defaults to 0.025. */
  readonly window?: number;
  /** Seconds from one stretch to the next; defaults to 0.01. */
  readonly hop?: number;
  /** Mel bands; defaults to 40. */
  readonly bands?: number;
  /** Of mfcc: how many coefficients are kept, the 0th too. Defaults to 13. */
  readonly coefficients?: number;
  /** Where the lowest band begins, Hz. Defaults to 20. */
  readonly low?: number;
  /** Where the highest band ends, Hz. Defaults to half the rate. */
  readonly high?: number;
}

/**
 * What is measured in each stretch of a sound, with defaults.
 * @throws OptionError when an option is out of its range
 */
export function soundFeatures(options: SoundFeatureOptions = {}): SoundFeatures {
  const place = "soundFeatures";
  const names = ["kind", "rate", "window", "hop", "bands", "coefficients", "low", "high"];
  checkOptions(place, options, names);
  const { kind = "logMel", rate = 16_000, window = 0.025, hop = 0.01, bands = 40, coefficients, low = 20 } = options;
  checkNumber(place, "rate", rate, { low: 1000, high: 768_000, integer: true });
  const features: SoundFeatures = {
    kind,
    rate,
    window: Math.round(window * rate),
    hop: Math.round(hop * rate),
    bands,
    ...(kind === "mfcc" ? { coefficients: coefficients ?? 13 } : coefficients !== undefined && { coefficients }),
    low,
    high: options.high ?? rate / 2,
  };
  checkFeatures(features, place);
  return features;
}

/** @throws OptionError when a number is out of its range */
export function checkFeatures(
  { kind, rate, window, hop, bands, coefficients, low, high }: SoundFeatures,
  place: string,
): void {
  if (kind !== "logMel" && kind !== "mfcc")
    throw new OptionError(`kind must be "logMel" or "mfcc", got ${String(kind)}.`, { place, actual: kind });
  if ((kind === "mfcc") !== (coefficients !== undefined))
    throw new OptionError("coefficients are for mfcc.", { place, actual: coefficients });
  checkNumber(place, "rate", rate, { low: 1000, high: 768_000, integer: true });
  checkNumber(place, "samples of the window", window, { low: 2, high: 2 ** 20, integer: true });
  checkNumber(place, "samples of the hop", hop, { low: 1, high: 2 ** 20, integer: true });
  checkNumber(place, "bands", bands, { low: 1, high: 1024, integer: true });
  if (coefficients !== undefined)
    checkNumber(place, "coefficients", coefficients, { low: 1, high: bands, integer: true });
  checkNumber(place, "low", low, { low: 0, high: rate / 2 });
  checkNumber(place, "high", high, { low: low + 1, high: rate / 2 });
}

/** Features of a stretch. */
export const featureCount = ({ bands, coefficients }: SoundFeatures): number => coefficients ?? bands;

/** Below this energy is silence: its logarithm would be without end. */
const FLOOR = 1e-10;

/**
 * The features of a sound at the features' rate, [stretches, features]. Stretch t begins at sample t * hop; there are
 * 1 + floor((samples - window) / hop), and a sound shorter than one is filled with silence. For each stretch x:
 * - Hann's window, w_n = 0.5 - 0.5 cos(2 pi n / window), and the power spectrum |FFT(x w)|^2, the stretch filled with zeros to
 *   the next power of two;
 * - the energy of each band: triangles of height 1 whose corners are evenly spaced in mel = 2595 log10(1 + Hz / 700) (HTK's
 *   scale) from `low` to `high`, each reaching from the middle of the band below to the middle of the band above;
 * - logMel: ln(max(energy, 1e-10));
 * - mfcc: of those, the first coefficients of the orthonormal DCT-II, c_k = s_k sum_b logMel_b cos(pi k (b + 1/2) / bands) with
 *   s_0 = sqrt(1 / bands), else sqrt(2 / bands) (Davis & Mermelstein 1980).
 */
export function featuresOf(samples: Float32Array, features: SoundFeatures): Float32Array {
  const { window, hop, bands } = features;
  const { fft, half, hann, corners, dct } = planOf(features);
  const stretches = 1 + Math.max(0, Math.floor((samples.length - window) / hop));
  const width = featureCount(features);
  const out = new Float32Array(stretches * width);
  const framed = new Float64Array(2 * (half - 1));
  const spectrum = fft.createComplexArray();
  const power = new Float64Array(half);
  const logs = new Float64Array(bands);
  for (let t = 0; t < stretches; t++) {
    for (let n = 0; n < window; n++) framed[n] = (samples[t * hop + n] ?? 0) * (hann[n] as number);
    fft.realTransform(spectrum, framed);
    for (let f = 0; f < half; f++) power[f] = (spectrum[2 * f] as number) ** 2 + (spectrum[2 * f + 1] as number) ** 2;
    corners.forEach(({ first, weights }, band) => {
      let energy = 0;
      for (let i = 0; i < weights.length; i++) energy += (weights[i] as number) * (power[first + i] as number);
      logs[band] = Math.log(Math.max(energy, FLOOR));
    });
    if (dct === undefined) out.set(logs, t * width);
    else
      for (let k = 0; k < width; k++)
        out[t * width + k] = logs.reduce((sum, log, b) => sum + log * (dct[k * bands + b] as number), 0);
  }
  return out;
}

interface Plan {
  readonly fft: FFT;
  /** Frequencies of the spectrum. */
  readonly half: number;
  readonly hann: Float64Array;
  /** Of each band: the first frequency in it, and the weights from there. */
  readonly corners: readonly { readonly first: number; readonly weights: Float64Array }[];
  /** [coefficients, bands] */
  readonly dct: Float64Array | undefined;
}

/** Made once for each features object. */
const plans = new WeakMap<SoundFeatures, Plan>();

function planOf(features: SoundFeatures): Plan {
  const known = plans.get(features);
  if (known !== undefined) return known;
  const { window, bands, coefficients } = features;
  const size = 2 ** Math.ceil(Math.log2(window));
  const plan: Plan = {
    fft: new FFT(size),
    half: size / 2 + 1,
    hann: Float64Array.from({ length: window }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / window)),
    corners: melBands(features, size),
    dct:
      coefficients === undefined
        ? undefined
        : Float64Array.from({ length: coefficients * bands }, (_, i) => {
            const [k, b] = [Math.floor(i / bands), i % bands];
            return Math.sqrt((k === 0 ? 1 : 2) / bands) * Math.cos((Math.PI * k * (b + 0.5)) / bands);
          }),
  };
  plans.set(features, plan);
  return plan;
}

const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const hertz = (mels: number): number => 700 * (10 ** (mels / 2595) - 1);

function melBands({ rate, bands, low, high }: SoundFeatures, size: number): Plan["corners"] {
  const step = (mel(high) - mel(low)) / (bands + 1);
  const corner = (i: number) => hertz(mel(low) + i * step);
  return Array.from({ length: bands }, (_, band) => {
    const [left, middle, right] = [corner(band), corner(band + 1), corner(band + 2)];
    const first = Math.ceil((left * size) / rate);
    const last = Math.min(size / 2, Math.floor((right * size) / rate));
    const weights = Float64Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
      const frequency = ((first + i) * rate) / size;
      const weight = Math.min((frequency - left) / (middle - left), (right - frequency) / (right - middle));
      return Math.max(0, weight);
    });
    return { first, weights };
  });
}
