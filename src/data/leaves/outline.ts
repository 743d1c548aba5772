import type { Random } from "../../base/random.js";
import type { Blade, Lobes, Teeth, Veins } from "./kinds.js";

/** A point in leaf coordinates: x to the right of the midrib, y along it; the base is (0, 0), the apex (0, 1). */
export type Point = readonly [x: number, y: number];

/** Points of a half margin with lobes or teeth. */
const samples = 150;

/**
 * One half of a blade: from the base (0, 0) to the apex, on the side of positive x.
 * Three steps, coarse to fine: an envelope, lobes cut into it, teeth set on its edge.
 * @param tips the main veins of this side in `position` units, rising; lobes are cut midway between them
 */
export function halfOutline(blade: Blade, veins: Veins, tips: readonly number[], random: Random): Point[] {
  if (!blade.lobes && !blade.teeth) return envelope(blade, 14);
  let margin = envelope(blade, 40);
  if (blade.lobes) margin = cutLobes(margin, blade.lobes, veins, tips, random);
  margin = resample(margin, samples);
  return blade.teeth ? setTeeth(margin, blade.teeth, random) : margin;
}

/**
 * Where a point lies among the main veins: for pinnate venation the height at which the lateral vein through it leaves
 * the midrib, else its angle at the base in degrees.
 */
export function position(veins: Veins, [x, y]: Point): number {
  if (veins.pattern === "pinnate") return y - Math.abs(x) / Math.tan((veins.angle * Math.PI) / 180);
  return (Math.atan2(Math.abs(x), y) * 180) / Math.PI;
}

/** Two cubic Bezier curves of `steps` pieces: base to the widest point, and on to the apex. */
function envelope({ width, widest, base, apex }: Blade, steps: number): Point[] {
  const w = width / 2;
  const out = direction(base);
  const back = direction(180 - apex);
  const top = 1 - widest;
  const lower = 0.56 * (w * out[0] + widest * Math.abs(out[1]));
  const upper = 0.56 * (w * back[0] + top * Math.abs(back[1]));
  // A heart's margin first runs downwards, so its way up to the widest point is longer.
  const drop = Math.max(0, -out[1]) * lower;
  const curves: [Point, Point, Point, Point][] = [
    [
      [0, 0],
      [lower * out[0], lower * out[1]],
      [w, widest - 0.56 * (widest + drop)],
      [w, widest],
    ],
    [
      [w, widest],
      [w, widest + 0.5 * top],
      [upper * back[0], 1 + upper * back[1]],
      [0, 1],
    ],
  ];
  return curves.flatMap((curve, k) => Array.from({ length: steps + k }, (_, i) => bezier(curve, i / steps)));
}

const direction = (degrees: number): Point => [
  Math.sin((degrees * Math.PI) / 180),
  Math.cos((degrees * Math.PI) / 180),
];

function bezier([a, b, c, d]: readonly [Point, Point, Point, Point], t: number): Point {
  const s = 1 - t;
  const mix = (k: 0 | 1) => s * s * s * a[k] + 3 * s * s * t * b[k] + 3 * s * t * t * c[k] + t * t * t * d[k];
  return [mix(0), mix(1)];
}

/** Moves each point of the margin towards the midrib or the base, furthest midway between two tips. */
function cutLobes(
  margin: readonly Point[],
  lobes: Lobes,
  veins: Veins,
  tips: readonly number[],
  random: Random,
): Point[] {
  const ends = veins.pattern === "pinnate" ? [...tips, 1] : tips[0] === 0 ? tips : [-(tips[0] as number), ...tips];
  const depths = random.uniform(ends.length, 0.88 * lobes.depth, 1.12 * lobes.depth);
  return margin.map((point) => {
    const at = position(veins, point);
    const next = ends.findIndex((end) => end > at);
    if (next < 1) return point;
    const [low, high] = [ends[next - 1] as number, ends[next] as number];
    const share = sinus(Math.abs((2 * (at - low)) / (high - low) - 1), lobes);
    const depth = Math.min(0.95, depths[next] as number) * share;
    const anchor: Point = veins.pattern === "pinnate" ? [0, Math.max(0, at)] : [0, 0];
    return [point[0] + (anchor[0] - point[0]) * depth, point[1] + (anchor[1] - point[1]) * depth];
  });
}

/** How far a lobe is cut in, 0 to 1, at `distance` from the middle of the incision (0) to a tip (1). */
function sinus(distance: number, { breadth, point }: Lobes): number {
  const d = Math.min(1, distance / breadth);
  const round = (1 + Math.cos(Math.PI * d)) / 2;
  return round + ((1 - d) ** 0.8 - round) * point;
}

/** The same line with points at equal distances. */
function resample(line: readonly Point[], count: number): Point[] {
  const lengths = [0];
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1] as Point, line[i] as Point];
    lengths.push((lengths[i - 1] as number) + Math.hypot(b[0] - a[0], b[1] - a[1]));
  }
  const step = (lengths.at(-1) as number) / (count - 1);
  let segment = 1;
  return Array.from({ length: count }, (_, i) => {
    while (segment < line.length - 1 && (lengths[segment] as number) < i * step) segment++;
    const [a, b] = [line[segment - 1] as Point, line[segment] as Point];
    const [from, to] = [lengths[segment - 1] as number, lengths[segment] as number];
    const t = to > from ? Math.min(1, (i * step - from) / (to - from)) : 0;
    return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
  });
}

/** Moves each point of the margin outwards: nothing between two teeth, `depth` at a tooth's tip. */
function setTeeth(margin: readonly Point[], teeth: Teeth, random: Random): Point[] {
  const offset = 0.3 * random.next();
  const sizes = random.uniform(teeth.count + 2, 0.75, 1.2);
  const last = margin.length - 1;
  return margin.map((point, i) => {
    const before = margin[Math.max(0, i - 2)] as Point;
    const after = margin[Math.min(last, i + 2)] as Point;
    const length = Math.hypot(after[0] - before[0], after[1] - before[1]) || 1;
    const outwards: Point = [(after[1] - before[1]) / length, (before[0] - after[0]) / length];
    const along = (i / last) * (teeth.count - 0.5) + offset;
    const small = teeth.double === true ? 0.35 * tooth((along * 3) % 1, teeth) : 0;
    // None at the base, smaller ones towards the apex.
    const fade = Math.min(1, Math.max(0, (i / last - 0.06) / 0.12), (1 - i / last) / 0.22);
    const height = teeth.depth * (sizes[Math.floor(along)] as number) * fade * (tooth(along % 1, teeth) + small);
    const x = point[0] + outwards[0] * height;
    return [Math.max(i === 0 || i === last ? 0 : 0.001, x), point[1] + outwards[1] * height];
  });
}

/** The height of one tooth, 0 to 1, at a share of its base. */
function tooth(at: number, { lean, sharpness }: Teeth): number {
  const tip = 0.5 + 0.45 * lean;
  return (at < tip ? at / tip : (1 - at) / (1 - tip)) ** sharpness;
}
