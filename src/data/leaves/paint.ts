import type { Random } from "../../base/random.js";
import { type Canvas, noise, paint, shade } from "./ground.js";
import { type Colour, type LeafKind, leafColours, type Surface } from "./kinds.js";
import type { BladeShape, LeafShape, Stroke } from "./leaf.js";
import { castShadow, type Light } from "./light.js";
import type { Point } from "./outline.js";
import type { Pose } from "./pose.js";
import { addPolygon, areaBuffer, blur, clamp, integrate, type Layer, smoothstep, stroke } from "./raster.js";
import { between, pick } from "./vary.js";

export interface Sheet {
  readonly canvas: Canvas;
  readonly size: number;
  readonly light: Light;
  readonly random: Random;
  /** Whether the leaf throws a shadow on what lies behind it. */
  readonly shadow: boolean;
}

/** Paints a leaf and its shadow; gives the share of each pixel that it covers. */
export function paintLeaf(sheet: Sheet, kind: LeafKind, leaf: LeafShape, pose: Pose): Layer {
  const { canvas, size, light, random } = sheet;
  const filled = fillBlades(sheet, leaf, pose);
  const { mask } = filled;
  const veins = strokes(
    leaf.blades.flatMap((blade) => blade.veins),
    pose,
    size,
    0.8,
  );
  const blades: Veined = { ...filled, veins, inside: blur(mask, size, 0.06 * size) };
  const stalk = strokes(leaf.stalk, pose, size, 1.2);
  const whole = new Float32Array(mask.length);
  for (let i = 0; i < mask.length; i++) whole[i] = Math.max(mask[i] as number, stalk[i] as number);
  if (sheet.shadow)
    castShadow(canvas, whole, light, size, {
      distance: size * between(random, 0.015, 0.065),
      softness: size * between(random, 0.012, 0.042),
      strength: between(random, 0.35, 0.65),
    });
  const green = leafColours[kind.colours[0] ?? "summer"];
  paint(canvas, stalk, shade([green[0] * 0.7 + 0.2, green[1] * 0.75 + 0.1, green[2] * 0.7 + 0.05], 0.75));
  const colours = bladeColours(sheet, kind, blades);
  if (kind.surface.chevron === true) {
    const chevrons = strokes(
      leaf.blades.flatMap((blade) => blade.chevron),
      pose,
      size,
      0.8,
    );
    paint(colours, chevrons, [0.82, 0.88, 0.7], 0.62);
  }
  shadeBlades(sheet, kind.surface, colours, blades);
  for (let i = 0; i < mask.length; i++) {
    const cover = mask[i] as number;
    if (cover === 0) continue;
    for (let c = 0; c < 3; c++) {
      const under = canvas[3 * i + c] as number;
      canvas[3 * i + c] = under + ((colours[3 * i + c] as number) - under) * cover;
    }
  }
  return whole;
}

interface Blades {
  /** Share of each pixel covered. */
  readonly mask: Layer;
  /** Lighter (above 0) or darker, as the halves of a blade are turned to or from the light. */
  readonly tone: Layer;
}

interface Veined extends Blades {
  readonly veins: Layer;
  /** The mask, blurred: about 0.5 at the margin and 1 well inside. */
  readonly inside: Layer;
}

function fillBlades({ size, light, random }: Sheet, leaf: LeafShape, pose: Pose): Blades {
  const body = areaBuffer(size);
  const turned = areaBuffer(size);
  const fold = pick(random, [-1, 1]) * between(random, 0.08, 0.28);
  for (const blade of leaf.blades) {
    const halves = blade.halves.map((half) => flat(half, pose));
    const lean = leaf.blades.length > 1 ? between(random, -0.12, 0.12) : 0;
    const slope = facing(blade, pose, light);
    halves.forEach((half, side) => {
      addPolygon(body, half);
      addPolygon(turned, half, lean + fold * (side === 0 ? slope : -slope));
    });
    for (const hole of blade.holes) addPolygon(body, flat(hole, pose));
  }
  const [mask, tone] = [integrate(body), integrate(turned)];
  for (let i = 0; i < mask.length; i++) {
    const area = mask[i] as number;
    mask[i] = Math.min(1, Math.abs(area));
    tone[i] = Math.abs(area) < 0.02 ? 0 : clamp((tone[i] as number) / area, -0.4, 0.4);
  }
  return { mask, tone };
}

