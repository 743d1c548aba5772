import { allocate, type DType, type TypedArray, type TypedArrays } from "./dtype.js";
import { ShapeError } from "./errors.js";
import { countOf, formatShape } from "./shape.js";

/** Numbers on the host: a typed array in row-major order with its shape. Nothing to dispose. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TypedArrays[D];
}

/**
 * A tensor from a typed array or plain numbers (which become float32).
 * @param shape defaults to one axis holding all of `data`
 * @throws ShapeError when the shape and the length of `data` disagree
 */
export function tensor(data: Float32Array | readonly number[], shape?: readonly number[]): Tensor<"float32">;
export function tensor(data: Int32Array, shape?: readonly number[]): Tensor<"int32">;
export function tensor(data: Uint8Array, shape?: readonly number[]): Tensor<"uint8">;
export function tensor(data: TypedArray, shape?: readonly number[]): Tensor;
export function tensor<D extends DType>(
  data: TypedArrays[D] | readonly number[],
  shape: readonly number[] | undefined,
  dtype: D,
): Tensor<D>;
export function tensor<D extends DType>(
  data: TypedArrays[D] | readonly number[],
  shape: readonly number[] = [data.length],
  dtype: D = dtypeOf(data) as D,
): Tensor<D> {
  if (countOf(shape) !== data.length || !shape.every((length) => Number.isInteger(length) && length >= 0))
    throw new ShapeError(`tensor: ${data.length} numbers do not fill the shape ${formatShape(shape)}.`, {
      expected: countOf(shape),
      actual: data.length,
    });
  if (ArrayBuffer.isView(data)) return { dtype, shape, data: data as TypedArrays[D] };
  const filled = allocate(dtype, data.length);
  filled.set(data);
  return { dtype, shape, data: filled };
}

/** A tensor of zeros. */
export function zeros<D extends DType = "float32">(shape: readonly number[], dtype: D = "float32" as D): Tensor<D> {
  return { dtype, shape, data: allocate(dtype, countOf(shape)) };
}

function dtypeOf(data: TypedArray | readonly number[]): DType {
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint8Array) return "uint8";
  return "float32";
}
