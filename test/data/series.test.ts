import { describe, expect, it } from "vitest";
import { DataError, FormatError, OptionError } from "../../src/base/errors.js";
import { calendarOf, type SeriesOptions, series } from "../../src/data/index.js";
import {
  calendarFeatures,
  formatStep,
  formatTime,
  later,
  onCircle,
  parseDate,
  seasonOf,
} from "../../src/data/series/time.js";

const days = (...cells: string[]): string => ["day,x", ...cells].join("\n");
const valuesOf = (text: string, options: SeriesOptions = {}) =>
  Array.from(series(text, options).columns.get("x") ?? []);
const utc = (text: string): number => Date.parse(text);

describe("times", () => {
  it.each([
    ["1949-01", "1949-01-01T00:00:00Z"],
    ["1981-01-31", "1981-01-31T00:00:00Z"],
    ["1981/1/31", "1981-01-31T00:00:00Z"],
    ["2016-07-01 13:05", "2016-07-01T13:05:00Z"],
    ["2016-07-01T13:05:07.25Z", "2016-07-01T13:05:07.250Z"],
    ["2016-07-01 13:05:00+02:00", "2016-07-01T11:05:00Z"],
    ["2000-02-29", "2000-02-29T00:00:00Z"],
  ])("reads %s", (text, iso) => {
    expect(parseDate(text)).toBe(utc(iso));
  });

  it.each(["1900-02-29", "2001-13-01", "01/02/2003", "2001-01-01 24:00", "2001", "soon", "2001-1-1 1:2"])(
    "does not read %s",
    (text) => {
      expect(parseDate(text)).toBeUndefined();
    },
  );

  it.each([
    ["t,x\n2001-01,1\n2001-02,2\n2001-03,3", { unit: "month", step: 1 }, "1 month", 12, "2001-04"],
    ["t,x\n2001-01-31,1\n2001-02-28,2\n2001-03-31,3", { unit: "monthEnd", step: 1 }, "1 month", 12, "2001-04-30"],
    ["t,x\n2001-01-01,1\n2002-01-01,2", { unit: "month", step: 12 }, "1 year", 1, "2003-01"],
    ["t,x\n2001-01-01,1\n2001-04-01,2", { unit: "month", step: 3 }, "3 months", 4, "2001-07"],
    ["t,x\n2001-01-01,1\n2001-01-02,2", { unit: "millisecond", step: 864e5 }, "1 day", 7, "2001-01-03"],
    ["t,x\n2001-01-01,1\n2001-01-08,2", { unit: "millisecond", step: 6048e5 }, "1 week", 52, "2001-01-15"],
    [
      "t,x\n2001-01-01 22:00,1\n2001-01-01 23:00,2",
      { unit: "millisecond", step: 36e5 },
      "1 hour",
      24,
      "2001-01-02 00:00",
    ],
    ["t,x\n0.1,1\n0.2,2\n0.3,5\n0.4,4", { unit: "number", step: 0.1 }, "0.1", 1, "0.5"],
  ])("finds the clock of %j", (text, clock, step, season, next) => {
    const { clock: found, times } = series(text);
    expect(found).toEqual(clock);
    expect(formatStep(found)).toBe(step);
    expect(seasonOf(found)).toBe(season);
    expect(formatTime(found, later(found, times.at(-1) as number, 1))).toBe(next);
  });

  it.each([
    ["2001-01-01 00:00", 3_600_000, 24 * 20, ["hour", "dayOfWeek"]],
    ["2001-01-01 00:00", 3_600_000, 24 * 13, ["hour"]],
    ["2001-01-01", 86_400_000, 800, ["dayOfWeek", "dayOfYear"]],
    ["2001-01-01", 7 * 86_400_000, 110, ["dayOfYear"]],
    ["2001-01-01", 7 * 86_400_000, 100, []],
  ])(
    "tells of the calendar from %s in steps of %i ms what comes round twice in %i rows",
    (first, step, rows, features) => {
      const row = (i: number) =>
        `${new Date(utc(first) + i * step).toISOString().slice(0, 16).replace("T", " ")},${i % 9}`;
      const read = series(["t,x", ...Array.from({ length: rows }, (_, i) => row(i))].join("\n"));
      expect(calendarOf(read)).toEqual(features);
      expect(calendarOf(read, 2)).toEqual([]);
    },
  );

  it("tells months of months, and nothing of years and of plain numbers", () => {
    const months = Array.from(
      { length: 30 },
      (_, i) => `${2001 + Math.floor(i / 12)}-${String(1 + (i % 12)).padStart(2, "0")},1`,
    );
    expect(calendarOf(series(["t,x", ...months].join("\n")))).toEqual(["month"]);
    expect(calendarOf(series("t,x\n2001-01-01,1\n2002-01-01,2\n2003-01-01,2\n2004-01-01,2"))).toEqual([]);
    expect(calendarOf(series("t,x\n1,1\n2,5\n3,4"))).toEqual([]);
  });

  it("goes on by months on the day that there is", () => {
    const clock = { unit: "month", step: 1 } as const;
    expect(formatTime(clock, later(clock, utc("2001-01-30"), 1))).toBe("2001-02-28");
    expect(formatTime(clock, later(clock, utc("2001-01-30"), 14))).toBe("2002-03-30");
  });

  it("puts times on the calendar's circles", () => {
    // Monday, the first of January, 6 o'clock.
    const time = utc("2001-01-01T06:00:00Z");
    const [hour, weekday, day, month] = calendarFeatures.map((feature) => onCircle(feature, time));
    expect(hour?.[0]).toBeCloseTo(1, 12);
    expect(hour?.[1]).toBeCloseTo(0, 12);
    expect([weekday, day, month]).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(onCircle("month", utc("2001-04-15"))[0]).toBeCloseTo(1, 12);
    expect(onCircle("dayOfWeek", utc("1969-12-31"))[0]).toBeCloseTo(Math.sin((2 * Math.PI * 2) / 7), 12);
    expect(onCircle("dayOfYear", utc("2001-12-31"))[1]).toBeCloseTo(Math.cos((2 * Math.PI * 364) / 365), 12);
  });
});