/** How far the right half of a blade, folded up at its midrib, would look towards the light: -1 to 1. */
function facing(blade: BladeShape, pose: Pose, { towards }: Light): number {
  const [right, left] = blade.halves.map((half) => {
    const middle = half[Math.floor(half.length / 2)] as Point;
    return pose.toPixels(middle);
  }) as [Point, Point];
  const [dx, dy] = [right[0] - left[0], right[1] - left[1]];
  return (dx * towards[0] + dy * towards[1]) / (Math.hypot(dx, dy) || 1);
}

/** The colour of each pixel of the blades before light falls on it: fresh or turning, mottled, veined, spotted. */
function bladeColours({ size, random }: Sheet, kind: LeafKind, { mask, inside, veins }: Veined): Canvas {
  const choice = random.below(kind.colours.length);
  const bright = between(random, 0.86, 1.14);
  const [red, blue, turning] = [between(random, -0.05, 0.05), between(random, -0.04, 0.04), between(random, -1, 1)];
  const vary = ([r, g, b]: Colour): Colour => shade([r + red, g + blue / 2, b + blue], bright);
  const fresh = vary(leafColours[kind.colours[choice] ?? "summer"]);
  const next = vary(leafColours[kind.colours[choice + 1] ?? kind.colours[choice] ?? "summer"]);
  const patches = noise(random, size, 5);
  const mottle = noise(random, size, 18);
  const spots = random.next() < 0.25 ? noise(random, size, 14) : undefined;
  const pale: Colour = [0.86, 0.86, 0.6];
  const out = new Float32Array(mask.length * 3);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    // A leaf turns from its margin inwards, and last beside its veins.
    const age = 0.6 * (patches[i] as number) + 0.8 * (1 - (inside[i] as number)) - 0.3 * (veins[i] as number);
    const turned = smoothstep(0.2, 0.65, age + 0.55 * turning - 0.25);
    const light = 0.92 + 0.16 * (mottle[i] as number);
    const vein = 0.75 * kind.surface.veinContrast * (veins[i] as number) * 1.6;
    const spot = spots === undefined ? 0 : 0.75 * smoothstep(0.78, 0.88, spots[i] as number);
    for (let c = 0; c < 3; c++) {
      const from = fresh[c] as number;
      let value = (from + ((next[c] as number) - from) * turned) * light;
      value += ((pale[c] as number) - value) * Math.min(1, vein);
      out[3 * i + c] = value + ((brown[c] as number) - value) * spot;
    }
  }
  return out;
}

const brown: Colour = [0.3, 0.19, 0.1];

/** Lets light fall on the blades: their fold, a slow wave, the bulge between veins, and gloss. */
function shadeBlades(
  { size, light, random }: Sheet,
  surface: Surface,
  colours: Canvas,
  { mask, tone, inside, veins }: Veined,
): void {
  const [towardsX, towardsY] = light.towards;
  const wave = noise(random, size, 4);
  const bulge = new Float32Array(mask.length);
  for (let i = 0; i < mask.length; i++)
    bulge[i] = 0.35 * (mask[i] as number) - 1.5 * surface.relief * (veins[i] as number);
  const height = blur(bulge, size, 0.016 * size);
  for (let i = 0; i < mask.length; i++) height[i] = (size / 64) * ((height[i] as number) + 1.6 * (wave[i] as number));
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      if (mask[i] === 0) continue;
      const right = height[x + 1 < size ? i + 1 : i] as number;
      const left = height[x > 0 ? i - 1 : i] as number;
      const below = height[y + 1 < size ? i + size : i] as number;
      const above = height[y > 0 ? i - size : i] as number;
      const slope = -((right - left) * towardsX + (below - above) * towardsY) / 2;
      const facing = (tone[i] as number) + 0.8 * slope;
      const lit = clamp(1 + facing, 0.5, 1.45) * (0.8 + 0.2 * smoothstep(0.3, 0.7, inside[i] as number));
      const shine = surface.gloss * 0.6 * smoothstep(0.08, 0.42, facing);
      for (let c = 0; c < 3; c++) {
        const value = (colours[3 * i + c] as number) * lit;
        colours[3 * i + c] = value + (0.95 - value) * shine;
      }
    }
}

function flat(points: readonly Point[], pose: Pose): number[] {
  const out: number[] = [];
  for (const point of points) {
    const [x, y] = pose.toPixels(point);
    out.push(x, y);
  }
  return out;
}

/** Strokes given in blade lengths, none thinner than `least` pixels at 64 pixels a side. */
function strokes(lines: readonly Stroke[], pose: Pose, size: number, least: number): Layer {
  const layer = new Float32Array(size * size);
  const width = (blades: number) => Math.max(blades * pose.length, (least * size) / 64);
  for (const { points, width: ends } of lines)
    stroke(layer, size, flat(points, pose), [width(ends[0]), width(ends[1])]);
  return layer;
}
