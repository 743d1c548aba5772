import { OptionError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
import { drawLatent, type Game, type Network, type Tensors } from "../runtime/index.js";
import { type Generator, generatorOf } from "./gameLatents.js";
import { conditionsFor, runBothWays } from "./gameParts.js";
import type { Checked } from "./values.js";

/** A place in the noise: a seed stands for the first example that is sampled with it; else its numbers, [latent] or [1, latent]. */
export type Stop = number | Tensor;

export interface LatentWalkOptions {
  readonly from: Stop;
  readonly to: Stop;
  /** Where the walk comes through on its way, in order; defaults to nowhere. */
  readonly through?: readonly Stop[];
  /** From one stop to the next; defaults to 8. */
  readonly steps?: number;
  /**
   * "slerp" goes along the circle, as lengths of normal noise hardly differ and what lies within the sphere is hardly ever
   * drawn; "lerp" goes straight, which for uniform noise stays among what is drawn. Defaults to what fits the noise.
   */
  readonly path?: "slerp" | "lerp";
  /** Of a conditional generator: one row for all, or one each. */
  readonly conditions?: Tensors;
}

export interface LatentWalk {
  /** [stops * steps + 1, latent], the stops counted without the first. */
  readonly latents: Tensor<"float32">;
  /** What the generator makes of them, [stops * steps + 1, ...example]. */
  readonly examples: Tensor<"float32">;
  /** From one stop to the next. */
  readonly steps: number;
  /** How each stretch was gone: straight also where both ends lie in a line with 0. */
  readonly legs: readonly ("slerp" | "lerp")[];
}

/**
 * What a generator makes on the way from one noise to another: where it has learned more than single examples, each step
 * changes a little. Spherical interpolation (Shoemake 1985; White 2016, "Sampling Generative Networks") turns the direction
 * by even angles and changes the length evenly.
 *
 * The check: the most that a latent's length and angle (straight: its step) are off, as shares of the longest, a half turn
 * and the whole stretch; or that an example differs from the one made in other company. Stops are kept bit for bit.
 * @throws ShapeError for a stop of another size
 */
export async function latentWalk(given: Game | Network, options: LatentWalkOptions): Promise<Checked<LatentWalk>> {
  checkOptions("latentWalk", options, ["from", "to", "through", "steps", "path", "conditions"]);
  const source = generatorOf("latentWalk", given);
  const { size, noise } = source.latent;
  const { steps = 8, path = noise === "normal" ? "slerp" : "lerp", through = [], conditions = {} } = options;
  checkNumber("latentWalk", "steps", steps, { low: 1, integer: true });
  if (path !== "slerp" && path !== "lerp")
    throw new OptionError(`path must be "slerp" or "lerp", got ${JSON.stringify(path)}.`, {
      place: "latentWalk",
      actual: path,
    });
  const stops = [
    stopAt(source, "from", options.from),
    ...through.map((stop, i) => stopAt(source, `through[${i}]`, stop)),
    stopAt(source, "to", options.to),
  ];
  const legs = stops.slice(1).map((to, i) => legBetween(stops[i] as Float32Array, to, path, steps));
  const all = [stops[0] as Float32Array, ...legs.flatMap(({ latents }) => latents.slice(1))];
  const latents = tensor(Float32Array.from(all.flatMap((latent) => Array.from(latent))), [all.length, size]);
  const inputs = conditionsFor("latentWalk", source.conditions, conditions, all.length);
  const { output: examples, off } = await runBothWays(source.generator, { [source.noise]: latents, ...inputs });
  return {
    value: { latents, examples, steps, legs: legs.map(({ path }) => path) },
    check: Math.max(off, ...legs.map(legOff)),
  };
}

function stopAt({ latent }: Generator, name: string, stop: Stop): Float32Array {
  if (typeof stop === "number") {
    checkNumber("latentWalk", name, stop, { integer: true });
    return drawLatent(latent, 1, stop).data;
  }
  const fits = stop.dtype === "float32" && [`${latent.size}`, `1,${latent.size}`].includes(stop.shape.join());
  if (!fits)
    throw new ShapeError(
      `${name} must be a seed or float32[${latent.size}], got ${stop.dtype}${formatShape(stop.shape)}.`,
      { place: "latentWalk", expected: [latent.size], actual: stop.shape },
    );
  return stop.data as Float32Array;
}

/** A stretch from stop to stop, both included. */
interface Leg {
  readonly path: "slerp" | "lerp";
  readonly latents: readonly Float32Array[];
}

const lengthOf = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Between two vectors, 0 to pi; exact for small angles too (Kahan 2006). */
function angleBetween(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [la, lb] = [lengthOf(a), lengthOf(b)];
  if (la === 0 || lb === 0) return 0;
  const less = Array.from(a, (x, i) => x / la - (b[i] as number) / lb);
  const more = Array.from(a, (x, i) => x / la + (b[i] as number) / lb);
  return 2 * Math.atan2(lengthOf(less), lengthOf(more));
}

/** Below this sine of the angle there is no circle to go along: the vectors lie in a line. */
const STRAIGHT = 1e-6;

function legBetween(from: Float32Array, to: Float32Array, wanted: "slerp" | "lerp", steps: number): Leg {
  const angle = angleBetween(from, to);
  const path = wanted === "slerp" && Math.sin(angle) > STRAIGHT ? "slerp" : "lerp";
  const [first, last] = [lengthOf(from), lengthOf(to)];
  const weights = (t: number): readonly [number, number] => {
    if (path === "lerp") return [1 - t, t];
    const length = (1 - t) * first + t * last;
    const part = (share: number, of: number) => (length * Math.sin(share * angle)) / (Math.sin(angle) * of);
    return [part(1 - t, first), part(t, last)];
  };
  const latents = Array.from({ length: steps + 1 }, (_, k) => {
    if (k === 0 || k === steps) return k === 0 ? from : to;
    const [a, b] = weights(k / steps);
    return from.map((x, i) => a * x + b * (to[i] as number));
  });
  return { path, latents };
}

function legOff({ path, latents }: Leg): number {
  const [from, to, steps] = [latents[0], latents.at(-1), latents.length - 1] as [Float32Array, Float32Array, number];
  const offs = latents.map((latent, k) => {
    const t = k / steps;
    if (path === "lerp") {
      const whole = lengthOf(from.map((x, i) => (to[i] as number) - x));
      const step = lengthOf(latent.map((x, i) => x - ((1 - t) * (from[i] as number) + t * (to[i] as number))));
      return whole === 0 ? step : step / whole;
    }
    const [first, last] = [lengthOf(from), lengthOf(to)];
    const length = Math.abs(lengthOf(latent) - (1 - t) * first - t * last) / Math.max(first, last);
    const angle = Math.abs(angleBetween(from, latent) - t * angleBetween(from, to)) / Math.PI;
    return Math.max(length, angle);
  });
  return Math.max(...offs);
}
