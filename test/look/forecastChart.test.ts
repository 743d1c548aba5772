import { DataError, OptionError } from "midst";
import { type Forecast, series } from "midst/data";
import { forecastChart, renderForecast } from "midst/look";
import { describe, expect, it } from "vitest";

const month = (i: number): string => `${2000 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, "0")}`;
const csvOf = (ys: readonly number[]): string => ["month,y", ...ys.map((y, i) => `${month(i)},${y}`)].join("\n");
const history = [0, 10, 20, 30];
const read = series(csvOf(history));

const forecast: Forecast = {
  name: "y",
  clock: read.clock,
  times: Float64Array.of(Date.UTC(2000, 4), Date.UTC(2000, 5)),
  values: Float64Array.of(40, 50),
  quantiles: [
    { quantile: 0.1, values: Float64Array.of(35, 40) },
    { quantile: 0.5, values: Float64Array.of(40, 50) },
    { quantile: 0.9, values: Float64Array.of(45, 60) },
  ],
};
const others = { naive: [30, 30], drift: [40, 50] };

/** The points of the path with this stroke or fill. */
function points(image: string, look: string): number[][] {
  const found = [...image.matchAll(/<path d="([^"]*)"([^>]*)>/g)].filter(
    ([, , style]) => style?.includes(look) && (style.includes('stroke-width="2"') || style.includes("fill-opacity")),
  );
  expect(found).toHaveLength(1);
  return [...String(found[0]?.[1]).matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

describe("forecastChart", () => {
  const image = forecastChart(forecast, read, { others, history: 3, title: "What <comes>" });

  it("draws history, network, band and others at their places", () => {
    const past = points(image, 'stroke="#000"');
    const ahead = points(image, 'stroke="#0072b2"');
    const naive = points(image, 'stroke="#d55e00"');
    const band = points(image, 'fill="#0072b2"');
    expect(past).toHaveLength(3);
    // The line of the network begins with the last value of the history.
    expect(ahead).toHaveLength(3);
    expect(ahead[0]).toEqual(past[2]);
    // 10, 20, 30, 40, 50 rise evenly; months are 29 to 31 days apart.
    const heights = [...past, ...ahead.slice(1)].map(([, y]) => y as number);
    const step = (heights[0] as number) - (heights[1] as number);
    expect(step).toBeGreaterThan(20);
    heights.forEach((y, i) => {
      expect(y).toBeCloseTo((heights[0] as number) - i * step, 0);
    });
    expect(naive.map(([, y]) => y)).toEqual(new Array(3).fill(past[2]?.[1]));
    expect(band.map(([, y]) => Math.round((((heights[0] as number) - (y as number)) / step) * 10 + 10))).toEqual([
      30, 45, 60, 40, 35, 30,
    ]);
    expect(past.at(-1)?.[0]).toBeLessThan(ahead.at(-1)?.[0] as number);
    expect(ahead.at(-1)?.[0]).toBe(784);
  });

  it("names lines, column and share, and escapes texts", () => {
    for (const name of ["history", "network", "naive", "drift", "80 % expected within", "What &lt;comes&gt;"])
      expect(image).toContain(name);
    expect(image).not.toContain(">truth<");
    expect(image).not.toContain("NaN");
  });

  it("draws the truth where the series goes on", () => {
    const later = forecastChart(forecast, series(csvOf([...history, 42, 47])), { history: 2 });
    expect(later).toContain(">truth<");
    expect(points(later, 'stroke-dasharray="1 3"')).toHaveLength(3);
  });

  it("draws plain numbers for times", () => {
    const counted = series("y\n1\n2\n1\n2", { time: false });
    const numbers = { ...forecast, clock: counted.clock, times: Float64Array.of(4, 5) };
    expect(forecastChart(numbers, counted)).toContain(">5.0<");
  });

  it("refuses what it cannot draw", () => {
    expect(() => forecastChart(forecast, read, { width: 10 })).toThrow(OptionError);
    expect(() => forecastChart(forecast, read, { other: {} } as never)).toThrow('Did you mean "others"?');
    expect(() => forecastChart(forecast, read, { others: { short: [1] } })).toThrow("short: has 1 steps");
    expect(() => forecastChart({ ...forecast, name: "z" }, read)).toThrow('there is no column "z"');
    const late = series("month,y\n2001-01,1\n2001-02,2");
    expect(() => forecastChart(forecast, late)).toThrow(DataError);
  });
});

describe("renderForecast", () => {
  it("marks history, network, band and others, a column or more a step", () => {
    const text = renderForecast(forecast, read, { others: { naive: [30, 30] }, history: 4, columns: 24, rows: 7 });
    expect(text.split("\n")).toEqual([
      "60 │               ░░░",
      "   │               ●░░",
      "   │            ●░░░░░",
      "30 │         ·  n░░n",
      "   │      ·",
      "   │   ·",
      " 0 │·",
      "    2000-01  2000-06",
      "y: · history   n naive   ● network   ░ 80 % expected within",
    ]);
  });

  it("puts many steps into few columns", () => {
    const long = series(csvOf(Array.from({ length: 200 }, (_, i) => i)));
    const times = Float64Array.from({ length: 2 }, (_, i) => Date.UTC(2016, 8 + i));
    const lines = renderForecast({ ...forecast, times }, long, { history: 200, columns: 40 }).split("\n");
    for (const line of lines.slice(0, -1)) expect(line.length).toBeLessThanOrEqual(40);
  });

  it("gives every line a mark of its own", () => {
    const text = renderForecast(forecast, read, { others: { drift: [1, 1], damped: [2, 2], old: [3, 3] } });
    expect(text).toContain("d drift   a damped   l old");
  });
});
