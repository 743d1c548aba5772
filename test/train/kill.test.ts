import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { networkOf, train, trainKilled } from "./killing.js";

let folder: string;
let expected: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midst-kill-"));
  await train(join(folder, "whole"), () => {});
  expected = await networkOf(join(folder, "whole"));
});
afterAll(() => rm(folder, { recursive: true }));

it("a run killed while it trains and while it writes ends as one that was not, to the bit", async () => {
  expect((await trainKilled(join(folder, "killed"), 6, 1)).kills).toBeGreaterThan(3);
  expect(await networkOf(join(folder, "killed"))).toBe(expected);
  expect((await readdir(join(folder, "killed"))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

/** Whether this process may make a disk of its own. */
const mayMount = (() => {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return process.platform === "linux";
  } catch {
    return false;
  }
})();

it.runIf(mayMount)("on a disk that is full, nothing is half-written and the run goes on", async () => {
  const disk = await mkdtemp(join(tmpdir(), "midst-disk-"));
  try {
    // Room for one checkpoint (1.8 MB) and the networks beside it, not for two.
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=5500k", "tmpfs", disk]);
    const warned: string[] = [];
    const ended = await train(disk, (line) => {
      if (line.startsWith("done")) warned.push(line);
    });
    expect(ended).toBe(true);
    expect(warned.join()).toMatch(/the disk is full/);
    const names = await readdir(disk);
    expect(names.filter((name) => name.endsWith(".tmp"))).toEqual([]);
    expect(names.filter((name) => name.startsWith("step-")).length).toBeGreaterThan(0);
    // With room again, what is there goes on to the same end.
    execFileSync("mount", ["-o", "remount,size=64m", disk]);
    await train(disk, () => {});
    expect(await networkOf(disk)).toBe(expected);
  } finally {
    execFileSync("umount", [disk]);
    await rm(disk, { recursive: true });
  }
});
