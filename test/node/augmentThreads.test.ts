import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { type Variation, varyPictures } from "../../src/data/augmentPictures.js";
import { augmentThreads } from "../../src/node/augmentThreads.js";

const script = new URL("../../dist/node/augmentWorker.js", import.meta.url);
const reach = {
  flip: true,
  shift: 4,
  pad: "reflect",
  rotate: 20,
  crop: 0.5,
  aspect: 1.2,
  brightness: 0.1,
  contrast: 0.2,
  saturation: 0.2,
  hue: 20,
  cutOut: 16,
} as const;

const variation = (count: number, step: number): Variation => {
  const scale = { black: 0, unit: 255, low: 0, high: 255, blank: 100 };
  return { shape: [count, 3, 64, 64], scales: [scale, scale, scale], reach, seed: 3, step };
};
const pictures = (count: number) =>
  new Uint8Array(random(1, "x").words(new Uint32Array((count * 3 * 64 * 64) / 4)).buffer);

describe("threads that vary pictures", () => {
  it("give what this thread would, in whatever order they end, and leave the pictures", async () => {
    const vary = augmentThreads(script);
    const given = pictures(20);
    const before = given.slice();
    const results = [1, 2, 3, 4].map((step) => vary(given, variation(20, step)));
    for (const result of results) expect(result).toBeInstanceOf(Promise);
    const ready = await Promise.all(results);
    expect(given).toEqual(before);
    ready.forEach((varied, i) => {
      expect(varied).toBeInstanceOf(Uint8Array);
      expect(Buffer.from(varied.buffer).equals(Buffer.from(varyPictures(given, variation(20, i + 1)).buffer))).toBe(
        true,
      );
    });
    const floats = Float32Array.from(given);
    const varied = await vary(floats, variation(20, 9));
    expect(varied).toEqual(varyPictures(floats, variation(20, 9)));
  });

  it("take pictures that are a part of a larger array", async () => {
    const given = pictures(21).subarray(3 * 64 * 64);
    expect(await augmentThreads(script)(given, variation(20, 1))).toEqual(varyPictures(given, variation(20, 1)));
  });

  it("are not asked for little, nor where their file is missing", () => {
    expect(augmentThreads(script)(pictures(1), variation(1, 1))).toBeInstanceOf(Uint8Array);
    const none = augmentThreads(pathToFileURL("/nowhere/augmentWorker.js"));
    expect(none(pictures(20), variation(20, 1))).toEqual(varyPictures(pictures(20), variation(20, 1)));
  });

  it("say so when they end, and others begin", async () => {
    const vary = augmentThreads(script);
    const wrong = { ...variation(20, 1), scales: undefined } as never;
    await expect(vary(pictures(20), wrong)).rejects.toThrow(
      /^augment: the thread that varies pictures ended \(.*\)\. Train again/,
    );
    expect(await vary(pictures(20), variation(20, 1))).toEqual(varyPictures(pictures(20), variation(20, 1)));
  });
});
