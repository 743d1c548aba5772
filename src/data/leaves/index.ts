import { OptionError } from "../../base/errors.js";
import { checkNumber, checkOptions, nearest } from "../../base/options.js";
import { type Random, random } from "../../base/random.js";
import { imageEncoding, toPlanes } from "../images.js";
import { dataset, type MemoryDataset } from "../memory.js";
import { kinds, type LeafKind, leafKinds } from "./kinds.js";
import { drawScene, type LeafScene } from "./scene.js";

export type { Pose } from "./pose.js";
export { type LeafScene, leafKinds };

export interface DrawnLeavesOptions {
  /** Pictures of each kind. Defaults to 160. */
  readonly perClass?: number;
  /** Another seed gives other leaves. Defaults to 0. */
  readonly seed?: number;
  /** Height and width in pixels, 16 to 1024. Defaults to 64. */
  readonly size?: number;
  /** As in `imageEncoding`. Defaults to what was measured, so that the numbers have mean 0 and deviation 1. */
  readonly mean?: number | readonly number[];
  /** As `mean`. */
  readonly deviation?: number | readonly number[];
}

// Measured over 2,000 drawn leaves, rounded.
const MEAN = [0.445, 0.475, 0.34];
const DEVIATION = [0.245, 0.23, 0.265];

/**
 * Pictures of leaves of ten kinds, drawn by a program and not photographed: `{ input: [3, size, size] }` with labels
 * into `leafKinds`. Each leaf is grown from the botany of its kind and laid down at random: turned, bent, tilted, under
 * any light, on soil, grass, gravel, wood, paper or sky, and sometimes half behind a twig.
 *
 * Kinds take turns (example `i` has the label `i % 10`), so any run of examples is balanced. Picture `i` depends on
 * `seed` and `i` alone: a smaller set is the beginning of a larger one. The same seed gives the same bytes (checked
 * under Node 20, 22 and 24; an engine whose `Math.sin` rounds otherwise may differ by single brightness levels).
 *
 * A network of four convolutions (with batch normalisation) reaches 96 % on new leaves after eight passes over 1,600;
 * the mean colour of a picture gives 17 %.
 * @throws OptionError for an unknown option or one out of its range
 */
export function drawnLeaves(options: DrawnLeavesOptions = {}): MemoryDataset {
  checkOptions("drawnLeaves", options, ["perClass", "seed", "size", "mean", "deviation"]);
  const { perClass = 160, seed = 0, size = 64, mean = MEAN, deviation = DEVIATION } = options;
  checkNumber("drawnLeaves", "perClass", perClass, { low: 1, high: 1e6, integer: true });
  checkNumber("drawnLeaves", "seed", seed, { low: 0, high: 2 ** 32 - 1, integer: true });
  checkNumber("drawnLeaves", "size", size, { low: 16, high: 1024, integer: true });
  const shape = [3, size, size] as const;
  const length = 3 * size * size;
  const count = perClass * kinds.length;
  const pixels = new Uint8Array(count * length);
  const labels = Int32Array.from({ length: count }, (_, i) => i % kinds.length);
  labels.forEach((label, i) => {
    const { pixels: picture } = drawScene(kinds[label] as LeafKind, random(seed, "drawn leaves", i), size);
    toPlanes(shape, picture, pixels.subarray(i * length, (i + 1) * length));
  });
  return dataset({
    input: { dtype: "uint8", shape: [count, ...shape], data: pixels },
    target: { dtype: "int32", shape: [count], data: labels },
    classes: leafKinds,
    encoding: imageEncoding({ shape, mean, deviation }),
  });
}

/**
 * One drawn leaf: bytes [size, size, 3], as `encodeImage` takes them.
 * @param kind one of `leafKinds`
 * @param random where its variation comes from; the same state gives the same bytes
 * @param size height and width in pixels, 16 to 1024
 * @throws OptionError for a kind that does not exist
 */
export const drawLeaf = (kind: string, random: Random, size = 64): Uint8Array =>
  drawLeafScene(kind, random, size).pixels;

/** As `drawLeaf`, with what is known of the picture: where the leaf is seen and how it lies. */
export function drawLeafScene(kind: string, random: Random, size = 64): LeafScene {
  checkNumber("drawLeafScene", "size", size, { low: 16, high: 1024, integer: true });
  const record = kinds.find(({ name }) => name === kind);
  if (record !== undefined) return drawScene(record, random, size);
  const guess = nearest(kind, leafKinds);
  throw new OptionError(
    `there is no kind "${kind}". ${guess === undefined ? `Kinds: ${leafKinds.join(", ")}.` : `Did you mean "${guess}"?`}`,
    { place: "drawLeaf", expected: leafKinds, actual: kind },
  );
}
