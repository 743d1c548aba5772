import { describe, expect, it } from "vitest";
import { smoke } from "./smoke.js";

describe("midst in Node, by its public names alone", () => {
  it("trains XOR, saves it and loads it", async () => {
    const { answers, accuracy, losses, same, summary } = await smoke();
    expect(answers).toEqual([false, true, true, false]);
    expect(accuracy).toBe(1);
    expect(losses).toHaveLength(150);
    expect(losses.at(-1)).toBeLessThan(0.2 * (losses[0] as number));
    expect(same).toBe(true);
    expect(summary).toContain("dense_2");
    expect(summary).toContain("33 parameters");
  });

  it("exports every layer, loss and optimizer", async () => {
    const names = Object.keys(await import("midst"));
    const inside = { ...(await import("../../src/nn/index.js")), ...(await import("../../src/optim/index.js")) };
    const made = Object.keys(inside).filter((name) => !internal.includes(name));
    expect(
      made.filter((name) => !names.includes(name)),
      "made, but not public",
    ).toEqual([]);
  });
});

/** What folders share among each other. */
const internal = [
  "architecture",
  "architectureFromJson",
  "architectureToJson",
  "at",
  "averaged",
  "cellField",
  "cellSpans",
  "checkClip",
  "checkLayers",
  "clipped",
  "initialize",
  "layerFromJson",
  "layerKinds",
  "newShare",
  "receptiveField",
];
