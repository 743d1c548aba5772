import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { cosine, oneCycle, stepDecay } from "../../src/optim/index.js";
import { readFixture } from "../fixtures/read.js";

type Rule = (step: number) => number;
const makers = { stepDecay, oneCycle } as unknown as Readonly<Record<string, (...given: unknown[]) => Rule>>;
const rates = (rule: Rule, steps: number) => Array.from({ length: steps }, (_, i) => rule(i + 1));

describe("schedules as PyTorch has them", () => {
  it.each(readFixture("schedules").map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
    const options = Object.keys(fixture.options).length > 0 ? [fixture.options] : [];
    const rule = (makers[fixture.schedule] as (...given: unknown[]) => Rule)(...fixture.arguments, ...options);
    for (const [i, rate] of rates(rule, fixture.rates.length).entries())
      expect(rate / (fixture.rates[i] as number), `step ${i + 1}`).toBeCloseTo(1, 8);
  });
});

describe("schedules by hand", () => {
  it("cosine warms up and falls to 0", () => {
    const found = rates(cosine(0.4, 10, 2), 10);
    expect(found[0]).toBeCloseTo(0.2, 12);
    expect(found[1]).toBeCloseTo(0.4, 12);
    expect(found[5], "half of the way down").toBeCloseTo(0.2, 12);
    expect(found[9]).toBeCloseTo(0, 12);
    expect(found.slice(1)).toEqual(found.slice(1).sort((a, b) => b - a));
    expect(cosine(1, 4)(9), "past the end").toBeCloseTo(0, 12);
    expect(cosine(1, 3, 3)(3), "all of it warm-up").toBe(1);
  });

  it("oneCycle stays at its last rate, and begins at the peak where there is no step to warm up", () => {
    expect(oneCycle(1, 10)(30)).toBeCloseTo(1 / 25 / 1e4, 12);
    expect(oneCycle(1, 10, { warmUp: 0.1 })(1)).toBe(1);
  });
});

describe("schedules refuse what they cannot do", () => {
  it.each([
    [() => cosine(-1, 10), "cosine: peak must be a number from 0"],
    [() => cosine(1, 0), "cosine: steps must be a whole number from 1"],
    [() => cosine(1, 10, 11), "cosine: warmUp must be a whole number from 0 to 10, got 11."],
    [() => stepDecay(-1, 10), "stepDecay: rate must be a number from 0"],
    [() => stepDecay(1, 0), "stepDecay: every must be a whole number from 1"],
    [() => stepDecay(1, 2, Number.NaN), "stepDecay: factor must be a number from 0"],
    [() => oneCycle(-1, 10), "oneCycle: peak must be a number from 0"],
    [() => oneCycle(1, 0), "oneCycle: steps must be a whole number from 1"],
    [() => oneCycle(1, 9, { warmUp: 0 }), "oneCycle: warmUp must be between 0 and 1, got 0."],
    [() => oneCycle(1, 9, { warmUp: 2 }), "oneCycle: warmUp must be a number from 0 to 1, got 2."],
    [() => oneCycle(1, 9, { divide: 0.5 }), "oneCycle: divide must be a number from 1"],
    [() => oneCycle(1, 9, { finalDivide: 0 }), "oneCycle: finalDivide must be a number from 1"],
    [() => oneCycle(1, 9, { warmup: 0.2 } as never), 'oneCycle: unknown option "warmup". Did you mean "warmUp"?'],
  ])("%s", (make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});
