import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/errors.js";
import { positiveScale, type Rgb, scaleFor, signedScale } from "../../src/look/colour.js";
import { blank, enlarge, heatmap, type Picture, tiles } from "../../src/look/picture.js";

const pixel = ({ width, data }: Picture, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

// The published scales, in the test's own copy: ColorBrewer's PuOr of 11 classes, and ten even steps of cividis.
const puOr = [
  "7f3b08",
  "b35806",
  "e08214",
  "fdb863",
  "fee0b6",
  "f7f7f7",
  "d8daeb",
  "b2abd2",
  "8073ac",
  "542788",
  "2d004b",
];
const cividis = ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838"];
const bytes = (hex: string) => [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)) as unknown as Rgb;

/** Where a colour lies on the line through the anchors, 0 to 1: the nearest point of the nearest segment. */
function shareOf(anchors: readonly string[], colour: readonly number[]): number {
  let [best, least] = [Number.NaN, Infinity];
  for (let i = 0; i + 1 < anchors.length; i++) {
    const [a, b] = [bytes(anchors[i] as string), bytes(anchors[i + 1] as string)];
    const along = [0, 1, 2].map((c) => (b[c] as number) - (a[c] as number));
    const length = along.reduce((sum, d) => sum + d * d, 0);
    const dot = along.reduce((sum, d, c) => sum + d * ((colour[c] as number) - (a[c] as number)), 0);
    const t = Math.min(1, Math.max(0, dot / length));
    const miss = along.reduce((sum, d, c) => sum + ((a[c] as number) + t * d - (colour[c] as number)) ** 2, 0);
    if (miss < least) [best, least] = [(i + t) / (anchors.length - 1), miss];
  }
  return best;
}

const ramp = (low: number, high: number, count = 601) =>
  Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

describe("colour scales", () => {
  it("have the published ends, and zero in its one place", () => {
    expect(signedScale(2).colour(-2)).toEqual([127, 59, 8]);
    expect(signedScale(2).colour(0)).toEqual([247, 247, 247]);
    expect(signedScale(2).colour(2)).toEqual([45, 0, 75]);
    expect(positiveScale(7).colour(0)).toEqual([0, 34, 78]);
    expect(positiveScale(7).colour(7)).toEqual([254, 232, 56]);
    for (const most of [1e-6, 1, 1e9]) expect(signedScale(most).colour(0)).toEqual([247, 247, 247]);
  });

  it("stop at their ends, and show what is no number in a colour of its own", () => {
    expect(signedScale(1).colour(-50)).toEqual(signedScale(1).colour(-1));
    expect(positiveScale(1).colour(50)).toEqual(positiveScale(1).colour(1));
    for (const bad of [Number.NaN, Infinity, -Infinity])
      for (const scale of [signedScale(1), positiveScale(1)]) {
        expect(scale.colour(bad)).toEqual([220, 20, 20]);
        for (const value of ramp(-1, 1)) expect(scale.colour(value)).not.toEqual([220, 20, 20]);
      }
  });

  it("scaleFor never shifts zero: orange where all are negative, and nothing but zero's colour for zeros", () => {
    expect(scaleFor([3, 1, 2])).toMatchObject({ kind: "positive", most: 3 });
    expect(scaleFor([3, -5, 2])).toMatchObject({ kind: "signed", most: 5 });
    expect(scaleFor([-2, -1]).colour(-2)).toEqual([127, 59, 8]);
    expect(scaleFor([0, 0]).colour(0)).toEqual([0, 34, 78]);
    expect(scaleFor([1, Number.NaN, Infinity]).most).toBe(1);
  });
});

