import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, OptionError } from "../../src/base/errors.js";
import type { Tensor } from "../../src/base/tensor.js";
import {
  type Dataset,
  encodeSeries,
  fitSeries,
  type SeriesDataOptions,
  type SeriesDataset,
  type SeriesOptions,
  series,
  seriesData,
  split,
} from "../../src/data/index.js";
import { decodeAnswer } from "../../src/data/series/encode.js";
import { mse } from "../../src/nn/index.js";
import { partsOf } from "../../src/train/options.js";

const month = (i: number): string => `${2000 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, "0")}`;

/** Rows of months: time, y, and two more columns. */
const csvOf = (ys: readonly (number | "")[], from = 0): string =>
  ["month,y,rain,holiday", ...ys.map((y, i) => `${month(from + i)},${y},${10 * i},${i % 3 === 0 ? 1 : 0}`)].join("\n");

const countTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const listOf = (data: SeriesDataset, i: number) => {
  const { inputs, targets } = data.batch([i]);
  return { input: Array.from(inputs.input?.data ?? []), target: Array.from(targets.target?.data ?? []) };
};

describe("windows", () => {
  it("are stretches of the window's length, each followed by the horizon", () => {
    const { train, test } = seriesData(series(csvOf(countTo(10))), {
      target: "y",
      window: 3,
      horizon: 2,
      split: { train: 0.8, test: 0.2 },
    });
    expect(train.inputShapes).toEqual({ input: [3, 1] });
    expect(train.targetShapes).toEqual({ target: [2] });
    // The training part is 0 to 7: mean 3.5, variance (8^2 - 1) / 12.
    const z = (...values: number[]) => values.map((value) => Math.fround((value - 3.5) / Math.sqrt(63 / 12)));
    expect(Array.from(train.origins)).toEqual([2, 3, 4, 5]);
    expect(listOf(train, 0)).toEqual({ input: z(0, 1, 2), target: z(3, 4) });
    expect(listOf(train, 3)).toEqual({ input: z(3, 4, 5), target: z(6, 7) });
    // The last part sees what came before it, and forecasts what lies within.
    expect(Array.from(test.origins)).toEqual([7]);
    expect(listOf(test, 0)).toEqual({ input: z(5, 6, 7), target: z(8, 9) });
    expect(train.batch([3, 0]).inputs.input?.shape).toEqual([2, 3, 1]);
    expect(() => train.batch([4])).toThrow(DataError);
  });

  it("begin every stride steps", () => {
    const { train } = seriesData(series(csvOf(countTo(20))), {
      target: "y",
      window: 3,
      horizon: 2,
      stride: 4,
      split: { train: 1 },
    });
    expect(Array.from(train.origins)).toEqual([2, 6, 10, 14]);
  });

  it("have the targets, the past, the known and the calendar in this order, and go on into the horizon with the known", () => {
    const { train } = seriesData(series(csvOf(countTo(12))), {
      target: "y",
      window: 2,
      horizon: 2,
      past: ["rain"],
      known: ["holiday"],
      calendar: ["month"],
      split: { train: 1 },
    });
    expect(train.inputShapes).toEqual({ input: [4, 6] });
    const [y, holiday] = [Math.sqrt(143 / 12), Math.sqrt(2 / 9)];
    const row = (i: number, ahead: number) => [
      ahead ? 0 : (i - 5.5) / y,
      ahead ? 0 : (i - 5.5) / y,
      ((i % 3 === 0 ? 1 : 0) - 1 / 3) / holiday,
      Math.sin((2 * Math.PI * i) / 12),
      Math.cos((2 * Math.PI * i) / 12),
      ahead,
    ];
    const expected = [row(1, 0), row(2, 0), row(3, 1), row(4, 1)].flat();
    const { input } = listOf(train, 1);
    input.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] as number, 6);
    });
  });

  it("of several targets have them side by side", () => {
    const { train } = seriesData(series(csvOf(countTo(8))), {
      target: ["y", "rain"],
      window: 2,
      horizon: 3,
      split: { train: 1 },
    });
    expect(train.targetShapes).toEqual({ target: [3, 2] });
    const { target } = listOf(train, 0);
    expect(target.filter((_, i) => i % 2 === 0)).toEqual(target.filter((_, i) => i % 2 === 1));
  });

  it.each(["last", "season", undefined] as const)(
    "decode to the truth, relative to %s, with and without a logarithm",
    (relativeTo) => {
      const ys = countTo(60).map((i) => 100 * 1.02 ** i * (1 + 0.3 * Math.sin((2 * Math.PI * i) / 12)) + (i % 5));
      for (const log of [[], ["y"]]) {
        const { test } = seriesData(series(csvOf(ys)), {
          target: "y",
          window: 4,
          horizon: 15,
          log,
          ...(relativeTo && { relativeTo }),
          split: { train: 0.6, test: 0.4 },
        });
        test.origins.forEach((origin, i) => {
          listOf(test, i).target.forEach((answer, h) => {
            const value = decodeAnswer(test.encoded, 0, origin, h + 1, answer);
            expect(value / (ys[origin + 1 + h] as number)).toBeCloseTo(1, 5);
          });
        });
      }
    },
  );

  it("relative to the last value show the way to it, exactly far from 0 as well", () => {
    const { train } = seriesData(series(csvOf(countTo(12).map((i) => 1e9 + i))), {
      target: "y",
      window: 3,
      horizon: 1,
      relativeTo: "last",
      split: { train: 1 },
    });
    // The change over the horizon is always 1, and its deviation about 0 too.
    const { input, target } = listOf(train, 4);
    expect(input.filter((_, i) => i % 2 === 1)).toEqual([-2, -1, 0]);
    expect(target).toEqual([1]);
  });

  it("relative to the season show the change since then", () => {
    const { train } = seriesData(
      series(csvOf(countTo(40).map((i) => (i % 12) + 3 * Math.floor(i / 12) + (i === 30 ? 6 : 0)))),
      {
        target: "y",
        window: 2,
        horizon: 14,
        relativeTo: "season",
        split: { train: 1 },
      },
    );
    // Of 28 changes over a season 27 are 3 and one is 9: mean 45 / 14, variance 27 / 28 * 36 / 28.
    const z = (change: number) => (change - (27 * 3 + 9) / 28) / ((6 * Math.sqrt(27)) / 28);
    const { input, target } = listOf(train, 0);
    expect(train.origins[0]).toBe(13);
    expect(input.filter((_, i) => i % 2 === 1)).toEqual([Math.fround(z(3)), Math.fround(z(3))]);
    // 13 and 14 steps ahead are two seasons after what was seen: twice the mean change is expected.
    expect(target[0]).toBeCloseTo(z(3), 5);
    expect(target[12]).toBeCloseTo((6 - (2 * 90) / 28) / ((6 * Math.sqrt(27)) / 28), 5);
  });
});

