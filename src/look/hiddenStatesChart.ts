import { checkNumber, checkOptions } from "../base/options.js";
import type { ColourScale, Rgb } from "./colour.js";
import { checkUnit, type HiddenStates, valuesNamed } from "./hiddenStates.js";
import { mostVaried, seriesOf, stateScale } from "./hiddenStatesPicture.js";
import { short, svg, text } from "./svg.js";
import { checkTokens, inkOn, visible } from "./tokens.js";

export interface HiddenStatesChartOptions {
  /** Above the chart; defaults to the layer's name. */
  readonly title?: string;
  /** In pixels; defaults to 800. */
  readonly width?: number;
  /** At most so many units, those that vary the most; defaults to 32. */
  readonly units?: number;
  /** Which values, in this order; defaults to all, the state first. */
  readonly values?: readonly string[];
  /** What the network read, step by step: a strip on the colours of `unit`. */
  readonly tokens?: readonly string[];
  /** Whose state colours the tokens; defaults to the one that varies the most. */
  readonly unit?: number;
}

const MARGIN = { left: 44, right: 16, top: 44, bottom: 40 };
/** Room above a panel for its name. */
const HEAD = 26;
const STRIP = 22;
const SQUARE = 150;

/**
 * A recurrent layer's states and gates as an SVG text: heat maps with time from left to right and a row per unit, the
 * tokens read above them, and under them, for each gate, how often each unit is shut and open (Karpathy, Johnson & Li 2015).
 */
export function hiddenStatesChart(states: HiddenStates, options: HiddenStatesChartOptions = {}): string {
  checkOptions("hiddenStatesChart", options, ["title", "width", "units", "values", "tokens", "unit"]);
  const { title = states.layer, width = 800, tokens } = options;
  checkNumber("hiddenStatesChart", "width", width, { low: 200, high: 10_000 });
  const rows = mostVaried(states, options.units ?? 32);
  const unit = options.unit ?? (mostVaried(states, 1)[0] as number);
  checkUnit("hiddenStatesChart", unit, states);
  const names = options.values ?? [...states.values.keys()].sort((a, b) => rank(a) - rank(b));
  const right = width - MARGIN.right;
  const cell = { width: (right - MARGIN.left) / states.time, height: Math.max(3, Math.min(12, 160 / rows.length)) };
  const parts = [text(MARGIN.left, 22, title, 'font-size="16"')];
  let top = MARGIN.top;
  if (tokens !== undefined) {
    checkTokens("hiddenStatesChart", tokens, states.time);
    parts.push(text(MARGIN.left, top + 14, `state of unit ${unit}`, 'font-weight="bold"'));
    top += HEAD - 6;
    parts.push(
      ...stripOf(tokens, seriesOf(states, "state", unit), stateScale(states, "state", [unit]), cell.width, top),
    );
    top += STRIP + 6;
  }
  for (const name of names) {
    const values = valuesNamed(states, name);
    const scale = stateScale(states, name, rows);
    parts.push(text(MARGIN.left, top + 14, name, 'font-weight="bold"'));
    parts.push(text(right, top + 14, extentOf(scale), 'text-anchor="end" fill="#555"'));
    top += HEAD - 6;
    const at = (row: number, t: number): number => values[t * states.units + (rows[row] as number)] as number;
    parts.push(...cells(rows.length, states.time, at, scale, top, cell));
    if (rows.length <= 32 && cell.height >= 9)
      rows.forEach((row, i) => void parts.push(unitLabel(row, top, i, cell.height)));
    top += rows.length * cell.height + 8;
  }
  parts.push(...timeAxis(states.time, cell.width, top));
  top += MARGIN.bottom;
  if (states.saturation.size > 0) {
    parts.push(...saturationPanels(states, width, top));
    top += HEAD + SQUARE + 44;
  }
  return svg(width, Math.round(top), `Hidden states of ${title}`, parts);
}

/** The state first, then the cell, then the gates. */
const rank = (name: string): number => (name === "state" ? 0 : name === "cell" ? 1 : 2);

const extentOf = ({ kind, most }: ColourScale): string => {
  const end = String(Number(most.toPrecision(3)));
  return kind === "signed" ? `-${end} (orange) to ${end} (purple), white is 0` : `0 (dark) to ${end} (yellow)`;
};

