import type { Rgb } from "./colour.js";
import type { Picture } from "./picture.js";

export interface TerminalOptions {
  /** Columns to stay within; wider pictures are reduced. Defaults to 80. */
  readonly columns?: number;
  /** "full" (default) for 24-bit colours, "256" for the older palette, "none" for shades of letters. */
  readonly colours?: "full" | "256" | "none";
}

/** A picture as text, two pixels to a character: the upper half block has its own colour and that of its ground. */
export function renderPicture(given: Picture, options: TerminalOptions = {}): string {
  const { columns = 80, colours = "full" } = options;
  const picture = reduce(given, columns);
  const lines: string[] = [];
  for (let y = 0; y < picture.height; y += 2) {
    let line = "";
    let last = "";
    for (let x = 0; x < picture.width; x++) {
      const [upper, lower] = [pixel(picture, x, y), pixel(picture, x, y + 1)];
      if (colours === "none") {
        line += shade(upper, lower);
        continue;
      }
      const paint = colours === "full" ? fullColour(upper, lower) : paletteColour(upper, lower);
      line += paint === last ? "▀" : `${paint}▀`;
      last = paint;
    }
    lines.push(colours === "none" ? line.trimEnd() : `${line}\x1b[0m`);
  }
  return lines.join("\n");
}

type Pixel = Rgb | undefined;

function pixel({ width, height, data }: Picture, x: number, y: number): Pixel {
  if (y >= height) return undefined;
  const at = 3 * (y * width + x);
  return [data[at] as number, data[at + 1] as number, data[at + 2] as number];
}

const fullColour = (upper: Pixel, lower: Pixel): string =>
  `\x1b[38;2;${(upper ?? [0, 0, 0]).join(";")}m${lower === undefined ? "\x1b[49m" : `\x1b[48;2;${lower.join(";")}m`}`;

/** The 6 x 6 x 6 cube of the 256-colour palette. */
const cube = (colour: Pixel): number => {
  const [r, g, b] = (colour ?? [0, 0, 0]).map((c) => Math.round((c / 255) * 5)) as [number, number, number];
  return 16 + 36 * r + 6 * g + b;
};

const paletteColour = (upper: Pixel, lower: Pixel): string =>
  `\x1b[38;5;${cube(upper)}m${lower === undefined ? "\x1b[49m" : `\x1b[48;5;${cube(lower)}m`}`;

/** The escape sequence of a character's own colour and that of its ground. */
export const escapeOf = (ink: Rgb, ground: Rgb, colours: "full" | "256"): string =>
  colours === "full" ? fullColour(ink, ground) : paletteColour(ink, ground);

const shades = " .:-=+*#%@";

/** A letter as light as a share of white, for terminals without colours. */
export const shadeOf = (light: number): string => shades[Math.round(light * (shades.length - 1))] as string;

function shade(upper: Pixel, lower: Pixel): string {
  const light = [upper, lower].filter((p) => p !== undefined).map(([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b);
  const mean = light.reduce((a, b) => a + b, 0) / Math.max(1, light.length);
  return shadeOf(mean / 255);
}

/** Reduced by the mean of whole blocks of pixels, so that it is no wider than `columns`. */
function reduce(picture: Picture, columns: number): Picture {
  const factor = Math.ceil(picture.width / columns);
  if (factor <= 1) return picture;
  const width = Math.ceil(picture.width / factor);
  const height = Math.ceil(picture.height / factor);
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i++) {
    const [channel, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    let sum = 0;
    let count = 0;
    for (let v = y * factor; v < Math.min(picture.height, (y + 1) * factor); v++)
      for (let u = x * factor; u < Math.min(picture.width, (x + 1) * factor); u++) {
        sum += picture.data[3 * (v * picture.width + u) + channel] as number;
        count++;
      }
    data[i] = Math.round(sum / count);
  }
  return { width, height, data };
}
