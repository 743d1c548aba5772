import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dcgan } from "midst/nets";
import { save } from "midst/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gameWishes } from "../../src/cli/gameWishes.js";
import { album } from "./pictures.js";
import { filesIn, inFolder, midst, type Outcome } from "./run.js";

/** A clear error: exit code 1, one line that says what is expected of it, no stack trace. */
function expectError({ code, stdout, stderr }: Outcome, ...parts: string[]): void {
  for (const part of parts) expect(stderr).toContain(part);
  expect(stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
  expect(stderr).not.toContain("--debug");
  expect(stdout).toBe("");
  expect(code).toBe(1);
}

let folder: string;
let flat: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-bad-game-"));
  flat = await album(join(folder, "flat"), 4);
});
afterAll(() => rm(folder, { recursive: true }));

const small = ["--gan", "--features", "2", "--latent", "4", "--epochs", "1", "--no-run"];

describe("midst train --gan refuses", () => {
  it.each([
    ["a folder that does not exist", () => [join(folder, "nothing")], ["nothing: there is no such file or folder"]],
    [
      "a size that it has no network for",
      () => [flat, "--size", "48"],
      ["--size: must be 28, 32 or 64 with --gan, got 48"],
    ],
    [
      "classes where there are none",
      () => [flat, "--conditional"],
      ["--conditional: needs a folder of pictures for each class", "/flat has no folders in it"],
    ],
    [
      "a batch larger than the data",
      () => [flat, "--batch-size", "5"],
      ["--batch-size: is 5, but there are 4 pictures. Lower it to 4 at most"],
    ],
    [
      "more turns of the discriminator than there are steps",
      () => [flat, "--discriminator-steps", "9"],
      ["discriminatorSteps is 9, but the run has 1 steps in all"],
    ],
    ["grey leaves", () => ["leaves", "--grey"], ["--grey: the drawn leaves are in colour"]],
    [
      "smoothing where nothing is labelled",
      () => [flat, "--objective", "hinge", "--smoothing", "0.1"],
      ['--smoothing: is of the labels real and made, which "hinge" has not'],
    ],
    [
      "checkpoints without a folder",
      () => [flat, "--checkpoint-steps", "3"],
      ["--checkpoint-steps: needs the folder of a run"],
    ],
  ])("%s", async (_, words, parts) => expectError(await midst("train", ...words(), ...small), ...parts));

  it("an option that means nothing for a game", async () => {
    expectError(
      await midst("train", flat, ...small, "--target", "a"),
      "--target: means nothing for two networks that play against each other. Leave it out, or --gan.",
    );
    const idle = {
      ...{ validation: 0.1, mixup: 0.2, labelSmoothing: 0.1, classWeights: true, patience: 3, net: "cnn", from: "a" },
      ...{ rotate: 10, optimizer: "sgd", schedule: "cosine", warmUp: 1, forecast: "a", accumulate: 2, text: "a" },
    };
    for (const [name, value] of Object.entries(idle)) {
      const word = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      expect(() => gameWishes({ gan: true, [name]: value } as object), name).toThrow(
        `${word}: means nothing for two networks`,
      );
    }
    const meant = { gan: true, net: "auto", augment: true, averaged: undefined, epochs: 3, run: false, latent: 5 };
    expect(gameWishes(meant as object)).toEqual({ latent: 5 });
  });

  it("an empty folder, and one picture only", () =>
    inFolder(async (own) => {
      expectError(await midst("train", own, ...small), own, "there are no pictures (JPEG, PNG, WebP) in the folder");
      const one = await album(join(own, "one"), 1);
      expectError(await midst("train", one, ...small), one, "a game needs more than one picture");
      const alone = await album(join(own, "alone"), 3, ["rose"]);
      expectError(await midst("train", alone, ...small, "--conditional"), alone, 'one class only, "rose"');
    }));

  it("a file, and idx files of another size", () =>
    inFolder(async (own) => {
      const file = join(own, "flowers.csv");
      await writeFile(file, "a,b\n1,2\n");
      expectError(await midst("train", file, ...small), "flowers.csv", "--gan is for a folder of pictures");
      const digits = join(own, "digits");
      await mkdir(digits);
      const header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 5];
      await writeFile(join(digits, "train-images-idx3-ubyte"), Uint8Array.from([...header, ...new Uint8Array(50)]));
      expectError(await midst("train", digits, ...small), digits, "has no file like train-labels-idx");
      await writeFile(join(digits, "train-labels-idx1-ubyte"), Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 2, 0, 1]));
      const expected = "its pictures are 5x5, --gan takes 28, 32 or 64 pixels square";
      expectError(await midst("train", digits, ...small), "train-images-idx3-ubyte", expected);
    }));

  it("a file that is no picture, and leaves it out when asked", () =>
    inFolder(async (own) => {
      const data = await album(join(own, "data"), 3);
      const whole = await readFile(join(data, "1.png"));
      await writeFile(join(data, "torn.png"), whole.subarray(0, whole.length - 30));
      await writeFile(join(data, "text.jpg"), "not a picture");
      await writeFile(join(data, "notes.txt"), "passed over");
      expectError(await midst("train", data, ...small), "2 of 5 pictures cannot be used", "torn.png", "text.jpg");
      const { code, stderr } = await midst.in(own)("train", data, ...small, "--skip-bad");
      expect(code, stderr).toBe(0);
      expect(stderr).toContain("left out");
      expect(stderr).toContain('badFiles: "skip"');
      expect(stderr).toContain("3 pictures of");
      expect(await filesIn(own)).toEqual(["data", "net.safetensors"]);
    }));

  it("an option of a game without --gan", async () => {
    expectError(
      await midst("train", flat, "--discriminator-steps", "2"),
      "--discriminator-steps: is for two networks that play against each other. Ask for them: --gan.",
    );
    const own = {
      ...{ objective: "hinge", latent: 3, features: 3, conditional: true, discriminatorSteps: 2, smoothing: 0 },
      ...{ r1: 1, instanceNoise: 0.1, discriminatorLearningRate: 0.1 },
    };
    for (const [name, value] of Object.entries(own))
      expect(() => gameWishes({ [name]: value } as object), name).toThrow("Ask for them: --gan.");
    expect(gameWishes({ epochs: 3 } as object)).toBeUndefined();
  });

  it("names that it does not know", async () => {
    const { stderr, code } = await midst("train", flat, "--gan", "--objective", "wgan");
    expect(stderr).toContain("Allowed choices are non-saturating, minimax, least-squares, hinge, wasserstein-clip");
    expect(code).toBe(1);
  });
});

