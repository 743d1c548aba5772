import type { Random } from "../../base/random.js";
import { type Canvas, grounds, noise, paint, shade } from "./ground.js";
import { type LeafKind, leafColours } from "./kinds.js";
import { growLeaf } from "./leaf.js";
import { castShadow, type Light, randomLight } from "./light.js";
import { paintLeaf } from "./paint.js";
import { type Pose, randomPose } from "./pose.js";
import { type Layer, stroke } from "./raster.js";
import { between } from "./vary.js";

/** A drawn picture and what is known of it. */
export interface LeafScene {
  /** Bytes [size, size, 3] in the order of picture files: rows from the top, red green blue. */
  readonly pixels: Uint8Array;
  /** The share of each pixel in which the leaf (blades and stalk) is seen, 0..255, [size, size]. */
  readonly mask: Uint8Array;
  readonly pose: Pose;
}

/** Draws one leaf (drawn, not photographed) and tells where it lies. Depends on `random` alone. */
export function drawScene(kind: LeafKind, random: Random, size: number): LeafScene {
  const ground = grounds[random.below(grounds.length)] as (typeof grounds)[number];
  const canvas = ground.draw(random, size);
  const light = randomLight(random);
  const leaf = growLeaf(kind, random);
  const pose = randomPose(leaf, random, size);
  const mask = paintLeaf({ canvas, size, light, random, shadow: ground.catchesShadow }, kind, leaf, pose);
  const hidden = occlude(canvas, light, random, size);
  const seen = new Uint8Array(mask.length);
  for (let i = 0; i < mask.length; i++) seen[i] = 255 * (mask[i] as number) * (1 - (hidden[i] as number)) + 0.5;
  return { pixels: expose(canvas, light, random, size), mask: seen, pose };
}

/** In three pictures of ten, something lies over the leaf: a twig, a blade of grass, or a branch's shadow. */
function occlude(canvas: Canvas, light: Light, random: Random, size: number): Layer {
  const cover = new Float32Array(size * size);
  const what = random.below(10);
  if (what > 2) return cover;
  const angle = between(random, -Math.PI, Math.PI);
  const offset = between(random, -0.3, 0.3) * size;
  const bow = between(random, -0.12, 0.12) * size;
  const thick = between(random, -1, 1);
  const [ux, uy] = [Math.cos(angle), Math.sin(angle)];
  const points = Array.from({ length: 7 }, (_, i) => {
    const along = (i / 6 - 0.5) * 1.6 * size;
    const across = offset + bow * Math.cos(2.2 * (i / 3 - 1));
    return [size / 2 + ux * along - uy * across, size / 2 + uy * along + ux * across];
  }).flat();
  const width = size * (0.04 + 0.012 * thick);
  if (what === 0) {
    stroke(cover, size, points, [2.6 * width, 1.6 * width]);
    castShadow(canvas, cover, light, size, { distance: 0, softness: 0.03 * size, strength: 0.4 });
    return cover.fill(0);
  }
  stroke(cover, size, points, what === 1 ? [1.25 * width, 0.2 * width] : [width, 0.6 * width]);
  castShadow(canvas, cover, light, size, { distance: 0.03 * size, softness: 0.016 * size, strength: 0.5 });
  if (what === 1) paint(canvas, cover, shade(leafColours.summer, 0.9 + 0.4 * thick));
  else {
    paint(canvas, cover, [0.24 + 0.06 * thick, 0.18 + 0.04 * thick, 0.13]);
    const ridge = new Float32Array(size * size);
    const lit = points.map((value, i) => value + 0.25 * width * light.towards[i % 2 === 0 ? 0 : 1]);
    stroke(ridge, size, lit, [0.4 * width, 0.25 * width], 0.6);
    paint(canvas, ridge, [0.5, 0.42, 0.33]);
  }
  return cover;
}

/** Light that falls off towards one side and is a little dappled, grain; then bytes. */
function expose(canvas: Canvas, light: Light, random: Random, size: number): Uint8Array {
  const out = new Uint8ClampedArray(canvas.length);
  const grain = random.words(new Uint32Array((size * size + 1) >> 1));
  const strength = between(random, 0.012, 0.042);
  const fall = between(random, 0.12, 0.28) / size;
  const dapple = noise(random, size, 3);
  const [red, green, blue] = light.colour;
  const [towardsX, towardsY] = light.towards;
  const middle = (size - 1) / 2;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      const side = ((x - middle) * towardsX + (y - middle) * towardsY) * fall;
      const lit = 0.9 + side + 0.2 * (dapple[i] as number);
      // Two random bytes a pixel: their sum is grain in brightness, their difference grain in colour.
      const word = (grain[i >> 1] as number) >>> (16 * (i & 1));
      const [a, b] = [word & 255, (word >>> 8) & 255];
      const grey = ((a + b) / 255 - 1) * strength;
      const tint = ((a - b) / 510) * strength;
      out[3 * i] = 255 * ((canvas[3 * i] as number) * lit * red + grey + tint);
      out[3 * i + 1] = 255 * ((canvas[3 * i + 1] as number) * lit * green + grey);
      out[3 * i + 2] = 255 * ((canvas[3 * i + 2] as number) * lit * blue + grey - tint);
    }
  return new Uint8Array(out.buffer);
}
