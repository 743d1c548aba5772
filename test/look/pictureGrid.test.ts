import { describe, expect, it } from "vitest";
import { imageEncoding } from "../../src/data/index.js";
import { tensor } from "../../src/index.js";
import type { Picture } from "../../src/look/picture.js";
import { pictureGrid } from "../../src/look/pictureGrid.js";

const pixel = ({ width, data }: Picture, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];
const grey = (level: number) => [level, level, level];

describe("pictureGrid", () => {
  // By hand: byte = 255 (value / 2 + 1/2), rounded to even and kept in 0..255.
  it("takes -1..1 by default: black, grey, white in one channel, and stops at the ends", () => {
    const sheet = pictureGrid(tensor([-1, 0, 1, -5, 0.5, 7], [1, 1, 2, 3]));
    expect([sheet.width, sheet.height]).toEqual([3, 2]);
    expect([0, 1, 2].map((x) => pixel(sheet, x, 0))).toEqual([grey(0), grey(128), grey(255)]);
    expect([0, 1, 2].map((x) => pixel(sheet, x, 1))).toEqual([grey(0), grey(191), grey(255)]);
  });

  it("has planes as channels: red, then green, then blue", () => {
    const red = [1, -1, -1, -1, -1, -1];
    const blue = [-1, -1, -1, -1, 1, 1];
    const sheet = pictureGrid(tensor([...red, ...blue], [2, 3, 1, 2]), { columns: 1 });
    expect([sheet.width, sheet.height]).toEqual([2, 3]);
    expect([pixel(sheet, 0, 0), pixel(sheet, 1, 0)]).toEqual([
      [255, 0, 0],
      [0, 0, 0],
    ]);
    expect(pixel(sheet, 0, 1)).toEqual(grey(140));
    expect(pixel(sheet, 1, 2)).toEqual([0, 0, 255]);
  });

  it("takes another encoding: 0..1, and bytes", () => {
    const shape = [1, 1, 2] as const;
    const shares = pictureGrid(tensor([0, 0.2], [1, ...shape]), { encoding: imageEncoding({ shape }) });
    expect([pixel(shares, 0, 0), pixel(shares, 1, 0)]).toEqual([grey(0), grey(51)]);
    const bytes = pictureGrid(tensor(Uint8Array.from([3, 250]), [1, ...shape]), {
      encoding: imageEncoding({ shape, bytes: true }),
    });
    expect([pixel(bytes, 0, 0), pixel(bytes, 1, 0)]).toEqual([grey(3), grey(250)]);
  });

  it("enlarges, and fills rows from the left", () => {
    const sheet = pictureGrid(tensor([-1, 0, 1], [3, 1, 1, 1]), { columns: 2, enlarge: 3 });
    // Squares of 3, gaps of 2.
    expect([sheet.width, sheet.height]).toEqual([8, 8]);
    expect([pixel(sheet, 2, 2), pixel(sheet, 5, 0), pixel(sheet, 0, 5)]).toEqual([grey(0), grey(128), grey(255)]);
    expect(pixel(sheet, 7, 7)).toEqual(grey(140));
  });

  it("shows channels that are no colours side by side in grey, and what is no number in red", () => {
    const four = pictureGrid(tensor([-1, 0, 1, -1], [1, 4, 1, 1]));
    expect([0, 1, 2, 3].map((x) => pixel(four, x, 0))).toEqual([grey(0), grey(128), grey(255), grey(0)]);
    const bad = pictureGrid(tensor([Number.NaN, 1, 1, 1, Infinity, 1], [1, 3, 1, 2]));
    expect([pixel(bad, 0, 0), pixel(bad, 1, 0)]).toEqual([
      [220, 20, 20],
      [255, 255, 255],
    ]);
  });

  it("names what does not fit", () => {
    expect(() => pictureGrid(tensor([1, 2], [1, 2]))).toThrow(
      "expected [examples, channels, height, width], got [1, 2]",
    );
    const encoding = imageEncoding({ shape: [3, 1, 1] });
    expect(() => pictureGrid(tensor([1, 2], [2, 1, 1, 1]), { encoding })).toThrow(
      "pictures of [1, 1, 1] do not have the encoding's shape [3, 1, 1]",
    );
    expect(() => pictureGrid(tensor([1], [1, 1, 1, 1]), { enlarge: 0 })).toThrow("enlarge must be a whole number");
    expect(() => pictureGrid(tensor([1], [1, 1, 1, 1]), { column: 1 } as object)).toThrow('Did you mean "columns"?');
  });
});
