import { checkNumber } from "../../base/options.js";

/** Zero crossings of the sinc on each side: more cut more sharply. */
const CROSSINGS = 48;
/** Where the filter lets half through, of the lower of the two Nyquist frequencies: a margin for its slope. */
const CUTOFF = 0.95;
/** Kaiser's parameter: what is stopped is about 80 dB weaker. */
const BETA = 8;
/** Entries of the table for each zero crossing; between them it is interpolated. */
const FINE = 512;

/**
 * A sound at another rate, by a windowed sinc (Kaiser's window, 48 zero crossings on each side; Smith, "Digital audio
 * resampling"): what lies below 0.9 of half the lower rate is kept, what lies above half of it (and would come back as
 * another tone) is weakened by at least 60 dB.
 * @param from samples a second, a whole number
 * @param to samples a second, a whole number
 * @returns `ceil(samples.length * to / from)` samples
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  checkNumber("resample", "from", from, { low: 1, high: 1e6, integer: true });
  checkNumber("resample", "to", to, { low: 1, high: 1e6, integer: true });
  if (from === to) return samples;
  table ??= makeTable();
  const weights = table;
  const scale = CUTOFF * Math.min(1, to / from);
  /** In input samples. */
  const reach = CROSSINGS / scale;
  const out = new Float32Array(Math.ceil((samples.length * to) / from));
  // With silence around it, so that no tap needs to ask whether there is a sample.
  const margin = Math.ceil(reach) + 1;
  const padded = new Float32Array(samples.length + 2 * margin);
  padded.set(samples, margin);
  for (let i = 0; i < out.length; i++) {
    const middle = (i * from) / to;
    let [sum, total] = [0, 0];
    const last = Math.floor(middle + reach);
    for (let k = Math.ceil(middle - reach); k <= last; k++) {
      const at = Math.abs(k - middle) * scale * FINE;
      const entry = at | 0;
      const low = weights[entry] as number;
      const weight = low + ((weights[entry + 1] as number) - low) * (at - entry);
      total += weight;
      sum += weight * (padded[k + margin] as number);
    }
    // The weights add up to 1 wherever the sample lies: a constant stays what it is.
    out[i] = sum / total;
  }
  return out;
}

let table: Float64Array | undefined;

/** The windowed sinc from its middle to its end, and zeros after it. */
const makeTable = (): Float64Array =>
  Float64Array.from({ length: CROSSINGS * FINE + 2 }, (_, i) => sinc(i / FINE) * kaiser(i / (CROSSINGS * FINE)));

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const kaiser = (x: number): number => (x >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA));

/** I0, the modified Bessel function of order 0: the sum of ((x/2)^k / k!)^2. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
