import { scaleLinear, scaleUtc } from "d3-scale";
import { checkNumber, checkOptions } from "../base/options.js";
import type { Forecast, Series } from "../data/index.js";
import { forecastLines } from "./forecastLines.js";
import { LINE, legendOf, MARGIN, pathOf } from "./lineChart.js";
import { short, svg, text } from "./svg.js";

export interface ForecastChartOptions {
  /** Other forecasts of the same steps by name, such as `{ drift: drift(history, 12) }`; defaults to none. */
  readonly others?: Readonly<Record<string, ArrayLike<number>>>;
  /** Steps of history that are shown; defaults to three horizons. */
  readonly history?: number;
  /** Above the chart; defaults to none. */
  readonly title?: string;
  /** In pixels; defaults to 800. */
  readonly width?: number;
  /** In pixels; defaults to 400. */
  readonly height?: number;
}

/** Okabe & Ito (2008): the network in blue, the simple forecasts in colours of their own. */
const NETWORK = "#0072b2";
const OTHERS = ["#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/**
 * A forecast as an SVG text: the history and the truth, where the series goes on, in black; the network in blue, with a
 * band from each quantile to its counterpart; others dashed.
 * @throws DataError when the series does not reach the forecast
 */
export function forecastChart(forecast: Forecast, from: Series, options: ForecastChartOptions = {}): string {
  checkOptions("forecastChart", options, ["others", "history", "title", "width", "height"]);
  const { title, width = 800, height = 400, others = {}, history = 3 * forecast.times.length } = options;
  checkNumber("forecastChart", "width", width, { low: 200, high: 10_000 });
  checkNumber("forecastChart", "height", height, { low: 150, high: 10_000 });
  checkNumber("forecastChart", "history", history, { low: 1, integer: true });
  const { times, origin, lines, bands } = forecastLines(forecast, from, history, others);
  const names = [...lines.keys()];
  const strokeOf = (name: string): string => {
    if (name === "network") return `stroke="${NETWORK}"`;
    const other = Object.keys(others).indexOf(name);
    if (other >= 0) return `stroke="${OTHERS[other % OTHERS.length]}" stroke-dasharray="6 3"`;
    return name === "truth" ? 'stroke="#000" stroke-dasharray="1 3" stroke-linecap="round"' : 'stroke="#000"';
  };

  const top = title === undefined ? 12 : 40;
  const legend = legendOf(names, top, width, (i) => strokeOf(names[i] as string));
  const frame = {
    left: MARGIN.left,
    right: width - MARGIN.right,
    top: top + legend.rows * LINE + 20,
    bottom: height - MARGIN.bottom,
  };
  const all = [...lines.values(), ...bands.flatMap(({ lower, upper }) => [lower, upper])]
    .flat()
    .filter(Number.isFinite);
  const y = scaleLinear([Math.min(...all), Math.max(...all)], [frame.bottom, frame.top]).nice(6);
  const ends: [number, number] = [times[0] as number, times.at(-1) as number];
  const across: [number, number] = [frame.left, frame.right];
  const x = forecast.clock.unit === "number" ? scaleLinear(ends, across) : scaleUtc(ends, across);
  const at = (i: number): number => x(times[i] as number);
  const mark = x.tickFormat(8) as (value: number | Date) => string;

  const grid = y
    .ticks(6)
    .flatMap((value) => [
      `<path d="M${frame.left} ${short(y(value))}H${frame.right}" stroke="#ddd" fill="none"/>`,
      text(frame.left - 8, y(value) + 4, y.tickFormat(6)(value), 'text-anchor="end"'),
    ]);
  const below = x
    .ticks(8)
    .flatMap((value) => [
      `<path d="M${short(x(value))} ${short(frame.bottom)}v5" stroke="#888" fill="none"/>`,
      text(x(value), frame.bottom + 18, mark(value), 'text-anchor="middle"'),
    ]);
  const shades = bands.map(({ lower, upper }) => {
    const edge = (line: readonly number[]) =>
      line.flatMap((value, i) => (Number.isFinite(value) ? [`${short(at(i))} ${short(y(value))}`] : []));
    return `<path d="M${[...edge(upper), ...edge(lower).reverse()].join("L")}Z" fill="${NETWORK}" fill-opacity="0.18"/>`;
  });
  const drawn = names.map(
    (name) =>
      `<path d="${pathOf(lines.get(name) as number[], at, y)}" ${strokeOf(name)} fill="none" stroke-width="2" stroke-linejoin="round"/>`,
  );
  const now = short(at(origin - 1));
  const widest = bands[0] === undefined ? "" : `, band: ${Math.round(100 * bands[0].share)} % expected within`;
  return svg(width, height, title ?? `Forecast of ${forecast.name}`, [
    ...(title === undefined ? [] : [text(width / 2, 24, title, 'text-anchor="middle" font-size="16"')]),
    ...legend.parts,
    ...grid,
    ...below,
    ...shades,
    `<path d="M${now} ${short(frame.top)}V${short(frame.bottom)}" stroke="#888" stroke-dasharray="3 3" fill="none"/>`,
    `<path d="M${frame.left} ${short(frame.top)}V${short(frame.bottom)}H${frame.right}" stroke="#888" fill="none"/>`,
    ...drawn,
    text((frame.left + frame.right) / 2, height - 8, `${forecast.name}${widest}`, 'text-anchor="middle"'),
  ]);
}
