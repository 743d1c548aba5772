import type { DType, TypedArray } from "../base/dtype.js";

/** How numbers of one safetensors dtype are read. */
export interface StoredType {
  /** Bytes per element in the file. */
  readonly bytes: number;
  /** What midst reads them as. */
  readonly dtype: DType;
  /**
   * The numbers in `bytes` (of any alignment, a whole number of elements): a view where the bytes allow one, else a copy.
   * @returns the index and value of the first number that `dtype` cannot hold, if there is one
   */
  read(bytes: Uint8Array): TypedArray | Misfit;
}

/** A number that cannot be held, and why. */
export interface Misfit {
  readonly index: number;
  readonly value: number | bigint;
  readonly reason: string;
}

/** The safetensors dtype that each of ours is written as. */
export const storedName: Readonly<Record<DType, string>> = { float32: "F32", int32: "I32", uint8: "U8", bool: "BOOL" };

/** The safetensors dtypes that can be read. Numbers are little-endian in the file, as on every host midst runs on. */
export const storedTypes: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ["BOOL", { bytes: 1, dtype: "bool", read: readBool }],
  ["U8", { bytes: 1, dtype: "uint8", read: (bytes) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) }],
  ["F16", { bytes: 2, dtype: "float32", read: (bytes) => Float32Array.from(view(Uint16Array, bytes), halfToNumber) }],
  ["BF16", { bytes: 2, dtype: "float32", read: readBrainFloat }],
  ["F32", { bytes: 4, dtype: "float32", read: (bytes) => view(Float32Array, bytes) }],
  ["I32", { bytes: 4, dtype: "int32", read: (bytes) => view(Int32Array, bytes) }],
  ["F64", { bytes: 8, dtype: "float32", read: readDouble }],
  ["I64", { bytes: 8, dtype: "int32", read: readLong }],
]);

interface ViewOf<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
}

/** `bytes` as numbers: a view when they are aligned, else a view of a copy. */
function view<A>(type: ViewOf<A>, bytes: Uint8Array): A {
  const size = type.BYTES_PER_ELEMENT;
  // Not slice(): on a Node Buffer that is no copy.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new type(aligned.buffer, aligned.byteOffset, aligned.length / size);
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits; every value is exact in float32. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** bfloat16 is the upper half of a float32. */
function readBrainFloat(bytes: Uint8Array): Float32Array {
  const halves = view(Uint16Array, bytes);
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
  return new Float32Array(words.buffer);
}

function readBool(bytes: Uint8Array): Uint8Array | Misfit {
  const index = bytes.findIndex((byte) => byte > 1);
  if (index >= 0) return { index, value: bytes[index] as number, reason: "a bool is 0 or 1" };
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function readDouble(bytes: Uint8Array): Float32Array | Misfit {
  const doubles = view(Float64Array, bytes);
  const out = Float32Array.from(doubles);
  const index = out.findIndex((number, i) => Math.abs(number) === Infinity && Number.isFinite(doubles[i]));
  return index < 0 ? out : { index, value: doubles[index] as number, reason: "a float32 reaches to 3.4e38" };
}

function readLong(bytes: Uint8Array): Int32Array | Misfit {
  const longs = view(BigInt64Array, bytes);
  const out = new Int32Array(longs.length);
  for (let i = 0; i < longs.length; i++) {
    const long = longs[i] as bigint;
    out[i] = Number(long);
    if (BigInt(out[i] as number) !== long)
      return { index: i, value: long, reason: "an int32 reaches from -2147483648 to 2147483647" };
  }
  return out;
}