describe("no part sees what comes after it", () => {
  const options: SeriesDataOptions<"validation" | "test"> = {
    target: "y",
    window: 6,
    horizon: 3,
    past: ["rain"],
    known: ["holiday"],
    calendar: ["month"],
    split: { train: 0.6, validation: 0.2, test: 0.2 },
  };
  const everything = (data: SeriesDataset) => {
    const { inputs, targets } = data.batch(countTo(data.length));
    return { inputs, targets, encoding: data.encoding, origins: data.origins };
  };

  it.each([undefined, "last", "season"] as const)("whatever the future is, relative to %s", (relativeTo) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 100, maxLength: 100 }),
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 40, maxLength: 40 }),
        (ys, future) => {
          const all = { ...options, ...(relativeTo && { relativeTo }) };
          const changed = [...ys.slice(0, 60), ...future];
          const [before, after] = [seriesData(series(csvOf(ys)), all), seriesData(series(csvOf(changed)), all)];
          expect(everything(after.train)).toEqual(everything(before.train));
          const later = [...ys.slice(0, 80), ...future.slice(20)];
          const apart = seriesData(series(csvOf(later)), all);
          expect(everything(apart.validation)).toEqual(everything(before.validation));
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each(["interpolate", "previous"] as const)("nor does a gap that is filled by %s let it in", (gaps) => {
    const withGaps = (ys: readonly number[]) => csvOf(ys.map((y, i) => ((i > 55 && i < 63) || i === 30 ? "" : y)));
    const given: SeriesOptions = { gaps };
    const ys = countTo(100).map((i) => (i * 7) % 31);
    const changed = ys.map((y, i) => (i < 60 ? y : 500 - y));
    const [before, after] = [ys, changed].map((each) => seriesData(series(withGaps(each), given), options).train);
    // The gap goes on beyond the end of the training part: the straight line through it is drawn to the future.
    expect(everything(after as SeriesDataset)).toEqual(everything(before as SeriesDataset));
    const origins = Array.from(before?.origins ?? []);
    expect(origins).toContain(31);
    expect(origins).not.toContain(30);
    expect(Math.max(...origins)).toBe(52);
  });

  it.each([1, 2, 5])("nor does a share kept for validation, windows %i apart", async (stride) => {
    const { train } = seriesData(series(csvOf(countTo(100))), { ...options, split: { train: 1 }, stride });
    const parts = partsOf(train, { loss: mse(), validation: 0.25 });
    // y is the row's number: the targets that training aims at end where the first one of validation begins, or before.
    const targets = async (data: Dataset) => {
      const { data: scaled } = (await data.batch(countTo(data.length))).targets.target as Tensor;
      const { mean, deviation } = train.encoding.targets[0] as { mean: number; deviation: number };
      return Array.from(scaled, (value) => Math.round(value * deviation + mean));
    };
    const [before, after] = [await targets(parts.training), await targets(parts.validation as Dataset)];
    expect(Math.max(...before)).toBeLessThan(Math.min(...after));
    expect(Math.min(...after) - Math.max(...before), "no more left out than needed").toBeLessThanOrEqual(2 * stride);
    expect(() => split(train, { a: 0.5, b: 0.5 }, 0)).toThrow("neighbouring examples overlap");
  });

  it("keeps targets within their part", () => {
    const { train, validation, test } = seriesData(series(csvOf(countTo(100))), options);
    const last = (data: SeriesDataset) => [data.origins[0], data.origins.at(-1)];
    expect([last(train), last(validation), last(test)]).toEqual([
      [5, 56],
      [59, 76],
      [79, 96],
    ]);
    expect(new Date(train.encoding.until).toISOString().slice(0, 7)).toBe(month(79));
  });
});

