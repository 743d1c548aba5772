import { checkNumber, checkOptions } from "../base/options.js";
import { random } from "../base/random.js";
import { tensor } from "../base/tensor.js";
import { dataset, type MemoryDataset } from "./memory.js";

/** Points of a mixture of Gaussians in the plane, all of which weigh the same, with what is known of the mixture. */
export interface MixtureDataset extends MemoryDataset {
  /** The centres of the Gaussians; example `i` belongs to the one at `i % modes.length`. */
  readonly modes: readonly (readonly [x: number, y: number])[];
  /** Of each Gaussian, along both axes. */
  readonly deviation: number;
  /** The mixture's probability density at a point, exactly, per unit of area. */
  density(x: number, y: number): number;
}

interface MixtureOptions {
  /** How many points. Defaults to 10,000. */
  readonly count?: number;
  /** Another seed gives other points. Defaults to 0. */
  readonly seed?: number;
}

export interface RingOptions extends MixtureOptions {
  /** How many Gaussians. Defaults to 8. */
  readonly modes?: number;
  /** From the origin to each centre. Defaults to 2. */
  readonly radius?: number;
  /** Of each Gaussian, along both axes. Defaults to 0.02. */
  readonly deviation?: number;
}

export interface GridOptions extends MixtureOptions {
  /** Gaussians along each axis. Defaults to 5, which makes 25. */
  readonly side?: number;
  /** Between neighbouring centres. Defaults to 2. */
  readonly distance?: number;
  /** Of each Gaussian, along both axes. Defaults to 0.05. */
  readonly deviation?: number;
}

/**
 * Points of Gaussians whose centres stand evenly on a circle around the origin, the first at `(radius, 0)`:
 * `{ input: [2] }`, float32, without targets. On this a game shows at once whether its generator makes all modes or only
 * some (Metz et al. 2017, "Unrolled Generative Adversarial Networks", section 3.1).
 *
 * Modes take turns, so any run of examples is balanced; a smaller set is the beginning of a larger one.
 * @throws OptionError for an unknown option or one out of its range
 */
export function ringOfGaussians(options: RingOptions = {}): MixtureDataset {
  const place = "ringOfGaussians";
  checkOptions(place, options, ["modes", "radius", "deviation", "count", "seed"]);
  const { modes = 8, radius = 2, deviation = 0.02 } = options;
  checkNumber(place, "modes", modes, { low: 1, high: 1e4, integer: true });
  checkNumber(place, "radius", radius, { low: 0, high: 1e6 });
  const centres = Array.from({ length: modes }, (_, i) => {
    const angle = (2 * Math.PI * i) / modes;
    return [radius * Math.cos(angle), radius * Math.sin(angle)] as const;
  });
  return mixture(place, centres, deviation, options);
}

/**
 * Points of Gaussians whose centres are a square grid around the origin, row by row from the lowest left:
 * `{ input: [2] }`, float32, without targets. Many modes, the harder test (Dumoulin et al. 2017, "Adversarially Learned
 * Inference"; Lin et al. 2018, "PacGAN").
 *
 * Modes take turns, so any run of examples is balanced; a smaller set is the beginning of a larger one.
 * @throws OptionError for an unknown option or one out of its range
 */
export function gridOfGaussians(options: GridOptions = {}): MixtureDataset {
  const place = "gridOfGaussians";
  checkOptions(place, options, ["side", "distance", "deviation", "count", "seed"]);
  const { side = 5, distance = 2, deviation = 0.05 } = options;
  checkNumber(place, "side", side, { low: 1, high: 100, integer: true });
  checkNumber(place, "distance", distance, { low: 0, high: 1e6 });
  const along = (i: number): number => distance * (i - (side - 1) / 2);
  const centres = Array.from({ length: side ** 2 }, (_, i) => [along(i % side), along(Math.floor(i / side))] as const);
  return mixture(place, centres, deviation, options);
}

function mixture(
  place: string,
  modes: MixtureDataset["modes"],
  deviation: number,
  { count = 10_000, seed = 0 }: MixtureOptions,
): MixtureDataset {
  checkNumber(place, "deviation", deviation, { low: 1e-6, high: 1e6 });
  checkNumber(place, "count", count, { low: 1, high: 1e7, integer: true });
  checkNumber(place, "seed", seed, { low: 0, high: 2 ** 32 - 1, integer: true });
  const points = random(seed, place).normal(2 * count, 0, deviation);
  for (let i = 0; i < count; i++) {
    const [x, y] = modes[i % modes.length] as readonly [number, number];
    points[2 * i] = x + (points[2 * i] as number);
    points[2 * i + 1] = y + (points[2 * i + 1] as number);
  }
  // 1 / n sum of exp(-d^2 / (2 s^2)) / (2 pi s^2), d the distance from a centre
  const density = (x: number, y: number): number =>
    modes.reduce((total, [cx, cy]) => total + Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * deviation ** 2)), 0) /
    (modes.length * 2 * Math.PI * deviation ** 2);
  return { ...dataset({ input: tensor(points, [count, 2]) }), modes, deviation, density };
}