describe("a generator's file", () => {
  let net: string;
  let values: string;
  let foreign: string;

  beforeAll(async () => {
    net = join(folder, "net.safetensors");
    const { generator, discriminator, latent } = dcgan({ size: 28, channels: 1, features: 2, latent: 3, classes: 2 });
    generator.encoding = { kind: "latent", ...latent, classes: ["daisy", "rose"] };
    await save(generator, net);
    discriminator.encoding = { kind: "images", shape: [1, 28, 28], mean: [0.5], deviation: [0.5] };
    foreign = join(folder, "discriminator.safetensors");
    await save(discriminator, foreign);
    const { mixtureGame } = await import("midst/nets");
    const points = mixtureGame();
    points.generator.encoding = { kind: "latent", ...points.latent };
    values = join(folder, "points.safetensors");
    await save(points.generator, values);
  });

  it.each([
    ["for text", () => ["--prompt", "a"], ["--prompt: is for text, this network makes pictures"]],
    ["for text, too", () => ["--top-p", "0.5"], ["--top-p: is for text, this network makes pictures"]],
    [
      "of a class that does not exist",
      () => ["--class", "roze"],
      ['--class: there is no class "roze". Did you mean "rose"?'],
    ],
    ["of a class that is far off", () => ["--class", "sunflower"], ["There are: daisy, rose."]],
    ["as JSON without files", () => ["--json"], []],
    ["of another kind of file", () => ["--grid", join(folder, "a.jpg")], ["--grid: is written as PNG"]],
    ["in a folder called like a file", () => ["--out", "a.png"], ["--out: is a folder", "--grid a.png"]],
    ["in a folder that is a file", () => ["--out", net], ["net.safetensors: there is a file of this name"]],
    [
      "in a place that is not there",
      () => ["--grid", join(folder, "no", "a.png")],
      ["a.png: there is no such file or folder"],
    ],
    [
      "in great numbers",
      () => ["--count", "9000", "--walk", "3"],
      ["--count: and --walk ask for 27000 pictures, at most 10000"],
    ],
  ])("is not asked %s", async (_, words, parts) => {
    const outcome = await midst("generate", net, ...words());
    if (words().includes("--json")) {
      expect(JSON.parse(outcome.stdout).error).toMatchObject({ place: "--json" });
      expect(outcome.code).toBe(1);
    } else expectError(outcome, ...parts);
  });

  it("is what generate needs", async () => {
    expectError(await midst("generate", foreign, "--grid", join(folder, "a.png")), foreign, "no generator of pictures");
    expectError(await midst("generate", values), values, "makes no pictures, but examples [2]. Use sample() in code.");
  });

  it("is no network that predicts, is evaluated or looks at pictures", async () => {
    const picture = join(flat, "0.png");
    expectError(await midst("predict", net, picture), picture, "makes pictures of noise", "midst generate");
    expectError(await midst("evaluate", net, flat), net, "makes pictures of noise", "midst generate");
    expectError(await midst("look", net, picture), picture, "Give a seed, a whole number from 0");
    expectError(await midst("look", net, "7", "--data", flat), "--data: is for networks that are given pictures");
    expectError(await midst("look", net, "7", "--layer", "conv"), "conv");
    expectError(await midst("look", foreign, picture, "--class", "rose"), "--class: is for generators of pictures");
  });
});
