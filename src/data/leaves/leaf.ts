import type { Random } from "../../base/random.js";
import type { Blade, LeafKind, Veins } from "./kinds.js";
import { halfOutline, type Point, position } from "./outline.js";
import { between } from "./vary.js";

/** A line with its width at both ends, in blade lengths. */
export interface Stroke {
  readonly points: readonly Point[];
  readonly width: readonly [number, number];
}

/** One blade, placed in the coordinates of the whole leaf. */
export interface BladeShape {
  /** The two halves, each closed along the midrib; both wind the same way, and together they are the blade. */
  readonly halves: readonly [right: readonly Point[], left: readonly Point[]];
  /** Holes wind the other way. */
  readonly holes: readonly (readonly Point[])[];
  readonly veins: readonly Stroke[];
  readonly chevron: readonly Stroke[];
  /** The midrib's direction in degrees, clockwise from the leaf's own. */
  readonly direction: number;
}

/** A leaf in its own coordinates, y along its axis towards the apex, one blade length = 1. */
export interface LeafShape {
  readonly blades: readonly BladeShape[];
  /** Petiole and rachis. */
  readonly stalk: readonly Stroke[];
}

/** Grows one leaf of a kind: its record with the variation of a single leaf. */
export function growLeaf(kind: LeafKind, random: Random): LeafShape {
  const place = (origin: Point, direction: number, length: number) =>
    placeBlade(growBlade(kind, random), origin, direction, length);
  const curve = between(random, -0.12, 0.12);
  const petiole: Stroke = {
    points: [0, 0.25, 0.5, 0.75, 1].map((t): Point => [curve * t * t, -kind.petiole * t]),
    width: [0.03, 0.038],
  };
  const leaflets = kind.leaflets;
  if (leaflets === undefined) return { blades: [place([0, 0], 0, 1)], stalk: [petiole] };

  const { pairs, angle, rachis: length, taper = 0 } = leaflets;
  const blades: BladeShape[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const share = leaflets.arrangement === "pinnate" ? pair / pairs : 0;
    const size = (length > 0 ? 0.92 : 1) * (1 - taper * share ** 1.6);
    const jitter = length > 0 ? 0.25 / pairs : 0;
    for (const side of [1, -1]) {
      const at: Point = [0, length * share + between(random, -jitter, jitter)];
      const turn = angle * (1 - 0.12 * share) + between(random, -5, 5);
      blades.push(place(at, side * turn, size * between(random, 0.95, 1.05)));
    }
  }
  blades.push(place([0, length], 0, 1 - taper));
  if (leaflets.rachis === 0) return { blades, stalk: [petiole] };
  const rachis: Stroke = {
    points: [0, 0.5, 1].map((t): Point => [0, leaflets.rachis * t]),
    width: [0.045, 0.03],
  };
  return { blades, stalk: [{ ...petiole, width: [0.045, 0.055] }, rachis] };
}

type RawBlade = Omit<BladeShape, "direction">;

function growBlade({ blade, veins, surface }: LeafKind, random: Random): RawBlade {
  const varied: Blade = {
    ...blade,
    width: blade.width * between(random, 0.92, 1.08),
    widest: blade.widest + between(random, -0.03, 0.03),
    base: blade.base + between(random, -5, 5),
    apex: blade.apex + between(random, -4, 4),
  };
  const sides = [1, -1].map((side) => {
    const tips = veinPositions(veins, random);
    const margin = halfOutline(varied, veins, tips, random);
    return {
      margin: margin.map(([x, y]): Point => [side * x, y]),
      veins: tips.flatMap((tip) => sideVeins(veins, tip, margin, random)).map((vein) => mirrored(vein, side)),
      holes: blade.holes === true && veins.pattern === "pinnate" ? sideHoles(veins, tips, margin, side, random) : [],
    };
  }) as unknown as [Side, Side];
  const [right, left] = sides;
  const apexY = (right.margin.at(-1) as Point)[1];
  const midrib: Stroke = {
    points: Array.from({ length: 6 }, (_, i): Point => [0, (i / 5) * apexY * 0.97]),
    width: [0.036, 0.014],
  };
  return {
    halves: [[...right.margin, [0, 0]], [...[...left.margin].reverse(), [0, apexY]] as Point[]],
    holes: [...right.holes, ...left.holes],
    veins: [...(veins.pattern === "dichotomous" ? [] : [midrib]), ...right.veins, ...left.veins],
    chevron: surface.chevron === true ? chevron(varied) : [],
  };
}

interface Side {
  readonly margin: readonly Point[];
  readonly veins: readonly Stroke[];
  readonly holes: readonly (readonly Point[])[];
}

/** Where the main veins of one side stand, in `position` units, slightly irregular. */
function veinPositions(veins: Veins, random: Random): number[] {
  if (veins.pattern !== "pinnate")
    return veins.angles.map((angle) => (angle === 0 ? 0 : angle + between(random, -4, 4)));
  if (veins.pairs === 0) return [];
  const spacing = 0.9 / veins.pairs;
  // From below the base, for a heart's lobes, up to where the apex is nearer than the next vein.
  const first = 0.1 - Math.floor(0.25 / spacing) * spacing;
  const count = Math.floor((0.8 - first) / spacing) + 1;
  const shift = random.uniform(count, -0.12, 0.12);
  return Array.from({ length: count }, (_, i) => first + (i + (shift[i] as number)) * spacing);
}

