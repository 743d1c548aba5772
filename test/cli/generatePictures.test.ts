import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Network, random, sample, type Tensor, tensor } from "midst";
import { decodeImage, type ImageEncoding } from "midst/data";
import { pictureGrid } from "midst/look";
import { dcgan } from "midst/nets";
import { load, save } from "midst/node";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOf } from "../../src/runtime/index.js";
import { album } from "./pictures.js";
import { filesIn, midst } from "./run.js";

let folder: string;
let plain: string;
let told: string;
const small = ["--gan", "--size", "28", "--features", "2", "--latent", "4", "--epochs", "4"];

/** Generators trained on a few pictures, without classes and with two. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-generate-"));
  plain = join(folder, "plain.safetensors");
  told = join(folder, "told.safetensors");
  const flat = await album(join(folder, "flat"), 6);
  const classes = await album(join(folder, "classes"), 6, ["daisy", "rose"]);
  const more = ["--learning-rate", "0.02", "--batch-size", "6"];
  const run = join(folder, "run");
  const results = [
    await midst("train", flat, ...small, ...more, "--grey", "--run", run, "--out", plain),
    await midst("train", classes, ...small, ...more, "--conditional", "--no-run", "--out", told),
  ];
  for (const { code, stderr } of results) expect(code, stderr).toBe(0);
});
afterAll(() => rm(folder, { recursive: true }));

const encodingOf = (net: Network) => (net.encoding as { of: ImageEncoding }).of;
const labels = (...numbers: number[]) => ({ label: tensor(numbers, [numbers.length], "int32") });

/** Pixels [height, width, channels] of a file. */
async function pixels(path: string) {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

/** What a file should hold: examples in so many columns, each pixel twice as large. */
const grid = (net: Network, examples: Tensor, columns: number) =>
  pictureGrid(examples, { encoding: encodingOf(net), columns, enlarge: 2 });

describe("midst generate", () => {
  it("writes a grid of the pictures of a seed, all classes in turn", async () => {
    const file = join(folder, "grid.png");
    const { stdout, code } = await midst("generate", told, "--count", "5", "--grid", file, "--seed", "7");
    expect(code).toBe(0);
    expect(stdout).toBe(`saved ${file}: 5 pictures, 2 in a row, in turn daisy, rose, by the noise of seed 7\n`);
    const net = await load(told);
    const examples = await sample(net, { count: 5, seed: 7, conditions: labels(0, 1, 0, 1, 0) });
    expect(await pixels(file)).toEqual(grid(net, examples, 2));
  });

  it("makes 64 without classes, nearly square, as the run's own samples", async () => {
    const file = join(folder, "own.png");
    const { stdout } = await midst("generate", plain, "--grid", file, "--json");
    expect(JSON.parse(stdout)).toEqual({ files: [file], count: 64, columns: 8, seed: 0 });
    expect(await pixels(file)).toEqual(await pixels(join(folder, "run", "samples-0004.png")));
  });

  it("writes each into a file of its own, of one class", async () => {
    const out = join(folder, "each", "one");
    const { stdout } = await midst("generate", told, "--count", "11", "--out", out, "--class", "rose", "--json");
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ count: 11, seed: 0, classes: Array.from({ length: 11 }, () => "rose") });
    expect(said.files.slice(0, 2)).toEqual([join(out, "picture-01.png"), join(out, "picture-02.png")]);
    expect(await filesIn(out)).toHaveLength(11);
    const net = await load(told);
    const { data } = await sample(net, { count: 11, conditions: labels(...Array.from({ length: 11 }, () => 1)) });
    const size = 3 * 28 * 28;
    for (const i of [0, 10])
      expect((await pixels(said.files[i])).data).toEqual(
        Uint8Array.from(decodeImage(encodingOf(net), data.subarray(i * size, (i + 1) * size))),
      );
  });

  it("walks from one picture of the seed to the next, a row each", async () => {
    const [net, file, out] = ["wild.safetensors", "walk.png", "walk"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const { generator, latent } = dcgan({ size: 28, channels: 1, features: 2, latent: 4 });
    // Kernels so large that every picture is another.
    const kernels = [...generator.weights].filter(([, { shape }]) => shape.length === 4);
    generator.setWeights(
      new Map(kernels.map(([name, w]) => [name, { ...w, data: w.data.map((x) => 20 * x) } as Tensor])),
    );
    generator.encoding = { kind: "latent", ...latent };
    await save(generator, net);
    const words = ["--walk", "4", "--count", "3", "--seed", "2", "--grid", file, "--out", out, "--json"];
    const said = JSON.parse((await midst("generate", net, ...words)).stdout);
    expect(said).toMatchObject({ count: 12, columns: 4 });
    expect(said.files).toHaveLength(13);
    expect(said.files[5]).toBe(join(out, "walk-2-picture-1.png"));
    const ends = await sample(generator, { count: 6, seed: 2 });
    const own = (i: number) => pictureGrid(rowsOf(ends, i, i + 1)).data;
    const written = async (name: string) => (await pixels(join(out, name))).data;
    for (let i = 0; i < 3; i++) {
      expect(off(await written(`walk-${i + 1}-picture-1.png`), own(2 * i))).toBeLessThanOrEqual(1);
      expect(off(await written(`walk-${i + 1}-picture-4.png`), own(2 * i + 1))).toBeLessThanOrEqual(1);
    }
    // A third of the way along the circle.
    const z = random(2, "latent").normal(8);
    const [from, to] = [z.subarray(0, 4), z.subarray(4, 8)];
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
    const lengths = [from, to].map((v) => Math.sqrt(dot(v, v))) as [number, number];
    const angle = Math.acos(dot(from, to) / (lengths[0] * lengths[1]));
    const length = (2 * lengths[0] + lengths[1]) / 3;
    const part = (share: number, of: number) => (length * Math.sin(share * angle)) / (Math.sin(angle) * of);
    const third = from.map((x, i) => part(2 / 3, lengths[0]) * x + part(1 / 3, lengths[1]) * (to[i] as number));
    const picture = pictureGrid(await generator.predict(tensor(third, [1, 4]))).data;
    expect(off(await written("walk-1-picture-2.png"), picture)).toBeLessThanOrEqual(1);
    expect(off(picture, own(0))).toBeGreaterThan(10);
    expect(off(picture, own(1))).toBeGreaterThan(10);
  });

  it("walks under each class in turn, or under one", async () => {
    const classesOf = async (...words: string[]) => {
      const files = ["--walk", "2", "--count", "3", "--grid", join(folder, "w.png"), "--json"];
      return JSON.parse((await midst("generate", told, ...files, ...words)).stdout).classes;
    };
    expect(await classesOf()).toEqual(["daisy", "daisy", "rose", "rose", "daisy", "daisy"]);
    expect(await classesOf("--class", "rose")).toEqual(Array.from({ length: 6 }, () => "rose"));
  });

  it("shows some in the terminal, and says how to write them", async () => {
    const { stdout, code } = await midst("generate", plain);
    expect(code).toBe(0);
    expect(stdout).toContain("4 pictures, 2 in a row, by the noise of seed 0.");
    expect(stdout).toContain("--grid FILE.png");
    expect(stdout).toContain("--out FOLDER");
    // Two rows of 28 pixels and a gap, two pixels to a line.
    expect(stdout.split("\n").findIndex((line) => line.startsWith("4 pictures"))).toBe(30);
  });

  it("refuses classes of a generator that has none", async () => {
    const { stderr, code } = await midst("generate", plain, "--class", "rose");
    expect(stderr).toContain("--class: the generator knows of no classes");
    expect(code).toBe(1);
  });
});

