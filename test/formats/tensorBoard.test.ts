import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/base/errors.js";
import { eventFileName, fileVersion, histogramOf, sessionStart, summaries } from "../../src/formats/index.js";
import { crc32c, tfRecord } from "../../src/formats/tensorBoardRecord.js";
import { encodePng } from "../../src/node/index.js";
import { payloads, readEvents, slowCrc32c } from "../support/events.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("CRC-32C", () => {
  // RFC 3720, appendix B.4, and the check value of the catalogues.
  it.each([
    ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
    ["32 bytes of 0", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of 255", new Uint8Array(32).fill(255), 0x62a8ab43],
    ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["31 to 0", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ["nothing", new Uint8Array(0), 0],
  ])("of %s", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it("is that of the slow way for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(crc32c(bytes)).toBe(slowCrc32c(bytes));
      }),
    );
  });
});

describe("a record", () => {
  // The file version as TensorBoard 2.21's own writer puts it down for the wall time 1.
  it("has TensorBoard's bytes", () => {
    expect(hex(fileVersion(1))).toBe(
      "1800000000000000a37f4b2209000000000000f03f1a0d627261696e2e4576656e743a3286bf577a",
    );
  });

  it("gives any payload back", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (parts) => {
        expect(payloads(Buffer.concat(parts.map(tfRecord))).map(hex)).toEqual(parts.map(hex));
      }),
    );
  });
});

describe("events", () => {
  it("hold the version, the restart and the numbers", () => {
    const bytes = Buffer.concat([
      fileVersion(1.5),
      sessionStart(7, 2.5),
      summaries(2 ** 33, 3.5, {
        "loss/training": { scalar: 0.25 },
        lernrate: { scalar: -Infinity },
        "ä/ß": { scalar: 0 },
      }),
    ]);
    expect(readEvents(bytes)).toEqual([
      { wallTime: 1.5, step: 0, fileVersion: "brain.Event:2", values: [] },
      { wallTime: 2.5, step: 7, session: 1, values: [] },
      {
        wallTime: 3.5,
        step: 2 ** 33,
        values: [
          { tag: "loss/training", scalar: 0.25 },
          { tag: "lernrate", scalar: -Infinity },
          { tag: "ä/ß", scalar: 0 },
        ],
      },
    ]);
  });

  it.each([
    [1, 1],
    [3, 3],
    [4, 4],
  ])("hold pictures of %i channels", async (channels, colorspace) => {
    const png = await encodePng({ width: 5, height: 2, data: new Uint8Array(10 * channels).fill(7) });
    const [event] = readEvents(summaries(1, 1, { picture: { png } }));
    expect(event?.values[0]?.image).toMatchObject({ width: 5, height: 2, colorspace });
    expect(hex(event?.values[0]?.image?.png as Uint8Array)).toBe(hex(png));
  });

  it("refuse what is no PNG", () => {
    expect(() => summaries(1, 1, { picture: { png: new Uint8Array(40) } })).toThrow(FormatError);
    expect(() => summaries(1, 1, { picture: { png: new Uint8Array(0) } })).toThrow(
      "picture: the picture is not the bytes",
    );
  });

  it("are in files that TensorBoard finds, in the order of their times", () => {
    expect(eventFileName(1_700_000_000.9)).toBe("events.out.tfevents.1700000000.midst");
    expect(eventFileName(5, "here")).toBe("events.out.tfevents.0000000005.here");
  });
});

describe("a histogram", () => {
  // 0 to 30 in steps of 1: one in each bucket [i, i + 1), and both 29 and 30 in the last.
  it("has thirty buckets that hold their left end, the last both", () => {
    const values = Array.from({ length: 31 }, (_, i) => i);
    const { bucketLimit, bucket, ...rest } = histogramOf(values);
    expect(rest).toEqual({ min: 0, max: 30, num: 31, sum: 465, sumSquares: 9455 });
    expect(bucketLimit).toEqual(values.slice(1));
    expect(bucket).toEqual([...new Array(29).fill(1), 2]);
  });

  it("counts every finite number once, between its bucket's ends", () => {
    fc.assert(
      fc.property(fc.array(fc.float()), (values) => {
        const finite = values.filter(Number.isFinite);
        const { num, min, max, bucket, bucketLimit } = histogramOf(values);
        expect(num).toBe(finite.length);
        expect(bucket.reduce((a, b) => a + b, 0)).toBe(finite.length);
        if (finite.length === 0) return;
        expect([min + 0, max + 0]).toEqual([Math.min(...finite) + 0, Math.max(...finite) + 0]);
        expect(bucketLimit.at(-1)).toBe(max);
        expect(bucketLimit.every((limit, i) => i === 0 || limit >= (bucketLimit[i - 1] as number))).toBe(true);
      }),
    );
  });

  it("is one bucket for equal numbers, and empty for none", () => {
    expect(histogramOf([3, 3])).toEqual({
      min: 3,
      max: 3,
      num: 2,
      sum: 6,
      sumSquares: 18,
      bucketLimit: [3],
      bucket: [2],
    });
    expect(histogramOf([Number.NaN])).toMatchObject({ num: 0, bucketLimit: [0], bucket: [0] });
  });

  it("comes through the file", () => {
    const histogram = histogramOf([1, 2, 4]);
    const { bucketLimit: limits, bucket: counts, ...rest } = histogram;
    expect(readEvents(summaries(3, 1, { weights: { histogram } }))[0]?.values).toEqual([
      { tag: "weights", histogram: { ...rest, limits, counts } },
    ]);
  });
});
