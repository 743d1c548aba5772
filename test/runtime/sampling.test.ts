import { describe, expect, it } from "vitest";
import { random, sampleToken, tokenProbabilities } from "../../src/index.js";

/** Scores whose softmax is exactly these. */
const scoresOf = (...probabilities: number[]) => probabilities.map(Math.log);
const round = (numbers: Float64Array) => [...numbers].map((x) => Math.round(x * 1e9) / 1e9);

describe("tokenProbabilities", () => {
  it("is softmax at temperature 1, sharper below and flatter above", () => {
    const scores = scoresOf(0.5, 0.3, 0.2);
    expect(round(tokenProbabilities(scores))).toEqual([0.5, 0.3, 0.2]);
    // At 1/2 the probabilities are squared: 25, 9 and 4 of 38.
    expect(round(tokenProbabilities(scores, { temperature: 0.5 }))).toEqual(
      round(Float64Array.of(25 / 38, 9 / 38, 4 / 38)),
    );
    const [a, b, c] = [0.5, 0.3, 0.2].map(Math.sqrt) as [number, number, number];
    expect(round(tokenProbabilities(scores, { temperature: 2 }))).toEqual(
      round(Float64Array.of(a / (a + b + c), b / (a + b + c), c / (a + b + c))),
    );
  });

  it("takes the likeliest at temperature 0, the first of equal ones, and nearly so close to 0", () => {
    expect([...tokenProbabilities([1, 3, 3, 2], { temperature: 0 })]).toEqual([0, 1, 0, 0]);
    expect(round(tokenProbabilities([1, 3, 2.9, 2], { temperature: 0.001 }))).toEqual([0, 1, 0, 0]);
  });

  it("keeps the k likeliest, of equal ones the first", () => {
    const scores = scoresOf(0.1, 0.4, 0.2, 0.3);
    expect(round(tokenProbabilities(scores, { topK: 2 }))).toEqual(round(Float64Array.of(0, 4 / 7, 0, 3 / 7)));
    expect(round(tokenProbabilities([0, 0, 0, 0], { topK: 3 }))).toEqual(
      round(Float64Array.of(1 / 3, 1 / 3, 1 / 3, 0)),
    );
    expect(round(tokenProbabilities(scores, { topK: 99 }))).toEqual([0.1, 0.4, 0.2, 0.3]);
  });

  it("keeps the fewest whose probabilities reach p", () => {
    const scores = scoresOf(0.1, 0.4, 0.2, 0.3);
    expect(round(tokenProbabilities(scores, { topP: 0.4 }))).toEqual([0, 1, 0, 0]);
    expect(round(tokenProbabilities(scores, { topP: 0.41 }))).toEqual(round(Float64Array.of(0, 4 / 7, 0, 3 / 7)));
    expect(round(tokenProbabilities(scores, { topP: 0.7 }))).toEqual(round(Float64Array.of(0, 4 / 7, 0, 3 / 7)));
    expect(round(tokenProbabilities(scores, { topP: 0.95 }))).toEqual([0.1, 0.4, 0.2, 0.3]);
    expect(round(tokenProbabilities(scores, { topP: 1e-9 }))).toEqual([0, 1, 0, 0]);
    // Of the two that topK leaves, 4/7 is enough for a half.
    expect(round(tokenProbabilities(scores, { topK: 2, topP: 0.5 }))).toEqual([0, 1, 0, 0]);
  });

  it("stands large scores, and tokens that are forbidden", () => {
    expect(round(tokenProbabilities([1000, 1000, -Infinity]))).toEqual([0.5, 0.5, 0]);
  });
});

describe("sampleToken", () => {
  it("gives each token its share of [0, 1), in order", () => {
    const scores = scoresOf(0.25, 0.5, 0.25);
    const drawn = [0, 0.2, 0.26, 0.7, 0.76, 0.999999999].map((chance) => sampleToken(scores, chance));
    expect(drawn).toEqual([0, 0, 1, 1, 2, 2]);
    expect(sampleToken([0, -Infinity], 1 - 2 ** -53)).toBe(0);
  });

  it("draws as often as the probabilities say", () => {
    const [chance, counts] = [random(1, "draws"), [0, 0, 0]];
    for (let i = 0; i < 20_000; i++) {
      const token = sampleToken(scoresOf(0.6, 0.3, 0.1), chance.next());
      counts[token] = (counts[token] as number) + 1;
    }
    // Three standard deviations are 0.0104 at most.
    [0.6, 0.3, 0.1].forEach((share, i) => {
      expect(Math.abs((counts[i] as number) / 20_000 - share)).toBeLessThan(0.0104);
    });
  });
});
