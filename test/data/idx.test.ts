import fc from "fast-check";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { DataError, FormatError } from "../../src/base/errors.js";
import { countClasses, fashionClasses, idx, mnist } from "../../src/data/index.js";
import { bytesOf, has } from "./datasets.js";

/** An idx file: kind of number, lengths of the axes, bytes. */
const file = (code: number, shape: number[], data: number[]): Uint8Array =>
  new Uint8Array([0, 0, code, shape.length, ...shape.flatMap((n) => [n >>> 24, n >>> 16, n >>> 8, n]), ...data]);

const images = file(8, [2, 2, 2], [0, 51, 102, 255, 1, 2, 3, 4]);
const labels = file(8, [2], [7, 1]);

describe("idx", () => {
  it.each([
    ["bytes", file(8, [2, 2], [0, 1, 254, 255]), "uint8", [2, 2], [0, 1, 254, 255]],
    ["signed bytes", file(9, [3], [0, 127, 128]), "int32", [3], [0, 127, -128]],
    ["shorts", file(11, [2], [1, 2, 0xff, 0xfe]), "int32", [2], [258, -2]],
    ["whole numbers", file(12, [1, 2], [0, 1, 0, 0, 0x80, 0, 0, 0]), "int32", [1, 2], [65536, -(2 ** 31)]],
    ["floats", file(13, [1], [0x40, 0x49, 0x0f, 0xdb]), "float32", [1], [Math.fround(Math.PI)]],
    ["doubles", file(14, [1], [0xbf, 0xf8, 0, 0, 0, 0, 0, 0]), "float32", [1], [-1.5]],
    ["nothing", file(8, [0, 9], []), "uint8", [0, 9], []],
  ])("reads %s, plain and gzipped", (_, bytes, dtype, shape, values) => {
    for (const form of [bytes, gzipSync(bytes)]) {
      const array = idx(form);
      expect({ dtype: array.dtype, shape: array.shape, values: [...array.data] }).toEqual({ dtype, shape, values });
    }
  });

  it.each([
    ["10 GB", file(8, [10_000, 1000, 1000], [1, 2]), "[10000, 1000, 1000], 10000000000 bytes, but 2 follow it"],
    ["more than numbers can count", file(14, Array(200).fill(0xffffffff), [1]), "but 1 follow it"],
    ["one byte more than there is", file(8, [3], [1, 2]), "[3], 3 bytes, but 2 follow it"],
    ["one byte less", file(8, [1], [1, 2]), "[1], 1 bytes, but 2 follow it"],
    ["more axes than there are", new Uint8Array([0, 0, 8, 255, 0, 0]), "the header of 255 axes takes 1024 bytes"],
    ["an unknown kind of number", file(10, [1], [1]), "it starts with the bytes 0 0 10 1"],
    ["a PNG", new Uint8Array([137, 80, 78, 71]), "it starts with the bytes 137 80 78 71"],
    ["no bytes", new Uint8Array(), "it starts with the bytes (none)"],
  ])("refuses a header that claims %s", (_, bytes, says) => {
    expect(() => idx(bytes, { name: "x.idx" })).toThrow(FormatError);
    expect(() => idx(bytes, { name: "x.idx" })).toThrow(says);
    expect(() => idx(bytes, { name: "x.idx" })).toThrow(/^x\.idx: /);
  });

  it("refuses a file cut short anywhere, plain or gzipped", () => {
    for (const whole of [images, gzipSync(images), gzipSync(images, { filename: "images" })])
      for (let length = 0; length < whole.length; length++)
        expect(() => idx(whole.subarray(0, length))).toThrow(FormatError);
  });

  it("refuses a gzipped file whose content is changed anywhere", () => {
    const packed = gzipSync(images, { mtime: 0 });
    fc.assert(
      fc.property(fc.integer({ min: 10, max: packed.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = packed.slice();
        damaged[at] = (damaged[at] ?? 0) ^ change;
        expect(() => idx(damaged)).toThrow(FormatError);
      }),
    );
  });

  it("reads any bytes as an array or as a FormatError, never as anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, real) => {
        try {
          idx(real ? new Uint8Array([0, 0, 8, ...bytes]) : bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses gzip that claims to unpack to 4 GB before it takes the memory", () => {
    const packed = gzipSync(images);
    packed.fill(255, packed.length - 4);
    expect(() => idx(packed)).toThrow("bytes cannot unpack to the 4294967295 bytes claimed");
  });

  it("refuses a gzip bomb by the limit", () => {
    const bomb = gzipSync(new Uint8Array(1_000_000));
    expect(() => idx(bomb, { limit: 999_999 })).toThrow(
      "it claims to unpack to 1000000 bytes, over the limit of 999999",
    );
  });
});

describe("mnist", () => {
  it("gives grey pictures in 0..1 with their labels", () => {
    const data = mnist(images, gzipSync(labels));
    expect(data.length).toBe(2);
    expect(data.inputShapes).toEqual({ input: [1, 2, 2] });
    const { inputs, targets } = data.batch([0]);
    expect(inputs.input?.data).toEqual(new Float32Array([0, 0.2, 0.4, 1]));
    expect(targets.target?.data).toEqual(new Int32Array([7]));
    expect(data.classes?.[7]).toBe("7");
  });

  it("standardises with the mean and deviation given, and says so in its encoding", () => {
    const data = mnist(images, labels, { mean: 0.5, deviation: 0.5 });
    expect(data.batch([0]).inputs.input?.data[3]).toBe(1);
    expect(data.batch([0]).inputs.input?.data[0]).toBe(-1);
    expect(data.encoding).toMatchObject({ kind: "images", shape: [1, 2, 2], mean: [0.5], deviation: [0.5] });
  });

  it.each([
    [
      "files that do not belong together",
      [images, file(8, [3], [1, 2, 3])],
      DataError,
      "2 images in images, but 3 labels",
    ],
    ["labels for images", [labels, labels], FormatError, "images: it holds uint8 [2], not pictures"],
    ["images for labels", [images, images], FormatError, "labels: it holds [2, 2, 2], not labels"],
    ["a label without a class", [images, file(8, [2], [10, 1])], DataError, "target: example 0 has the label 10"],
  ] as const)("refuses %s", (_, [a, b], kind, says) => {
    expect(() => mnist(a, b)).toThrow(kind);
    expect(() => mnist(a, b)).toThrow(says);
  });
});

const load = (folder: string, part: string, options = {}) =>
  mnist(bytesOf(`${folder}/${part}-images-idx3-ubyte.gz`), bytesOf(`${folder}/${part}-labels-idx1-ubyte.gz`), options);

describe.skipIf(!has("mnist"))("the real MNIST", () => {
  // LeCun's files begin with 5 0 4 1 and 7 2 1 0; the counts and the mean are those the literature gives.
  it("has 60,000 digits for training, of mean 0.1307 and deviation 0.3081", () => {
    const data = load("mnist", "train");
    expect(data.length).toBe(60_000);
    expect([...(data.labels ?? [])].slice(0, 10)).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect(countClasses(data.labels ?? [], 10)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < 60_000; i += 1000)
      for (const x of data.batch(Array.from({ length: 1000 }, (_, j) => i + j)).inputs.input?.data ?? []) {
        sum += x;
        squares += x * x;
      }
    const mean = sum / (60_000 * 784);
    expect(mean).toBeCloseTo(0.1307, 4);
    expect(Math.sqrt(squares / (60_000 * 784) - mean * mean)).toBeCloseTo(0.3081, 4);
  });

  it("has 10,000 for testing", () => {
    const data = load("mnist", "t10k");
    expect(data.length).toBe(10_000);
    expect([...(data.labels ?? [])].slice(0, 10)).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });
});

describe.skipIf(!has("fashion-mnist"))("the real Fashion-MNIST", () => {
  it("has 1,000 of each class for testing, and begins with an ankle boot", () => {
    const data = load("fashion-mnist", "t10k", { classes: fashionClasses });
    expect(countClasses(data.labels ?? [], 10)).toEqual(Array(10).fill(1000));
    expect(data.classes?.[data.labels?.[0] ?? -1]).toBe("Ankle boot");
  });
});
