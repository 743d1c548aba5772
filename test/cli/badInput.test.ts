import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { filesIn, inFolder, midst, type Outcome } from "./run.js";

/** A clear error: exit code 1, one line that says what is expected of it, no stack trace. */
function expectError({ code, stdout, stderr }: Outcome, ...parts: string[]): void {
  for (const part of parts) expect(stderr).toContain(part);
  expect(stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
  expect(stdout).toBe("");
  expect(code).toBe(1);
}

const picture = (path: string, red: number) =>
  sharp({ create: { width: 16, height: 16, channels: 3, background: { r: red, g: 90, b: 30 } } })
    .jpeg()
    .toFile(path);

/** Two classes of two pictures each. */
async function photos(folder: string): Promise<string> {
  const root = join(folder, "photos");
  for (const [name, red] of [
    ["daisy", 250],
    ["rose", 20],
  ] as const) {
    await mkdir(join(root, name), { recursive: true });
    for (const i of [0, 1, 2, 3, 4]) await picture(join(root, name, `${i}.jpg`), red - i);
  }
  return root;
}

const csv = (rows: string[]): string => ["a,b,kind", ...rows].join("\n");
const goodRows = Array.from({ length: 40 }, (_, i) => `${i},${i % 7},${i < 20 ? "x" : "y"}`);

it("names a file that does not exist", () =>
  inFolder(async (folder) => {
    expectError(await midst("train", join(folder, "nothing")), "nothing", "no such file or folder");
  }));

it("names an empty folder", () =>
  inFolder(async (folder) => {
    expectError(await midst("train", folder), folder);
  }));

it("names a folder of one class", () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, "rose"));
    await picture(join(folder, "rose", "1.jpg"), 9);
    expectError(await midst("train", folder), folder, "rose");
  }));

it("names a truncated JPEG, leaves it out when asked, and writes nothing when it refuses", () =>
  inFolder(async (folder) => {
    const root = await photos(folder);
    const whole = await readFile(join(root, "rose", "1.jpg"));
    await writeFile(join(root, "rose", "1.jpg"), whole.subarray(0, whole.length - 40));
    const out = join(folder, "net.safetensors");
    expectError(await midst("train", root, "--out", out, "--size", "16"), "rose/1.jpg");
    expect(await filesIn(folder)).toEqual(["photos"]);
    const skipped = await midst("train", root, "--out", out, "--size", "16", "--skip-bad", "--epochs", "1");
    expect(skipped.stderr).toContain("left out");
    expect(skipped.stderr).toContain("1.jpg");
    expect(skipped.code).toBe(0);
  }));

it("names the line of a ragged row", () =>
  inFolder(async (folder) => {
    const file = join(folder, "flowers.csv");
    await writeFile(file, csv([...goodRows, "1,2"]));
    expectError(await midst("train", file), "flowers.csv:42", "expected 3", "got 2");
  }));

it("names the line and column of a cell that is no number", () =>
  inFolder(async (folder) => {
    const file = join(folder, "flowers.csv");
    await writeFile(file, csv([...goodRows, "banana,2,x"]));
    expectError(await midst("train", file), "flowers.csv:42", "banana");
  }));

it("names the line of an infinite number and takes NaN for a missing value", () =>
  inFolder(async (folder) => {
    const file = join(folder, "flowers.csv");
    await writeFile(file, csv([...goodRows, "Infinity,2,x"]));
    expectError(await midst("train", file), "flowers.csv:42");
    await writeFile(file, csv([...goodRows, "NaN,2,x"]));
    expect((await midst("train", file, "--epochs", "1", "--out", join(folder, "net.safetensors"))).code).toBe(0);
  }));

it("names a column that is not there", () =>
  inFolder(async (folder) => {
    const file = join(folder, "flowers.csv");
    await writeFile(file, csv(goodRows));
    expectError(await midst("train", file, "--target", "kinds"), "kinds");
  }));

it("refuses idx files that are cut short or claim 10 GB", () =>
  inFolder(async (folder) => {
    const labels = Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 2, 0, 1]);
    const huge = Uint8Array.from([0, 0, 8, 3, 0, 0x9a, 0, 0, 0, 0, 0, 32, 0, 0, 0, 32, 1, 2, 3]);
    for (const part of ["train", "t10k"]) {
      await writeFile(join(folder, `${part}-images-idx3-ubyte`), huge);
      await writeFile(join(folder, `${part}-labels-idx1-ubyte`), labels);
    }
    expectError(await midst("train", folder), "train-images-idx3-ubyte", "3 follow it");
  }));

it("refuses a safetensors file that is cut short, claims 10 GB, or is something else", () =>
  inFolder(async (folder) => {
    const file = join(folder, "net.safetensors");
    const header = new Uint8Array(16);
    new DataView(header.buffer).setBigUint64(0, 10_000_000_000n, true);
    await writeFile(file, header);
    expectError(await midst("summary", file), "net.safetensors", "10000000000");
    await writeFile(file, "hello");
    expectError(await midst("summary", file), "net.safetensors");
    await writeFile(file, Uint8Array.from([8, 10, 18, 5, 109, 105, 100, 115, 116, 58, 0, 0]));
    expectError(await midst("predict", file, "x.jpg"), "net.safetensors");
  }));

it("says which option does not exist and which was meant", async () => {
  expectError(await midst("train", "leaves", "--epoch", "3"), "--epochs");
  expectError(await midst("train", "leaves", "--epochs", "many"), "must be a whole number");
  expectError(await midst("train", "leaves", "--net", "brain"), "Allowed choices");
});

it("gives errors as JSON when asked, and a stack only with --debug", async () => {
  const { stdout, code } = await midst("train", "nowhere", "--json");
  expect(JSON.parse(stdout).error).toMatchObject({ kind: "DataError", place: "nowhere" });
  expect(code).toBe(1);
  const { stderr } = await midst("train", "nowhere", "--debug");
  expect(stderr).toMatch(/\n\s+at .*\.js:\d+/);
});
