import { FormatError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";

/** How the numbers of a file are written. */
export interface NumberFormat {
  readonly kind: "bool" | "uint" | "int" | "float";
  /** Bytes a number. */
  readonly bytes: number;
  readonly littleEndian: boolean;
}

/** `uint8` for "uint" of 1 byte, as midst and NumPy name it. */
const nameOf = ({ kind, bytes }: NumberFormat): string =>
  kind === "bool" && bytes === 1 ? kind : `${kind}${8 * bytes}`;

/**
 * Numbers as midst holds them: bytes stay uint8, other whole numbers become int32, fractions float32.
 * @param bytes exactly the numbers
 * @throws FormatError for a kind of number that midst does not read, or one that does not fit
 */
export function readNumbers(bytes: Uint8Array, format: NumberFormat, place: string): Pick<Tensor, "dtype" | "data"> {
  const name = nameOf(format);
  if (name === "uint8") return { dtype: "uint8", data: bytes.slice() };
  if (name === "bool") return { dtype: "bool", data: bytes.map((byte) => (byte === 0 ? 0 : 1)) };
  const read = readers[name];
  if (read === undefined)
    throw new FormatError(`it holds ${name} numbers, which midst does not read. Save it as float32 or int32.`, {
      place,
      actual: name,
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length / format.bytes;
  const whole = format.kind !== "float";
  const data = whole ? new Int32Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const value = read(view, i * format.bytes, format.littleEndian);
    data[i] = value;
    // NaN is not equal to itself, and stays; what follows catches numbers too large for the array.
    if (whole ? data[i] !== value : Math.abs(data[i] as number) === Infinity && Math.abs(value) !== Infinity)
      throw new FormatError(`number ${i} is ${value}, too large for ${whole ? "int32" : "float32"}.`, {
        place,
        actual: value,
      });
  }
  return whole ? { dtype: "int32", data } : { dtype: "float32", data };
}

type Reader = (view: DataView, at: number, littleEndian: boolean) => number;

const readers: Readonly<Record<string, Reader>> = {
  int8: (view, at) => view.getInt8(at),
  int16: (view, at, little) => view.getInt16(at, little),
  int32: (view, at, little) => view.getInt32(at, little),
  int64: (view, at, little) => high(view, at, little) * 2 ** 32 + low(view, at, little),
  uint16: (view, at, little) => view.getUint16(at, little),
  uint32: (view, at, little) => view.getUint32(at, little),
  uint64: (view, at, little) => (high(view, at, little) >>> 0) * 2 ** 32 + low(view, at, little),
  float16: (view, at, little) => half(view.getUint16(at, little)),
  float32: (view, at, little) => view.getFloat32(at, little),
  float64: (view, at, little) => view.getFloat64(at, little),
};

const high: Reader = (view, at, little) => view.getInt32(little ? at + 4 : at, little);
const low: Reader = (view, at, little) => view.getUint32(little ? at : at + 4, little);

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
