import { checkNumber, checkOptions } from "../base/options.js";
import { countOf } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
import type { Network } from "../runtime/index.js";
import { type ColourScale, positiveScale, signedScale } from "./colour.js";
import { checkTemplates } from "./kernelCheck.js";
import { kernelSource } from "./kernelSource.js";
import { enlarge, heatmap, type Picture, tiles } from "./picture.js";
import { GROUND, gapAt } from "./sheet.js";
import type { Checked } from "./values.js";

export interface KernelOptions {
  /** Which weight of the layer, where it has several: the last part of its name. */
  readonly weight?: string;
  /** Which output units, in the order to be shown; defaults to all. */
  readonly units?: readonly number[];
  /** What the strongest colour stands for: the largest weight of the unit, or (default) of the layer. */
  readonly scope?: "unit" | "layer";
  /** Pixels of the sheet per weight, along each side; defaults to 1. */
  readonly zoom?: number;
}

/** What one output unit looks for in one input channel, or in all of them at once. */
export interface KernelTile {
  readonly unit: number;
  /** Absent where a tile shows all channels: in colour, or (for sequences) one a row. */
  readonly channel?: number;
  /** One pixel per weight. */
  readonly picture: Picture;
}

export interface Kernels {
  readonly layer: string;
  /**
   * How each input around a cell counts in it: [units, channels, height, width], [units, channels, length] or
   * [units, features]. For a transposed convolution that is its weight turned by 180 degrees.
   */
  readonly templates: Tensor;
  /** Whether the tiles show red, green and blue: w / (2 max|w|) + 1/2, so that grey is no weight. */
  readonly inColour: boolean;
  readonly tiles: readonly KernelTile[];
  /** A row per unit, or all units side by side where one tile shows a unit. */
  readonly sheet: Picture;
  /** The length of each template's part in each channel: [units, channels]. */
  readonly norms: Tensor;
  /** The norms as a picture: a row per unit, a column per channel. */
  readonly normPicture: Picture;
  readonly most: number;
}

/**
 * A layer's weights as pictures: in colour where they look at a picture of three channels, else one tile for each unit
 * and channel, zero near-white. The units of a dense layer that sees a flattened picture are drawn as pictures.
 *
 * The check: the largest difference between the templates and the gradients of single cells by the layer's input,
 * which are the weights, placed by the network itself; 0 when all is where it should be. Up to 16 units are checked.
 * @throws MidstError for a layer without such weights
 */
export async function kernels(net: Network, layer: string, options: KernelOptions = {}): Promise<Checked<Kernels>> {
  checkOptions("kernels", options, ["weight", "units", "scope", "zoom"]);
  const { zoom = 1, scope = "layer" } = options;
  checkNumber("kernels", "zoom", zoom, { low: 1, integer: true });
  const source = kernelSource(net, layer, options.weight);
  const { templates } = source;
  const [count = 1, channels = 1, ...place] = templates.shape;
  const chosen = options.units ?? Array.from({ length: count }, (_, i) => i);
  for (const unit of chosen) checkNumber("kernels", "unit", unit, { low: 0, high: count - 1, integer: true });
  const inColour = place.length === 2 && channels === 3 && source.seesPicture;
  const all = largest(templates.data);
  const made = chosen.flatMap((unit) => {
    const weights = part(templates, unit);
    return tilesOf(unit, weights, templates.shape.slice(1), inColour, scope === "unit" ? largest(weights) : all);
  });
  const pictures = made.map(({ picture }) => enlarge(picture, zoom));
  const columns = place.length < 2 ? 1 : !inColour && channels > 1 ? channels : undefined;
  const gap = place.length === 0 ? 0 : gapAt(zoom);
  const sheet = tiles(pictures, { ...(columns !== undefined && { columns }), gap, ground: GROUND });
  const norms = normsOf(templates);
  const normPicture = heatmap(norms.data, count, channels, positiveScale(largest(norms.data)));
  const value = { layer, templates, inColour, tiles: made, sheet, norms, normPicture, most: all };
  return { value, check: await checkTemplates(net, source) };
}

const part = ({ data, shape }: Tensor, i: number): Float32Array => {
  const size = countOf(shape.slice(1));
  return data.subarray(i * size, (i + 1) * size) as Float32Array;
};

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number) || 0);
  return most;
}

/** @param shape of one unit's template */
function tilesOf(
  unit: number,
  weights: Float32Array,
  shape: readonly number[],
  inColour: boolean,
  most: number,
): KernelTile[] {
  const [channels = 1, height = 1, width = 1] = shape;
  if (inColour) return [{ unit, picture: colourTile(weights, height, width, most) }];
  const scale: ColourScale = signedScale(most);
  if (shape.length < 3)
    return [{ unit, picture: heatmap(weights, shape.length === 1 ? 1 : channels, shape.at(-1) as number, scale) }];
  const area = height * width;
  return Array.from({ length: channels }, (_, channel) => ({
    unit,
    channel,
    picture: heatmap(weights.subarray(channel * area, (channel + 1) * area), height, width, scale),
  }));
}

/** [3, height, width] as red, green and blue: w / (2 most) + 1/2. */
function colourTile(weights: Float32Array, height: number, width: number, most: number): Picture {
  const area = height * width;
  const data = new Uint8Array(3 * area);
  for (let i = 0; i < area; i++)
    for (let c = 0; c < 3; c++) {
      const share = most > 0 ? (weights[c * area + i] as number) / (2 * most) : 0;
      data[3 * i + c] = Math.round(255 * (share + 0.5));
    }
  return { width, height, data };
}

/** The Euclidean length of each [...kernel] part. */
function normsOf({ data, shape }: Tensor): Tensor {
  const [units = 1, channels = 1, ...kernel] = shape;
  const size = countOf(kernel);
  const norms = new Float32Array(units * channels);
  for (let i = 0; i < norms.length; i++) {
    let squares = 0;
    for (let k = i * size; k < (i + 1) * size; k++) squares += (data[k] as number) ** 2;
    norms[i] = Math.sqrt(squares);
  }
  return tensor(norms, [units, channels]);
}
