import { describe, expect, it } from "vitest";
import { ringOfGaussians } from "../../src/data/index.js";
import { adam, cosine, play } from "../../src/index.js";
import { modesCovered, shareNearModes } from "../../src/look/index.js";
import { mixtureGame } from "../../src/nets/index.js";

describe("eight Gaussians on a ring", () => {
  it("are all found by a small game in ten short epochs, and most of what it makes is near one", async () => {
    // Wider than usual, so that few steps are enough. Three deviations around each are a tenth of the square around the ring.
    const data = ringOfGaussians({ count: 12_800, deviation: 0.1 });
    const game = mixtureGame({ seed: 2, units: [64, 64] });
    const run = await play(game, data, {
      ...{ epochs: 10, batchSize: 128, seed: 2, r1: 0.05, average: 0.99, progress: false },
      optimizer: adam({ learningRate: cosine(0.01, 1000), beta1: 0.5 }),
      measures: [modesCovered(data), shareNearModes(data)],
    });
    const [first, last] = [run.history[0]?.validation, run.history.at(-1)?.validation];
    const [modes, near] = Object.keys(last ?? {}) as [string, string];
    // Measured: 8 modes, 0.77 near them; at first none or two, and 0.04.
    expect(last?.[modes]).toBe(8);
    expect(last?.[near]).toBeGreaterThan(0.6);
    expect(first?.[near]).toBeLessThan(0.2);
    // Neither network has the other beaten.
    expect(run.history.at(-1)?.training["real accuracy"]).toBeLessThan(0.9);
  });
});