function sideVeins(veins: Veins, at: number, margin: readonly Point[], random: Random): Stroke[] {
  if (veins.pattern === "dichotomous") return fan(margin);
  const end = nearestAt(veins, at, margin);
  if (veins.pattern === "pinnate") {
    if (at < 0.02) return [];
    const tip: Point = [end[0] * 0.93, at + (end[1] - at) * 0.93];
    return [{ points: curved([0, at], tip, 0.06), width: [0.02, 0.01] }];
  }
  if (at === 0) return [];
  const main: Stroke = { points: curved([0, 0], [end[0] * 0.95, end[1] * 0.95], 0.03), width: [0.03, 0.012] };
  const twigs = [0.35, 0.6].flatMap((share) =>
    [24, -24].map((turn): Stroke => {
      const length = 0.28 * (1 - share) * Math.hypot(...end) * between(random, 1, 1.2);
      const from: Point = [end[0] * share, end[1] * share];
      const angle = Math.atan2(end[0], end[1]) + (turn * Math.PI) / 180;
      return {
        points: [from, [from[0] + length * Math.sin(angle), from[1] + length * Math.cos(angle)]],
        width: [0.016, 0.01],
      };
    }),
  );
  return [main, ...twigs];
}

/** Veins that fork on their way from the base to the margin, as a ginkgo's do. */
function fan(margin: readonly Point[]): Stroke[] {
  const reach = margin.slice(Math.floor(margin.length * 0.42));
  const count = 5;
  return Array.from({ length: count }, (_, i) => {
    const to = (share: number) => reach[Math.floor(((i + share) / count) * (reach.length - 1))] as Point;
    const fork: Point = [to(0.5)[0] * 0.5, to(0.5)[1] * 0.5];
    return [
      { points: [[0, 0], fork], width: [0.016, 0.014] },
      { points: [fork, scaled(to(0.25), 0.96)], width: [0.014, 0.01] },
      { points: [fork, scaled(to(0.75), 0.96)], width: [0.014, 0.01] },
    ] satisfies Stroke[];
  }).flat();
}

function sideHoles(
  veins: Veins & { pattern: "pinnate" },
  tips: readonly number[],
  margin: readonly Point[],
  side: number,
  random: Random,
): Point[][] {
  return tips.slice(0, -1).flatMap((tip, i) => {
    const at = (tip + (tips[i + 1] as number)) / 2;
    if (at < 0.05 || at > 0.75) return [];
    const end = nearestAt(veins, at, margin);
    const [dx, dy] = [end[0], end[1] - at];
    const length = Math.hypot(dx, dy);
    if (length < 0.1) return [];
    const [ux, uy] = [dx / length, dy / length];
    const centre = length * between(random, 0.42, 0.48);
    const [a, b] = [length * 0.24, 0.034];
    const hole = Array.from({ length: 12 }, (_, k): Point => {
      const angle = (-2 * Math.PI * k) / 12;
      const [along, across] = [centre + a * Math.cos(angle), b * Math.sin(angle)];
      return [side * (along * ux - across * uy), at + along * uy + across * ux];
    });
    return [side > 0 ? hole : hole.reverse()];
  });
}

function chevron({ width, widest }: Blade): Stroke[] {
  const points = [-0.36, -0.2, 0, 0.2, 0.36].map((x): Point => [x * width, widest + 0.1 - Math.abs(x) * 0.55]);
  return [{ points, width: [0.12, 0.12] }];
}

/** The point of a margin at a position among the veins. */
function nearestAt(veins: Veins, at: number, margin: readonly Point[]): Point {
  let best = margin[0] as Point;
  let least = Infinity;
  for (const point of margin) {
    const miss = Math.abs(position(veins, point) - at);
    if (miss < least && point[0] > 0.002) {
      least = miss;
      best = point;
    }
  }
  return best;
}

/** A line from `a` to `b` that bows outwards by `bow` of its length, in four pieces. */
function curved(a: Point, b: Point, bow: number): Point[] {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  return Array.from({ length: 5 }, (_, i): Point => {
    const t = i / 4;
    const out = 4 * t * (1 - t) * bow;
    return [a[0] + dx * t + dy * out, a[1] + dy * t - dx * out];
  });
}

const scaled = ([x, y]: Point, by: number): Point => [x * by, y * by];
const mirrored = ({ points, width }: Stroke, side: number): Stroke => ({
  points: points.map(([x, y]): Point => [side * x, y]),
  width,
});

function placeBlade(blade: RawBlade, [ox, oy]: Point, direction: number, length: number): BladeShape {
  const angle = (direction * Math.PI) / 180;
  const [sin, cos] = [Math.sin(angle) * length, Math.cos(angle) * length];
  const place = (points: readonly Point[]) =>
    points.map(([x, y]): Point => [ox + x * cos + y * sin, oy - x * sin + y * cos]);
  const placeStroke = ({ points, width: [a, b] }: Stroke): Stroke => ({
    points: place(points),
    width: [a * length, b * length],
  });
  return {
    halves: [place(blade.halves[0]), place(blade.halves[1])],
    holes: blade.holes.map(place),
    veins: blade.veins.map(placeStroke),
    chevron: blade.chevron.map(placeStroke),
    direction,
  };
}
