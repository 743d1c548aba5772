import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { isLabelled } from "../../src/data/dataset.js";
import { countClasses } from "../../src/data/labels.js";
import { split } from "../../src/data/split.js";
import { imageFiles, imageFolder, imageFolders } from "../../src/node/imageFolder.js";
import { levels, refusal, targets, tree } from "./imagesTree.js";

const datasets = process.env.MIDST_DATA ?? fileURLToPath(new URL("../../../shared/datasets", import.meta.url));
const plants = join(datasets, "plants");
const xray = join(datasets, "xray");

describe("memory", () => {
  const size = 2 * 2 * 3;
  const twelve = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i % 2}/${10 + i}.png`, 10 + i]));

  /** Which examples can still be given when the files are gone: those that are in memory. */
  async function kept(name: string, cache: number, use: (data: Awaited<ReturnType<typeof imageFolder>>) => unknown) {
    const at = await tree(name, twelve);
    const data = await imageFolder(at, { size: 2, cache, verify: name.includes("verified") });
    await use(data);
    await rm(at, { recursive: true });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        Promise.resolve(data.batch([i])).then(
          () => true,
          () => false,
        ),
      ),
    );
    return answers.filter((answer) => answer).length;
  }

  it("holds the decoded pictures, up to the bytes of the cache and no more", async () => {
    expect(await kept("verified-all", 12 * size, () => 0)).toBe(12);
    expect(await kept("verified-five", 6 * size - 1, () => 0)).toBe(5);
    expect(await kept("verified-none", 0, () => 0)).toBe(0);
  });

  it("is filled as pictures are asked for, without verify", async () => {
    expect(await kept("asked-none", 12 * size, () => 0)).toBe(0);
    expect(await kept("asked-three", 12 * size, (data) => data.batch([1, 5, 5, 7]))).toBe(3);
    expect(await kept("asked-four", 4 * size, (data) => data.batch([0, 1, 2, 3, 4, 5, 6]))).toBe(4);
  });

  it("gives the same numbers from memory and from the disk, for many batches at once", async () => {
    const at = await tree("same", twelve);
    const some = await imageFolder(at, { size: 2, cache: 5 * size });
    const none = await imageFolder(at, { size: 2, cache: 0, verify: false });
    const order = [3, 1, 4, 1, 5, 9, 2, 6, 11, 0];
    const batches = await Promise.all([some, none, some, none].map((data) => data.batch(order)));
    const expected = order.map((i) => Number(/(\d+)\.png$/.exec(some.files[i] as string)?.[1]));
    for (const batch of batches) expect(levels(batch)).toEqual(expected);
  });

  it("does not follow the indices when their array is used again", async () => {
    const at = await tree("reused", twelve);
    const data = await imageFolder(at, { size: 2, cache: 0 });
    const indices = Uint32Array.from([0, 1]);
    const first = data.batch(indices);
    indices.set([2, 3]);
    const batch = await first;
    expect([levels(batch), targets(batch)]).toEqual([
      [10, 12],
      [0, 0],
    ]);
  });
});

describe("imageFiles", () => {
  it("takes every picture, without classes", async () => {
    const at = await tree("files", { "x.png": 1, "deep/y.png": 2, "notes.txt": "" });
    const data = await imageFiles(at, { size: 2 });
    expect(data.files.map((file) => relative(at, file))).toEqual([join("deep", "y.png"), "x.png"]);
    expect([data.classes, data.targetShapes, isLabelled(data)]).toEqual([undefined, {}, false]);
    const batch = await data.batch([1, 0]);
    expect([levels(batch), batch.targets]).toEqual([[1, 2], {}]);
  });

  it("refuses a folder without pictures, and bad ones by name", async () => {
    expect((await refusal(imageFiles(await tree("files-none", { "a.txt": "" }), { size: 2 }))).message).toMatch(
      /no pictures/,
    );
    const at = await tree("files-bad", { "x.png": 1, "y.png": "no" });
    expect((await refusal(imageFiles(at, { size: 2 }))).message).toMatch(/1 of 2 .*\n.*y\.png/);
    expect((await imageFiles(at, { size: 2, badFiles: "skip" })).length).toBe(1);
  });
});

describe("imageFolders", () => {
  it("opens the parts with the classes and the colours of train", async () => {
    const at = await tree("all", {
      "train/a/1.png": 0,
      "train/b/2.png": 255,
      "train/c/3.png": 255,
      "train/c/4.png": 0,
      "test/c/5.png": 255,
      "test/b/6.png": 255,
      "val/a/7.png": 0,
      "notes/x.txt": "",
    });
    const { train, test, validation } = await imageFolders(at, { size: 2, normalise: true });
    expect(train.classes).toEqual(["a", "b", "c"]);
    expect([train.classes, train.encoding]).toEqual([test?.classes, test?.encoding]);
    expect([...(test?.labels ?? [])]).toEqual([1, 2]);
    expect([...(validation?.labels ?? [])]).toEqual([0]);
    expect(test?.encoding.mean).toEqual([0.5, 0.5, 0.5]);
    expect((await test?.batch([1]))?.inputs.input?.data).toEqual(new Float32Array(12).fill(1));
  });

  it("leaves out the parts that are not there", async () => {
    const at = await tree("train-only", { "train/a/1.png": 0, "train/b/2.png": 1 });
    expect(Object.keys(await imageFolders(at, { size: 2 }))).toEqual(["train"]);
  });

  it("refuses no train, a class that train has not, and a part given twice", async () => {
    const open = async (name: string, files: Record<string, number>) =>
      (await refusal(imageFolders(await tree(name, files), { size: 2 }))).message;
    expect(await open("no-train", { "a/1.png": 1, "b/1.png": 1 })).toMatch(
      /no folder "train" in it, only "a", "b".*split\(\)/,
    );
    const train = { "train/a/1.png": 1, "train/b/1.png": 1 };
    expect(await open("new-class", { ...train, "test/A/1.png": 1 })).toMatch(
      /folder "A" is none of the classes "a", "b"/,
    );
    expect(await open("two-vals", { ...train, "val/a/1.png": 1, "valid/a/1.png": 1 })).toMatch(/"val" and "valid"/);
  });
});

describe.skipIf(!existsSync(plants))("real photographs (plants)", () => {
  it("are 5 classes of 150 and 50, and each batch holds the picture of its file", async () => {
    const { train, test, validation } = await imageFolders(plants, { size: 32, cache: 500_000 });
    expect(train.classes).toEqual(["daisy", "dandelion", "rose", "sunflower", "tulip"]);
    expect([train.length, test?.length, validation]).toEqual([750, 250, undefined]);
    const order = [749, 0, 321];
    const batch = await train.batch(order);
    expect(targets(batch)).toEqual([4, 0, 2]);
    for (const [i, index] of order.entries()) {
      // Independent of src: sharp alone, channels first.
      const pixels = await sharp(await readFile(train.files[index] as string))
        .resize(32, 32)
        .raw()
        .toBuffer();
      const input = batch.inputs.input?.data as Float32Array;
      for (let p = 0; p < 1024; p++)
        for (let c = 0; c < 3; c++)
          expect(input[i * 3072 + c * 1024 + p]).toBeCloseTo((pixels[p * 3 + c] as number) / 255, 6);
    }
  });

  it("can be split evenly by class", async () => {
    const data = await imageFolder(join(plants, "test"), { size: 8, verify: false });
    for (const part of Object.values(split(data, { one: 0.5, other: 0.5 }, 1, { stratify: true }))) {
      const batch = await part.batch(Array.from({ length: part.length }, (_, i) => i));
      expect(countClasses(targets(batch), 5)).toEqual([25, 25, 25, 25, 25]);
    }
  });
});

describe.skipIf(!existsSync(xray))("real X-rays (xray)", () => {
  it("are grey, of 2 classes, and their mean is that of their pixels", async () => {
    const data = await imageFolder(join(xray, "test"), { size: 144, channels: 1, normalise: true });
    expect([data.classes, data.length]).toEqual([["normal", "pneumonia"], 150]);
    let sum = 0;
    for (const file of data.files) {
      // sharp gives a grey JPEG as three equal channels.
      const pixels = await sharp(await readFile(file))
        .raw()
        .toBuffer();
      for (const level of pixels) sum += level / 3;
    }
    expect(data.encoding.mean[0]).toBeCloseTo(sum / 150 / 144 ** 2 / 255, 10);
  });
});
