import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { networkOf, playing, train, trainKilled } from "./killing.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midst-play-kill-"));
});
afterAll(() => rm(root, { recursive: true }));

it("a game killed while it plays and while it writes ends as one that was not, to the bit: networks and pictures", async () => {
  const [whole, killed] = [join(root, "whole"), join(root, "killed")];
  expect(await train(whole, () => {}, playing)).toBe(true);
  expect((await trainKilled(killed, 4, 1, playing)).kills).toBeGreaterThan(2);
  for (const file of ["net", "discriminator", "best"])
    expect(await networkOf(killed, `${file}.safetensors`), file).toBe(await networkOf(whole, `${file}.safetensors`));
  for (const file of ["samples-0006.png", "samples-over-time.png"])
    expect(await networkOf(killed, file), file).toBe(await networkOf(whole, file));
  const names = async (folder: string) => (await readdir(folder)).filter((name) => !name.startsWith("events")).sort();
  expect(await names(killed)).toEqual(await names(whole));
});
