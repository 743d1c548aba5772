import type { Pixels } from "./augmentGeometry.js";

/** Where the encoded values of a channel lie: `encoded = black + unit * level`, for levels from 0 to 1. */
export interface Scale {
  readonly black: number;
  /** The encoded distance of black and white. */
  readonly unit: number;
  /** What encoded values are kept within. */
  readonly low: number;
  readonly high: number;
}

/** How the colours of one picture change, of levels from 0 to 1. */
export interface ColourChange {
  /** Added. */
  readonly brightness: number;
  /** The factor of the distance from the picture's mean grey. */
  readonly contrast: number;
  /** The factor of the distance from each pixel's own grey. */
  readonly saturation: number;
  /** Radians around the axis of greys, from red over green to blue. */
  readonly hue: number;
}

/** The share of red, green and blue in what the eye sees as brightness (ITU-R BT.601). */
const luma = [0.299, 0.587, 0.114] as const;

/**
 * Changes the colours of a picture [channels, height, width] in place: brightness, contrast, saturation and hue are one
 * matrix for all pixels, and values are kept within black and white at the end.
 */
export function changeColours(pixels: Pixels, change: ColourChange, scales: readonly Scale[]): void {
  const { brightness, contrast } = change;
  if (brightness === 0 && contrast === 1 && change.saturation === 1 && change.hue === 0) return;
  // p' = contrast (p + brightness - mean) + mean, where the mean is that of the picture made brighter.
  const added = brightness + (contrast === 1 ? 0 : (1 - contrast) * meanGrey(pixels, scales));
  if (change.saturation === 1 && change.hue === 0) scaleChannels(pixels, contrast, added, scales);
  else mixChannels(pixels, colourMatrix(change), added, scales);
}

/** The mean brightness of a picture, as a level. Of other than three channels, all count the same. */
function meanGrey(pixels: Pixels, scales: readonly Scale[]): number {
  const area = pixels.length / scales.length;
  let grey = 0;
  scales.forEach(({ black, unit }, c) => {
    let sum = 0;
    for (let i = c * area; i < (c + 1) * area; i++) sum += pixels[i] as number;
    const share = scales.length === 3 ? (luma[c] as number) : 1 / scales.length;
    grey += (share * (sum / area - black)) / unit;
  });
  return grey;
}

/** level' = factor level + added */
function scaleChannels(pixels: Pixels, factor: number, added: number, scales: readonly Scale[]): void {
  const area = pixels.length / scales.length;
  scales.forEach(({ black, unit, low, high }, c) => {
    const shift = added * unit + (1 - factor) * black;
    for (let i = c * area; i < (c + 1) * area; i++) {
      const value = factor * (pixels[i] as number) + shift;
      pixels[i] = Math.min(high, Math.max(low, value));
    }
  });
}

type Row = readonly [number, number, number];
type Matrix = readonly [Row, Row, Row];

/** The matrix of [red, green, blue]: grey stays grey, and its rows sum to `contrast`. */
function colourMatrix({ contrast, saturation, hue }: ColourChange): Matrix {
  // A turn around [1, 1, 1] (Rodrigues): a third of a turn makes red green, green blue and blue red.
  const [cos, sin] = [Math.cos(hue), Math.sin(hue) / Math.sqrt(3)];
  const turn = (from: number, to: number): number => {
    const step = (to - from + 3) % 3;
    return (1 - cos) / 3 + (step === 0 ? cos : step === 1 ? sin : -sin);
  };
  const row = (to: number): Row => {
    const shares = [0, 1, 2].map(
      (from) => contrast * (saturation * turn(from, to) + (1 - saturation) * (luma[from] as number)),
    );
    return shares as unknown as Row;
  };
  return [row(0), row(1), row(2)];
}

function mixChannels(pixels: Pixels, matrix: Matrix, added: number, scales: readonly Scale[]): void {
  const [red, green, blue] = scales as readonly [Scale, Scale, Scale];
  const area = pixels.length / 3;
  // In encoded values: level = (x - black) / unit.
  const encoded = (to: Scale, [r, g, b]: Row) => {
    const [fr, fg, fb] = [(to.unit * r) / red.unit, (to.unit * g) / green.unit, (to.unit * b) / blue.unit];
    return { fr, fg, fb, shift: to.black + to.unit * added - fr * red.black - fg * green.black - fb * blue.black };
  };
  const [toRed, toGreen, toBlue] = [encoded(red, matrix[0]), encoded(green, matrix[1]), encoded(blue, matrix[2])];
  for (let i = 0, j = area, k = 2 * area; i < area; i++, j++, k++) {
    const r = pixels[i] as number;
    const g = pixels[j] as number;
    const b = pixels[k] as number;
    const x = toRed.fr * r + toRed.fg * g + toRed.fb * b + toRed.shift;
    const y = toGreen.fr * r + toGreen.fg * g + toGreen.fb * b + toGreen.shift;
    const z = toBlue.fr * r + toBlue.fg * g + toBlue.fb * b + toBlue.shift;
    pixels[i] = Math.min(red.high, Math.max(red.low, x));
    pixels[j] = Math.min(green.high, Math.max(green.low, y));
    pixels[k] = Math.min(blue.high, Math.max(blue.low, z));
  }
}
