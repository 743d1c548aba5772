import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import type { Value } from "../../src/graph/index.js";
import { hinge, leastSquares, minimax, nonSaturating, type Objective, wasserstein } from "../../src/nn/index.js";
import { derivatives, evaluate } from "../support/evaluate.js";

// Scores whose sigmoids are 2/3, 1/2 and 1/4: all that follows can be worked out on paper.
const real = tensor([Math.log(2), 0, Math.log(1 / 3)]);
const fake = tensor([Math.log(1 / 3), Math.log(2), 0]);
const { log } = Math;
const mean = (...numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const thirds = (...numbers: readonly number[]) => numbers.map((n) => n / 3);

interface Row {
  readonly objective: Objective;
  readonly discriminator: number;
  /** By the real scores, and by the made ones. */
  readonly slopes: readonly [readonly number[], readonly number[]];
  readonly generator: number;
  readonly slope: readonly number[];
  readonly boundary: number | undefined;
}

/** -mean ln D(x) - mean ln(1 - D(G(z))) */
const crossEntropy = -mean(log(2 / 3), log(1 / 2), log(1 / 4)) - mean(log(3 / 4), log(1 / 3), log(1 / 2));
/** The same, a tenth of what is known of real examples being turned around. */
const smoothed =
  -0.9 * mean(log(2 / 3), log(1 / 2), log(1 / 4)) -
  0.1 * mean(log(1 / 3), log(1 / 2), log(3 / 4)) -
  mean(log(3 / 4), log(1 / 3), log(1 / 2));
// d/ds -ln sigmoid(s) = sigmoid(s) - 1; d/ds -ln(1 - sigmoid(s)) = sigmoid(s).
const byReal = thirds(-1 / 3, -1 / 2, -3 / 4);
const byFake = thirds(1 / 4, 2 / 3, 1 / 2);
const [l2, l3] = [log(2), log(1 / 3)];

const rows: Readonly<Record<string, Row>> = {
  minimax: {
    objective: minimax(),
    discriminator: crossEntropy,
    slopes: [byReal, byFake],
    generator: mean(log(3 / 4), log(1 / 3), log(1 / 2)),
    slope: byFake.map((n) => -n),
    boundary: 0,
  },
  "minimax, smoothed": {
    objective: minimax({ smoothing: 0.1 }),
    discriminator: smoothed,
    // sigmoid(s) - 0.9
    slopes: [thirds(2 / 3 - 0.9, 1 / 2 - 0.9, 1 / 4 - 0.9), byFake],
    generator: mean(log(3 / 4), log(1 / 3), log(1 / 2)),
    slope: byFake.map((n) => -n),
    boundary: 0,
  },
  nonSaturating: {
    objective: nonSaturating(),
    discriminator: crossEntropy,
    slopes: [byReal, byFake],
    generator: -mean(log(1 / 4), log(2 / 3), log(1 / 2)),
    slope: thirds(1 / 4 - 1, 2 / 3 - 1, 1 / 2 - 1),
    boundary: 0,
  },
  "nonSaturating, smoothed": {
    objective: nonSaturating({ smoothing: 0.1 }),
    discriminator: smoothed,
    slopes: [thirds(2 / 3 - 0.9, 1 / 2 - 0.9, 1 / 4 - 0.9), byFake],
    generator: -mean(log(1 / 4), log(2 / 3), log(1 / 2)),
    slope: thirds(1 / 4 - 1, 2 / 3 - 1, 1 / 2 - 1),
    boundary: 0,
  },
  leastSquares: {
    objective: leastSquares(),
    discriminator: mean((l2 - 1) ** 2, 1, (l3 - 1) ** 2) / 2 + mean(l3 ** 2, l2 ** 2, 0) / 2,
    slopes: [thirds(l2 - 1, -1, l3 - 1), thirds(l3, l2, 0)],
    generator: mean((l3 - 1) ** 2, (l2 - 1) ** 2, 1) / 2,
    slope: thirds(l3 - 1, l2 - 1, -1),
    boundary: 0.5,
  },
  "leastSquares, smoothed": {
    objective: leastSquares({ smoothing: 0.2 }),
    discriminator: mean((l2 - 0.8) ** 2, 0.64, (l3 - 0.8) ** 2) / 2 + mean(l3 ** 2, l2 ** 2, 0) / 2,
    slopes: [thirds(l2 - 0.8, -0.8, l3 - 0.8), thirds(l3, l2, 0)],
    generator: mean((l3 - 1) ** 2, (l2 - 1) ** 2, 1) / 2,
    slope: thirds(l3 - 1, l2 - 1, -1),
    boundary: 0.5,
  },
  hinge: {
    objective: hinge(),
    // max(0, 1 + ln(1/3)) = 0.
    discriminator: mean(1 - l2, 1, 1 - l3) + mean(0, 1 + l2, 1),
    slopes: [thirds(-1, -1, -1), thirds(0, 1, 1)],
    generator: -mean(l3, l2, 0),
    slope: thirds(-1, -1, -1),
    boundary: 0,
  },
  wasserstein: {
    objective: wasserstein(),
    discriminator: mean(l3, l2, 0) - mean(l2, 0, l3),
    slopes: [thirds(-1, -1, -1), thirds(1, 1, 1)],
    generator: -mean(l3, l2, 0),
    slope: thirds(-1, -1, -1),
    boundary: undefined,
  },
};

const close = (numbers: readonly number[]) => numbers.map((n) => expect.closeTo(n, 6));

describe.each(Object.entries(rows))("%s", (_, { objective, ...row }) => {
  it("has the paper's losses", async () => {
    const losses = await evaluate((r, f) => [objective.discriminator(r as Value, f as Value)], real, fake);
    expect(losses).toEqual([close([row.discriminator])]);
    expect(await evaluate((f) => objective.generator(f as Value), fake)).toEqual([close([row.generator])]);
  });

  it("has their slopes", async () => {
    const [byReal, byFake] = await derivatives((r, f) => objective.discriminator(r as Value, f as Value), real, fake);
    expect([byReal, byFake]).toEqual(row.slopes.map(close));
    expect(await derivatives((f) => objective.generator(f as Value), fake)).toEqual([close(row.slope)]);
  });

  it("takes a score for each of several places as so many scores", async () => {
    const grid = (x: typeof real) => ({ ...x, shape: [1, 1, 3] });
    const losses = await evaluate((r, f) => objective.discriminator(r as Value, f as Value), grid(real), grid(fake));
    expect(losses).toEqual([close([row.discriminator])]);
  });

  it("is finite for scores of any size, and so are its slopes", async () => {
    const huge = tensor([1e4, -1e4, 0]);
    const found = [
      ...(await evaluate((r, f) => objective.discriminator(r as Value, f as Value), huge, huge)),
      ...(await evaluate((f) => objective.generator(f as Value), huge)),
      ...(await derivatives((r, f) => objective.discriminator(r as Value, f as Value), huge, huge)),
      ...(await derivatives((f) => objective.generator(f as Value), huge)),
    ];
    expect(found.flat().every(Number.isFinite)).toBe(true);
  });

  it("says where real begins", () => {
    expect(objective.boundary).toBe(row.boundary);
  });
});

describe("what the discriminator is held by", () => {
  it("is a gradient penalty of 10, another, or a clip: nothing else has one", () => {
    expect(wasserstein()).toMatchObject({ gradientPenalty: 10, settings: { gradientPenalty: 10 } });
    expect(wasserstein({ gradientPenalty: 1 }).gradientPenalty).toBe(1);
    const clipped = wasserstein({ clip: 0.01 });
    expect([clipped.clip, clipped.gradientPenalty, clipped.settings]).toEqual([0.01, undefined, { clip: 0.01 }]);
    for (const { clip, gradientPenalty } of [minimax(), nonSaturating(), leastSquares(), hinge()])
      expect([clip, gradientPenalty]).toEqual([undefined, undefined]);
  });
});

describe("options of objectives", () => {
  it.each([
    [
      "minimax",
      () => minimax({ smothing: 0.1 } as object),
      'minimax: unknown option "smothing". Did you mean "smoothing"?',
    ],
    [
      "smoothing",
      () => nonSaturating({ smoothing: 0.6 }),
      "nonSaturating: smoothing must be a number from 0 to 0.5, got 0.6.",
    ],
    [
      "smoothing below 0",
      () => leastSquares({ smoothing: -0.1 }),
      "leastSquares: smoothing must be a number from 0 to 0.5",
    ],
    [
      "no number",
      () => minimax({ smoothing: "a little" as never }),
      "minimax: smoothing must be a number from 0 to 0.5",
    ],
    [
      "two ways at once",
      () => wasserstein({ clip: 0.01, gradientPenalty: 10 }),
      "wasserstein: clip and gradientPenalty are two ways to the same. Give one.",
    ],
    ["no clip", () => wasserstein({ clip: 0 }), "wasserstein: clip must be above 0, got 0."],
    ["no penalty", () => wasserstein({ gradientPenalty: 0 }), "wasserstein: gradientPenalty must be above 0, got 0."],
    [
      "a clip below 0",
      () => wasserstein({ clip: -1 }),
      "wasserstein: clip must be a number from 0 to 1000000, got -1.",
    ],
    ["another option", () => wasserstein({ penalty: 10 } as object), 'wasserstein: unknown option "penalty".'],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });

  it("are written down", () => {
    expect(minimax({ smoothing: 0.1 }).settings).toEqual({ smoothing: 0.1 });
    expect(hinge().settings).toEqual({});
  });
});