describe("series", () => {
  it("reads the one column of dates and all columns of numbers", () => {
    const { time, length, columns, times, filled } = series("when,a,b,note\n1949-01,1,2,x\n1949-02,3,4,y\n");
    expect(time).toBe("when");
    expect(length).toBe(2);
    expect(Object.fromEntries(columns)).toEqual({ a: Float64Array.of(1, 3), b: Float64Array.of(2, 4) });
    expect(Array.from(times)).toEqual([utc("1949-01-01"), utc("1949-02-01")]);
    expect(Array.from(filled)).toEqual([0, 0]);
  });

  it("reads columns that are asked for, decimal commas, and rows that are only counted", () => {
    expect(Array.from(series("day;x;y\n2001-01-01;1,5;a\n2001-01-02;2,5;b", { columns: ["x"] }).columns)).toEqual([
      ["x", Float64Array.of(1.5, 2.5)],
    ]);
    const counted = series("x\n5\n7\n6", { time: false });
    expect(counted.time).toBe(false);
    expect(Array.from(counted.times)).toEqual([0, 1, 2]);
  });

  it("takes a column that rises evenly for the time where there is no date", () => {
    expect(series("step,x\n1,5\n2,7\n3,6").time).toBe("step");
    expect(series("year,x\n1749,5\n1750,7\n1751,7").clock).toEqual({ unit: "number", step: 1 });
  });

  it("lets a column end before the others", () => {
    expect(valuesOf(days("2001-01-01,1", "2001-01-02,2", "2001-01-03,"))).toEqual([1, 2, Number.NaN]);
  });
});

