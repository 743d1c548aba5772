import type { Random } from "../../base/random.js";
import type { Canvas } from "./ground.js";
import type { Colour } from "./kinds.js";
import { blur, type Layer } from "./raster.js";
import { between } from "./vary.js";

/** Where the light comes from and what colour it has. */
export interface Light {
  /** Towards the light in the picture plane, unit length, y down. */
  readonly towards: readonly [number, number];
  /** Multiplies red, green and blue. */
  readonly colour: Colour;
}

/** Light from any side, dim to bright, from the blue of shade to the yellow of evening. */
export function randomLight(random: Random): Light {
  const angle = between(random, 0, 2 * Math.PI);
  const bright = between(random, 0.78, 1.18);
  const warm = between(random, -0.11, 0.13);
  return {
    towards: [Math.cos(angle), Math.sin(angle)],
    colour: [bright * (1 + 0.6 * warm), bright, bright * (1 - warm)],
  };
}

export interface Shadow {
  /** Pixels from the thing to its shadow. */
  readonly distance: number;
  /** Radius of the blur, pixels. */
  readonly softness: number;
  /** Share of the light that is blocked, 0 to 1. */
  readonly strength: number;
}

/** Darkens the canvas where `cover`, moved away from the light, blocks it. */
export function castShadow(canvas: Canvas, cover: Layer, light: Light, size: number, shadow: Shadow): void {
  const soft = blur(cover, size, shadow.softness);
  const dx = Math.round(light.towards[0] * shadow.distance);
  const dy = Math.round(light.towards[1] * shadow.distance);
  for (let y = Math.max(0, -dy); y < Math.min(size, size - dy); y++)
    for (let x = Math.max(0, -dx); x < Math.min(size, size - dx); x++) {
      const kept = 1 - shadow.strength * (soft[(y + dy) * size + x + dx] as number);
      const at = 3 * (y * size + x);
      canvas[at] = (canvas[at] as number) * kept;
      canvas[at + 1] = (canvas[at + 1] as number) * kept;
      canvas[at + 2] = (canvas[at + 2] as number) * kept;
    }
}
