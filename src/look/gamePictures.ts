import { ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { countOf, formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { rowsOf } from "../runtime/index.js";
import { type ColourScale, positiveScale, signedScale } from "./colour.js";
import type { Dissection } from "./dissectGenerator.js";
import type { LatentWalk } from "./latentWalk.js";
import { enlarge, heatmap, type Picture, tiles } from "./picture.js";
import { type PictureGridOptions, pictureGrid } from "./pictureGrid.js";
import { GROUND, gapAt } from "./sheet.js";
import type { WhyFake } from "./whyFake.js";

/** A walk through the noise as a strip, step by step; `columns` defaults to all in one row. */
export const walkPicture = ({ examples }: LatentWalk, options: PictureGridOptions = {}): Picture =>
  pictureGrid(examples, { columns: examples.shape[0] as number, ...options });

export interface DissectionPictureOptions extends Omit<PictureGridOptions, "columns"> {
  /** How many of the strongest units; defaults to 8. */
  readonly units?: number;
  /** Which example; defaults to 0. */
  readonly example?: number;
}

/**
 * The strongest units of a dissection, a row each: an example as it was made, the same without the unit, and where all examples
 * change on average (dark blue: nowhere, yellow: the most of any unit shown). Other channels than three are side by side.
 */
export async function dissectionPicture(
  dissection: Dissection,
  options: DissectionPictureOptions = {},
): Promise<Picture> {
  checkOptions("dissectionPicture", options, ["units", "example", "encoding", "enlarge"]);
  const { units = 8, example = 0, ...drawn } = options;
  checkNumber("dissectionPicture", "units", units, { low: 1, integer: true });
  const rows = dissection.examples.shape[0] as number;
  checkNumber("dissectionPicture", "example", example, { low: 0, high: rows - 1, integer: true });
  const shown = dissection.units.slice(0, units);
  const maps = shown.map(({ map }) => acrossChannels(map.data, map.shape));
  const scale = positiveScale(maps.flatMap((map) => Array.from(map)).reduce((a, b) => Math.max(a, b), 0));
  const one = (examples: Tensor): Picture => pictureGrid(rowsOf(examples, example, example + 1), drawn);
  const before = one(dissection.examples);
  const cells: Picture[] = [];
  for (const [i, { channels }] of shown.entries()) {
    const map = mapPicture(maps[i] as Float64Array, dissection.examples, scale, drawn.enlarge);
    cells.push(before, one(await dissection.without(channels)), map);
  }
  return tiles(cells, { columns: 3, ground: GROUND, gap: gapAt(drawn.enlarge ?? 1) });
}

/**
 * Examples above what `whyFake` finds in them, summed over channels: purple speaks for real, orange for made, near-white for
 * neither, on one scale for all.
 * @param examples those that were asked about
 */
export function whyFakePicture(
  examples: Tensor,
  { attribution }: Pick<WhyFake, "attribution">,
  options: Omit<PictureGridOptions, "columns"> = {},
): Picture {
  checkOptions("whyFakePicture", options, ["encoding", "enlarge"]);
  const [rows = 0, ...shape] = attribution.shape;
  if (!sameShape(examples.shape, attribution.shape))
    throw new ShapeError(
      `examples ${formatShape(examples.shape)} are not those of ${formatShape(attribution.shape)} that were asked about.`,
      { place: "whyFakePicture", expected: attribution.shape, actual: examples.shape },
    );
  const [size, channels] = [countOf(shape), shape[0] ?? 1];
  const each = Array.from({ length: rows }, (_, row) => row);
  const maps = each.map((row) =>
    acrossChannels(attribution.data.subarray(row * size, (row + 1) * size), shape).map((x) => channels * x),
  );
  const scale = signedScale(maps.flatMap((map) => Array.from(map)).reduce((a, b) => Math.max(a, Math.abs(b)), 0));
  const above = each.map((row) => pictureGrid(rowsOf(examples, row, row + 1), options));
  const below = maps.map((map) => mapPicture(map, attribution, scale, options.enlarge));
  return tiles([...above, ...below], { columns: rows, ground: GROUND, gap: gapAt(options.enlarge ?? 1) });
}

/** The mean over channels of [channels, height, width]. */
function acrossChannels(data: ArrayLike<number>, [channels = 1, ...place]: readonly number[]): Float64Array {
  const area = countOf(place);
  const mean = new Float64Array(area);
  for (let i = 0; i < channels * area; i++)
    mean[i % area] = (mean[i % area] as number) + (data[i] as number) / channels;
  return mean;
}

function mapPicture(map: Float64Array, { shape }: Tensor, scale: ColourScale, factor = 1): Picture {
  const [height, width] = shape.slice(-2) as [number, number];
  return enlarge(heatmap(map, height, width, scale), factor);
}
