import { FormatError } from "../base/errors.js";
import { formatShape } from "../base/shape.js";
import { decodeText, isWellFormed, quote } from "../base/text.js";
import { type StoredType, storedTypes } from "./safetensorsTypes.js";

/** The most bytes a header may have, as in the reference implementation. */
export const maxHeader = 100_000_000;

/** The key of the header that is not a tensor. */
export const metadataKey = "__metadata__";

/** One tensor of the header, checked against the file. */
export interface TensorEntry {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** Bytes from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order of their data, which they fill without a hole. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Record<string, string>;
  /** The byte of the file at which the data begin. */
  readonly dataStart: number;
}

/**
 * Reads and checks everything but the numbers: on return, every entry lies inside `bytes`.
 * @param place the file's name, for errors
 * @throws FormatError
 */
export function readHeader(bytes: Uint8Array, place: string): Header {
  const text = headerText(bytes, place);
  checkKeys(text, place);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? quote(cause.message) : "unknown";
    throw new FormatError(`the header is not JSON: ${reason}. ${again}`, { place, cause });
  }
  const fields = asRecord(parsed, place, "the header");
  const dataStart = 8 + headerLength(bytes);
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(fields))
    if (name !== metadataKey) entries.push(readEntry(name, value, bytes.length - dataStart, place));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkFilled(entries, bytes.length - dataStart, place);
  const own = Object.hasOwn(fields, metadataKey);
  return { entries, metadata: own ? readMetadata(fields[metadataKey], place) : Object.create(null), dataStart };
}

const again = "The file is damaged or is not a safetensors file: fetch or save it again.";

/** The unsigned 64-bit number at the start; inexact above 2^53, which no file reaches. */
function headerLength(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  return view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
}

function headerText(bytes: Uint8Array, place: string): string {
  const fail = (message: string, expected: unknown, actual: unknown) =>
    new FormatError(`${message}. ${again}`, { place, expected, actual });
  if (bytes.length < 8)
    throw fail(`a safetensors file begins with 8 bytes of length, but it has ${bytes.length} bytes`, 8, bytes.length);
  const length = headerLength(bytes);
  if (length > maxHeader)
    throw fail(`the header claims ${length} bytes, more than the ${maxHeader} allowed`, maxHeader, length);
  if (length > bytes.length - 8)
    throw fail(`the header claims ${length} bytes, but ${bytes.length - 8} follow`, bytes.length - 8, length);
  if (bytes[8] !== 0x7b) throw fail(`the header does not begin with "{"`, "{", bytes[8]);
  const text = decodeText(bytes.subarray(8, 8 + length));
  if (text === undefined) throw fail("the header is not UTF-8", "UTF-8", "other bytes");
  return text;
}

/**
 * Walks the header before it is parsed: refuses keys given twice (of which JSON.parse would silently keep the last) and
 * nesting deeper than the format has. Anything else wrong is left for JSON.parse to find.
 */
function checkKeys(text: string, place: string): void {
  const keys: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "{" || character === "[") {
      keys.push(new Set());
      if (keys.length > 3)
        throw new FormatError(`the header is nested more than 3 deep at character ${i}. ${again}`, { place });
    } else if (character === "}" || character === "]") keys.pop();
    else if (character === '"') {
      const start = i;
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === "\\") i++;
      let after = i + 1;
      while (" \t\n\r".includes(text[after] ?? "-")) after++;
      if (text[after] !== ":") continue;
      const key = parseKey(text.slice(start, i + 1));
      const seen = keys.at(-1);
      if (key === undefined || seen === undefined) continue;
      if (seen.has(key))
        throw new FormatError(`the header has the key ${quote(key)} twice. ${again}`, { place, actual: key });
      seen.add(key);
    }
  }
}

function parseKey(json: string): string | undefined {
  try {
    return JSON.parse(json) as string;
  } catch {
    return undefined;
  }
}

function asRecord(value: unknown, place: string, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const kind = value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
  throw new FormatError(`${what} must be an object, got ${kind}. ${again}`, {
    place,
    expected: "object",
    actual: kind,
  });
}

function readMetadata(value: unknown, place: string): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  for (const [key, text] of Object.entries(asRecord(value, place, metadataKey))) {
    if (typeof text !== "string")
      throw new FormatError(
        `${metadataKey} ${quote(key)} must be a text, got ${quote(JSON.stringify(text))}. ${again}`,
        {
          place,
          expected: "string",
          actual: text,
        },
      );
    metadata[key] = text;
  }
  return metadata;
}

function readEntry(name: string, value: unknown, dataLength: number, place: string): TensorEntry {
  const what = `tensor ${quote(name)}`;
  const fail = (message: string, expected: unknown, actual: unknown) =>
    new FormatError(`${what}: ${message}`, { place, expected, actual });
  if (!isWellFormed(name)) throw fail(`its name is not whole Unicode. ${again}`, "Unicode", name);
  const { dtype, shape, data_offsets: offsets } = asRecord(value, place, what);
  const type = typeof dtype === "string" ? storedTypes.get(dtype) : undefined;
  if (type === undefined) {
    const known = [...storedTypes.keys()];
    const got = quote(typeof dtype === "string" ? dtype : String(JSON.stringify(dtype)));
    throw fail(`its dtype ${got} is not one of ${known.join(", ")}. Convert it before saving.`, known, dtype);
  }
  if (!isSizes(shape)) throw fail(`its shape must be a list of whole numbers. ${again}`, "sizes", shape);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw fail(`its data_offsets must be two whole numbers. ${again}`, "[begin, end]", offsets);
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataLength)
    throw fail(`its bytes ${begin} to ${end} do not lie in the ${dataLength} of the data. ${again}`, dataLength, end);
  // Every partial product must be exact, as in the reference: [2 ** 53, 2 ** 53, 0] is refused.
  const claimed = shape.reduce(
    (product, size) => (product <= Number.MAX_SAFE_INTEGER ? product * size : Infinity),
    type.bytes,
  );
  if (claimed !== end - begin)
    throw fail(
      `its shape ${quote(formatShape(shape))} of ${dtype} takes ${claimed} bytes, but ${end - begin} are given. ${again}`,
      claimed,
      end - begin,
    );
  return { name, type, shape, begin, end };
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

function checkFilled(entries: readonly TensorEntry[], dataLength: number, place: string): void {
  let end = 0;
  let before = "the start of the data";
  for (const entry of entries) {
    if (entry.begin !== end)
      throw new FormatError(
        `tensor ${quote(entry.name)} begins at byte ${entry.begin}, but ${before} ends at byte ${end}: ` +
          `the data ${entry.begin > end ? "have a hole" : "overlap"}. ${again}`,
        { place, expected: end, actual: entry.begin },
      );
    end = entry.end;
    before = `tensor ${quote(entry.name)}`;
  }
  if (end !== dataLength)
    throw new FormatError(`the tensors end at byte ${end} of the data, but the file has ${dataLength}. ${again}`, {
      place,
      expected: end,
      actual: dataLength,
    });
}
