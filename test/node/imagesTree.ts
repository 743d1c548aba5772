import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect } from "vitest";
import { DataError } from "../../src/base/errors.js";
import type { Batch } from "../../src/data/dataset.js";

/** A folder for the test file that imports this, removed after it. */
export let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midst-folder-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A 4 x 4 picture of one grey level, which stays exactly that level when it is resized. */
const flat = (level: number) =>
  sharp({ create: { width: 4, height: 4, channels: 3, background: { r: level, g: level, b: level } } })
    .png()
    .toBuffer();

/** A folder with these files: a number is a picture of that level, a text or bytes are written as they are. */
export async function tree(
  name: string,
  files: Readonly<Record<string, number | string | Uint8Array>>,
): Promise<string> {
  const at = join(root, name);
  await mkdir(at, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(at, file)), { recursive: true });
    await writeFile(join(at, file), typeof content === "number" ? await flat(content) : content);
  }
  return at;
}

export async function refusal(promise: Promise<unknown>): Promise<DataError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DataError);
  return error as DataError;
}

/** The level 0..255 of each (flat) picture of a batch. */
export const levels = ({ inputs }: Batch) => {
  const { data, shape } = inputs.input as { data: ArrayLike<number>; shape: readonly number[] };
  const size = shape.slice(1).reduce((product, d) => product * d, 1);
  return Array.from({ length: shape[0] as number }, (_, i) => Math.round((data[i * size] as number) * 255));
};
export const targets = (batch: Batch) => [...(batch.targets.target?.data ?? [])];
/** The first half of a JPEG file: its head is whole. */
export const cut = async () => {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251);
  const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg()
    .toBuffer();
  return jpeg.subarray(0, jpeg.length / 2);
};