/** The most that two pictures differ in a pixel. */
const off = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] as number))), 0);

describe("a game's networks", () => {
  it("are summarised", async () => {
    const { stdout } = await midst("summary", told);
    expect(stdout).toContain("g_tanh");
    expect(stdout).toContain("[batch, 3, 28, 28]");
    expect(JSON.parse((await midst("summary", told, "--json")).stdout).encoding).toMatchObject({
      kind: "latent",
      size: 4,
    });
  });

  it("show what the layers make of a seed's noise", async () => {
    const out = join(folder, "layers");
    const { stdout, code } = await midst("look", told, "7", "--class", "rose", "--out", out);
    expect(code).toBe(0);
    expect(stdout).toContain("what is made of the noise of seed 7, told it is to be rose");
    expect(stdout).toContain("g_relu2");
    expect(await filesIn(out)).toContain("g_conv3.png");
    const { layers, check, ...rest } = JSON.parse(
      (await midst("look", plain, "7", "--layer", "g_relu1", "--json")).stdout,
    );
    expect(rest).toEqual({ seed: 7 });
    expect(layers).toEqual([{ name: "g_relu1", shape: [4, 7, 7] }]);
    expect(check).toBe(0);
  });

  it("judge: the discriminator gives a picture its score", async () => {
    const discriminator = join(folder, "run", "discriminator.safetensors");
    const picture = join(folder, "flat", "0.png");
    const { answers } = JSON.parse((await midst("predict", discriminator, picture, "--json")).stdout);
    expect(answers).toEqual([{ example: picture, value: expect.any(Number) }]);
  });

  it("are exported: ONNX Runtime makes the same pictures, three at once", async () => {
    const file = join(folder, "net.onnx");
    const { stdout } = await midst("export", told, file);
    expect(stdout).toContain("latent [batch, 4], label [batch]");
    const ort = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(file);
    const net = await load(told);
    const { output } = await session.run({
      latent: new ort.Tensor("float32", random(5, "latent").normal(12), [3, 4]),
      label: new ort.Tensor("int32", Int32Array.from([1, 0, 1]), [3]),
    });
    const made = await sample(net, { count: 3, seed: 5, conditions: labels(1, 0, 1) });
    expect(output?.dims).toEqual([3, 3, 28, 28]);
    expect(off(output?.data as Float32Array, made.data)).toBeLessThan(1e-5);
    expect(Math.max(...made.data) - Math.min(...made.data)).toBeGreaterThan(0.1);
  });
});
