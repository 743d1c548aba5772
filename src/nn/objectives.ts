import { OptionError } from "../base/errors.js";
import type { Json } from "../base/json.js";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Value } from "../graph/index.js";
import { abs, add, exp, log, maximum, mean, mul, neg, relu, square, sub } from "../ops/index.js";

/** What the two networks of a game play for, as graph: functions of the discriminator's scores `[batch, ...]`. */
export interface Objective {
  readonly name: string;
  /** What it was made with, to be written down. */
  readonly settings: Readonly<Record<string, Json>>;
  /** What the discriminator minimises: a scalar. */
  discriminator(real: Value, fake: Value): Value;
  /** What the generator minimises, of the scores of what it made: a scalar. */
  generator(fake: Value): Value;
  /** The score above which the discriminator says "real". Undefined: only differences between scores mean anything. */
  readonly boundary: number | undefined;
  /** After each update no weight of the discriminator is further from 0 than this. */
  readonly clip?: number;
  /** What the discriminator also minimises: this times (|gradient of the score by the example| - 1)^2 between real and made. */
  readonly gradientPenalty?: number;
}

export interface SmoothingOptions {
  /** One-sided label smoothing (Salimans et al. 2016): real examples count as real by 1 less this, in [0, 0.5]. Defaults to 0. */
  readonly smoothing?: number;
}

/** ln(1 + e^x), stable for any finite x. max, not relu: its slope at 0 is 1/2, and so is the formula's. */
const softplus = (x: Value): Value => add(maximum(x, 0), log(add(exp(neg(abs(x))), 1)));

function smoothingOf(place: string, options: SmoothingOptions): number {
  checkOptions(place, options, ["smoothing"]);
  const { smoothing = 0 } = options;
  checkNumber(place, "smoothing", smoothing, { low: 0, high: 0.5 });
  return smoothing;
}

/** The cross entropy of telling real (1, or 1 less the smoothing) from made (0), from scores before a sigmoid. */
const crossEntropy =
  (smoothing: number) =>
  (real: Value, fake: Value): Value => {
    const right = mul(mean(softplus(neg(real))), 1 - smoothing);
    const known = smoothing === 0 ? right : add(right, mul(mean(softplus(real)), smoothing));
    return add(known, mean(softplus(fake)));
  };

/**
 * The original game (Goodfellow et al. 2014, eq. 1), D = sigmoid(score): the discriminator maximises mean ln D(x) + mean
 * ln(1 - D(G(z))), which the generator minimises. The generator's slope vanishes where the discriminator is sure; see
 * `nonSaturating`.
 */
export function minimax(options: SmoothingOptions = {}): Objective {
  const smoothing = smoothingOf("minimax", options);
  return {
    name: "minimax",
    settings: { smoothing },
    discriminator: crossEntropy(smoothing),
    generator: (fake) => neg(mean(softplus(fake))),
    boundary: 0,
  };
}

/** As `minimax`, but the generator maximises mean ln D(G(z)) (the same paper, section 3), which has a slope where it is needed. */
export function nonSaturating(options: SmoothingOptions = {}): Objective {
  const smoothing = smoothingOf("nonSaturating", options);
  return {
    name: "nonSaturating",
    settings: { smoothing },
    discriminator: crossEntropy(smoothing),
    generator: (fake) => mean(softplus(neg(fake))),
    boundary: 0,
  };
}

/**
 * Least squares (Mao et al. 2017): half the mean squared distance of scores from 1 (real, or 1 less the smoothing) and 0
 * (made); for the generator, from 1.
 */
export function leastSquares(options: SmoothingOptions = {}): Objective {
  const smoothing = smoothingOf("leastSquares", options);
  const half = (x: Value, from: number) => mul(mean(square(sub(x, from))), 0.5);
  return {
    name: "leastSquares",
    settings: { smoothing },
    discriminator: (real, fake) => add(half(real, 1 - smoothing), half(fake, 0)),
    generator: (fake) => half(fake, 1),
    boundary: 0.5,
  };
}

/** Hinge (Lim & Ye 2017; Miyato et al. 2018): mean max(0, 1 - real) + mean max(0, 1 + made); for the generator -mean score. */
export const hinge = (): Objective => ({
  name: "hinge",
  settings: {},
  discriminator: (real, fake) => add(mean(relu(sub(1, real))), mean(relu(add(1, fake)))),
  generator: (fake) => neg(mean(fake)),
  boundary: 0,
});

export interface WassersteinOptions {
  /** Weight clipping (Arjovsky et al. 2017): after each update, the discriminator's weights are kept in [-clip, clip]; 0.01 in the paper. */
  readonly clip?: number;
  /** Gradient penalty (Gulrajani et al. 2017): its weight. Defaults to 10 where there is no `clip`. */
  readonly gradientPenalty?: number;
}

/**
 * The Wasserstein distance: the discriminator's mean score of real examples less that of made ones, the discriminator being
 * kept from steep slopes by a gradient penalty (the default) or by clipping its weights. Give it `discriminatorSteps` of about
 * 5, and with the penalty a discriminator without batch norm: there each example must be judged alone.
 * @throws OptionError when both are given
 */
export function wasserstein(options: WassersteinOptions = {}): Objective {
  checkOptions("wasserstein", options, ["clip", "gradientPenalty"]);
  const { clip, gradientPenalty } = options;
  if (clip !== undefined && gradientPenalty !== undefined)
    throw new OptionError("clip and gradientPenalty are two ways to the same. Give one.", { place: "wasserstein" });
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    checkNumber("wasserstein", name, value, { low: 0, high: 1e6 });
    if (value === 0) throw new OptionError(`${name} must be above 0, got 0.`, { place: "wasserstein", actual: value });
  }
  const kept = clip === undefined ? { gradientPenalty: gradientPenalty ?? 10 } : { clip };
  return {
    name: "wasserstein",
    settings: kept,
    discriminator: (real, fake) => sub(mean(fake), mean(real)),
    generator: (fake) => neg(mean(fake)),
    boundary: undefined,
    ...kept,
  };
}
