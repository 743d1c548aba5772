/** One event of a TensorBoard event file, read by hand from the bytes. */
export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly session?: number;
  readonly values: readonly ReadValue[];
}

export interface ReadValue {
  readonly tag: string;
  readonly scalar?: number;
  readonly image?: {
    readonly height: number;
    readonly width: number;
    readonly colorspace: number;
    readonly png: Uint8Array;
  };
  readonly histogram?: Readonly<Record<"min" | "max" | "num" | "sum" | "sumSquares", number>> & {
    readonly limits: readonly number[];
    readonly counts: readonly number[];
  };
}

/** CRC-32C bit by bit: slow, and written without a look at the product's. */
export function slowCrc32c(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const low = (crc ^ (byte >> bit)) & 1;
      crc = (crc >>> 1) ^ (low === 1 ? 0x82f63b78 : 0);
    }
  return ~crc >>> 0;
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The payloads of a TFRecord file; throws for a checksum that is wrong. */
export function payloads(bytes: Uint8Array): Uint8Array[] {
  const unmask = (stored: number): number => {
    const turned = (stored - 0xa282ead8) >>> 0;
    return ((turned >>> 17) | (turned << 15)) >>> 0;
  };
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view(bytes).getBigUint64(at, true));
    const check = (from: number, to: number) => {
      const part = bytes.subarray(from, to);
      if (unmask(view(bytes).getUint32(to, true)) !== slowCrc32c(part)) throw new Error(`bad checksum at ${to}`);
      return part;
    };
    check(at, at + 8);
    found.push(check(at + 12, at + 12 + length));
    at += 16 + length;
  }
  return found;
}

type Field = bigint | Uint8Array;

/** The fields of a protobuf message by number: varints as they are, the rest as bytes. */
function fields(bytes: Uint8Array): Map<number, Field[]> {
  const found = new Map<number, Field[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(bytes[at++] as number);
      value |= (byte & 127n) << shift;
      if (byte < 128n) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const kind = key & 7;
    const length = kind === 1 ? 8 : kind === 5 ? 4 : kind === 2 ? Number(varint()) : 0;
    const value = kind === 0 ? varint() : bytes.subarray(at, at + length);
    at += length;
    found.set(key >> 3, [...(found.get(key >> 3) ?? []), value]);
  }
  return found;
}

const bytesOf = (field: Field | undefined) => (field instanceof Uint8Array ? field : undefined);
const numberOf = (field: Field | undefined) => Number(typeof field === "bigint" ? field : 0n);
const doubles = (field: Field | undefined): number[] => {
  const bytes = bytesOf(field) ?? new Uint8Array(0);
  return Array.from({ length: bytes.length / 8 }, (_, i) => view(bytes).getFloat64(8 * i, true));
};

/** The events of a file. */
export const readEvents = (bytes: Uint8Array): ReadEvent[] =>
  payloads(bytes).map((payload) => {
    const event = fields(payload);
    const summary = bytesOf(event.get(5)?.[0]);
    const version = bytesOf(event.get(3)?.[0]);
    const session = bytesOf(event.get(7)?.[0]);
    return {
      wallTime: doubles(event.get(1)?.[0])[0] ?? 0,
      step: numberOf(event.get(2)?.[0]),
      ...(version && { fileVersion: Buffer.from(version).toString("utf8") }),
      ...(session && { session: numberOf(fields(session).get(1)?.[0]) }),
      values:
        summary === undefined ? [] : (fields(summary).get(1) ?? []).map((value) => readValue(value as Uint8Array)),
    };
  });

function readValue(bytes: Uint8Array): ReadValue {
  const value = fields(bytes);
  const [scalar, image, histogram] = [2, 4, 5].map((number) => bytesOf(value.get(number)?.[0]));
  return {
    tag: Buffer.from(bytesOf(value.get(1)?.[0]) ?? []).toString("utf8"),
    ...(scalar && { scalar: view(scalar).getFloat32(0, true) }),
    ...(image && { image: readImage(fields(image)) }),
    ...(histogram && { histogram: readHistogram(fields(histogram)) }),
  };
}

function readImage(image: Map<number, Field[]>) {
  const [height, width, colorspace] = [1, 2, 3].map((number) => numberOf(image.get(number)?.[0])) as [
    number,
    number,
    number,
  ];
  return { height, width, colorspace, png: bytesOf(image.get(4)?.[0]) ?? new Uint8Array(0) };
}

function readHistogram(histogram: Map<number, Field[]>) {
  const [min = 0, max = 0, num = 0, sum = 0, sumSquares = 0] = [1, 2, 3, 4, 5].map(
    (number) => doubles(histogram.get(number)?.[0])[0],
  );
  return {
    min,
    max,
    num,
    sum,
    sumSquares,
    limits: doubles(histogram.get(6)?.[0]),
    counts: doubles(histogram.get(7)?.[0]),
  };
}
