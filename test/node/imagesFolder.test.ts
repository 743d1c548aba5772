import { chmod, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { isLabelled } from "../../src/data/dataset.js";
import { imageFolder } from "../../src/node/imageFolder.js";
import { readImage } from "../../src/node/images.js";
import { cut, levels, refusal, root, tree } from "./imagesTree.js";

describe("imageFolder", () => {
  it("reads classes and pictures in order of name, whatever order the disk gives", async () => {
    const at = await tree("order", {
      "tulip/b.png": 20,
      "tulip/a.png": 10,
      "rose/10.png": 30,
      "rose/9.png": 40,
      "Ähre/x.png": 50,
    });
    const data = await imageFolder(at, { size: [2, 3] });
    expect(data.classes).toEqual(["rose", "tulip", "Ähre"]);
    expect(data.files.map((file) => relative(at, file))).toEqual(
      ["rose/10.png", "rose/9.png", "tulip/a.png", "tulip/b.png", "Ähre/x.png"].map((file) => join(file)),
    );
    expect([...data.labels]).toEqual([0, 0, 1, 1, 2]);
    expect([data.length, data.inputShapes, data.targetShapes]).toEqual([5, { input: [3, 2, 3] }, { target: [] }]);
    const batch = await data.batch([4, 0, 2, 2]);
    expect(batch.inputs.input?.shape).toEqual([4, 3, 2, 3]);
    expect(levels(batch)).toEqual([50, 30, 10, 10]);
    expect(batch.targets.target).toEqual({ dtype: "int32", shape: [4], data: Int32Array.from([2, 0, 1, 1]) });
    expect(isLabelled(data)).toBe(true);
    expect(data.skipped).toEqual([]);
  });

  it("encodes as its encoding says, so that readImage gives the same numbers for the same file", async () => {
    const noise = Uint8Array.from({ length: 6 * 9 * 3 }, (_, i) => (i * 97) % 256);
    const odd = await sharp(noise, { raw: { width: 9, height: 6, channels: 3 } })
      .png()
      .toBuffer();
    const at = await tree("encoding", { "a/x.png": odd, "b/y.png": 7 });
    const data = await imageFolder(at, { size: 3, fit: "contain", mean: [0.1, 0.2, 0.3], deviation: 0.5 });
    expect(data.encoding).toEqual({
      kind: "images",
      shape: [3, 3, 3],
      mean: [0.1, 0.2, 0.3],
      deviation: [0.5, 0.5, 0.5],
      fit: "contain",
      classes: ["a", "b"],
    });
    const batch = await data.batch([0]);
    const saved = JSON.parse(JSON.stringify(data.encoding)) as typeof data.encoding;
    expect(batch.inputs.input?.data).toEqual((await readImage(join(at, "a/x.png"), saved)).data);
  });

  it("gives bytes where it is asked to, and measures what the network is to do with them", async () => {
    const at = await tree("bytes", { "a/x.png": 10, "b/y.png": 30 });
    const data = await imageFolder(at, { size: 2, bytes: true, normalise: true });
    const { input } = (await data.batch([1, 0])).inputs;
    expect(input).toEqual({
      dtype: "uint8",
      shape: [2, 3, 2, 2],
      data: Uint8Array.from({ length: 24 }, (_, i) => (i < 12 ? 30 : 10)),
    });
    expect(data.encoding).toMatchObject({ bytes: true, classes: ["a", "b"] });
    expect(data.encoding.mean[0]).toBeCloseTo(20 / 255, 9);
    expect(data.encoding.deviation[0]).toBeCloseTo(10 / 255, 9);
    const saved = JSON.parse(JSON.stringify(data.encoding)) as typeof data.encoding;
    const photo = await readImage(join(at, "b/y.png"), saved);
    expect(photo).toEqual({ dtype: "uint8", shape: [3, 2, 2], data: new Uint8Array(12).fill(30) });
  });

  it("makes grey pictures of one channel", async () => {
    const at = await tree("grey", { "a/x.png": 100, "b/y.png": 200 });
    const batch = await (await imageFolder(at, { size: 2, channels: 1 })).batch([0, 1]);
    expect(batch.inputs.input?.shape).toEqual([2, 1, 2, 2]);
    expect(levels(batch)).toEqual([100, 200]);
  });

  it("passes over hidden files and other kinds of file, and follows links once", async () => {
    const at = await tree("other", {
      "a/x.PNG": 1,
      "a/deep/y.png": 2,
      "a/.hidden.png": 3,
      "a/notes.txt": "x",
      "b/z.png": 4,
      ".git/q.png": 5,
      "readme.md": "x",
    });
    await symlink(join(at, "a"), join(at, "a/deep/loop"));
    await symlink(join(at, "b/z.png"), join(at, "b/zz.png"));
    const data = await imageFolder(at, { size: 2 });
    expect(data.files.map((file) => relative(at, file))).toEqual(
      ["a/deep/y.png", "a/x.PNG", "b/z.png", "b/zz.png"].map((file) => join(file)),
    );
    expect([...data.labels]).toEqual([0, 0, 1, 1]);
  });

  it("makes class names safe to print", async () => {
    const at = await tree("names", { "ro\u001b[31mse\n/x.png": 1, "tulip/y.png": 2 });
    expect((await imageFolder(at, { size: 2 })).classes).toEqual(["ro\\u{1b}[31mse\\u{a}", "tulip"]);
  });

  it("takes the classes in a given order, and refuses a folder that is none of them", async () => {
    const at = await tree("given", { "a/x.png": 1, "b/y.png": 2 });
    const data = await imageFolder(at, { size: 2, classes: ["c", "b", "a"] });
    expect([...data.labels]).toEqual([2, 1]);
    expect(data.encoding.classes).toEqual(["c", "b", "a"]);
    const error = await refusal(imageFolder(at, { size: 2, classes: ["a", "c"] }));
    expect(error.message).toMatch(/folder "b" is none of the classes "a", "c"/);
  });

  it("measures mean and deviation of each channel", async () => {
    const two = await sharp(Uint8Array.from([255, 0, 51, 0, 0, 51, 255, 0, 153, 0, 0, 153]), {
      raw: { width: 2, height: 2, channels: 3 },
    })
      .png()
      .toBuffer();
    const at = await tree("moments", { "a/x.png": two, "b/y.png": two });
    const { encoding, batch } = await imageFolder(at, { size: 2, normalise: true });
    // Red is 255, 0, 255, 0; green is always 0; blue is 51, 51, 153, 153: mean 0.4, deviation 0.2.
    for (const [c, [mean, deviation]] of [
      [0.5, 0.5],
      [0, 1],
      [0.4, 0.2],
    ].entries()) {
      expect(encoding.mean[c]).toBeCloseTo(mean as number, 12);
      expect(encoding.deviation[c]).toBeCloseTo(deviation as number, 12);
    }
    const data = (await batch([0])).inputs.input?.data as Float32Array;
    for (const [i, value] of [1, -1, 1, -1, 0, 0, 0, 0, -1, -1, 1, 1].entries()) expect(data[i]).toBeCloseTo(value, 6);
  });

  it("refuses a position that does not exist", async () => {
    const data = await imageFolder(await tree("given", {}), { size: 2 });
    await expect(data.batch([0, 2])).rejects.toThrow(/no example 2: the data set has 2/);
  });

  it("refuses what is no data set, naming the folder and the way out", async () => {
    const cases: [string, Record<string, number | string>, RegExp][] = [
      ["none", {}, /none: the folder is empty\. It needs a folder of pictures for each class/],
      ["loose", { "x.png": 1, "y.png": 1 }, /loose: there are 2 pictures but no class folders.*imageFiles\(\)/],
      ["single", { "rose/x.png": 1 }, /single: there is one class only, "rose".*Add a folder/],
      ["hole", { "a/x.png": 1, "b/notes.txt": "" }, /hole: the class folder "b" has no pictures/],
      [
        "parts",
        { "train/a/x.png": 1, "test/a/x.png": 1 },
        /parts: it has the parts test, train\. Use imageFolders\(\)/,
      ],
    ];
    for (const [name, files, message] of cases)
      expect((await refusal(imageFolder(await tree(name, files), { size: 2 }))).message).toMatch(message);
    expect((await refusal(imageFolder(join(root, "missing"), { size: 2 }))).message).toMatch(
      /missing: there is no such/,
    );
    expect((await refusal(imageFolder(join(root, "single/rose/x.png"), { size: 2 }))).message).toMatch(/ENOTDIR/);
  });

  it("refuses options that cannot be", async () => {
    const open = (options: object) => imageFolder(root, options as { size: number });
    await expect(open({ size: 2, sise: 3 })).rejects.toThrow(/Did you mean "size"/);
    await expect(open({ size: 0 })).rejects.toThrow(OptionError);
    await expect(open({ size: 2, channels: 2 })).rejects.toThrow(/1 or 3 channels/);
    await expect(open({ size: 2, badFiles: "ignore" })).rejects.toThrow(/"refuse" or "skip", got ignore/);
    await expect(open({ size: 2, normalise: true, mean: 0.5 })).rejects.toThrow(/normalise measures/);
    await expect(open({ size: 2, cache: -1 })).rejects.toThrow(/cache/);
    await expect(open({ size: 2, mean: [0, 0] })).rejects.toThrow(/2 numbers for 3 channels/);
  });
});

describe("bad files", () => {
  const bad = async (name: string) =>
    tree(name, {
      "a/1.png": 10,
      "a/2.png": await cut(),
      "a/3.jpg": "not a picture",
      "a/4.heic": "x",
      "b/5.png": 50,
      "b/6.webp": "",
      "lost.png": 60,
    });

  it("are all listed by name, with the reason and the way out", async () => {
    const error = await refusal(imageFolder(await bad("bad"), { size: 2 }));
    expect(error.message).toMatch(/bad: 5 of 7 pictures cannot be used:\n/);
    expect(error.message).toMatch(/2\.png: the picture cannot be decoded/);
    expect(error.message).toMatch(/3\.jpg: expected a JPEG, PNG or WebP picture, got bytes that begin 6e 6f 74/);
    expect(error.message).toMatch(/4\.heic: HEIC pictures are not read/);
    expect(error.message).toMatch(/6\.webp: expected a JPEG, PNG or WebP picture, got no bytes/);
    expect(error.message).toMatch(/lost\.png: it lies outside the class folders/);
    expect(error.message).toMatch(/badFiles: "skip"/);
    expect(error.actual).toHaveLength(5);
  });

  it("can be left out, and are reported", async () => {
    const at = await bad("bad-skipped");
    const told: string[] = [];
    const onSkip = (file: string, reason: string) => told.push(`${relative(at, file)}: ${reason}`);
    const data = await imageFolder(at, { size: 2, badFiles: "skip", onSkip });
    expect(data.files.map((file) => relative(at, file))).toEqual([join("a", "1.png"), join("b", "5.png")]);
    expect(levels(await data.batch([0, 1]))).toEqual([10, 50]);
    const names = ["a/2.png", "a/3.jpg", "a/4.heic", "b/6.webp", "lost.png"].map((file) => join(file));
    expect(data.skipped.map(({ file }) => relative(at, file))).toEqual(names);
    expect(told).toEqual(data.skipped.map(({ file, reason }) => `${relative(at, file)}: ${reason}`));
  });

  it("leave no class behind without pictures", async () => {
    const at = await tree("bad-class", { "a/1.png": 1, "b/2.png": "no", "b/3.png": "no" });
    const error = await refusal(imageFolder(at, { size: 2, badFiles: "skip" }));
    expect(error.message).toMatch(/bad-class: no picture of the class "b" can be used/);
    const all = await tree("bad-all", { "a/1.png": "no", "b/2.png": "no" });
    expect((await refusal(imageFolder(all, { size: 2, badFiles: "skip" }))).message).toMatch(/none of its 2 pictures/);
  });

  it("are found by their head alone without verify, and a cut one when its batch is asked for", async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>';
    const at = await tree("bad-heads", { "a/1.png": 1, "a/2.png": await cut(), "b/3.png": 3, "b/4.png": svg });
    const data = await imageFolder(at, { size: 2, verify: false, badFiles: "skip" });
    expect(data.skipped.map(({ file }) => relative(at, file))).toEqual([join("b", "4.png")]);
    expect(levels(await data.batch([0, 2]))).toEqual([1, 3]);
    const error = await refusal(Promise.resolve(data.batch([0, 1])));
    expect(error.place).toBe(join(at, "a/2.png"));
    expect(error.message).toMatch(/2\.png: the picture cannot be decoded.*verify: true with badFiles: "skip"/);
  });

  it("show at most 20 names", async () => {
    const many = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`a/${i}.png`, "no"]));
    const error = await refusal(imageFolder(await tree("bad-many", { ...many, "b/x.png": 1 }), { size: 2 }));
    expect(error.message.split("\n")).toHaveLength(1 + 20 + 1 + 1);
    expect(error.message).toMatch(/and 5 more/);
    expect(error.actual).toHaveLength(25);
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "are those without the right to read",
    async () => {
      const at = await tree("bad-rights", { "a/1.png": 1, "b/2.png": 2 });
      await chmod(join(at, "b/2.png"), 0o000);
      expect((await refusal(imageFolder(at, { size: 2 }))).message).toMatch(/2\.png: permission denied/);
    },
  );
});
