import { OptionError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import type { ImageEncoding } from "../../data/index.js";
import { constant, type Value } from "../../graph/index.js";
import { add, cast, mul } from "../../ops/index.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import { layerError } from "./shared.js";

export interface NormalizeOptions extends LayerOptions {
  /** Of pixels in 0..1, one for all channels or one each. Defaults to 0. */
  readonly mean?: number | readonly number[];
  /** Of pixels in 0..1, one for all channels or one each, above 0. Defaults to 1. */
  readonly deviation?: number | readonly number[];
}

const listOf = (value: number | readonly number[]): readonly number[] => (typeof value === "number" ? [value] : value);

const makeNormalize = defineLayer<NormalizeOptions>({
  kind: "normalize",
  options: ["mean", "deviation"],
  dtypes: ["uint8", "float32"],
  check: ({ mean = 0, deviation = 1 }) => {
    const [means, deviations] = [listOf(mean), listOf(deviation)];
    for (const number of means) checkNumber("normalize", "mean", number, { low: -1e6, high: 1e6 });
    for (const number of deviations)
      checkNumber("normalize", "deviation", number, { low: Number.MIN_VALUE, high: Number.MAX_VALUE });
    const counts = [means.length, deviations.length].filter((count) => count !== 1);
    if (counts.includes(0) || new Set(counts).size > 1)
      throw new OptionError(
        `mean and deviation must be one number or one a channel, got ${means.length} and ${deviations.length}.`,
        { place: "normalize", actual: [means.length, deviations.length] },
      );
  },
  build: ([x], { mean = 0, deviation = 1 }) => {
    const [means, deviations] = [listOf(mean), listOf(deviation)];
    const count = Math.max(means.length, deviations.length);
    const [, channels, ...lengths] = x.shape;
    if (count > 1 ? channels !== count : channels === undefined)
      throw layerError(
        `[batch, ${count > 1 ? count : "channels"}, ...]`,
        x,
        "Give one mean and deviation, or one for each channel.",
      );
    const white = x.dtype === "uint8" ? 255 : 1;
    // x / white / deviation - mean / deviation, as one factor and one number to add.
    const perChannel = (of: (mean: number, deviation: number) => number): Value =>
      constant(
        Array.from({ length: count }, (_, c) =>
          of((means[c] ?? means[0]) as number, (deviations[c] ?? deviations[0]) as number),
        ),
        [count, ...lengths.map(() => 1)],
      );
    const scale = perChannel((_, d) => 1 / (white * d));
    const shift = perChannel((m, d) => -m / d);
    const scaled = mul(x.dtype === "uint8" ? cast(x, "float32") : x, scale);
    return means.every((m) => m === 0) ? scaled : add(scaled, shift);
  },
});

/**
 * `(x - mean) / deviation` for each channel, `[batch, channels, ...]`, shape unchanged. Bytes (uint8) are divided by 255
 * first and become float32: pictures then enter the network as bytes, a quarter of the memory, and the exported file takes
 * them as they are.
 *
 * `normalize(data.encoding)` takes mean and deviation of the data, as `imageFolder(path, { bytes: true, normalise: true })`
 * measures them. No weights.
 */
export function normalize(options: NormalizeOptions | ImageEncoding = {}): Layer<NormalizeOptions> {
  if (!("kind" in options)) return makeNormalize(options);
  return makeNormalize({ mean: options.mean, deviation: options.deviation });
}
