import { allocate, type TypedArray } from "../base/dtype.js";
import { DataError, ShapeError } from "../base/errors.js";
import { countOf, formatShape } from "../base/shape.js";
import { type Tensor, tensor } from "../base/tensor.js";
import type { ImageEncoding, ValuesEncoding } from "./encoding.js";
import { levels } from "./images.js";

/** All examples of one input or target: the first axis counts the examples. Plain numbers become float32. */
export type Values = Tensor | TypedArray | readonly number[] | readonly (readonly number[])[];

/** @throws DataError when the rows of a list of lists differ in length */
export function toTensor(values: Values, place: string): Tensor {
  if ("dtype" in values) {
    if (values.shape.length === 0)
      throw new ShapeError("a single number is not a data set. Give a tensor whose first axis counts the examples.", {
        place,
      });
    return tensor(values.data, values.shape, values.dtype);
  }
  if (ArrayBuffer.isView(values)) return tensor(values);
  if (!isRows(values)) return tensor(values);
  const width = values[0]?.length ?? 0;
  values.forEach((row, i) => {
    if (row.length !== width)
      throw new DataError(`example ${i} has ${row.length} numbers, example 0 has ${width}.`, {
        place,
        expected: width,
        actual: row.length,
      });
  });
  return tensor(values.flat(), [values.length, width]);
}

const isRows = (values: readonly number[] | readonly (readonly number[])[]): values is readonly (readonly number[])[] =>
  typeof values[0] === "object";

/** The shape of one example. */
export const exampleShape = (values: Tensor): readonly number[] => values.shape.slice(1);

/** @throws DataError naming the example and the place in it of the first NaN or Infinity */
export function checkFinite(values: Tensor, place: string): void {
  if (values.dtype !== "float32") return;
  const bad = values.data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new DataError(
    `example ${position(bad, values.shape)} is ${values.data[bad]}. Remove the example, or replace the value.`,
    { place, actual: values.data[bad] },
  );
}

/** Where element `index` lies, e.g. `12 at [0, 3]`: the example, and the place within it. */
export function position(index: number, shape: readonly number[]): string {
  const place: number[] = [];
  let rest = index;
  for (const size of shape.slice(1).reverse()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place.length === 0 ? `${rest}` : `${rest} at ${formatShape(place)}`;
}

/** The examples at `indices`: [n, ...shape] -> [indices.length, ...shape]. */
export function gather(values: Tensor, indices: ArrayLike<number>): Tensor {
  const shape = exampleShape(values);
  const size = countOf(shape);
  const data = allocate(values.dtype, indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    const start = (indices[i] as number) * size;
    data.set(values.data.subarray(start, start + size), i * size);
  }
  return { dtype: values.dtype, shape: [indices.length, ...shape], data };
}

/** The pictures at `indices`, encoded: uint8 [n, channels, height, width] -> float32, or uint8 as they are. */
export function gatherImages(
  pixels: Tensor,
  encoding: ImageEncoding,
  indices: ArrayLike<number>,
  tables: readonly Float32Array[],
): Tensor {
  if (encoding.bytes === true) return { ...gather(pixels, indices), shape: [indices.length, ...encoding.shape] };
  const [channels, height, width] = encoding.shape;
  const plane = height * width;
  const data = new Float32Array(indices.length * channels * plane);
  let to = 0;
  for (let i = 0; i < indices.length; i++) {
    let from = (indices[i] as number) * channels * plane;
    for (let c = 0; c < channels; c++) {
      const table = tables[c] as Float32Array;
      for (const end = from + plane; from < end; from++, to++) data[to] = table[pixels.data[from] as number] as number;
    }
  }
  return { dtype: "float32", shape: [indices.length, ...encoding.shape], data };
}

/** The 256 encoded levels of each channel. */
export const levelsOf = (encoding: ImageEncoding): Float32Array[] =>
  encoding.mean.map((_, channel) => levels(encoding, channel));

/**
 * One example of plain numbers, checked.
 * @throws DataError when there are too many or too few numbers, or one is NaN or Infinity
 */
export function encodeValues(encoding: ValuesEncoding, values: ArrayLike<number>): Float32Array {
  const expected = countOf(encoding.shape);
  if (values.length !== expected)
    throw new DataError(
      `an example of shape ${formatShape(encoding.shape)} has ${expected} numbers, got ${values.length}.`,
      {
        expected,
        actual: values.length,
      },
    );
  const data = Float32Array.from(values);
  checkFinite({ dtype: "float32", shape: [1, ...encoding.shape], data }, "input");
  return data;
}
