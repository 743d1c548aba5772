import { describe, expect, it } from "vitest";
import { DataError, FormatError } from "../../src/base/errors.js";
import { cifar10, cifar100, countClasses } from "../../src/data/index.js";
import { bytesOf, has } from "./datasets.js";

const record = (...labels: number[]) => [
  ...labels,
  ...Array(1024).fill(255),
  ...Array(1024).fill(51),
  ...Array(1024).fill(0),
];
const one = new Uint8Array(record(8));
const two = new Uint8Array([...record(3), ...record(9)]);

describe("cifar10", () => {
  it("joins files and puts red, green and blue apart, in 0..1", () => {
    const data = cifar10([one, two]);
    expect(data.length).toBe(3);
    expect(data.inputShapes).toEqual({ input: [3, 32, 32] });
    expect([...(data.labels ?? [])].map((label) => data.classes?.[label])).toEqual(["ship", "cat", "truck"]);
    const values = data.batch([1]).inputs.input?.data;
    expect([values?.[0], values?.[1023], values?.[1024], values?.[2048]]).toEqual([1, 1, Math.fround(0.2), 0]);
  });

  it("standardises by channel", () => {
    const data = cifar10(one, { mean: [1, 0.2, 0.5], deviation: [1, 1, 0.25] });
    const values = data.batch([0]).inputs.input?.data;
    expect([values?.[0], values?.[1024], values?.[2048]]).toEqual([0, 0, -2]);
  });

  it("refuses a file cut short anywhere but between records", () => {
    for (let length = 0; length < two.length; length += 7) {
      if (length % 3073 === 0 && length > 0) continue;
      expect(() => cifar10(two.subarray(0, length))).toThrow(FormatError);
    }
    expect(() => cifar10([one, two.subarray(1)], { name: "batches" })).toThrow(
      "batches (file 2 of 2): its 6145 bytes are not whole records of 3073",
    );
  });

  it("refuses labels that have no class, and no files", () => {
    expect(() => cifar10(new Uint8Array(record(10)), { name: "x.bin" })).toThrow("x.bin: record 0 has the label 10");
    expect(() => cifar10([])).toThrow(DataError);
  });
});

describe("cifar100", () => {
  it("reads the fine or the coarse labels", () => {
    const file = new Uint8Array([...record(11, 49), ...record(19, 99)]);
    const name = (data: ReturnType<typeof cifar100>) => [...(data.labels ?? [])].map((label) => data.classes?.[label]);
    expect(name(cifar100(file))).toEqual(["mountain", "worm"]);
    expect(name(cifar100(file, { labels: "coarse" }))).toEqual(["large_omnivores_and_herbivores", "vehicles_2"]);
    expect(cifar100(file).classes).toHaveLength(100);
    expect(cifar100(file, { labels: "coarse" }).classes).toHaveLength(20);
    expect(() => cifar100(one)).toThrow("not whole records of 3074");
  });
});

describe.skipIf(!has("cifar10"))("the real CIFAR-10", () => {
  it("begins with a frog, as published", () => {
    const data = cifar10(bytesOf("cifar10/data_batch_1.bin"));
    expect(data.length).toBe(4000);
    expect([...(data.labels ?? [])].slice(0, 10)).toEqual([6, 9, 9, 4, 1, 1, 2, 7, 8, 3]);
    expect(data.classes?.[6]).toBe("frog");
    const values = data.batch([0]).inputs.input?.data ?? [];
    // The frog's first pixel is (59, 62, 63).
    expect([0, 1024, 2048].map((at) => Math.round((values[at] ?? 0) * 255))).toEqual([59, 62, 63]);
  });

  it("has a test part that begins with a cat and ships", () => {
    const data = cifar10(bytesOf("cifar10/test_batch.bin"));
    expect([...(data.labels ?? [])].slice(0, 10)).toEqual([3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
    expect(countClasses(cifar10(bytesOf("cifar10/test_batch_jpeg.bin")).labels ?? [], 10)).toEqual(Array(10).fill(100));
  });
});
