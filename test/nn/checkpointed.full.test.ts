import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** One training step in a process of its own, by the benchmark. */
function stepOf(depth: number, batch: number, checkpointed: boolean): { ofStep: number; loss: number } {
  const bench = fileURLToPath(new URL("../../bench/depth.mjs", import.meta.url));
  const args = [bench, "step", depth, batch, checkpointed].map(String);
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

// Measured: 800 MB, and 200 MB with checkpoints.
it("checkpoints take most of a deep network's memory away, and no bit of its loss", () => {
  const [usual, checkpointed] = [stepOf(110, 64, false), stepOf(110, 64, true)];
  expect(checkpointed.loss).toBe(usual.loss);
  expect(usual.ofStep).toBeGreaterThan(500);
  expect(checkpointed.ofStep).toBeLessThan(0.5 * usual.ofStep);
});
