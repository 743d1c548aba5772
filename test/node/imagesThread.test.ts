import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { imageEncoding } from "../../src/data/images.js";
import { imageFolder } from "../../src/node/imageFolder.js";
import { openPictures } from "../../src/node/imageFolderOpen.js";
import { imagesThread } from "../../src/node/imagesThread.js";
import { root, tree } from "./imagesTree.js";

const script = new URL("../../dist/node/imagesWorker.js", import.meta.url);

const noise = (seed: number) =>
  sharp(
    Uint8Array.from({ length: 90 * 70 * 3 }, (_, i) => (i * (97 + seed)) % 251),
    { raw: { width: 90, height: 70, channels: 3 } },
  )
    .jpeg()
    .toBuffer();

const folder = async (name: string) =>
  tree(
    name,
    Object.fromEntries(await Promise.all([0, 1, 2, 3].map(async (i) => [`${i % 2}/${i}.jpg`, await noise(i)]))),
  );

describe("the thread that reads pictures", () => {
  it.each([
    ["every time", 0],
    ["once", 1e9],
    ["once where there is room for two", 2 * 3 * 96 * 128],
  ])("gives what the main thread would, decoding them %s", async (name, cache) => {
    const at = await folder(name);
    const usual = await imageFolder(at, { size: [96, 128], mean: 0.4, deviation: 0.3, verify: false });
    const scan = { classes: [], found: usual.files.map((file) => ({ file, label: 0 })), bad: [] };
    const encoding = { ...usual.encoding, fit: "cover" } as const;
    const given = { normalise: false, badFiles: "refuse", onSkip: undefined, verify: false, cache } as const;
    const asked: (readonly (string | Uint8Array)[])[] = [];
    const inThread = imagesThread(script);
    const opened = await openPictures(at, scan, { ...given, encoding }, async (job) => {
      asked.push(job.sources);
      const made = await inThread(job);
      expect(made).toBeDefined();
      return made;
    });
    const expected = (await usual.batch([2, 0, 3, 1])).inputs.input;
    for (let round = 0; round < 2; round++) expect((await opened.inputs([2, 0, 3, 1])).input).toEqual(expected);
    const decoded = asked.map((sources) => sources.filter((source) => typeof source === "string").length);
    expect(decoded).toEqual([4, { 0: 4, 1e9: 0 }[cache] ?? 2]);
  });

  it("leaves small batches and what cannot be read to the main thread, and goes on", async () => {
    const at = await folder("bad");
    const encoding = imageEncoding({ shape: [3, 128, 128] });
    const thread = imagesThread(script);
    const sources = [0, 1, 2, 3].map((i) => join(at, `${i % 2}/${i}.jpg`));
    const ask = (files: string[]) => thread({ sources: files, encoding, keep: false });
    expect(await ask(sources.slice(0, 1))).toBeUndefined();
    expect(await ask([...sources, join(root, "missing.jpg")])).toBeUndefined();
    expect((await ask(sources))?.data).toHaveLength(4 * 3 * 128 * 128);
  });
});
