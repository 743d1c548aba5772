import { describe, expect, it } from "vitest";
import { has } from "./data.js";
import { digits, flowers, leaves, type Played, ring } from "./gameRecipes.js";

/** Two cores, nobody else on them: twice as long as asked, since there may be. */
const MINUTES = 40;

describe("a ring of 8 Gaussians", () => {
  it.each(["nonSaturating", "leastSquares", "hinge"] as const)(
    "%s: all modes, nine in ten samples within 3 sigma",
    async (name) => {
      const { after } = await ring(name);
      expect(after).toMatchObject({ modes: 8 });
      expect(after["near modes"]).toBeGreaterThanOrEqual(0.9);
    },
  );
});

/** The distance has fallen to a tenth, and every class is made. */
function expectLearned({ before, after, run, minutes }: Played): void {
  expect(before.frechet).toBeGreaterThan(0);
  expect(after.frechet).toBeLessThanOrEqual((before.frechet as number) / 10);
  expect(after["rarest class"]).toBeGreaterThanOrEqual(0.03);
  expect(run.ended).toBe("done");
  expect(minutes).toBeLessThan(MINUTES);
}

describe("DCGAN of 28 x 28", () => {
  it.skipIf(!has("mnist"))("MNIST: the Fréchet distance falls to a tenth, all ten digits", async () => {
    expectLearned(await digits("mnist"));
  });

  it.skipIf(!has("fashion-mnist"))("Fashion-MNIST: the same", async () => {
    expectLearned(await digits("fashion-mnist"));
  });

  it.skipIf(!has("mnist"))("MNIST, with labels: at least 85 in 100 are the digit that was asked for", async () => {
    const played = await digits("mnist", { conditional: true });
    expectLearned(played);
    expect(played.after["as asked"]).toBeGreaterThanOrEqual(0.85);
  });

  it.skipIf(!has("fashion-mnist"))("Fashion-MNIST, with labels: at least 85 in 100 are as asked", async () => {
    const played = await digits("fashion-mnist", { conditional: true, epochs: 8 });
    expectLearned(played);
    expect(played.after["as asked"]).toBeGreaterThanOrEqual(0.85);
  });
});

describe("DCGAN of 32 x 32, in colour", () => {
  it("drawn leaves: the Fréchet distance falls to an eighth", async () => {
    const { before, after } = await leaves();
    expect(after.frechet).toBeLessThanOrEqual((before.frechet as number) / 8);
  });

  it.skipIf(!has("plants"))("photos of flowers: to a third", async () => {
    const { before, after } = await flowers();
    expect(after.frechet).toBeLessThanOrEqual((before.frechet as number) / 3);
  });
});
