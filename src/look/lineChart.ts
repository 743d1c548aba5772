import { checkNumber } from "../base/options.js";
import { short, svg, text } from "./svg.js";

/** Lines over one axis each along the same x. */
export interface LinePanel {
  readonly title: string;
  /** By the name that the legend shows; a number for each place from the first on. What is not finite is a gap. */
  readonly lines: ReadonlyMap<string, ArrayLike<number>>;
  /** "log" leaves gaps at zeros. */
  readonly scale: "log" | "linear";
}

export interface LineChart {
  /** Above the chart; defaults to none. */
  readonly title?: string | undefined;
  /** What the chart is called where it is not seen and has no title. */
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** Under the x axis, and the number of its first place. */
  readonly x: { readonly title: string; readonly first: number };
}

/** Colours that the colour-blind tell apart too (Okabe & Ito 2008), and strokes for when they come round again. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];
const DASHES = ["", "7 4", "2 3"];

export const MARGIN = { left: 64, right: 16, bottom: 44, between: 54 };
/** The height of a line of the legend. */
export const LINE = 18;

/** Panels under each other as an SVG text; a name has one colour in all of them. */
export function lineChart(panels: readonly LinePanel[], { title, label, width, height, x }: LineChart): string {
  checkNumber("chart", "width", width, { low: 200, high: 10_000 });
  checkNumber("chart", "height", height, { low: 200, high: 10_000 });
  const names = [...new Set(panels.flatMap(({ lines }) => [...lines.keys()]))];
  const head = title === undefined ? [] : [text(width / 2, 24, title, 'text-anchor="middle" font-size="16"')];
  const top = title === undefined ? 12 : 40;
  const legend = legendOf(names, top, width);
  const below = top + legend.rows * LINE + 26;
  const panelHeight = (height - below - MARGIN.bottom - MARGIN.between * (panels.length - 1)) / panels.length;
  const places = Math.max(...panels.flatMap(({ lines }) => [...lines.values()].map(({ length }) => length)));
  const body = panels.flatMap((panel, i) => {
    const frame = {
      left: MARGIN.left,
      right: width - MARGIN.right,
      top: below + i * (panelHeight + MARGIN.between),
      bottom: below + i * (panelHeight + MARGIN.between) + panelHeight,
    };
    return panelOf(panel, names, frame, places, x.first);
  });
  const foot = text((MARGIN.left + width - MARGIN.right) / 2, height - 8, x.title, 'text-anchor="middle"');
  return svg(width, height, title ?? label, [...head, ...legend.parts, ...body, foot]);
}

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function panelOf(
  { title, lines, scale }: LinePanel,
  names: readonly string[],
  { left, right, top, bottom }: Frame,
  places: number,
  first: number,
): string[] {
  const heights = new Map(
    [...lines].map(([name, line]) => [name, scale === "log" ? Array.from(line, Math.log10) : Array.from(line)]),
  );
  const all = [...heights.values()].flat().filter(Number.isFinite);
  const { low, high, step } = scale === "log" ? decades(all) : even(all);
  const x = (place: number): number =>
    places === 1 ? (left + right) / 2 : left + ((right - left) * place) / (places - 1);
  const y = (value: number): number => bottom - ((bottom - top) * (value - low)) / (high - low);
  const parts = [text(left, top - 8, title, 'font-weight="bold"')];
  for (let i = 0; low + i * step <= high + step / 1000; i++) {
    const at = short(y(low + i * step));
    const mark = scale === "log" ? powerLabel(low + i * step) : String(Number((low + i * step).toPrecision(6)));
    parts.push(`<path d="M${left} ${at}H${right}" stroke="#ddd" fill="none"/>`);
    parts.push(text(left - 8, y(low + i * step) + 4, mark, 'text-anchor="end"'));
  }
  for (const place of ticks(places, first))
    parts.push(
      `<path d="M${short(x(place - first))} ${short(bottom)}v5" stroke="#888" fill="none"/>`,
      text(x(place - first), bottom + 18, String(place), 'text-anchor="middle"'),
    );
  parts.push(`<path d="M${left} ${short(top)}V${short(bottom)}H${right}" stroke="#888" fill="none"/>`);
  for (const [name, line] of heights)
    parts.push(
      `<path d="${pathOf(line, x, y)}" ${strokeOf(names.indexOf(name))} fill="none" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>`,
    );
  return parts;
}

/** A line through the numbers there are; a gap where there is none. */
export function pathOf(line: readonly number[], x: (i: number) => number, y: (value: number) => number): string {
  let path = "";
  line.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    const joined = Number.isFinite(line[i - 1] ?? Number.NaN);
    path += `${joined ? "L" : "M"}${short(x(i))} ${short(y(value))}`;
    // A point that stands alone is drawn too.
    if (!joined && !Number.isFinite(line[i + 1] ?? Number.NaN)) path += "h0";
  });
  return path;
}

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

const extent = (values: readonly number[]): [low: number, high: number] => [
  values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
];

/** Whole powers of ten around these exponents, at most eight of them marked. */
function decades(exponents: readonly number[]): Axis {
  const [least, most] = extent(exponents);
  if (least > most) return { low: -1, high: 1, step: 1 };
  const steps = [1, 2, 5, 10, 20];
  const step = steps.find((n) => Math.ceil(most / n) - Math.floor(least / n) <= 8) ?? 50;
  const low = Math.floor(least / step) * step;
  return { low, high: Math.max(Math.ceil(most / step) * step, low + step), step };
}

/** From 0, or from the least where that is below, to the most, in about five round steps. */
function even(values: readonly number[]): Axis {
  const [least, most] = extent([0, ...values]);
  if (least === most) return { low: 0, high: 1, step: 0.2 };
  const power = 10 ** Math.floor(Math.log10((most - least) / 4));
  const step = power * ([1, 2, 5].find((n) => (most - least) / (n * power) <= 6) ?? 10);
  return { low: Math.floor(least / step) * step, high: Math.ceil(most / step) * step, step };
}

/** The first place and about eight more, at round numbers. */
function ticks(places: number, first: number): number[] {
  const step = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500].find((n) => places / n <= 10) ?? places;
  const last = first + places - 1;
  const rest = Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step);
  return rest[0] === first ? rest : [first, ...rest];
}

/** The names beside their strokes, in as many rows as the width needs. */
export function legendOf(
  names: readonly string[],
  top: number,
  width: number,
  stroke: (i: number) => string = strokeOf,
): { parts: string[]; rows: number } {
  const parts: string[] = [];
  let [x, row] = [MARGIN.left, 0];
  names.forEach((name, i) => {
    // A letter takes about 0.6 of its size.
    const space = 34 + 7.2 * name.length + 18;
    if (x > MARGIN.left && x + space > width) [x, row] = [MARGIN.left, row + 1];
    const y = top + row * LINE + 4;
    parts.push(`<path d="M${short(x)} ${y}h26" ${stroke(i)} stroke-width="3" fill="none"/>`);
    parts.push(text(x + 34, y + 4, name));
    x += space;
  });
  return { parts, rows: row + 1 };
}

function strokeOf(i: number): string {
  const dash = DASHES[Math.floor(i / COLOURS.length) % DASHES.length] as string;
  return `stroke="${COLOURS[i % COLOURS.length]}"${dash === "" ? "" : ` stroke-dasharray="${dash}"`}`;
}

const powerLabel = (exponent: number): string => {
  if (exponent >= -2 && exponent <= 3) return String(Number((10 ** exponent).toPrecision(1)));
  return `1e${exponent}`;
};
