import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { networkOf, train, trainKilled } from "./killing.js";

it("24 kills at random moments, half of them while a checkpoint is written, change no bit of the end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "midst-kills-"));
  try {
    await train(join(folder, "whole"), () => {});
    const expected = await networkOf(join(folder, "whole"));
    let [kills, halves] = [0, 0];
    // A run comes to its end after some kills: several runs, until there were 24.
    for (let i = 0; kills < 24; i++) {
      const killed = join(folder, `killed-${i}`);
      const counts = await trainKilled(killed, 12, i);
      [kills, halves] = [kills + counts.kills, halves + counts.halves];
      expect(await networkOf(killed)).toBe(expected);
    }
    expect(halves, "kills that hit a checkpoint half-written").toBeGreaterThan(0);
    process.stdout.write(`${kills} kills, ${halves} of them in the middle of a write\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
