import { gunzipSync, unzipSync } from "fflate";
import { FormatError } from "../base/errors.js";

export interface FileOptions {
  /** Names the file in errors. */
  readonly name?: string;
  /** The most bytes that it may unpack to. Defaults to 2 GiB. */
  readonly limit?: number;
}

/** The most bytes that a packed file may claim to unpack to: 2 GiB. */
const unpackLimit = 2 ** 31;

/** DEFLATE packs at most 258 bytes into 2 bits: 1032 to 1. A larger claim is a lie. */
const largestRatio = 1032;

/** Whether the bytes start as gzip does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Unpacks gzip (RFC 1952), checking the claimed length before memory is taken for it, and the checksum after.
 * @param name of the file, for errors
 * @param limit the most bytes it may unpack to
 */
export function gunzip(bytes: Uint8Array, name: string, limit = unpackLimit): Uint8Array {
  // 10 bytes of header, 2 of the shortest DEFLATE stream, 4 of checksum, 4 of length.
  if (!isGzip(bytes) || bytes.length < 20)
    throw new FormatError(`this is not gzip, or cut short after ${bytes.length} bytes.`, { place: name });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const claimed = view.getUint32(bytes.length - 4, true);
  checkClaim(claimed, bytes.length, limit, name);
  const data = guard(name, () => gunzipSync(bytes, { out: new Uint8Array(claimed) }));
  if (data.length !== claimed || crc32(data) !== view.getUint32(bytes.length - 8, true))
    throw new FormatError("the unpacked bytes do not match their checksum: the file is damaged. Fetch it again.", {
      place: name,
      expected: claimed,
      actual: data.length,
    });
  return data;
}

/**
 * Unpacks the files of a zip archive whose names end in `ending`, checking claimed lengths before memory is taken.
 * @param name of the archive, for errors
 * @param limit the most bytes that they may unpack to, together
 */
export function unzip(bytes: Uint8Array, name: string, ending: string, limit = unpackLimit): Map<string, Uint8Array> {
  const claims = new Map<string, number>();
  let total = 0;
  let entries = 0;
  const files = guard(name, () =>
    unzipSync(bytes, {
      filter: (file) => {
        // Every entry takes at least the 46 bytes of its header.
        if (++entries * 46 > bytes.length)
          throw new FormatError(`the archive claims more files than its ${bytes.length} bytes can hold.`, {
            place: name,
          });
        if (!file.name.endsWith(ending)) return false;
        total += file.originalSize;
        checkClaim(file.originalSize, Math.min(file.size, bytes.length), limit, `${name}/${file.name}`);
        checkClaim(total, Infinity, limit, name);
        claims.set(file.name, file.originalSize);
        return true;
      },
    }),
  );
  const unpacked = new Map(Object.entries(files));
  for (const [file, claimed] of claims)
    if (unpacked.get(file)?.length !== claimed)
      throw new FormatError(`unpacked to ${unpacked.get(file)?.length} bytes, not to the ${claimed} it claims.`, {
        place: `${name}/${file}`,
        expected: claimed,
        actual: unpacked.get(file)?.length,
      });
  return unpacked;
}

function checkClaim(claimed: number, packed: number, limit: number, place: string): void {
  if (claimed > packed * largestRatio)
    throw new FormatError(`${packed} bytes cannot unpack to the ${claimed} bytes claimed: the file is damaged.`, {
      place,
      expected: packed * largestRatio,
      actual: claimed,
    });
  if (claimed > limit)
    throw new FormatError(
      `it claims to unpack to ${claimed} bytes, over the limit of ${limit}. Raise \`limit\` if it may.`,
      {
        place,
        expected: limit,
        actual: claimed,
      },
    );
}

function guard<T>(place: string, unpack: () => T): T {
  try {
    return unpack();
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`it cannot be unpacked: ${reason}. The file is damaged or cut short.`, { place, cause });
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The checksum of gzip and zip (RFC 1952, section 8). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crcTable[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
