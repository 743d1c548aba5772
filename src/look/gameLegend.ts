import type { Tensor } from "../base/tensor.js";
import {
  block,
  colourOf,
  edges,
  type GameParts,
  headOf,
  lengthsOf,
  MADE,
  type Mark,
  madeMark,
  realMark,
} from "./gameMarks.js";
import { LINE, MARGIN } from "./lineChart.js";
import { short, text } from "./svg.js";

const number = (value: number): string => String(Number(value.toPrecision(2)));

/** Marks and names with numbers, in as many rows as the width needs. */
export function legendOf(parts: GameParts, top: number, width: number): { parts: string[]; rows: number } {
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
export const BAR_MARGIN = 84;

export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What the colours stand for. */
export function barOf({ right, top, bottom }: Frame): string[] {
  const [left, size, pieces] = [right + 18, 14, 50];
  const at = (d: number) => bottom - (bottom - top) * d;
  const stripes = Array.from({ length: pieces }, (_, i) => {
    const [low, high] = [i / pieces, (i + 1) / pieces];
    return block([left, at(high)], [left + size, at(low)], colourOf((low + high) / 2));
  });
  const marks = [0, 0.25, 0.5, 0.75, 1].flatMap((d) => [
    `<path d="M${left + size} ${short(at(d))}h4" stroke="#888" fill="none"/>`,
    text(left + size + 7, at(d) + 4, String(d)),
  ]);
  return ['<g shape-rendering="crispEdges">', ...stripes, "</g>", ...marks, text(left, top - 8, "D(x)")];
}
