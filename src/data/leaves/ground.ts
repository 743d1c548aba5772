import type { Random } from "../../base/random.js";
import type { Colour } from "./kinds.js";
import { clamp, type Layer, smoothstep, stroke } from "./raster.js";
import { between, pick } from "./vary.js";

/** Red, green and blue of each pixel, 0 to 1, in the order [height, width, 3]. */
export type Canvas = Float32Array;

/** What a leaf may lie on. None of it depends on the kind of leaf. */
export const grounds: readonly Ground[] = [
  { draw: soil, catchesShadow: true },
  { draw: grass, catchesShadow: true },
  { draw: gravel, catchesShadow: true },
  { draw: wood, catchesShadow: true },
  { draw: paper, catchesShadow: true },
  { draw: sky, catchesShadow: false },
];

export interface Ground {
  readonly draw: (random: Random, size: number) => Canvas;
  readonly catchesShadow: boolean;
}

/** Smooth noise in 0..1: random values at `columns` x `rows` places, interpolated. */
export function noise(random: Random, size: number, columns: number, rows = columns): Layer {
  const width = columns + 2;
  const values = random.uniform(width * (rows + 2));
  const out = new Float32Array(size * size);
  const line = new Float32Array(width);
  const shares = new Float32Array(size);
  for (let x = 0; x < size; x++) shares[x] = smoothShare((x * columns) / size);
  for (let y = 0; y < size; y++) {
    const row = Math.floor((y * rows) / size) * width;
    const v = smoothShare((y * rows) / size);
    for (let k = 0; k < width; k++) {
      const top = values[row + k] as number;
      line[k] = top + ((values[row + width + k] as number) - top) * v;
    }
    // Cell by cell, so that within one only the share changes.
    for (let column = 0, x = 0; x < size; column++) {
      const left = line[column] as number;
      const rise = (line[column + 1] as number) - left;
      for (const end = Math.ceil(((column + 1) * size) / columns); x < end && x < size; x++)
        out[y * size + x] = left + rise * (shares[x] as number);
    }
  }
  return out;
}

/** How far a place is from the lattice point before it to the next, eased. */
function smoothShare(at: number): number {
  const t = at - Math.floor(at);
  return t * t * (3 - 2 * t);
}

/** Noise of several scales, each finer one half as strong; 0..1. */
function fractal(random: Random, size: number, scales: readonly number[]): Layer {
  const total = scales.reduce((sum, _, octave) => sum + 0.62 ** octave, 0);
  const out = new Float32Array(size * size);
  scales.forEach((cells, octave) => {
    const weight = 0.62 ** octave / total;
    const layer = noise(random, size, cells);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + weight * (layer[i] as number);
  });
  return out;
}

/** Blends from `dark` to `light` by a layer in 0..1. */
function tinted(layer: Layer, dark: Colour, light: Colour): Canvas {
  const out = new Float32Array(layer.length * 3);
  for (let i = 0; i < layer.length; i++)
    for (let c = 0; c < 3; c++) {
      const low = dark[c] as number;
      out[3 * i + c] = low + ((light[c] as number) - low) * (layer[i] as number);
    }
  return out;
}

/** Puts a colour over a canvas where `cover` is 1; `opacity` in 0..1 lets what is below shine through. */
export function paint(canvas: Canvas, cover: Layer, colour: Colour, opacity = 1): void {
  for (let i = 0; i < cover.length; i++) {
    const share = (cover[i] as number) * opacity;
    if (share === 0) continue;
    for (let c = 0; c < 3; c++) {
      const under = canvas[3 * i + c] as number;
      canvas[3 * i + c] = under + ((colour[c] as number) - under) * share;
    }
  }
}

/** A colour lighter or darker by a factor. */
export const shade = ([r, g, b]: Colour, by: number): Colour => [r * by, g * by, b * by];

function soil(random: Random, size: number): Canvas {
  const [dark, light] = pick<readonly [Colour, Colour]>(random, [
    [
      [0.13, 0.09, 0.06],
      [0.52, 0.4, 0.29],
    ],
    [
      [0.2, 0.15, 0.12],
      [0.62, 0.52, 0.42],
    ],
    [
      [0.1, 0.09, 0.09],
      [0.4, 0.35, 0.32],
    ],
  ]);
  const crumbs = fractal(random, size, [6, 14, 30]);
  for (let i = 0; i < crumbs.length; i++) crumbs[i] = smoothstep(0.2, 0.85, crumbs[i] as number);
  return tinted(crumbs, dark, light);
}

