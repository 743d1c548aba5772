import { checkNumber, checkOptions } from "../base/options.js";
import type { Forecast, Series } from "../data/index.js";
import { formatTime } from "../data/series/time.js";
import { forecastLines } from "./forecastLines.js";

export interface RenderForecastOptions {
  /** Other forecasts of the same steps by name; defaults to none. */
  readonly others?: Readonly<Record<string, ArrayLike<number>>>;
  /** Steps of history that are shown; defaults to three horizons. */
  readonly history?: number;
  /** Columns of the terminal; defaults to 80. */
  readonly columns?: number;
  /** Lines of the chart, without its legend; defaults to 16. */
  readonly rows?: number;
}

/** Marks of the lines; others are marked by the first letter of their names that is still free. */
const MARKS: Readonly<Record<string, string>> = { history: "·", truth: "o", network: "●" };
const BAND = "░";

/**
 * A forecast as text for a terminal: history, truth, network with its widest band, and others, a mark each.
 * @throws DataError when the series does not reach the forecast
 */
export function renderForecast(forecast: Forecast, from: Series, options: RenderForecastOptions = {}): string {
  checkOptions("renderForecast", options, ["others", "history", "columns", "rows"]);
  const { others = {}, history = 3 * forecast.times.length, columns = 80, rows = 16 } = options;
  checkNumber("renderForecast", "columns", columns, { low: 20, high: 10_000, integer: true });
  checkNumber("renderForecast", "rows", rows, { low: 3, high: 1000, integer: true });
  const { times, origin, lines, bands } = forecastLines(forecast, from, history, others);
  const [band] = bands;
  const all = [...lines.values(), band?.lower ?? [], band?.upper ?? []].flat().filter(Number.isFinite);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const label = (value: number): string => String(Number(value.toPrecision(4)));
  const margin = Math.max(label(low).length, label(high).length) + 2;
  const width = Math.max(1, columns - margin);
  const wide = Math.max(1, Math.min(4, Math.floor(width / times.length)));
  const x = (i: number): number => (times.length > width ? Math.floor((i * width) / times.length) : i * wide);
  const y = (value: number): number => Math.round(((high - value) / (high - low || 1)) * (rows - 1));
  const grid = Array.from({ length: rows }, () => new Array<string>(width).fill(" "));
  const put = (column: number, row: number, mark: string): void => {
    (grid[row] as string[])[column] = mark;
  };
  if (band !== undefined)
    for (let i = origin; i < times.length; i++)
      for (let row = y(band.upper[i] as number); row <= y(band.lower[i] as number); row++)
        for (let column = 0; column < wide; column++) put(x(i) + column, row, BAND);
  const marks = marksOf([...lines.keys()]);
  for (const [name, line] of lines)
    line.forEach((value, i) => {
      // Where a forecast joins the history is drawn already.
      if (Number.isFinite(value) && (name === "history" || i >= origin)) put(x(i), y(value), marks.get(name) as string);
    });
  const labels = new Map([
    [0, label(high)],
    [Math.floor((rows - 1) / 2), label((low + high) / 2)],
    [rows - 1, label(low)],
  ]);
  const chart = grid.map((cells, row) =>
    `${(labels.get(row) ?? "").padStart(margin - 2)} │${cells.join("")}`.trimEnd(),
  );
  const time = (i: number) => formatTime(forecast.clock, times[i] as number);
  const [first, last] = [time(0), time(times.length - 1)];
  const end = x(times.length - 1) + 1;
  const under = `${" ".repeat(margin)}${first}${last.padStart(Math.max(last.length + 1, end - first.length))}`;
  const widest = band === undefined ? [] : [`${BAND} ${Math.round(100 * band.share)} % expected within`];
  const legend = [...[...marks].map(([name, mark]) => `${mark} ${name}`), ...widest].join("   ");
  return [...chart, under, `${forecast.name}: ${legend}`].join("\n");
}

function marksOf(names: readonly string[]): Map<string, string> {
  const marks = new Map<string, string>();
  for (const name of names) {
    const free = [...name].find(
      (letter) => /[a-z]/i.test(letter) && letter !== "o" && ![...marks.values()].includes(letter),
    );
    marks.set(name, MARKS[name] ?? free ?? "x");
  }
  return marks;
}
