import { OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { short, svg, text } from "../base/svg.js";
import type { DepthLayer, DepthProfile } from "./depth.js";

export interface DepthChartOptions {
  /** Above the chart; defaults to none. */
  readonly title?: string;
  /** In pixels; defaults to 800. */
  readonly width?: number;
  /** In pixels; defaults to 600. */
  readonly height?: number;
}

interface Panel {
  readonly title: string;
  readonly of: (layer: DepthLayer) => number;
}

const PANELS: readonly Panel[] = [
  { title: "spread of activations (standard deviation)", of: ({ spread }) => spread },
  { title: "gradient of one example's loss (length)", of: ({ gradient }) => gradient },
];

/** Colours that the colour-blind tell apart too (Okabe & Ito 2008), and strokes for when they come round again. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];
const DASHES = ["", "7 4", "2 3"];

const MARGIN = { left: 64, right: 16, bottom: 44, between: 54 };
const LINE = 18;

/**
 * Profiles of networks, by the name that the chart shall show, as an SVG text: along the depth the spread of the
 * activations (above) and the length of the gradient (below), both on logarithmic axes. A line that falls or rises
 * evenly is a number that shrinks or grows by the same factor in each layer. Zeros, NaN and Inf are gaps.
 * @throws OptionError when no profile is given
 */
export function depthChart(profiles: Readonly<Record<string, DepthProfile>>, options: DepthChartOptions = {}): string {
  checkOptions("depthChart", options, ["title", "width", "height"]);
  const { title, width = 800, height = 600 } = options;
  checkNumber("depthChart", "width", width, { low: 200, high: 10_000 });
  checkNumber("depthChart", "height", height, { low: 200, high: 10_000 });
  const names = Object.keys(profiles);
  if (names.length === 0)
    throw new OptionError("needs a profile at least: depthChart({ plain: profile }).", { place: "depthChart" });
  const head = title === undefined ? [] : [text(width / 2, 24, title, 'text-anchor="middle" font-size="16"')];
  const top = title === undefined ? 12 : 40;
  const legend = legendOf(names, top, width);
  const below = top + legend.rows * LINE + 26;
  const panelHeight = (height - below - MARGIN.bottom - MARGIN.between) / PANELS.length;
  const depth = Math.max(...Object.values(profiles).map(({ layers }) => layers.length));
  const body = PANELS.flatMap((panel, i) => {
    const frame = {
      left: MARGIN.left,
      right: width - MARGIN.right,
      top: below + i * (panelHeight + MARGIN.between),
      bottom: below + i * (panelHeight + MARGIN.between) + panelHeight,
    };
    return panelOf(panel, profiles, frame, depth);
  });
  const foot = text(
    (MARGIN.left + width - MARGIN.right) / 2,
    height - 8,
    "layer, from the input on",
    'text-anchor="middle"',
  );
  const parts = [...head, ...legend.parts, ...body, foot];
  return svg(width, height, title ?? "Activations and gradients along the depth", parts);
}

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function panelOf(
  { title, of }: Panel,
  profiles: Readonly<Record<string, DepthProfile>>,
  { left, right, top, bottom }: Frame,
  depth: number,
): string[] {
  const lines = Object.values(profiles).map(({ layers }) => layers.map((layer) => Math.log10(of(layer))));
  const { low, high, step } = decades(lines.flat().filter(Number.isFinite));
  const x = (layer: number): number =>
    depth === 1 ? (left + right) / 2 : left + ((right - left) * layer) / (depth - 1);
  const y = (exponent: number): number => bottom - ((bottom - top) * (exponent - low)) / (high - low);
  const parts = [text(left, top - 8, title, 'font-weight="bold"')];
  for (let exponent = low; exponent <= high; exponent += step) {
    const at = short(y(exponent));
    parts.push(`<path d="M${left} ${at}H${right}" stroke="#ddd" fill="none"/>`);
    parts.push(text(left - 8, y(exponent) + 4, tickLabel(exponent), 'text-anchor="end"'));
  }
  for (const layer of layerTicks(depth))
    parts.push(
      `<path d="M${short(x(layer - 1))} ${short(bottom)}v5" stroke="#888" fill="none"/>`,
      text(x(layer - 1), bottom + 18, String(layer), 'text-anchor="middle"'),
    );
  parts.push(`<path d="M${left} ${short(top)}V${short(bottom)}H${right}" stroke="#888" fill="none"/>`);
  lines.forEach((line, i) => {
    parts.push(
      `<path d="${pathOf(line, x, y)}" ${strokeOf(i)} fill="none" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>`,
    );
  });
  return parts;
}

/** A line through the numbers there are; a gap where there is none. */
function pathOf(line: readonly number[], x: (i: number) => number, y: (exponent: number) => number): string {
  let path = "";
  line.forEach((exponent, i) => {
    if (!Number.isFinite(exponent)) return;
    const joined = Number.isFinite(line[i - 1] ?? Number.NaN);
    path += `${joined ? "L" : "M"}${short(x(i))} ${short(y(exponent))}`;
    // A point that stands alone is drawn too.
    if (!joined && !Number.isFinite(line[i + 1] ?? Number.NaN)) path += "h0";
  });
  return path;
}

/** Whole powers of ten around these exponents, at most eight of them marked. */
function decades(exponents: readonly number[]): { low: number; high: number; step: number } {
  const least = exponents.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = exponents.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (least > most) return { low: -1, high: 1, step: 1 };
  const steps = [1, 2, 5, 10, 20];
  const step = steps.find((n) => Math.ceil(most / n) - Math.floor(least / n) <= 8) ?? 50;
  const low = Math.floor(least / step) * step;
  return { low, high: Math.max(Math.ceil(most / step) * step, low + step), step };
}

/** Layer 1 and about eight more, at round numbers. */
function layerTicks(depth: number): number[] {
  const step = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500].find((n) => depth / n <= 10) ?? depth;
  const rest = Array.from({ length: Math.floor(depth / step) }, (_, i) => (i + 1) * step);
  return rest[0] === 1 ? rest : [1, ...rest];
}

function legendOf(names: readonly string[], top: number, width: number): { parts: string[]; rows: number } {
  const parts: string[] = [];
  let [x, row] = [MARGIN.left, 0];
  names.forEach((name, i) => {
    // A letter takes about 0.6 of its size.
    const space = 34 + 7.2 * name.length + 18;
    if (x > MARGIN.left && x + space > width) [x, row] = [MARGIN.left, row + 1];
    const y = top + row * LINE + 4;
    parts.push(`<path d="M${short(x)} ${y}h26" ${strokeOf(i)} stroke-width="3" fill="none"/>`);
    parts.push(text(x + 34, y + 4, name));
    x += space;
  });
  return { parts, rows: row + 1 };
}

function strokeOf(i: number): string {
  const dash = DASHES[Math.floor(i / COLOURS.length) % DASHES.length] as string;
  return `stroke="${COLOURS[i % COLOURS.length]}"${dash === "" ? "" : ` stroke-dasharray="${dash}"`}`;
}

const tickLabel = (exponent: number): string => {
  if (exponent >= -2 && exponent <= 3) return String(Number((10 ** exponent).toPrecision(1)));
  return `1e${exponent}`;
};
