/** Bytes or encoded numbers of pictures. */
export type Pixels = Float32Array | Uint8ClampedArray;

/** How one picture is moved: mirrored, then a part of it enlarged to the whole, then turned, then shifted. */
export interface Move {
  /** Left to right. */
  readonly mirrored: boolean;
  /** Pixels, whole ones: down and to the right. */
  readonly shift: readonly [down: number, right: number];
  /** Radians, clockwise. */
  readonly angle: number;
  /** In pixels of the mirrored picture; may have fractions. */
  readonly part?: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

export type Pad = "zero" | "reflect";

interface Plane {
  readonly height: number;
  readonly width: number;
  readonly pad: Pad;
  /** What comes in where a picture moved away, one for each channel. */
  readonly black: readonly number[];
}

/** Writes a picture [channels, height, width], moved; `from` and `to` hold it from their beginning. */
export function movePicture(from: Pixels, to: Pixels, move: Move, plane: Plane): void {
  if (move.angle === 0 && move.part === undefined) moveWhole(from, to, move, plane);
  else resample(from, to, move, plane);
}

/** By whole pixels: nothing is mixed. */
function moveWhole(from: Pixels, to: Pixels, { mirrored, shift }: Move, { height, width, pad, black }: Plane): void {
  const columns = origins(width, shift[1], pad, mirrored);
  const rows = origins(height, shift[0], pad, false);
  const still = columns.every((column, x) => column === x);
  black.forEach((dark, channel) => {
    for (let y = 0; y < height; y++) {
      const row = rows[y] as number;
      const start = (channel * height + row) * width;
      const at = (channel * height + y) * width;
      if (row < 0) to.fill(dark, at, at + width);
      else if (still) to.set(from.subarray(start, start + width), at);
      else copyRow(from, to, start, at, columns, dark);
    }
  });
}

function copyRow(from: Pixels, to: Pixels, start: number, at: number, columns: Int32Array, dark: number): void {
  for (let x = 0; x < columns.length; x++) {
    const column = columns[x] as number;
    to[at + x] = column < 0 ? dark : (from[start + column] as number);
  }
}

/** From which position each position of an axis takes its value; -1 where there is none. */
function origins(length: number, moved: number, pad: Pad, mirrored: boolean): Int32Array {
  return Int32Array.from({ length }, (_, i) => {
    let at = i - moved;
    if (pad === "reflect") at = at < 0 ? -at : at >= length ? 2 * length - 2 - at : at;
    if (at < 0 || at >= length) return -1;
    return mirrored ? length - 1 - at : at;
  });
}

/** Each pixel is mixed from the four around the place that it comes from (bilinear), all moves in one pass. */
function resample(from: Pixels, to: Pixels, move: Move, { height, width, pad, black }: Plane): void {
  const places = placesOf(move, height, width, pad);
  const area = height * width;
  black.forEach((dark, channel) => {
    mix(from.subarray(channel * area, (channel + 1) * area), to.subarray(channel * area), places, width, dark);
  });
}

/** For each pixel: the index of the upper left of the four that it is mixed from, and the shares of the right and lower. */
interface Places {
  /** -1 where there is nothing. */
  readonly index: Int32Array;
  readonly right: Float32Array;
  readonly lower: Float32Array;
}

function placesOf(move: Move, height: number, width: number, pad: Pad): Places {
  const { u0, ux, uy, v0, vx, vy } = inverse(move, height, width);
  const area = height * width;
  const [index, right, lower] = [new Int32Array(area), new Float32Array(area), new Float32Array(area)];
  const lastColumn = width - 1;
  const lastRow = height - 1;
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      let u = u0 + ux * x + uy * y;
      let v = v0 + vx * x + vy * y;
      if (pad === "reflect") {
        u = reflected(u, lastColumn);
        v = reflected(v, lastRow);
      } else if (u < -0.5 || v < -0.5 || u > lastColumn + 0.5 || v > lastRow + 0.5) {
        index[at] = -1;
        continue;
      }
      // Within half a pixel of the border there is only the pixel at the border.
      u = Math.min(lastColumn, Math.max(0, u));
      v = Math.min(lastRow, Math.max(0, v));
      // The last column and row are reached as the right and lower ones of those before.
      const column = Math.max(0, Math.min(lastColumn - 1, u | 0));
      const row = Math.max(0, Math.min(lastRow - 1, v | 0));
      index[at] = row * width + column;
      right[at] = u - column;
      lower[at] = v - row;
    }
  return { index, right, lower };
}

function mix(from: Pixels, to: Pixels, { index, right, lower }: Places, width: number, dark: number): void {
  const across = width > 1 ? 1 : 0;
  const down = from.length > width ? width : 0;
  for (let at = 0; at < index.length; at++) {
    const i = index[at] as number;
    if (i < 0) {
      to[at] = dark;
      continue;
    }
    const a = from[i] as number;
    const b = from[i + down] as number;
    const p = right[at] as number;
    const top = a + p * ((from[i + across] as number) - a);
    const bottom = b + p * ((from[i + down + across] as number) - b);
    to[at] = top + (lower[at] as number) * (bottom - top);
  }
}

/** Where the pixel [y, x] comes from: column `u0 + ux x + uy y`, row `v0 + vx x + vy y`. */
function inverse({ mirrored, shift: [down, across], angle, part }: Move, height: number, width: number) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const { left, top, width: w, height: h } = part ?? { left: 0, top: 0, width, height };
  const [scaleX, scaleY] = [w / width, h / height];
  const side = mirrored ? -1 : 1;
  const middle = left + (w - 1) / 2;
  const [ux, uy] = [side * scaleX * cos, side * scaleX * sin];
  const [vx, vy] = [-scaleY * sin, scaleY * cos];
  // The middle of the frame, shifted, shows the middle of the part.
  const [x, y] = [(width - 1) / 2 + across, (height - 1) / 2 + down];
  const u = mirrored ? width - 1 - middle : middle;
  const v = top + (h - 1) / 2;
  return { u0: u - ux * x - uy * y, ux, uy, v0: v - vx * x - vy * y, vx, vy };
}

/** A position beyond the border as the one inside that mirrors it, again and again; the border itself comes once. */
function reflected(at: number, last: number): number {
  if (at >= 0 && at <= last) return at;
  if (last === 0) return 0;
  const folded = Math.abs(at) % (2 * last);
  return folded > last ? 2 * last - folded : folded;
}
