/** The element types of midst's values. `bool` holds 0 or 1, one byte each. */
export type DType = "float32" | "int32" | "uint8" | "bool";

export interface TypedArrays {
  float32: Float32Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type TypedArray = TypedArrays[DType];

/** Bytes per element. */
export const byteSize: Readonly<Record<DType, number>> = { float32: 4, int32: 4, uint8: 1, bool: 1 };

/** A zero-filled array of `length` elements. */
export function allocate<D extends DType>(dtype: D, length: number): TypedArrays[D];
export function allocate(dtype: DType, length: number): TypedArray {
  if (dtype === "float32") return new Float32Array(length);
  if (dtype === "int32") return new Int32Array(length);
  return new Uint8Array(length);
}