const unitLabel = (unit: number, top: number, row: number, height: number): string =>
  text(MARGIN.left - 6, top + (row + 0.5) * height + 3, String(unit), 'text-anchor="end" font-size="9" fill="#555"');

const hex = (colour: Rgb): string => `#${colour.map((c) => c.toString(16).padStart(2, "0")).join("")}`;

/** Cells of one colour are one path; neighbours of one colour are one stroke of it. */
function cells(
  height: number,
  width: number,
  at: (row: number, column: number) => number,
  scale: ColourScale,
  top: number,
  cell: { readonly width: number; readonly height: number },
): string[] {
  const paths = new Map<string, string>();
  const x = (column: number): number => MARGIN.left + column * cell.width;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; ) {
      const colour = coarse(scale, at(row, column));
      const from = column;
      while (column < width && coarse(scale, at(row, column)) === colour) column++;
      const way = `M${fine(x(from))} ${fine(top + row * cell.height)}H${fine(x(column))}v${fine(cell.height)}H${fine(x(from))}z`;
      paths.set(colour, (paths.get(colour) ?? "") + way);
    }
  return [...paths].map(([colour, way]) => `<path fill="${colour}" shape-rendering="crispEdges" d="${way}"/>`);
}

const fine = (n: number): string => String(Math.round(n * 100) / 100);

/** In 32 steps to each side of zero: fewer paths, and no difference that is seen. */
function coarse(scale: ColourScale, value: number): string {
  const step = scale.most > 0 ? scale.most / 32 : 1;
  return hex(scale.colour(Number.isFinite(value) ? Math.round(value / step) * step : value));
}

/** Tokens on their colours; a token that would not fit into its step is left out. */
function stripOf(
  tokens: readonly string[],
  values: readonly number[],
  scale: ColourScale,
  width: number,
  top: number,
): string[] {
  return tokens.flatMap((token, t) => {
    const ground = scale.colour(values[t] as number);
    const x = MARGIN.left + t * width;
    const seen = visible(token);
    const size = Math.min(13, (width - 1) / (0.62 * [...seen].length));
    const box = `<rect x="${fine(x)}" y="${short(top)}" width="${fine(width)}" height="${STRIP}" fill="${hex(ground)}"/>`;
    if (size < 5) return [box];
    const ink = `text-anchor="middle" font-size="${short(size)}" fill="${hex(inkOn(ground))}"`;
    return [box, text(x + width / 2, top + STRIP / 2 + size / 3, seen, ink)];
  });
}

/** The first step and about eight more, at round numbers. */
function timeAxis(time: number, width: number, top: number): string[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => time / n <= 10) ?? time;
  const parts = Array.from({ length: Math.ceil(time / step) }, (_, i) =>
    text(MARGIN.left + (i * step + 0.5) * width, top + 8, String(i * step), 'text-anchor="middle" fill="#555"'),
  );
  return [...parts, text(MARGIN.left + (time * width) / 2, top + 26, "step", 'text-anchor="middle"')];
}

/** A square per gate, a dot per unit: to the right the more often it is shut, upwards the more often it is open. */
function saturationPanels({ saturation }: HiddenStates, width: number, top: number): string[] {
  const side = Math.min(SQUARE, (width - MARGIN.left - MARGIN.right) / saturation.size - 70);
  return [...saturation].flatMap(([gate, { shut, open }], i) => {
    const left = MARGIN.left + i * (side + 70);
    const up = top + HEAD;
    const dots = [...shut].map((part, unit) => {
      const [x, y] = [left + part * side, up + (1 - (open[unit] as number)) * side];
      return `<circle cx="${short(x)}" cy="${short(y)}" r="3"/>`;
    });
    return [
      text(left, top + 14, gate, 'font-weight="bold"'),
      `<path d="M${short(left)} ${short(up)}h${short(side)}v${short(side)}h${short(-side)}z" stroke="#bbb" fill="none"/>`,
      `<path d="M${short(left)} ${short(up)}l${short(side)} ${short(side)}" stroke="#ddd" fill="none"/>`,
      `<g fill="#0072b2" fill-opacity="0.45">${dots.join("")}</g>`,
      text(left + side / 2, up + side + 16, "share of steps below 0.1", 'text-anchor="middle" font-size="10"'),
      text(
        left - 6,
        up + side / 2,
        "above 0.9",
        `text-anchor="middle" font-size="10" transform="rotate(-90 ${short(left - 10)} ${short(up + side / 2)})"`,
      ),
    ];
  });
}
