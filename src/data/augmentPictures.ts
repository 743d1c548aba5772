import { random } from "../base/random.js";
import { type ColourChange, changeColours, type Scale } from "./augmentColour.js";
import { type Move, movePicture, type Pad, type Pixels } from "./augmentGeometry.js";

/** How far pictures may be varied; all options of `augment`, with their defaults. */
export interface Reach {
  readonly flip: boolean;
  /** Pixels. */
  readonly shift: number;
  readonly pad: Pad;
  /** Degrees. */
  readonly rotate: number;
  /** The least share of a picture's area. */
  readonly crop: number;
  /** The greatest ratio, from 1. */
  readonly aspect: number;
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** Degrees. */
  readonly hue: number;
  /** Pixels. */
  readonly cutOut: number;
}

/** What is to be done to a batch of pictures: plain data, so that another thread can be told. */
export interface Variation {
  /** [batch, channels, height, width] */
  readonly shape: readonly number[];
  /** One for each channel. */
  readonly scales: readonly Channel[];
  readonly reach: Reach;
  readonly seed: number;
  readonly step: number;
}

export interface Channel extends Scale {
  /** What stands where a square was cut out: the encoding's mean. */
  readonly blank: number;
}

/** The numbers drawn for each picture, whatever the options, in two streams. */
const FIRST = ["flip", "right", "down", "brightness"] as const;
const SECOND = ["angle", "area", "aspect", "left", "top", "contrast", "saturation", "hue", "cutX", "cutY"] as const;

type Draw = (name: (typeof FIRST)[number] | (typeof SECOND)[number]) => number;

/**
 * The pictures varied, each by its own draws.
 * @param pixels float32 as encoded, or bytes; left as they are
 */
export function varyPictures(pixels: Float32Array | Uint8Array, variation: Variation): Float32Array | Uint8Array {
  const { shape, scales, reach, seed, step } = variation;
  const [count = 0, , height = 0, width = 0] = shape;
  const first = random(seed, "augment", step).uniform(FIRST.length * count);
  const second = random(seed, "augment/more", step).uniform(SECOND.length * count);
  const size = pixels.length / count;
  const from = pixelsOf(pixels);
  const to = from instanceof Float32Array ? new Float32Array(from.length) : new Uint8ClampedArray(from.length);
  const plane = { height, width, pad: reach.pad, black: scales.map(({ black }) => black) };
  for (let n = 0; n < count; n++) {
    const draw: Draw = (name) => {
      const i = (FIRST as readonly string[]).indexOf(name);
      if (i >= 0) return first[n * FIRST.length + i] as number;
      return second[n * SECOND.length + (SECOND as readonly string[]).indexOf(name)] as number;
    };
    const picture = to.subarray(n * size, (n + 1) * size);
    movePicture(from.subarray(n * size, (n + 1) * size), picture, moveOf(draw, reach, height, width), plane);
    changeColours(picture, colourOf(draw, reach), scales);
    if (reach.cutOut > 0) cutOut(picture, draw, reach.cutOut, height, width, scales);
  }
  return to instanceof Float32Array ? to : new Uint8Array(to.buffer);
}

/** Bytes as an array that rounds and clamps what is written. */
const pixelsOf = (pixels: Float32Array | Uint8Array): Pixels =>
  pixels instanceof Float32Array ? pixels : new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);

const either = (drawn: number): number => 2 * drawn - 1;

function moveOf(draw: Draw, { flip, shift, rotate, crop, aspect }: Reach, height: number, width: number): Move {
  const moved = (drawn: number) => Math.floor(drawn * (2 * shift + 1)) - shift;
  return {
    mirrored: flip && draw("flip") < 0.5,
    shift: [moved(draw("down")), moved(draw("right"))],
    angle: (rotate * either(draw("angle")) * Math.PI) / 180,
    ...((crop < 1 || aspect > 1) && { part: partOf(draw, crop, aspect, height, width) }),
  };
}

/** A part with a share of the area from `crop` to 1, its sides' ratio up to `aspect` times the picture's or its inverse. */
function partOf(draw: Draw, crop: number, aspect: number, height: number, width: number): NonNullable<Move["part"]> {
  const area = crop + (1 - crop) * draw("area");
  const ratio = aspect ** either(draw("aspect"));
  const [w, h] = [width * Math.min(1, Math.sqrt(area * ratio)), height * Math.min(1, Math.sqrt(area / ratio))];
  return { left: (width - w) * draw("left"), top: (height - h) * draw("top"), width: w, height: h };
}

const colourOf = (draw: Draw, { brightness, contrast, saturation, hue }: Reach): ColourChange => ({
  brightness: brightness * either(draw("brightness")),
  contrast: 1 + contrast * either(draw("contrast")),
  saturation: 1 + saturation * either(draw("saturation")),
  hue: (hue * either(draw("hue")) * Math.PI) / 180,
});

/** Blanks a square whose middle may be any pixel, so that it may hang over the border. */
function cutOut(
  pixels: Pixels,
  draw: Draw,
  side: number,
  height: number,
  width: number,
  channels: readonly Channel[],
): void {
  const span = (drawn: number, length: number): [number, number] => {
    const start = Math.floor(drawn * length) - Math.floor(side / 2);
    return [Math.max(0, start), Math.min(length, start + side)];
  };
  const [left, right] = span(draw("cutX"), width);
  const [top, bottom] = span(draw("cutY"), height);
  channels.forEach(({ blank }, channel) => {
    for (let y = top; y < bottom; y++) {
      const row = (channel * height + y) * width;
      pixels.fill(blank, row + left, row + right);
    }
  });
}