describe("treatments", () => {
  const gap = days("2001-01-01,1", "2001-01-02,2", "2001-01-05,8");
  const hole = days("2001-01-01,1", "2001-01-02,", "2001-01-03,3");
  const twice = days("2001-01-01,1", "2001-01-02,2", "2001-01-02,4", "2001-01-03,3");
  const back = days("2001-01-02,2", "2001-01-01,1", "2001-01-03,3");

  it.each([
    [
      "gap",
      gap,
      "series:4:day",
      "after 2001-01-02 comes 2001-01-05: 2 rows are missing, where the step is 1 day",
      "gaps:",
    ],
    ["hole", hole, "series:3:x", "the value is missing", "gaps:"],
    ["time that is there twice", twice, "series:4:day", "2001-01-02 is there twice, on line 3 too", "duplicates:"],
    ["time that goes back", back, "series:3:day", "2001-01-01 comes after 2001-01-02", 'order: "sort"'],
  ])("refuse a %s, and say what to do", (_, text, ...parts) => {
    expect(() => series(text)).toThrow(DataError);
    for (const part of parts) expect(() => series(text)).toThrow(part);
  });

  it("fill gaps, and say which rows are filled", () => {
    expect(valuesOf(gap, { gaps: "interpolate" })).toEqual([1, 2, 4, 6, 8]);
    expect(valuesOf(gap, { gaps: "previous" })).toEqual([1, 2, 2, 2, 8]);
    expect(valuesOf(gap, { gaps: "close" })).toEqual([1, 2, 8]);
    expect(valuesOf(hole, { gaps: "interpolate" })).toEqual([1, 2, 3]);
    expect(valuesOf(hole, { gaps: "previous" })).toEqual([1, 1, 3]);
    expect(Array.from(series(gap, { gaps: "interpolate" }).filled)).toEqual([0, 0, 1, 1, 0]);
    expect(Array.from(series(hole, { gaps: "previous" }).filled)).toEqual([0, 1, 0]);
    expect(Array.from(series(gap, { gaps: "close" }).times, (time) => new Date(time).getUTCDate())).toEqual([1, 2, 5]);
  });

  it("make one row of several, and put rows in order", () => {
    expect(valuesOf(twice, { duplicates: "mean" })).toEqual([1, 3, 3]);
    expect(valuesOf(twice, { duplicates: "first" })).toEqual([1, 2, 3]);
    expect(valuesOf(twice, { duplicates: "last" })).toEqual([1, 4, 3]);
    expect(valuesOf(back, { order: "sort" })).toEqual([1, 2, 3]);
  });

  it("do not fill more rows than there are: a wrong year is no gap", () => {
    const wrong = days("2001-01-01,1", "2001-01-02,2", "9001-01-03,8");
    expect(() => series(wrong, { gaps: "interpolate" })).toThrow("more than there are");
  });
});

describe("bad input", () => {
  it.each([
    ["", "there are no rows of data", {}],
    ["day,x\n", "there are no rows of data", {}],
    [days("2001-01-01,1"), "one row is no series", {}],
    [days("2001-01-01,1", "2001-01-02,two"), 'series:3:x: "two" is not a number', { columns: ["x"] }],
    [days("2001-01-01,1", "2001-01-02,Infinity"), 'series:3:x: "Infinity" is not a number', { columns: ["x"] }],
    [days("2001-01-01,1", "2001-02-30,2"), 'series:3:day: "2001-02-30" is no ISO date', { time: "day" }],
    [days("2001-01-01,1", ",2"), "series:3:day: there is no time", {}],
    [days("2001-01-01,", "2001-01-02,2"), "series:2:x: the column begins with a missing value", {}],
    [days("2001-01-01,", "2001-01-02,"), "series:x: there is no value in the column", { columns: ["x"] }],
    [days("2001-01-01,a", "2001-01-02,b"), "no column beside the time holds numbers", {}],
    [
      "t,x\n2001-01-01 00:00,1\n2001-01-01 01:00,2\n2001-01-01 01:30,3\n2001-01-01 02:30,3",
      "series:4: 2001-01-01 01:30 stands between two steps: most rows are 1 hour apart",
      {},
    ],
    ["day,x\n2001-01-01,1\n2001-01-02,2,3", "series:3: expected 2 columns, got 3", {}],
  ])("%j is refused: %s", (text, says, options) => {
    expect(() => series(text, options)).toThrow(DataError);
    expect(() => series(text, options)).toThrow(says);
  });

  it("names columns that are not there, times that cannot be told, and options that do not exist", () => {
    const text = days("2001-01-01,1", "2001-01-02,2");
    const cases: [string, SeriesOptions, string][] = [
      [text, { time: "days" }, 'there is no column "days". Did you mean "day"?'],
      [text, { columns: ["y"] }, 'there is no column "y"'],
      [text, { gaps: "fill" as never }, 'series: gaps: must be "refuse" or "interpolate" or "previous" or "close"'],
      [text, { gap: 1 } as never, 'unknown option "gap". Did you mean "gaps"?'],
      ["a,x\nred,1\nblue,7\nred,8", {}, "time: false"],
      ["a,b,x\n2001-01,2001-01,1\n2001-02,2001-02,2", {}, 'both "a" and "b" could be the time'],
    ];
    for (const [given, options, says] of cases) {
      expect(() => series(given, options), says).toThrow(OptionError);
      expect(() => series(given, options)).toThrow(says);
    }
    expect(() => series('day,x\n2001-01-01,"1', {})).toThrow(FormatError);
  });
});
