import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { countOf } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { type ColourScale, positiveScale, signedScale } from "./colour.js";
import { enlarge, heatmap, type Picture, tiles } from "./picture.js";
import { readBack } from "./readBack.js";
import { GROUND, gapAt } from "./sheet.js";
import type { Trace } from "./trace.js";
import type { Checked } from "./values.js";

/** What the strongest colour stands for: the largest size within one unit, within the layer, or within all layers traced. */
export type Scope = "unit" | "layer" | "net";

export interface FeatureMapOptions {
  /** Which example of the trace; defaults to 0. */
  readonly example?: number;
  /** Defaults to "layer", so that units can be compared. */
  readonly scope?: Scope;
  /** Which units (channels), in the order to be shown; defaults to all. */
  readonly units?: readonly number[];
  /** Pixels of the sheet per cell, along each side; defaults to 1. */
  readonly zoom?: number;
}

/** What one unit of a layer holds for one example. */
export interface FeatureMap {
  /** The channel or feature, from 0. */
  readonly unit: number;
  /** One pixel per cell. */
  readonly picture: Picture;
  readonly low: number;
  readonly high: number;
  /** Whether it is 0 everywhere. */
  readonly silent: boolean;
}

export interface FeatureMaps {
  readonly layer: string;
  /** One example's shape: [channels, height, width], [channels, length] or [features]. */
  readonly shape: readonly number[];
  readonly maps: readonly FeatureMap[];
  /** "signed" where any traced number of the layer is below zero, else "positive". */
  readonly kind: ColourScale["kind"];
  /** What the strongest colour stands for; with scope "unit" the largest of them. */
  readonly most: number;
  /** All maps in one picture. */
  readonly sheet: Picture;
}

/**
 * A layer's maps as pictures, one per unit. Zero always has the same colour, and nothing is stretched from its smallest
 * to its largest number: a unit that never answers looks as if it never answers. Layers without height are drawn as
 * rows (`[channels, length]`), those without positions as single cells.
 *
 * The check: the largest difference between a number and what its pixel says, as a share of the strongest colour;
 * below 1/255.
 */
export function featureMaps(traced: Trace, layer: string, options: FeatureMapOptions = {}): Checked<FeatureMaps> {
  checkOptions("featureMaps", options, ["example", "scope", "units", "zoom"]);
  const { example = 0, scope = "layer", units, zoom = 1 } = options;
  checkNumber("featureMaps", "zoom", zoom, { low: 1, integer: true });
  if (!["unit", "layer", "net"].includes(scope))
    throw new OptionError(`scope must be "unit", "layer" or "net", got "${scope}".`, {
      place: "featureMaps",
      actual: scope,
    });
  const tensor = traced.get(layer);
  checkNumber("featureMaps", "example", example, { low: 0, high: (tensor.shape[0] as number) - 1, integer: true });
  const signed = tensor.data.some((x) => x < 0);
  const scaleOf = signed ? signedScale : positiveScale;
  const numbers = exampleOf(tensor, example);
  const [count = 1, ...place] = tensor.shape.slice(1);
  const size = countOf(place);
  const among = scope === "net" ? [...traced.value.values()].map((t) => exampleOf(t, example)) : [numbers];
  const together = Math.max(...among.map((n) => extent(n).most));

  let check = 0;
  const maps = (units ?? Array.from({ length: count }, (_, i) => i)).map((unit): FeatureMap => {
    checkNumber("featureMaps", "unit", unit, { low: 0, high: count - 1, integer: true });
    const values = numbers.subarray(unit * size, (unit + 1) * size);
    const own = extent(values);
    const scale = scaleOf(scope === "unit" ? own.most : together);
    const [height, width] = place.length >= 2 ? [size / (place.at(-1) as number), place.at(-1) as number] : [1, size];
    const picture = heatmap(values, height, width, scale);
    check = Math.max(check, readBack(picture, values, scale));
    return { unit, picture, low: own.low, high: own.high, silent: values.every((x) => x === 0) };
  });
  const most = scope === "unit" ? extent(numbers).most : together;
  const kind = signed ? "signed" : "positive";
  return {
    value: { layer, shape: [count, ...place], maps, kind, most, sheet: arrange(maps, place.length, zoom) },
    check,
  };
}

const exampleOf = ({ data, shape }: Tensor, example: number): Tensor["data"] => {
  const size = countOf(shape.slice(1));
  return data.subarray(example * size, (example + 1) * size);
};

/** Of the finite numbers: the lowest, the highest and the largest size. */
function extent(values: ArrayLike<number>): { low: number; high: number; most: number } {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? { low: Number.NaN, high: Number.NaN, most: 0 } : { low, high, most: Math.max(-low, high) };
}

/** Maps with gaps; lines of a sequence one under the other; single cells side by side. */
function arrange(maps: readonly FeatureMap[], axes: number, zoom: number): Picture {
  const pictures = maps.map(({ picture }) => enlarge(picture, zoom));
  if (axes >= 2) return tiles(pictures, { ground: GROUND, gap: gapAt(zoom) });
  return tiles(pictures, axes === 1 ? { columns: 1, gap: 0, ground: GROUND } : { gap: 0, ground: GROUND });
}
