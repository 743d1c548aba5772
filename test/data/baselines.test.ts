import { describe, expect, it } from "vitest";
import { DataError, OptionError } from "../../src/base/errors.js";
import {
  coverage,
  drift,
  exponentialSmoothing,
  forecastScores,
  type SmoothingKind,
  seasonalNaive,
} from "../../src/data/index.js";

/** Airline passengers, 1949 to 1951. */
const y = [
  112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114,
  140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166,
];

it("seasonalNaive repeats the last season", () => {
  expect(Array.from(seasonalNaive(y, 14, { season: 12 }))).toEqual([...y.slice(24), 145, 150]);
  expect(Array.from(seasonalNaive(y, 3))).toEqual([166, 166, 166]);
});

it("drift goes on along the line from the first value to the last", () => {
  expect(Array.from(drift([1, 9, 4, 7], 3))).toEqual([9, 11, 13]);
});

/** By a plain loop over the formulas in NumPy, the parameters given. */
const given: [SmoothingKind, number[], number, number[]][] = [
  ["simple", [0.4], 10950.898284835903, [165.10264271133457, 165.10264271133457]],
  ["holt", [0.5, 0.2], 12454.725203447008, [161.41568663656597, 159.31662893867846, 157.217571240791]],
  [
    "holtWinters",
    [0.5, 0.1, 0.3],
    1247.1235549492128,
    [
      165.74541803120675, 171.12279219426773, 189.20389243526208, 179.9405949372967, 178.2980616479838,
      191.00258880678783, 209.0177119511988, 208.20321354858524, 195.27734678635076, 176.16357468211405,
      162.6298327219851, 183.72459580923783, 182.75852105414987, 188.13589521721084,
    ],
  ],
];

describe("exponentialSmoothing", () => {
  it.each(given)("%s with given parameters", (kind, [alpha = 0, beta = 0, gamma = 0], error, values) => {
    const found = exponentialSmoothing(y, values.length, { kind, season: 12, parameters: { alpha, beta, gamma } });
    expect(found.error).toBeCloseTo(error, 6);
    found.values.forEach((value, i) => {
      expect(value).toBeCloseTo(values[i] as number, 9);
    });
  });

  /** By fine grids in NumPy (simple: 100,001 points, holt: 2,001 each way), and by random search (holtWinters). */
  it("finds the parameters of the smallest error", () => {
    const simple = exponentialSmoothing([3, 5, 4, 6, 5, 7, 6, 5, 8, 7], 1, { kind: "simple" });
    expect(simple.parameters.alpha).toBeCloseTo(0.55645, 4);
    expect(simple.error).toBeCloseTo(19.154802222838537, 8);
    expect(simple.values[0]).toBeCloseTo(6.946001380285187, 4);
    expect(exponentialSmoothing(y, 1, { kind: "simple" })).toMatchObject({ parameters: { alpha: 1 }, error: 7820 });
    const holt = exponentialSmoothing(y, 1, { kind: "holt" });
    expect(holt.parameters.alpha).toBe(1);
    expect(holt.parameters.beta).toBeCloseTo(0.0295, 3);
    expect(holt.error).toBeLessThanOrEqual(8249.28867857729);
    const winters = exponentialSmoothing(y, 1, { kind: "holtWinters", season: 12 });
    expect(winters.error).toBeCloseTo(1161.088183629107, 3);
    expect(winters.parameters).toEqual({
      alpha: expect.closeTo(0.6206, 3),
      beta: expect.closeTo(0, 3),
      gamma: expect.closeTo(0.2654, 3),
    });
  });

  it("chooses what the history has: a level, a line, a season", () => {
    const wiggle = (i: number) => ((i * 7919) % 13) - 6;
    const of = (value: (i: number) => number, season = 1) =>
      exponentialSmoothing(
        Array.from({ length: 60 }, (_, i) => value(i)),
        6,
        { season },
      );
    expect(of(wiggle).kind).toBe("simple");
    expect(of((i) => 100 + 5 * i + wiggle(i) / 10).kind).toBe("holt");
    const seasonal = of((i) => 2 * i + 10 * (1 - (i % 3)), 3);
    expect(seasonal.kind).toBe("holtWinters");
    expect(Array.from(seasonal.values, (value) => Math.round(value * 1e6) / 1e6)).toEqual([
      130, 122, 114, 136, 128, 120,
    ]);
  });

  it("refuses what it cannot do", () => {
    expect(() => exponentialSmoothing([1], 1)).toThrow(DataError);
    expect(() => exponentialSmoothing(y.slice(0, 23), 1, { kind: "holtWinters", season: 12 })).toThrow("it needs 24");
    expect(() => exponentialSmoothing([1, Number.NaN, 2], 1)).toThrow("value 1 of the history is NaN");
    expect(() => exponentialSmoothing(y, 0)).toThrow(OptionError);
    expect(() => exponentialSmoothing(y, 1, { kind: "holtWinters" })).toThrow("needs a season");
    expect(() => exponentialSmoothing(y, 1, { kind: "theta" as never })).toThrow(OptionError);
    expect(() => exponentialSmoothing(y, 1, { parameters: { alpha: 2 }, kind: "simple" })).toThrow("parameters.alpha");
    expect(() => exponentialSmoothing(y, 1, { parameters: { alpha: 0.2 } })).toThrow("Name it");
  });
});

describe("scores", () => {
  it("are the formulas'", () => {
    // Errors 1, 2, 0 and 5; the history changes by 2 a step, or by 3 over two steps.
    const scores = forecastScores([1, 2, 3, 0], [2, 4, 3, 5], { history: [1, 3, 5, 3, 5] });
    expect(scores.mae).toBe(2);
    expect(scores.rmse).toBeCloseTo(Math.sqrt(7.5), 12);
    expect(scores.mase).toBe(1);
    expect(scores.smape).toBeCloseTo((200 / 3 + 400 / 6 + 0 + 200) / 4, 12);
    expect(forecastScores([1, 2, 3, 0], [2, 4, 3, 5], { history: [0, 9, 3, 6], season: 2 }).mase).toBeCloseTo(
      2 / 3,
      12,
    );
    expect(forecastScores([0], [0], { history: [1, 1] })).toEqual({ mae: 0, rmse: 0, mase: Number.NaN, smape: 0 });
  });

  it("of the seasonal naive forecast of its own history are MASE 1", () => {
    const forecast = y.slice(0, -12);
    expect(forecastScores(y.slice(12), forecast, { history: y, season: 12 }).mase).toBeCloseTo(1, 12);
  });

  it("coverage counts the truths within", () => {
    expect(coverage([1, 2, 3, 4], [0, 2, 4, 0], [2, 2, 5, 3])).toBe(0.5);
  });

  it("need truths and forecasts of one number, and a history longer than the season", () => {
    expect(() => forecastScores([1, 2], [1], { history: [1, 2] })).toThrow(DataError);
    expect(() => forecastScores([], [], { history: [1, 2] })).toThrow("cannot compare 0 truths");
    expect(() => forecastScores([1], [1], { history: [1, 2], season: 2 })).toThrow("a history of 2 values");
    expect(() => coverage([1], [1, 2], [1])).toThrow(DataError);
    expect(() => seasonalNaive([1, 2], 1, { season: 3 })).toThrow("it needs 3");
    expect(() => drift([1], 1)).toThrow(DataError);
  });
});
