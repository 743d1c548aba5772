import { ShapeError } from "../base/errors.js";
import type { ColourScale, Rgb } from "./colour.js";

/** A picture in memory: three bytes a pixel, red, green, blue, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A picture of one colour. */
export function blank(width: number, height: number, colour: Rgb = [255, 255, 255]): Picture {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 3] as number;
  return { width, height, data };
}

/** Numbers [height, width] as colours. */
export function heatmap(values: ArrayLike<number>, height: number, width: number, scale: ColourScale): Picture {
  if (values.length !== height * width)
    throw new ShapeError(`${values.length} numbers do not fill ${height} x ${width} pixels.`, { place: "heatmap" });
  const picture = blank(width, height);
  for (let i = 0; i < values.length; i++) picture.data.set(scale.colour(values[i] as number), 3 * i);
  return picture;
}

/** Each pixel as a square of `factor` x `factor`. */
export function enlarge({ width, height, data }: Picture, factor: number): Picture {
  const large = blank(width * factor, height * factor);
  for (let y = 0; y < large.height; y++)
    for (let x = 0; x < large.width; x++) {
      const from = 3 * (Math.floor(y / factor) * width + Math.floor(x / factor));
      large.data.set(data.subarray(from, from + 3), 3 * (y * large.width + x));
    }
  return large;
}

export interface TileOptions {
  /** Tiles per row; defaults to a nearly square arrangement. */
  readonly columns?: number;
  /** Pixels between tiles; defaults to 1. */
  readonly gap?: number;
  /** Of the gaps; defaults to white. */
  readonly ground?: Rgb;
}

/** Pictures side by side, row by row; each cell is as large as the largest. */
export function tiles(pictures: readonly Picture[], options: TileOptions = {}): Picture {
  const { columns = Math.max(1, Math.ceil(Math.sqrt(pictures.length))), gap = 1, ground = [255, 255, 255] } = options;
  const width = Math.max(1, ...pictures.map((p) => p.width));
  const height = Math.max(1, ...pictures.map((p) => p.height));
  const rows = Math.max(1, Math.ceil(pictures.length / columns));
  const across = Math.max(1, Math.min(columns, pictures.length));
  const sheet = blank(across * (width + gap) - gap, rows * (height + gap) - gap, ground);
  pictures.forEach((picture, i) => {
    paste(sheet, picture, (i % columns) * (width + gap), Math.floor(i / columns) * (height + gap));
  });
  return sheet;
}

function paste(sheet: Picture, { width, height, data }: Picture, left: number, top: number): void {
  for (let y = 0; y < height; y++)
    sheet.data.set(data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((top + y) * sheet.width + left));
}
