import { scaleLinear } from "d3-scale";
import { ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { type Rgb, signedScale } from "./colour.js";
import type { DiscriminatorSurface } from "./discriminatorSurface.js";
import type { GeneratorArrows } from "./generatorArrows.js";
import type { GeneratorManifold } from "./generatorManifold.js";
import { LINE, MARGIN } from "./lineChart.js";
import { short, svg, text } from "./svg.js";

/** What of a game is drawn, each part over the ones before it; all but the surface can be left out. */
export interface GameParts {
  /** From `discriminatorSurface`, or `bestDiscriminator`. */
  readonly surface: Pick<DiscriminatorSurface, "x" | "y" | "probability">;
  readonly manifold?: GeneratorManifold;
  /** Real examples, [count, 2]. */
  readonly real?: Tensor;
  /** Made examples, [count, 2]. */
  readonly fake?: Tensor;
  readonly arrows?: GeneratorArrows;
}

export interface GameChartOptions {
  /** Above the chart; defaults to none. */
  readonly title?: string;
  /** Pixels; defaults to 640. */
  readonly width?: number;
  /** Pixels; defaults to 600. */
  readonly height?: number;
}

/** Green and black, apart from the surface's orange and purple to all eyes; and a shape of its own for each. */
const REAL = "#009e73";
const MADE = "#000";

/** The length of the longest arrow, as a share of the plot's width. */
const LONGEST = 0.12;

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

type Place = (x: number, y: number) => readonly [x: number, y: number];

/**
 * A game of points in one picture, as an SVG text: what the discriminator thinks of each place (purple: real, orange: made,
 * near-white: 1/2), the generator's cells of noise (the denser the darker), real and made points, and where made ones are pulled.
 * Points outside of the surface are counted in the legend and not drawn.
 * @throws ShapeError for examples that are no points
 */
export function gameChart(parts: GameParts, options: GameChartOptions = {}): string {
  checkOptions("gameChart", parts, ["surface", "manifold", "real", "fake", "arrows"]);
  checkOptions("gameChart", options, ["title", "width", "height"]);
  const { title, width = 640, height = 600 } = options;
  checkNumber("gameChart", "width", width, { low: 250, high: 10_000 });
  checkNumber("gameChart", "height", height, { low: 250, high: 10_000 });
  const { surface, manifold, real, fake, arrows } = parts;
  for (const points of [real, fake, arrows?.arrows]) if (points !== undefined) checkPoints(points);
  const top = title === undefined ? 12 : 40;
  const legend = legendOf(parts, top, width);
  const frame = {
    left: MARGIN.left,
    right: width - BAR_MARGIN,
    top: top + legend.rows * LINE + 8,
    bottom: height - MARGIN.bottom,
  };
  const x = scaleLinear(edges(surface.x), [0, frame.right - frame.left]);
  const y = scaleLinear(edges(surface.y), [frame.bottom - frame.top, 0]);
  const place: Place = (across, up) => [x(across), y(up)];
  const drawn = [
    ...cellsOf(surface, place),
    ...(manifold === undefined ? [] : meshOf(manifold, place)),
    ...(real === undefined ? [] : dotsOf(real, place, realMark)),
    ...(fake === undefined ? [] : dotsOf(fake, place, madeMark)),
    ...(arrows === undefined ? [] : arrowsOf(arrows, place, frame.right - frame.left)),
  ];
  const marks = [
    ...x.ticks(6).flatMap((value) => {
      const at = frame.left + x(value);
      return [
        `<path d="M${short(at)} ${short(frame.bottom)}v5" stroke="#888" fill="none"/>`,
        text(at, frame.bottom + 18, x.tickFormat(6)(value), 'text-anchor="middle"'),
      ];
    }),
    ...y.ticks(6).flatMap((value) => {
      const at = frame.top + y(value);
      return [
        `<path d="M${frame.left - 5} ${short(at)}h5" stroke="#888" fill="none"/>`,
        text(frame.left - 8, at + 4, y.tickFormat(6)(value), 'text-anchor="end"'),
      ];
    }),
  ];
  const [across, up] = [frame.right - frame.left, frame.bottom - frame.top];
  return svg(width, height, title ?? "A game: what the discriminator thinks, and what the generator makes", [
    ...(title === undefined ? [] : [text(width / 2, 24, title, 'text-anchor="middle" font-size="16"')]),
    ...legend.parts,
    // A picture of its own cuts off what juts out.
    `<svg x="${frame.left}" y="${short(frame.top)}" width="${short(across)}" height="${short(up)}">`,
    ...drawn,
    "</svg>",
    `<path d="M${frame.left} ${short(frame.top)}h${short(across)}v${short(up)}h${short(-across)}Z" stroke="#888" fill="none"/>`,
    ...marks,
    ...barOf(frame),
  ]);
}

function checkPoints({ shape }: Tensor): void {
  if (shape.length === 2 && shape[1] === 2) return;
  throw new ShapeError(`expected points [count, 2], got ${formatShape(shape)}.`, { place: "gameChart", actual: shape });
}

/** From the first cell's beginning to the last one's end. */
function edges(middles: ArrayLike<number>): [number, number] {
  const [first, last] = [middles[0] as number, middles[middles.length - 1] as number];
  const half = middles.length === 1 ? 0.5 : (last - first) / (middles.length - 1) / 2;
  return [first - half, last + half];
}

const hex = (colour: Rgb): string => `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

/** Pinned at 1/2. */
const colours = signedScale(0.5);
const colourOf = (probability: number): string => hex(colours.colour(probability - 0.5));

function cellsOf({ x, y, probability }: GameParts["surface"], place: Place): string[] {
  const [columns, rows] = [x.length, y.length];
  const [left, right] = edges(x);
  const [low, high] = edges(y);
  const across = (i: number) => left + ((right - left) * i) / columns;
  const up = (i: number) => low + ((high - low) * i) / rows;
  const cells = Array.from(probability.data, (d, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    const [x0, y1] = place(across(column), up(row));
    const [x1, y0] = place(across(column + 1), up(row + 1));
    return `<rect x="${short(x0)}" y="${short(y0)}" width="${short(x1 - x0)}" height="${short(y1 - y0)}" fill="${colourOf(d)}"/>`;
  });
  return ['<g shape-rendering="crispEdges">', ...cells, "</g>"];
}

/** The opacity of the densest cells: what lies below is still seen. */
const DENSEST = 0.6;

function meshOf({ cells, corners, opacity }: GeneratorManifold, place: Place): string[] {
  const at = (row: number, column: number): string => {
    const i = 2 * (row * (cells + 1) + column);
    return place(corners.data[i] as number, corners.data[i + 1] as number)
      .map(short)
      .join(" ");
  };
  const quads = Array.from(opacity.data, (share, i) => {
    const [row, column] = [Math.floor(i / cells), i % cells];
    const around = [at(row, column), at(row, column + 1), at(row + 1, column + 1), at(row + 1, column)];
    return `<path d="M${around.join("L")}Z" fill-opacity="${Number((DENSEST * share).toPrecision(2))}"/>`;
  });
  return [`<g fill="${MADE}" stroke="${MADE}" stroke-opacity="0.35" stroke-width="0.5">`, ...quads, "</g>"];
}

type Mark = (x: number, y: number) => string;

const realMark: Mark = (x, y) =>
  `<circle cx="${short(x)}" cy="${short(y)}" r="3" fill="${REAL}" stroke="#fff" stroke-width="0.7"/>`;
const madeMark: Mark = (x, y) =>
  `<path d="M${short(x)} ${short(y - 4)}l4 4l-4 4l-4 -4Z" fill="${MADE}" stroke="#fff" stroke-width="0.7"/>`;

const dotsOf = ({ data, shape }: Tensor, place: Place, mark: Mark): string[] =>
  Array.from({ length: shape[0] as number }, (_, i) =>
    mark(...place(data[2 * i] as number, data[2 * i + 1] as number)),
  );

const lengthsOf = ({ arrows: { data, shape } }: GeneratorArrows): number[] =>
  Array.from({ length: shape[0] as number }, (_, i) => Math.hypot(data[2 * i] as number, data[2 * i + 1] as number));

function arrowsOf(all: GeneratorArrows, place: Place, width: number): string[] {
  const { examples, arrows } = all;
  const longest = Math.max(...lengthsOf(all));
  if (longest === 0) return [];
  const [origin, one] = [place(0, 0), place(1, 0)];
  const scale = (LONGEST * width) / (longest * (one[0] - origin[0]));
  const lines = lengthsOf(all).map((_, i) => {
    const [x, y, dx, dy] = [examples, arrows].flatMap(({ data }) => [data[2 * i], data[2 * i + 1]]) as [
      number,
      number,
      number,
      number,
    ];
    const [from, to] = [place(x, y), place(x + scale * dx, y + scale * dy)];
    return `M${from.map(short).join(" ")}L${to.map(short).join(" ")}${headOf(from, to)}`;
  });
  return [`<path d="${lines.join("")}" stroke="${MADE}" fill="none"/>`];
}

/** Two strokes back from the tip, at most 5 pixels long. */
function headOf([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): string {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 1) return "";
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const size = Math.min(5, length / 2);
  const stroke = (turn: number) =>
    `M${short(x1)} ${short(y1)}l${short(-size * Math.cos(angle + turn))} ${short(-size * Math.sin(angle + turn))}`;
  return stroke(0.5) + stroke(-0.5);
}

const number = (value: number): string => String(Number(value.toPrecision(2)));

/** Marks and names with numbers, in as many rows as the width needs. */
function legendOf(parts: GameParts, top: number, width: number): { parts: string[]; rows: number } {
  const { surface, manifold, real, fake, arrows } = parts;
  const entries: [name: string, mark: (x: number, y: number) => string][] = [];
  if (real !== undefined) entries.push([`real: ${counted(real, surface)}`, realMark]);
  if (fake !== undefined) entries.push([`made: ${counted(fake, surface)}`, madeMark]);
  if (manifold !== undefined) {
    const areas = Array.from(manifold.area.data);
    const span = `${number(Math.min(...areas))} to ${number(Math.max(...areas))}`;
    const mark: Mark = (x, y) =>
      `<rect x="${short(x - 6)}" y="${short(y - 5)}" width="12" height="10" fill-opacity="0.4"/>`;
    entries.push([`${areas.length} cells of noise, areas ${span}`, mark]);
  }
  if (arrows !== undefined) {
    const mark: Mark = (x, y) =>
      `<path d="M${short(x - 8)} ${y}h16${headOf([x - 8, y], [x + 8, y])}" stroke="${MADE}" fill="none"/>`;
    entries.push([`pull on made ones, longest ${number(Math.max(...lengthsOf(arrows)))}`, mark]);
  }
  const drawn: string[] = [];
  let [x, row] = [MARGIN.left, 0];
  for (const [name, mark] of entries) {
    // A letter takes about 0.6 of its size.
    const space = 16 + 7.2 * name.length + 18;
    if (x > MARGIN.left && x + space > width) [x, row] = [MARGIN.left, row + 1];
    const y = top + row * LINE + 4;
    drawn.push(mark(x + 4, y), text(x + 16, y + 4, name));
    x += space;
  }
  return { parts: drawn, rows: entries.length === 0 ? 0 : row + 1 };
}

/** How many points there are, and how many of them are not within the surface. */
function counted({ data, shape }: Tensor, { x, y }: GameParts["surface"]): string {
  const [[left, right], [low, high]] = [edges(x), edges(y)];
  const count = shape[0] as number;
  const isSeen = (i: number): boolean => {
    const [across, up] = [data[2 * i] as number, data[2 * i + 1] as number];
    return across >= left && across <= right && up >= low && up <= high;
  };
  const outside = Array.from({ length: count }, (_, i) => i).filter((i) => !isSeen(i)).length;
  return outside === 0 ? String(count) : `${count} (${outside} outside)`;
}

/** Right of the plot. */
const BAR_MARGIN = 84;

/** What the colours stand for. */
function barOf({ right, top, bottom }: Frame): string[] {
  const [left, size, pieces] = [right + 18, 14, 50];
  const at = (d: number) => bottom - (bottom - top) * d;
  const stripes = Array.from({ length: pieces }, (_, i) => {
    const [low, high] = [i / pieces, (i + 1) / pieces];
    return `<rect x="${left}" y="${short(at(high))}" width="${size}" height="${short(at(low) - at(high))}" fill="${colourOf((low + high) / 2)}"/>`;
  });
  const marks = [0, 0.25, 0.5, 0.75, 1].flatMap((d) => [
    `<path d="M${left + size} ${short(at(d))}h4" stroke="#888" fill="none"/>`,
    text(left + size + 7, at(d) + 4, String(d)),
  ]);
  return ['<g shape-rendering="crispEdges">', ...stripes, "</g>", ...marks, text(left, top - 8, "D(x)")];
}
