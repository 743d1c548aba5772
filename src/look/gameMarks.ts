import type { Tensor } from "../base/tensor.js";
import { type Rgb, signedScale } from "./colour.js";
import type { DiscriminatorSurface } from "./discriminatorSurface.js";
import type { GeneratorArrows } from "./generatorArrows.js";
import type { GeneratorManifold } from "./generatorManifold.js";
import { short } from "./svg.js";

/** What of a game is drawn; all but the surface can be left out. */
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

/** Green and black, apart from the surface's orange and purple to all eyes; and a shape of its own for each. */
const REAL = "#009e73";
export const MADE = "#000";

/** The length of the longest arrow, as a share of the plot's width. */
const LONGEST = 0.12;

export type Place = (x: number, y: number) => readonly [x: number, y: number];

/** From the first cell's beginning to the last one's end. */
export function edges(middles: ArrayLike<number>): [number, number] {
  const [first, last] = [middles[0] as number, middles[middles.length - 1] as number];
  const half = middles.length === 1 ? 0.5 : (last - first) / (middles.length - 1) / 2;
  return [first - half, last + half];
}

const hex = (colour: Rgb): string => `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

/** Pinned at 1/2. */
const colours = signedScale(0.5);
export const colourOf = (probability: number): string => hex(colours.colour(probability - 0.5));

/** A rectangle from its upper left to its lower right corner: neighbours share their edge after rounding too. */
export function block(from: readonly [number, number], to: readonly [number, number], fill: string): string {
  const [x0, y0, x1, y1] = [...from, ...to].map((n) => Number(short(n))) as [number, number, number, number];
  return `<rect x="${x0}" y="${y0}" width="${short(x1 - x0)}" height="${short(y1 - y0)}" fill="${fill}"/>`;
}

export function cellsOf({ x, y, probability }: GameParts["surface"], place: Place): string[] {
  const [columns, rows] = [x.length, y.length];
  const [left, right] = edges(x);
  const [low, high] = edges(y);
  const across = (i: number) => left + ((right - left) * i) / columns;
  const up = (i: number) => low + ((high - low) * i) / rows;
  const cells = Array.from(probability.data, (d, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    return block(place(across(column), up(row + 1)), place(across(column + 1), up(row)), colourOf(d));
  });
  return ['<g shape-rendering="crispEdges">', ...cells, "</g>"];
}

/** The opacity of the densest cells: what lies below is still seen. */
const DENSEST = 0.45;

export function meshOf({ cells, corners, opacity }: GeneratorManifold, place: Place): string[] {
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

export type Mark = (x: number, y: number) => string;

export const realMark: Mark = (x, y) =>
  `<circle cx="${short(x)}" cy="${short(y)}" r="3" fill="${REAL}" stroke="#fff" stroke-width="0.7"/>`;
export const madeMark: Mark = (x, y) =>
  `<path d="M${short(x)} ${short(y - 4)}l4 4l-4 4l-4 -4Z" fill="${MADE}" stroke="#fff" stroke-width="0.7"/>`;

export const dotsOf = ({ data, shape }: Tensor, place: Place, mark: Mark): string[] =>
  Array.from({ length: shape[0] as number }, (_, i) =>
    mark(...place(data[2 * i] as number, data[2 * i + 1] as number)),
  );

export const lengthsOf = ({ arrows: { data, shape } }: GeneratorArrows): number[] =>
  Array.from({ length: shape[0] as number }, (_, i) => Math.hypot(data[2 * i] as number, data[2 * i + 1] as number));

export function arrowsOf(all: GeneratorArrows, place: Place, width: number): string[] {
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
  const path = `<path d="${lines.join("")}" fill="none"`;
  // Light around dark, to be seen on cells of noise.
  return [`${path} stroke="#fff" stroke-opacity="0.7" stroke-width="3"/>`, `${path} stroke="${MADE}"/>`];
}

/** Two strokes back from the tip, at most 5 pixels long. */
export function headOf([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): string {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 1) return "";
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const size = Math.min(5, length / 2);
  const stroke = (turn: number) =>
    `M${short(x1)} ${short(y1)}l${short(-size * Math.cos(angle + turn))} ${short(-size * Math.sin(angle + turn))}`;
  return stroke(0.5) + stroke(-0.5);
}
