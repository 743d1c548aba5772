import { OptionError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { countOf } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
import { input, type Value } from "../graph/index.js";
import { greater, where } from "../ops/index.js";
import type { Game, Network } from "../runtime/index.js";
import { generatorOf, type LatentOptions, latentsFor } from "./gameLatents.js";
import { projectiveField } from "./projectiveField.js";
import { trace } from "./trace.js";
import { type Checked, edited, keptProbe, ofLayer, type Probe, replacement } from "./values.js";

export interface DissectGeneratorOptions extends LatentOptions {
  /** A hidden layer of the generator: what it gives out, so after the activation for one that is called after it (`relu_2`). */
  readonly layer: string;
  /** Which of its channels (features), from 0; defaults to all. */
  readonly channels?: readonly number[];
  /** Whether the channels are switched off all at once, not each alone. Defaults to false. */
  readonly together?: boolean;
  /** What stands where a channel was: its own mean over examples and places, the default, or zero. */
  readonly replace?: "mean" | "zero";
  /**
   * One number an example, of what is to be caused; defaults to the mean of its numbers, how bright it is. For how real:
   * `async (made) => (await game.score(made)).data`.
   */
  readonly measure?: (examples: Tensor<"float32">) => ArrayLike<number> | Promise<ArrayLike<number>>;
}

/** What is gone when some channels are switched off. */
export interface UnitEffect {
  readonly channels: readonly number[];
  /** The mean of |x - x'| over examples, places and channels. */
  readonly effect: number;
  /** The average causal effect: the mean of the measure with the channels, less that without (Bau et al. 2019, eq. 5). */
  readonly causal: number;
  /** |x - x'|, the mean over examples, in the shape of one. */
  readonly map: Tensor<"float32">;
  /** The mean of |x - x'| in each channel of what is made, [channels]. */
  readonly perChannel: Float64Array;
}

export interface Dissection {
  readonly layer: string;
  /** As the generator makes them, [count, ...example]. */
  readonly examples: Tensor<"float32">;
  /** The strongest effect first. */
  readonly units: readonly UnitEffect[];
  /** The same examples with these channels of the layer switched off. */
  without(channels: readonly number[]): Promise<Tensor<"float32">>;
}

/**
 * What a generator's hidden channels do in what it makes, by switching them off (GAN Dissection, Bau et al. 2019): where
 * pictures change, how much, and whether they do it for the better.
 *
 * The check: the largest change outside the projective field of what was switched off, or of an example when going on from the
 * layer as it was. 0 is exact.
 * @param options `count` defaults to 16
 * @throws MidstError for a layer that does not exist
 */
export async function dissectGenerator(
  given: Game | Network,
  options: DissectGeneratorOptions,
): Promise<Checked<Dissection>> {
  const place = "dissectGenerator";
  const known = ["layer", "channels", "together", "replace", "measure", "count", "seed", "latents", "conditions"];
  checkOptions(place, options, known);
  const { layer, together = false, replace = "mean", measure = brightness } = options;
  if (replace !== "mean" && replace !== "zero")
    throw new OptionError(`replace must be "mean" or "zero", got ${JSON.stringify(replace)}.`, {
      place,
      actual: replace,
    });
  const source = generatorOf(place, given);
  const net = source.generator;
  const { latents, conditions } = latentsFor(place, source, options, 16);
  const inputs = { [source.noise]: latents, ...conditions };
  const seen = await trace(net, inputs, { layers: [layer] });
  const held = seen.get(layer) as Tensor<"float32">;
  const [rows, count = 1] = held.shape as [number, number];
  for (const channel of options.channels ?? [])
    checkNumber(place, "channels", channel, { low: 0, high: count - 1, integer: true });
  const all = options.channels ?? Array.from({ length: count }, (_, i) => i);
  const examples = Object.values(seen.outputs)[0] as Tensor<"float32">;
  const fill = replace === "zero" ? new Float32Array(count) : channelMeans(held);
  const asked = switching(net, layer);
  const without = async (off: readonly number[]): Promise<Tensor<"float32">> => {
    for (const channel of off) checkNumber(place, "channels", channel, { low: 0, high: count - 1, integer: true });
    const flags = Float32Array.from({ length: count }, (_, channel) => Number(off.includes(channel)));
    const shape = [1, count, ...held.shape.slice(2).map(() => 1)];
    const switches = { [OFF]: tensor(flags, shape), [FILL]: tensor(fill, shape) };
    return (await asked.run({ ...inputs, [replacement(layer)]: held, ...switches })).made as Tensor<"float32">;
  };
  const measured = async (made: Tensor<"float32">): Promise<number> => {
    const numbers = await measure(made);
    if (numbers.length !== rows)
      throw new ShapeError(`measure gave ${numbers.length} numbers for ${rows} examples. Give one each.`, { place });
    return Array.from(numbers).reduce((a, b) => a + b, 0) / rows;
  };

  const traced = net.traced(false);
  const field = projectiveField(ofLayer(traced.hidden, layer), Object.values(traced.outputs)[0] as Value);
  const before = await measured(examples);
  const units: UnitEffect[] = [];
  let check = Math.max(
    seen.check,
    farthest(examples, await without([]), () => true),
  );
  for (const channels of together ? [all] : all.map((channel) => [channel])) {
    const made = await without(channels);
    const reached = Array.from({ length: rows }, (_, row) => field(changedPlaces(held, row, channels, fill)));
    const places = reached[0]?.length ?? 1;
    const size = made.data.length / rows;
    const isOutside = (i: number) => reached[Math.floor(i / size)]?.[i % places] === 0;
    check = Math.max(check, farthest(examples, made, isOutside));
    units.push({ channels, ...changes(examples, made), causal: before - (await measured(made)) });
  }
  units.sort((a, b) => b.effect - a.effect);
  return { value: { layer, examples, units, without }, check };
}

const OFF = "look/off";
const FILL = "look/fill";

/** The generator from a layer on, some of the layer's channels replaced by a number each. */
const switching = (net: Network, layer: string): Probe =>
  keptProbe(net, `switched off ${layer}`, (traced) => {
    const edit = ({ shape, dtype }: Value): Value => {
      const each = [1, ...shape.slice(1, 2), ...shape.slice(2).map(() => 1)];
      return where(greater(input(OFF, each), 0.5), input(FILL, each), input(replacement(layer), shape, dtype));
    };
    const { outputs } = edited(traced, new Map([[layer, edit]]));
    return { made: Object.values(outputs)[0] as Value };
  });

/** The mean of each channel of [batch, channels, ...] over examples and places. */
function channelMeans({ data, shape }: Tensor): Float32Array {
  const [rows = 0, count = 1, ...place] = shape;
  const area = countOf(place);
  const sums = new Float64Array(count);
  data.forEach((x, i) => {
    const channel = Math.floor(i / area) % count;
    sums[channel] = (sums[channel] as number) + x;
  });
  return Float32Array.from(sums, (total) => total / (rows * area));
}

/** Where a layer holds, in some channels of one example, something else than what replaces it: a flag a place. */
function changedPlaces(
  { data, shape }: Tensor,
  row: number,
  channels: readonly number[],
  fill: Float32Array,
): Uint8Array {
  const [, count = 1, ...place] = shape;
  const area = countOf(place);
  return Uint8Array.from({ length: area }, (_, i) =>
    Number(channels.some((channel) => data[(row * count + channel) * area + i] !== fill[channel])),
  );
}

/** The largest difference between two tensors where it is asked for. */
function farthest(a: Tensor, b: Tensor, isAsked: (i: number) => boolean): number {
  let most = 0;
  for (let i = 0; i < a.data.length; i++)
    if (a.data[i] !== b.data[i] && isAsked(i))
      most = Math.max(most, Math.abs((a.data[i] as number) - (b.data[i] as number)));
  return most;
}

function changes(before: Tensor, after: Tensor): Pick<UnitEffect, "effect" | "map" | "perChannel"> {
  const [rows = 1, ...shape] = before.shape;
  const size = countOf(shape);
  const map = new Float64Array(size);
  before.data.forEach((x, i) => {
    map[i % size] = (map[i % size] as number) + Math.abs(x - (after.data[i] as number)) / rows;
  });
  const [channels = 1] = shape;
  const area = size / channels;
  const perChannel = Float64Array.from({ length: channels }, (_, channel) =>
    mean(map.subarray(channel * area, (channel + 1) * area)),
  );
  return { effect: mean(map), map: tensor(Float32Array.from(map), shape), perChannel };
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

function brightness({ data, shape }: Tensor<"float32">): number[] {
  const size = countOf(shape.slice(1));
  return Array.from({ length: shape[0] as number }, (_, row) => mean(data.subarray(row * size, (row + 1) * size)));
}
