import { FormatError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { countOf, formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { type FileOptions, unzip } from "./inflate.js";
import { type NumberFormat, readNumbers } from "./numbers.js";

/**
 * Reads a NumPy array file (.npy, versions 1 to 3) of numbers, either byte order, rows or columns first.
 * Bytes become uint8, other whole numbers int32, fractions float32, truth values bool.
 * @throws FormatError when the bytes are not what the header says, or hold anything but numbers
 */
export function npy(bytes: Uint8Array, options: FileOptions = {}): Tensor {
  checkOptions("npy", options, ["name", "limit"]);
  const { name: place = "npy" } = options;
  const { text, start } = header(bytes, place);
  const { format, fortran, shape } = describe(text, place);
  const expected = countOf(shape) * format.bytes;
  if (bytes.length - start !== expected)
    throw new FormatError(
      `the header says ${formatShape(shape)}, ${expected} bytes, but ${bytes.length - start} follow it. ` +
        "The file is cut short or damaged.",
      { place, expected, actual: bytes.length - start },
    );
  const { dtype, data } = readNumbers(bytes.subarray(start), format, place);
  return { dtype, shape, data: fortran ? rowsFirst(data, shape) : data };
}

/**
 * Reads a NumPy archive (.npz): its arrays by name.
 * @throws FormatError when it is damaged, or claims to unpack to more than `limit` bytes
 */
export function npz(bytes: Uint8Array, options: FileOptions = {}): Record<string, Tensor> {
  checkOptions("npz", options, ["name", "limit"]);
  const { name: place = "npz", limit } = options;
  const files = [...unzip(bytes, place, ".npy", limit)];
  if (files.length === 0) throw new FormatError("there is no .npy file in this archive.", { place });
  return Object.fromEntries(
    files.map(([file, content]) => [file.slice(0, -".npy".length), npy(content, { name: `${place}/${file}` })]),
  );
}

/** Headers are Python text of some 100 bytes; NumPy itself refuses those over 10,000. */
const longestHeader = 65_536;

function header(bytes: Uint8Array, place: string): { text: string; start: number } {
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  const version = bytes[6] ?? 0;
  if (magic !== "\x93NUMPY" || version < 1 || version > 3)
    throw new FormatError("this is not a NumPy array file (.npy) of version 1, 2 or 3.", { place });
  const before = version === 1 ? 10 : 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < before) throw new FormatError(`it is cut short after ${bytes.length} bytes.`, { place });
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > longestHeader || before + length > bytes.length)
    throw new FormatError(`the header claims ${length} bytes, ${bytes.length - before} follow.`, {
      place,
      expected: length,
      actual: bytes.length - before,
    });
  return { text: String.fromCharCode(...bytes.subarray(before, before + length)), start: before + length };
}

const kinds = { b: "bool", u: "uint", i: "int", f: "float" } as const;

/** The header is a Python dict: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`. */
function describe(text: string, place: string): { format: NumberFormat; fortran: boolean; shape: number[] } {
  const descr = /['"]descr['"]\s*:\s*['"]([^'"]*)['"]/.exec(text)?.[1];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  const axes = /['"]shape['"]\s*:\s*\(([^)]*)\)/.exec(text)?.[1];
  const type = /^([<>|=])([buif])(\d{1,2})$/.exec(descr ?? "");
  if (order === undefined || axes === undefined || type === null)
    throw new FormatError(
      `its header is ${text.trim().slice(0, 200)}: midst reads arrays of numbers, not of objects, texts or records.`,
      { place, actual: descr },
    );
  const shape = axes
    .split(",")
    .map((size) => size.trim())
    .filter((size) => size !== "")
    // Python 2 wrote 10L for 10.
    .map((size) => (/^\d{1,15}L?$/.test(size) ? Number.parseInt(size, 10) : Number.NaN));
  if (shape.some(Number.isNaN)) throw new FormatError(`the shape (${axes}) is not one.`, { place, actual: axes });
  const kind = kinds[type[2] as keyof typeof kinds];
  return {
    format: { kind, bytes: Number(type[3]), littleEndian: type[1] !== ">" },
    fortran: order === "True",
    shape,
  };
}

/** From Fortran's order (the first axis runs fastest) to C's (the last one does). */
function rowsFirst(data: Tensor["data"], shape: readonly number[]): Tensor["data"] {
  const out = data.slice();
  const at = shape.map(() => 0);
  const strides = shape.map((_, axis) => countOf(shape.slice(0, axis)));
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      from += stride;
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (shape[axis] as number)) break;
      from -= stride * (shape[axis] as number);
      at[axis] = 0;
    }
  }
  return out;
}