function grass(random: Random, size: number): Canvas {
  const canvas = tinted(noise(random, size, 5), [0.08, 0.17, 0.06], [0.2, 0.34, 0.12]);
  const dry = random.next();
  // In six tones, the dark ones behind.
  for (let tone = 0; tone < 6; tone++) {
    const layer = new Float32Array(size * size);
    for (let k = 0; k < 8; k++) {
      const length = size * between(random, 0.18, 0.48);
      const tilt = between(random, -0.55, 0.55);
      const [x, y] = [size * between(random, -0.1, 1.1), size * between(random, 0.05, 1.2)];
      const middle = [x + length * tilt * 0.5, y - length * 0.5];
      stroke(layer, size, [x, y, ...middle, x + length * tilt * 1.5, y - length], [0.034 * size, 0.008 * size]);
    }
    const hue = random.next();
    const green: Colour = [0.22 + 0.3 * hue * (0.5 + dry), 0.4 + 0.12 * hue, 0.12 + 0.05 * hue];
    paint(canvas, layer, shade(green, 0.5 + 0.11 * tone));
  }
  return canvas;
}

function sky(random: Random, size: number): Canvas {
  const clouds = fractal(random, size, [3, 6, 12]);
  const [amount, high, low] = [random.next(), random.next(), random.next()];
  const out = new Float32Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    const down = y / size;
    const blue: Colour = [0.3 + 0.12 * high + 0.36 * down, 0.52 + 0.08 * low + 0.26 * down, 0.84 + 0.1 * down];
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      const cloud = smoothstep(0.75 - 0.4 * amount, 0.95 - 0.3 * amount, clouds[i] as number);
      for (let c = 0; c < 3; c++) out[3 * i + c] = (blue[c] as number) * (1 - cloud) + 0.95 * cloud;
    }
  }
  return out;
}

function paper(random: Random, size: number): Canvas {
  const tone = pick<Colour>(random, [
    [0.95, 0.93, 0.87],
    [0.93, 0.93, 0.93],
    [0.86, 0.79, 0.67],
    [0.78, 0.83, 0.86],
    [0.35, 0.38, 0.42],
    [0.72, 0.62, 0.64],
  ]);
  const fibres = fractal(random, size, [3, 24]);
  return tinted(fibres, shade(tone, 0.88), shade(tone, 1.05));
}

function gravel(random: Random, size: number): Canvas {
  const canvas = tinted(noise(random, size, 24), [0.16, 0.15, 0.14], [0.3, 0.28, 0.26]);
  const stones = 70;
  for (let k = 0; k < stones; k++) {
    const tone = random.next();
    const warm = random.next();
    const radius = size * (0.045 + 0.075 * random.next() ** 2);
    stone(
      canvas,
      size,
      [random.next() * size, random.next() * size],
      [radius, radius * between(random, 0.6, 1)],
      between(random, 0, Math.PI),
      [0.4 + 0.4 * tone + 0.05 * warm, 0.39 + 0.39 * tone, 0.38 + 0.38 * tone - 0.06 * warm],
    );
  }
  return canvas;
}

/** An ellipse, lit from the upper left. */
function stone(
  canvas: Canvas,
  size: number,
  [cx, cy]: readonly [number, number],
  [a, b]: readonly [number, number],
  turn: number,
  colour: Colour,
): void {
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  for (let y = Math.max(0, Math.floor(cy - a - 1)); y < Math.min(size, cy + a + 1); y++)
    for (let x = Math.max(0, Math.floor(cx - a - 1)); x < Math.min(size, cx + a + 1); x++) {
      const [dx, dy] = [x + 0.5 - cx, y + 0.5 - cy];
      const radius = Math.hypot((dx * cos + dy * sin) / a, (dy * cos - dx * sin) / b);
      const cover = clamp((1 - radius) * b + 0.5, 0, 1);
      if (cover === 0) continue;
      const light = 1 - 0.32 * radius * radius - (0.22 * (dx + dy)) / a;
      const at = 3 * (y * size + x);
      for (let c = 0; c < 3; c++) {
        const under = canvas[at + c] as number;
        canvas[at + c] = under + ((colour[c] as number) * light - under) * cover;
      }
    }
}

function wood(random: Random, size: number): Canvas {
  const upright = random.next() < 0.5;
  const fine = upright ? noise(random, size, 26, 2) : noise(random, size, 2, 26);
  const broad = upright ? noise(random, size, 6, 2) : noise(random, size, 2, 6);
  const [dark, light] = pick<readonly [Colour, Colour]>(random, [
    [
      [0.38, 0.24, 0.14],
      [0.74, 0.55, 0.36],
    ],
    [
      [0.42, 0.38, 0.34],
      [0.72, 0.68, 0.62],
    ],
    [
      [0.22, 0.13, 0.08],
      [0.46, 0.31, 0.2],
    ],
  ]);
  for (let i = 0; i < fine.length; i++) fine[i] = 0.55 * (fine[i] as number) + 0.45 * (broad[i] as number);
  const canvas = tinted(fine, dark, light);
  const joint = Math.floor(size * between(random, 0.15, 0.85));
  for (let k = 0; k < size; k++) {
    const at = upright ? k * size + joint : joint * size + k;
    for (let c = 0; c < 3; c++) canvas[3 * at + c] = (canvas[3 * at + c] as number) * 0.45;
  }
  return canvas;
}
