import { allocate } from "../base/dtype.js";
import { DataError } from "../base/errors.js";
import { countOf, formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import type { Encoding, ImageEncoding } from "../data/index.js";

type Scale = Pick<ImageEncoding, "mean" | "deviation">;

/** Of pictures between -1 and 1, as a generator makes them that ends in tanh. */
const generated: Scale = { mean: [0.5], deviation: [0.5] };
/** Of bytes. */
const levels: Scale = { mean: [0], deviation: [1 / 255] };

/**
 * Pictures as another network takes them: from the encoding of the game's data (-1..1 unless it says otherwise) to that of
 * the network. What is not encoded as pictures stays as it is.
 * @throws DataError for pictures of another shape than the network's
 */
export function recode(pictures: Tensor, from: Encoding | undefined, to: Encoding | undefined): Tensor {
  if (to?.kind !== "images") return pictures;
  const shape = pictures.shape.slice(1);
  if (!sameShape(shape, to.shape))
    throw new DataError(
      `takes pictures of ${formatShape(to.shape)}, but these are ${formatShape(shape)}. Bring them into that shape: { encode: (samples) => ... }.`,
      { place: "classifier", expected: to.shape, actual: shape },
    );
  const before = pictures.dtype === "uint8" ? levels : from?.kind === "images" ? from : generated;
  const [channels = 1, ...rest] = shape;
  const plane = countOf(rest);
  const out = allocate(to.bytes === true ? "uint8" : "float32", pictures.data.length);
  for (let i = 0; i < out.length; i++) {
    const channel = Math.floor(i / plane) % channels;
    // In 0..1.
    const pixel = (pictures.data[i] as number) * of(before.deviation, channel) + of(before.mean, channel);
    out[i] = to.bytes === true ? Math.round(Math.min(1, Math.max(0, pixel)) * 255) : encoded(pixel, to, channel);
  }
  return { dtype: to.bytes === true ? "uint8" : "float32", shape: pictures.shape, data: out } as Tensor;
}

const of = (numbers: readonly number[], channel: number): number => (numbers[channel] ?? numbers[0]) as number;

const encoded = (pixel: number, { mean, deviation }: Scale, channel: number): number =>
  (pixel - of(mean, channel)) / of(deviation, channel);
