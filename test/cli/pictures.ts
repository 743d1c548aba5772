import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { random } from "midst";
import sharp, { type Sharp } from "sharp";

/** A picture of one colour with a square of another in it, both by the seed. */
export function drawn(seed: number, width = 30, height = width): Sharp {
  const [r = 0, g = 0, b = 0, x = 0, y = 0] = random(seed, "drawn").uniform(5, 0, 256).map(Math.floor);
  const square = { width: 8, height: 8, channels: 3 as const, background: { r: 255 - r, g: 255 - g, b } };
  const place = { left: x % (width - 8), top: y % (height - 8) };
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } }).composite([
    { input: { create: square }, ...place },
  ]);
}

/** A folder of PNG files: so many in it, or in a folder of each class. */
export async function album(path: string, count: number, classes: readonly string[] = [""]): Promise<string> {
  for (const [label, name] of classes.entries()) {
    await mkdir(join(path, name), { recursive: true });
    for (let i = 0; i < count; i++)
      await drawn(100 * label + i)
        .png()
        .toFile(join(path, name, `${i}.png`));
  }
  return path;
}