describe("an encoding", () => {
  const whole = series(csvOf(countTo(36)));
  const encoding = fitSeries(whole, { target: "y", window: 4, horizon: 2, known: ["holiday"] });

  it("encodes new data as it was trained", () => {
    const later = series(csvOf([50, 60, 70, 80, 90, 95], 36));
    const data = encodeSeries(later, encoding);
    expect(data.length).toBe(1);
    const y = (value: number) => Math.fround((value - 17.5) / Math.sqrt((36 ** 2 - 1) / 12));
    expect(listOf(data, 0).target).toEqual([y(90), y(95)]);
    const rows = encodeSeries(whole, encoding, { begin: 30, end: 34, stride: 2 });
    expect(Array.from(rows.origins)).toEqual([29, 31]);
  });

  it("refuses another clock, a missing column and too short a series", () => {
    const daily = series("day,y,holiday\n2001-01-01,1,0\n2001-01-02,2,0\n2001-01-03,3,0");
    expect(() => encodeSeries(daily, encoding)).toThrow("86400000 millisecond apart, in training they were 1 month");
    expect(() => encodeSeries(series("m,y\n2001-01,1\n2001-02,2"), encoding)).toThrow('there is no column "holiday"');
    expect(() => encodeSeries(series(csvOf([1, 2, 3, 4, 5])), encoding)).toThrow(DataError);
    expect(() => encodeSeries(series(csvOf([1, 2, 3, 4, 5])), encoding)).toThrow("there is no window");
  });

  it("of a series of one value stands at 0", () => {
    const { train } = seriesData(series(csvOf(new Array(20).fill(7))), { target: "y", window: 2, split: { train: 1 } });
    expect(listOf(train, 0)).toEqual({ input: [0, 0], target: [0] });
  });
});

it.each<[string, object, string]>([
  ["a target", { target: "why" }, 'there is no column "why"'],
  ["a window", { window: 0 }, "window must be a whole number from 1"],
  ["one role a column", { past: ["y"] }, '"y" is named twice'],
  ["logarithms of used columns", { log: ["rain"] }, 'log names "rain"'],
  ["calendar features that there are", { calendar: ["moon"] }, 'calendar has no "moon"'],
  ["a base", { relativeTo: "first" }, 'relativeTo must be "last" or "season"'],
  ["a season for that base", { relativeTo: "season", season: 1 }, "needs a season"],
  ["quantiles that rise", { quantiles: [0.5, 0.1] }, "rising numbers between 0 and 1"],
  ["the median", { quantiles: [0.1, 0.9] }, "0.5 is among them"],
  ["one target with quantiles", { target: ["y", "rain"], quantiles: [0.5] }, "one target"],
  ["known options", { horizons: 2 }, 'Did you mean "horizon"?'],
  ["parts that make 1", { split: { train: 0.5, test: 0.1 } }, "they should make 1"],
  ["training first", { split: { test: 0.5, train: 0.5 } }, 'must be "train"'],
])("options need %s", (_, change, says) => {
  const options = { target: "y", window: 3, ...change } as SeriesDataOptions<"test">;
  expect(() => seriesData(series(csvOf(countTo(40))), options)).toThrow(OptionError);
  expect(() => seriesData(series(csvOf(countTo(40))), options)).toThrow(says);
});

it("no logarithm of what is not above 0, no calendar without dates, no part without a window", () => {
  const options = { target: "y", window: 3 };
  expect(() => seriesData(series(csvOf(countTo(40))), { ...options, log: ["y"] })).toThrow(
    "at 2000-01 it is 0, which has no logarithm",
  );
  const counted = series("y\n1\n5\n2\n4\n5\n6\n3\n1\n1\n1\n2\n1\n2", { time: false });
  expect(() => seriesData(counted, { ...options, calendar: ["month"] })).toThrow("the times are plain numbers");
  expect(() => seriesData(series(csvOf(countTo(10))), { ...options, horizon: 4 })).toThrow('the part "validation"');
});
