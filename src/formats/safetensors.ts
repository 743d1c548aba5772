import { byteSize } from "../base/dtype.js";
import { DataError, FormatError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { countOf, formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { compareCodePoints, encodeText, isWellFormed, quote } from "../base/text.js";
import { maxHeader, metadataKey, readHeader } from "./safetensorsHeader.js";
import { storedName } from "./safetensorsTypes.js";

/** What a safetensors file holds. Both records have no prototype, so that any name is a safe key. */
export interface Safetensors {
  /** By name, in the order of the file's data. */
  readonly tensors: Record<string, Tensor>;
  /** Free texts saved beside the tensors, such as the network's architecture. */
  readonly metadata: Record<string, string>;
}

/**
 * Reads a safetensors file (https://github.com/huggingface/safetensors): F32, F64 (to float32), F16 and BF16 (to float32),
 * I32, I64 (to int32), U8 and BOOL. No length and no name in the file is trusted. The numbers are views of `bytes` where
 * dtype and alignment allow, else copies; do not change `bytes` afterwards.
 * @param options.name the file's name, for errors; defaults to "safetensors"
 * @throws FormatError for a damaged file, a dtype not listed here, or a number that does not fit
 */
export function readSafetensors(bytes: Uint8Array, options: { readonly name?: string } = {}): Safetensors {
  checkOptions("readSafetensors", options, ["name"]);
  const place = options.name ?? "safetensors";
  const { entries, metadata, dataStart } = readHeader(bytes, place);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const { name, type, shape, begin, end } of entries) {
    const data = type.read(bytes.subarray(dataStart + begin, dataStart + end));
    if (!ArrayBuffer.isView(data))
      throw new FormatError(
        `tensor ${quote(name)}: its number ${data.index} is ${data.value}, but ${data.reason}. Convert it before saving.`,
        { place, expected: data.reason, actual: data.value },
      );
    tensors[name] = { dtype: type.dtype, shape, data };
  }
  return { tensors, metadata };
}

/**
 * The bytes of a safetensors file. The order is the reference implementation's: wider dtypes first, then by name; the
 * data begin at a multiple of 8 bytes. The same tensors give the same bytes, in whatever order they come.
 * @param tensors by name: float32 as F32, int32 as I32, uint8 as U8, bool as BOOL
 * @param metadata free texts, such as `{ format: "pt" }`, which lets PyTorch's loader open the file
 * @throws DataError for a name or a tensor that the format cannot hold
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries = Object.entries(tensors).sort(
    ([a, x], [b, y]) => order.indexOf(x.dtype) - order.indexOf(y.dtype) || compareCodePoints(a, b),
  );
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) fields.push(`"${metadataKey}":${metadataJson(metadata)}`);
  let end = 0;
  for (const [name, tensor] of entries) {
    checkTensor(name, tensor);
    const begin = end;
    end += tensor.data.byteLength;
    const entry = { dtype: storedName[tensor.dtype], shape: tensor.shape, data_offsets: [begin, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  }
  const json = encodeText(`{${fields.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > maxHeader)
    throw new DataError(`writeSafetensors: names and metadata take ${length} bytes; the format allows ${maxHeader}.`, {
      expected: maxHeader,
      actual: length,
    });
  const bytes = new Uint8Array(8 + length + end);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(json, 8);
  let at = 8 + length;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** The reference implementation's order of our dtypes. */
const order = ["float32", "int32", "uint8", "bool"];

function metadataJson(metadata: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(metadata).sort(([a], [b]) => compareCodePoints(a, b));
  for (const [key, text] of pairs)
    if (typeof text !== "string" || !isWellFormed(key + text))
      throw new DataError(`metadata ${quote(key)} must be a text of whole Unicode, got ${quote(String(text))}.`, {
        place: "writeSafetensors",
        expected: "string",
        actual: text,
      });
  return `{${pairs.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`).join(",")}}`;
}

function checkTensor(name: string, { dtype, shape, data }: Tensor): void {
  const fail = (message: string, expected: unknown, actual: unknown) =>
    new DataError(`tensor ${quote(name)}: ${message}`, { place: "writeSafetensors", expected, actual });
  if (name === metadataKey || !isWellFormed(name))
    throw fail(`the name is ${name === metadataKey ? "the format's own" : "not whole Unicode"}. Rename it.`, "", name);
  if (!order.includes(dtype)) throw fail(`its dtype must be one of ${order.join(", ")}, got ${dtype}.`, order, dtype);
  const bytes = countOf(shape) * byteSize[dtype];
  if (bytes !== data.byteLength)
    throw fail(
      `its shape ${formatShape(shape)} of ${dtype} takes ${bytes} bytes, but its data have ${data.byteLength}.`,
      bytes,
      data.byteLength,
    );
  if (dtype === "bool" && data.some((byte) => byte > 1)) throw fail("its bool numbers must be 0 or 1.", "0 or 1", data);
}
