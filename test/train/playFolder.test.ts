import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EpochRecord, loadBytes, play } from "../../src/index.js";
import { load } from "../../src/node/index.js";
import { drawLatent } from "../../src/runtime/index.js";
import { readEvents } from "../support/events.js";
import { bitsOf, cloud, labelledGame, meanMade, pictureGame, pictures, pointGame, quietly } from "./games.js";
import { memoryStore } from "./memoryStore.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midst-play-"));
});
afterAll(() => rm(root, { recursive: true }));

/** The pixels of a PNG file, three bytes each. */
async function pixelsOf(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes)
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(3);
  return {
    ...info,
    at: (x: number, y: number) => [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)],
  };
}

describe("the folder of a game", () => {
  const plan = quietly({
    epochs: 3,
    batchSize: 5,
    seed: 7,
    average: 0.5,
    checkpoint: { keep: 2 },
    recipe: { from: "a test" },
  });

  it("keeps both networks, checkpoints, pictures of the same noise, the log and the recipe", async () => {
    const folder = join(root, "pictures");
    const [game, data] = [pictureGame(3), pictures(20, 3)];
    const run = await play(game, data, {
      ...plan,
      folder,
      measures: [meanMade()],
      monitor: "mean",
      samples: { drawn: 19, measured: 6 },
    });
    expect((await readdir(folder)).filter((name) => !name.startsWith("events")).sort()).toEqual([
      "best.safetensors",
      "discriminator.safetensors",
      "log.jsonl",
      "net.safetensors",
      "recipe.json",
      "samples-0001.png",
      "samples-0002.png",
      "samples-0003.png",
      "samples-over-time.png",
      "step-0000000008.safetensors",
      "step-0000000012.safetensors",
    ]);

    // The generator, and how its pictures are encoded.
    const generator = await load(join(folder, "net.safetensors"));
    expect(generator.encoding).toEqual({ kind: "latent", size: 3, noise: "normal", of: data.encoding });
    const noise = drawLatent(game.latent, 19, 7);
    const made = await game.sample(19, { seed: 7 });
    expect((await generator.predict(noise)).data).toEqual(made.data);
    const discriminator = await load(join(folder, "discriminator.safetensors"));
    expect(discriminator.encoding).toEqual(data.encoding);
    expect((await discriminator.predict(made)).data).toEqual((await game.score(made)).data);
    // A checkpoint opens as the generator, its averages aside.
    const checkpoint = await load(join(folder, "step-0000000012.safetensors"));
    expect([...checkpoint.weights.keys()]).toEqual([...game.generator.weights.keys()]);

    // 19 pictures of 4 x 4, 14 pixels of the file a pixel, 8 in a row.
    const grid = await pixelsOf(await readFile(join(folder, "samples-0003.png")));
    const gap = (grid.width - 8 * 56) / 7;
    expect([Number.isInteger(gap), gap > 0, grid.height]).toEqual([true, true, 3 * 56 + 2 * gap]);
    for (const [example, x, y] of [
      [0, 0, 0],
      [7, 3, 1],
      [18, 1, 3],
    ] as const) {
      const place = [
        (example % 8) * (56 + gap) + 14 * x + 7,
        Math.floor(example / 8) * (56 + gap) + 14 * y + 7,
      ] as const;
      const value = (channel: number) => made.data[example * 48 + channel * 16 + y * 4 + x] as number;
      const byte = (value: number) => Math.round(255 * (value / 2 + 0.5));
      grid.at(...place).forEach((level, channel) => {
        expect(Math.abs(level - byte(value(channel)))).toBeLessThanOrEqual(1);
      });
    }
    // The first row of each epoch, one below the other.
    const time = await pixelsOf(await readFile(join(folder, "samples-over-time.png")));
    expect(time.width).toBe(grid.width);
    expect(time.height % 3).toBe(0);
    const strip = time.height / 3;
    expect(strip).toBeGreaterThanOrEqual(56);
    expect(strip).toBeLessThan(56 + gap + 1);
    for (const epoch of [1, 2, 3]) {
      const own = await pixelsOf(await readFile(join(folder, `samples-000${epoch}.png`)));
      for (const x of [5, 100, 447]) expect(time.at(x, (epoch - 1) * strip + 40)).toEqual(own.at(x, 40));
    }

    const recipe = JSON.parse(await readFile(join(folder, "recipe.json"), "utf8"));
    expect(recipe).toMatchObject({
      recipe: { from: "a test" },
      play: {
        objective: { name: "nonSaturating", smoothing: 0 },
        optimizer: { generator: { name: "adam", learningRate: 2e-4, beta1: 0.5 }, discriminator: { name: "adam" } },
        ...{ epochs: 3, batchSize: 5, seed: 7, average: 0.5, measures: ["mean"], monitor: "mean" },
        samples: { drawn: 19, measured: 6 },
      },
      latent: { size: 3, noise: "normal" },
      generator: JSON.parse(JSON.stringify(game.generator)),
      discriminator: JSON.parse(JSON.stringify(game.discriminator)),
    });

    const lines = (await readFile(join(folder, "log.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const steps = lines.filter(({ kind }) => kind === "step");
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const scores = ["discriminator gradient", "fake accuracy", "generator gradient", "generator loss", "real accuracy"];
    expect(Object.keys(steps[0].scores).sort()).toEqual(scores);
    const epochs: EpochRecord[] = lines.filter(({ kind }) => kind === "epoch");
    expect(epochs.map(({ training, validation }) => ({ training, validation }))).toEqual(
      run.history.map(({ training, validation }) => ({ training, validation })),
    );
    const [events = ""] = (await readdir(folder)).filter((name) => name.startsWith("events"));
    const tags = new Set(
      readEvents(await readFile(join(folder, events))).flatMap(({ values }) => values.map(({ tag }) => tag)),
    );
    for (const name of ["generator loss", "real accuracy", "mean"])
      expect(
        [...tags].some((tag) => tag.includes(name)),
        `${name} in ${[...tags].join()}`,
      ).toBe(true);
  });

  it("of labels has a column for each class", async () => {
    const store = memoryStore();
    const data = pictures(30, 1, ["a", "b", "c"]);
    const [game, { recipe: _, checkpoint: __, ...rest }] = [labelledGame(), plan];
    await play(game, data, { ...rest, folder: store, samples: { drawn: 12 } });
    const { width, height } = await pixelsOf(store.files.get("samples-0001.png") as Uint8Array);
    expect([Math.floor(width / 56), Math.floor(height / 56)]).toEqual([3, 4]);
    expect(loadBytes(store.files.get("net.safetensors") as Uint8Array).encoding).toEqual({
      ...{ kind: "latent", size: 2, noise: "normal", of: data.encoding, classes: ["a", "b", "c"] },
    });
  });

  it("has pictures of every so many epochs, fewer than a row of them, and none where none are asked for", async () => {
    const drawn = async (samples: object, epochs: number) => {
      const store = memoryStore();
      await play(pictureGame(), pictures(10), quietly({ epochs, batchSize: 5, folder: store, samples }));
      return { store, names: [...store.files.keys()].filter((name) => name.endsWith(".png")).sort() };
    };
    const every = await drawn({ every: 2, drawn: 3 }, 5);
    expect(every.names).toEqual(["samples-0002.png", "samples-0004.png", "samples-0005.png", "samples-over-time.png"]);
    const { height } = await pixelsOf(every.store.files.get("samples-over-time.png") as Uint8Array);
    expect(height).toBe(3 * 56);
    expect((await drawn({ every: 9 }, 2)).names).toEqual(["samples-0002.png", "samples-over-time.png"]);
    expect((await drawn({ drawn: 0 }, 2)).names).toEqual([]);
    expect((await drawn({}, 15)).names).toHaveLength(16);
    const points = memoryStore();
    await play(pointGame(), cloud(10), quietly({ epochs: 1, batchSize: 5, folder: points }));
    expect([...points.files.keys()].filter((name) => name.endsWith(".png"))).toEqual([]);
  });

  it("goes on with its pictures, one that is gone left out", async () => {
    const store = memoryStore();
    const options = quietly({ epochs: 4, batchSize: 5, folder: store, samples: { drawn: 8 } });
    await play(pictureGame(), pictures(10), { ...options, epochs: 2 });
    const before = [...(store.files.get("samples-0002.png") as Uint8Array)];
    store.files.delete("samples-0001.png");
    const [game, whole, other] = [pictureGame(), pictureGame(), memoryStore()];
    await play(game, pictures(10), { ...options, resume: true });
    await play(whole, pictures(10), { ...options, folder: other });
    expect(bitsOf(game)).toEqual(bitsOf(whole));
    expect([...(store.files.get("samples-0002.png") as Uint8Array)]).toEqual(before);
    expect(store.files.get("samples-0004.png")).toEqual(other.files.get("samples-0004.png"));
    const { height } = await pixelsOf(store.files.get("samples-over-time.png") as Uint8Array);
    expect(height).toBe(3 * 56);
  });

  it("leaves out a picture that is none", async () => {
    const store = memoryStore();
    const options = quietly({ epochs: 3, batchSize: 5, folder: store, samples: { drawn: 8 } });
    await play(pictureGame(), pictures(10), { ...options, epochs: 1 });
    store.files.set("samples-0001.png", new Uint8Array([1, 2, 3]));
    const run = await play(pictureGame(), pictures(10), { ...options, resume: true });
    expect([run.ended, run.warnings]).toEqual(["done", []]);
    const { height } = await pixelsOf(store.files.get("samples-over-time.png") as Uint8Array);
    expect(height).toBe(2 * 56);
  });

  it("goes on with more rows of pictures than it began with", async () => {
    const store = memoryStore();
    const options = quietly({ epochs: 2, batchSize: 5, folder: store });
    await play(pictureGame(), pictures(10), { ...options, epochs: 1, samples: { drawn: 8 } });
    await play(pictureGame(), pictures(10), { ...options, resume: true, samples: { drawn: 24 } });
    const { height } = await pixelsOf(store.files.get("samples-over-time.png") as Uint8Array);
    // A row of pictures, and one with the gap below it: three rows are 178 high.
    expect(height).toBe(56 + 60);
  });
});
