import { ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { countOf, formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { decodeImage, type ImageEncoding, imageEncoding } from "../data/index.js";
import { BAD, type Rgb } from "./colour.js";
import { blank, enlarge, type Picture, tiles } from "./picture.js";
import { GROUND, gapAt } from "./sheet.js";

export interface PictureGridOptions {
  /** How the numbers stand for pixels; defaults to -1..1 for black to white, as a generator that ends in tanh gives them. */
  readonly encoding?: ImageEncoding;
  /** Examples per row; defaults to a nearly square arrangement. */
  readonly columns?: number;
  /** Pixels of the sheet per pixel, along each side; defaults to 1. */
  readonly enlarge?: number;
}

/**
 * Examples `[examples, channels, height, width]` as one picture, row by row: one channel in grey, three in colour, any other
 * number of channels side by side in grey. What is no number is red.
 * @throws ShapeError for examples that are no pictures or not of the encoding's shape
 */
export function pictureGrid(examples: Tensor, options: PictureGridOptions = {}): Picture {
  checkOptions("pictureGrid", options, ["encoding", "columns", "enlarge"]);
  const { columns, enlarge: factor = 1 } = options;
  if (columns !== undefined) checkNumber("pictureGrid", "columns", columns, { low: 1, integer: true });
  checkNumber("pictureGrid", "enlarge", factor, { low: 1, high: 1000, integer: true });
  const encoding = options.encoding ?? signedPixels(examples.shape);
  const size = countOf(examples.shape.slice(1));
  if (!sameShape(examples.shape.slice(1), encoding.shape))
    throw new ShapeError(
      `pictures of ${formatShape(examples.shape.slice(1))} do not have the encoding's shape ${formatShape(encoding.shape)}.`,
      { place: "pictureGrid", expected: encoding.shape, actual: examples.shape },
    );
  const pictures = Array.from({ length: examples.shape[0] as number }, (_, i) => {
    const picture = pictureOf(encoding, examples.data.subarray(i * size, (i + 1) * size));
    return factor === 1 ? picture : enlarge(picture, factor);
  });
  return tiles(pictures, { ground: GROUND, gap: gapAt(factor), ...(columns !== undefined && { columns }) });
}

function signedPixels(shape: readonly number[]): ImageEncoding {
  const [, channels, height, width] = shape;
  if (shape.length !== 4)
    throw new ShapeError(`expected [examples, channels, height, width], got ${formatShape(shape)}.`, {
      place: "pictureGrid",
      actual: shape,
    });
  return imageEncoding({
    shape: [channels as number, height as number, width as number],
    mean: 0.5,
    deviation: 0.5,
  });
}

function pictureOf(encoding: ImageEncoding, values: ArrayLike<number>): Picture {
  const [channels, height, width] = encoding.shape;
  const bytes = decodeImage(encoding, values);
  const planes = channels === 3 ? 1 : channels;
  const picture = blank(planes * width, height);
  for (let plane = 0; plane < planes; plane++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        const own = channels === 3 ? [0, 1, 2] : [plane, plane, plane];
        const isGood = own.every((c) => Number.isFinite(values[c * height * width + at]));
        const colour = own.map((c) => bytes[at * channels + c] as number) as unknown as Rgb;
        picture.data.set(isGood ? colour : BAD, 3 * (y * picture.width + plane * width + x));
      }
  return picture;
}
