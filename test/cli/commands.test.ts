import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { random } from "midst";
import { drawLeaf, leafKinds } from "midst/data";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesIn, inFolder, midst } from "./run.js";

let folder: string;
let net: string;
let leaf: string;

/** Two kinds of drawn leaves as a folder of pictures, and a network trained on it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-commands-"));
  net = join(folder, "net.safetensors");
  leaf = join(folder, "leaf.png");
  for (const kind of ["willow", "ginkgo"].map((name) => leafKinds.find((k) => k.includes(name)) as string)) {
    await mkdir(join(folder, "photos", kind), { recursive: true });
    for (let i = 0; i < 20; i++) await write(join(folder, "photos", kind, `${i}.png`), kind, i);
  }
  await write(leaf, leafKinds.find((k) => k.includes("ginkgo")) as string, 99);
});

afterAll(() => rm(folder, { recursive: true }));

async function write(path: string, kind: string, i: number): Promise<void> {
  const pixels = drawLeaf(kind, random(1, kind, i), 32);
  await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
    .png()
    .toFile(path);
}

describe("pictures", () => {
  it("trains, prints the TypeScript that does the same, and saves", async () => {
    const result = await midst("train", join(folder, "photos"), "--size", "32", "--epochs", "20", "--out", net);
    expect(result.stderr).toContain('import { imageFolder, save } from "midst/node";');
    expect(result.stderr).toContain("await fit(net,");
    expect(result.stdout).toContain("accuracy");
    expect(result.code).toBe(0);
    expect((await stat(net)).size).toBeGreaterThan(1000);
  });

  it("evaluates as JSON", async () => {
    const { stdout } = await midst("evaluate", net, join(folder, "photos"), "--json");
    const report = JSON.parse(stdout);
    expect(report.examples).toBe(40);
    expect(report.scores.accuracy).toBeGreaterThan(0.8);
    expect(report.confusion.flat().reduce((a: number, b: number) => a + b)).toBe(40);
  });

  it("names a picture", async () => {
    const { stdout } = await midst("predict", net, leaf, "--json");
    const [{ guesses }] = JSON.parse(stdout).answers;
    expect(guesses.map((g: { name: string }) => g.name).sort()).toEqual(
      [...leafKinds].filter((k) => /willow|ginkgo/.test(k)).sort(),
    );
    expect(guesses[0].probability + guesses[1].probability).toBeCloseTo(1, 5);
  });

  it("looks inside and writes pictures", async () => {
    const out = join(folder, "looks");
    const { stdout, code } = await midst("look", net, leaf, "--out", out);
    expect(stdout).toContain("conv2d_1");
    expect(code).toBe(0);
    const files = await filesIn(out);
    expect(files).toContain("conv2d_1.png");
    expect((await readFile(join(out, "conv2d_1.png"))).subarray(1, 4).toString()).toBe("PNG");
  });

  it("summarises and exports", async () => {
    const summary = await midst("summary", net);
    expect(summary.stdout).toContain("conv2d_1");
    const file = join(folder, "net.onnx");
    expect((await midst("export", net, file)).stdout).toContain("input [batch, 3, 32, 32]");
    const ort = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(file);
    const x = new ort.Tensor("float32", new Float32Array(2 * 3 * 32 * 32), [2, 3, 32, 32]);
    expect((await session.run({ input: x })).output?.dims).toEqual([2, 2]);
  });
});

describe("tables", () => {
  it("works out classification and regression from the target column", () =>
    inFolder(async (own) => {
      const rows = Array.from(
        { length: 120 },
        (_, i) => `${i % 12},${(i * 7) % 5},${(i % 12) * 3 + ((i * 7) % 5)},${i % 12 > 5 ? "tall" : "short"}`,
      );
      const file = join(own, "plants.csv");
      await writeFile(file, ["leaves,flowers,height,kind", ...rows].join("\n"));
      const out = join(own, "net.safetensors");
      const kind = JSON.parse((await midst("train", file, "--out", out, "--json")).stdout);
      expect(kind.report.scores.accuracy).toBeGreaterThan(0.9);
      const height = JSON.parse((await midst("train", file, "--target", "height", "--out", out, "--json")).stdout);
      expect(height.report.scores.r2).toBeGreaterThan(0.9);
      const { answers } = JSON.parse((await midst("predict", out, file, "--json")).stdout);
      expect(answers).toHaveLength(120);
      expect(answers[1].value).toBeGreaterThan(4);
      expect(answers[1].value).toBeLessThan(6);
    }));
});

describe("help", () => {
  it("is there for every command", async () => {
    for (const name of ["train", "evaluate", "predict", "look", "summary", "export", "start"]) {
      const { stdout, code } = await midst(name, "--help");
      expect(stdout).toContain(`Usage: midst ${name}`);
      expect(stdout).toContain("--json");
      expect(code).toBe(0);
    }
  });
});