describe("heatmap", () => {
  it("can be read back: each pixel gives its value to 1/255 of the scale's extent", () => {
    const positive = ramp(0, 4);
    const dark = heatmap(positive, 1, positive.length, positiveScale(4));
    positive.forEach((value, x) => {
      expect(Math.abs(4 * shareOf(cividis, pixel(dark, x, 0)) - value)).toBeLessThanOrEqual(4 / 255);
    });
    const signed = ramp(-0.3, 0.3);
    const light = heatmap(signed, 1, signed.length, signedScale(0.3));
    signed.forEach((value, x) => {
      expect(Math.abs(0.3 * (2 * shareOf(puOr, pixel(light, x, 0)) - 1) - value)).toBeLessThanOrEqual(0.3 / 255);
    });
  });

  it("draws a constant map as its value, not stretched", () => {
    const map = heatmap(new Float32Array(12).fill(0.25), 3, 4, positiveScale(1));
    const among = heatmap([0, 0.25, 1], 1, 3, positiveScale(1));
    for (let i = 0; i < 12; i++) expect(pixel(map, i % 4, Math.floor(i / 4))).toEqual(pixel(among, 1, 0));
    expect(shareOf(cividis, pixel(map, 0, 0))).toBeCloseTo(0.25, 2);
  });

  it("draws a map of zeros in zero's colour throughout, on either scale and on the one that fits it", () => {
    const zeros = new Float32Array(20);
    for (const [scale, zero] of [
      [positiveScale(1), [0, 34, 78]],
      [positiveScale(0), [0, 34, 78]],
      [signedScale(0), [247, 247, 247]],
      [scaleFor(zeros), [0, 34, 78]],
    ] as const) {
      const map = heatmap(zeros, 4, 5, scale);
      for (let i = 0; i < 20; i++) expect(pixel(map, i % 5, Math.floor(i / 5))).toEqual(zero);
    }
  });

  it("is [height, width], row by row, and refuses numbers that do not fill it", () => {
    const map = heatmap([0, 0, 0, 1, 0, 0], 2, 3, positiveScale(1));
    expect([map.width, map.height]).toEqual([3, 2]);
    expect(pixel(map, 0, 1)).toEqual([254, 232, 56]);
    expect(() => heatmap([1, 2, 3], 2, 2, positiveScale(1))).toThrow(ShapeError);
    expect(() => heatmap([1, 2, 3], 2, 2, positiveScale(1))).toThrow("3 numbers do not fill 2 x 2");
  });
});

describe("enlarge and tiles", () => {
  const red: Rgb = [255, 0, 0];
  const blue: Rgb = [0, 0, 255];
  const green: Rgb = [0, 128, 0];

  it("enlarges each pixel to a square of its own colour", () => {
    const large = enlarge({ width: 2, height: 1, data: Uint8Array.from([...red, ...blue]) }, 3);
    expect([large.width, large.height]).toEqual([6, 3]);
    for (let y = 0; y < 3; y++) for (let x = 0; x < 6; x++) expect(pixel(large, x, y)).toEqual(x < 3 ? red : blue);
  });

  it("lays tiles out row by row with gaps between and none around", () => {
    const sheet = tiles([blank(2, 2, red), blank(2, 2, blue), blank(2, 2, green)], { columns: 2, gap: 1 });
    expect([sheet.width, sheet.height]).toEqual([5, 5]);
    const white = [255, 255, 255];
    expect([0, 1, 2, 3, 4].map((x) => pixel(sheet, x, 1))).toEqual([red, red, white, blue, blue]);
    expect([0, 1, 2, 3, 4].map((x) => pixel(sheet, x, 2))).toEqual([white, white, white, white, white]);
    expect([0, 1, 2, 3, 4].map((x) => pixel(sheet, x, 4))).toEqual([green, green, white, white, white]);
  });

  it("keeps every pixel of every tile where it can be found again", () => {
    const maps = [0, 1, 2, 3, 4].map((k) => heatmap([k, k + 1, k + 2, k + 3, k + 4, k + 5], 2, 3, positiveScale(9)));
    const [columns, gap] = [3, 2];
    const sheet = tiles(maps, { columns, gap, ground: [1, 2, 3] });
    maps.forEach((map, k) => {
      const [left, top] = [(k % columns) * (3 + gap), Math.floor(k / columns) * (2 + gap)];
      for (let y = 0; y < 2; y++)
        for (let x = 0; x < 3; x++) {
          expect(pixel(sheet, left + x, top + y)).toEqual(pixel(map, x, y));
          const value = 9 * shareOf(cividis, pixel(sheet, left + x, top + y));
          expect(Math.abs(value - (k + 3 * y + x))).toBeLessThanOrEqual(9 / 255);
        }
    });
  });

  it("gives tiles of several sizes cells of the largest", () => {
    const sheet = tiles([blank(1, 1, red), blank(3, 2, blue)], { columns: 2, gap: 0, ground: [9, 9, 9] });
    expect([sheet.width, sheet.height]).toEqual([6, 2]);
    expect(pixel(sheet, 0, 0)).toEqual(red);
    expect(pixel(sheet, 1, 0)).toEqual([9, 9, 9]);
    expect(pixel(sheet, 5, 1)).toEqual(blue);
  });
});
