/** The table of CRC-32C (Castagnoli et al. 1993), one byte at a time, least significant bit first. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** The CRC-32C checksum, from 0 to 2^32 - 1. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** A checksum as TFRecord stores it: turned and moved, so that the checksum of data that holds checksums is sound. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** One record of a TFRecord file: the length, its checksum, the payload, its checksum; all little-endian. */
export function tfRecord(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(payload.length + 16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(payload, 12);
  view.setUint32(12 + payload.length, masked(crc32c(payload)), true);
  return bytes;
}
