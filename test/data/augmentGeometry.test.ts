import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { type Move, movePicture, type Pad } from "../../src/data/augmentGeometry.js";

const still: Move = { mirrored: false, shift: [0, 0], angle: 0 };
const turned = (degrees: number): Move => ({ ...still, angle: (degrees * Math.PI) / 180 });

/** A picture of one channel, row by row. */
function move(rows: number[][], change: Partial<Move>, pad: Pad = "zero"): number[][] {
  const [height, width] = [rows.length, rows[0]?.length ?? 0];
  const to = new Float32Array(height * width);
  movePicture(Float32Array.from(rows.flat()), to, { ...still, ...change }, { height, width, pad, black: [0] });
  return rows.map((_, y) => [...to.subarray(y * width, (y + 1) * width)]);
}

const square = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
];

describe("a turned picture", () => {
  it("is exact at quarter turns, clockwise", () => {
    expect(move(square, turned(90))).toEqual([
      [7, 4, 1],
      [8, 5, 2],
      [9, 6, 3],
    ]);
    expect(move(square, turned(180))).toEqual([
      [9, 8, 7],
      [6, 5, 4],
      [3, 2, 1],
    ]);
    expect(move(square, turned(-90))).toEqual([
      [3, 6, 9],
      [2, 5, 8],
      [1, 4, 7],
    ]);
  });

  it("is exact at quarter turns with an even number of pixels too", () => {
    expect(
      move(
        [
          [1, 2],
          [3, 4],
        ],
        turned(90),
      ),
    ).toEqual([
      [3, 1],
      [4, 2],
    ]);
  });

  it("is itself at zero, bit for bit, though resampled", () => {
    const numbers = Array.from({ length: 5 }, (_, y) => [...random(y, "x").normal(7)]);
    const part = { left: 0, top: 0, width: 7, height: 5 };
    expect(move(numbers, { part })).toEqual(numbers);
    expect(move(numbers, { part, mirrored: true })).toEqual(numbers.map((row) => row.toReversed()));
    for (const pad of ["zero", "reflect"] as const)
      expect(move(numbers, { part, shift: [2, -1] }, pad)).toEqual(move(numbers, { shift: [2, -1] }, pad));
  });

  // A quarter turn of 1 x 3 shows one pixel of it; above and below there is nothing.
  it("has black where nothing of it is, or its mirrored border", () => {
    expect(move([[1, 2, 3]], turned(90))).toEqual([[0, 2, 0]]);
    // The places are [-1, 1] and [1, 1] in column 1; with one row all are mirrored to it.
    expect(move([[1, 2, 3]], turned(90), "reflect")).toEqual([[2, 2, 2]]);
  });

  // At 45 degrees the pixel right of the middle comes from [1 + 0.7071, 1 - 0.7071].
  it("mixes four pixels by their distances in between", () => {
    const s = Math.SQRT1_2;
    const [column, row] = [1 + s, 1 - s];
    // square is 1 + x + 3 y, which bilinear mixing gives exactly.
    expect(move(square, turned(45))[1]?.[2]).toBeCloseTo(1 + column + 3 * row, 5);
  });
});

describe("a part enlarged", () => {
  // A ramp 0 1 2 3; its right half, 2 pixels at 4 places: 1.75 2.25 2.75 3.25, the last held at the border's 3.
  it("shows the part, mixed in between", () => {
    const ramp = [[0, 1, 2, 3]];
    expect(move(ramp, { part: { left: 2, top: 0, width: 2, height: 1 } })).toEqual([[1.75, 2.25, 2.75, 3]]);
    expect(move(ramp, { part: { left: 0, top: 0, width: 2, height: 1 } })).toEqual([[0, 0.25, 0.75, 1.25]]);
    // Of the mirrored picture 3 2 1 0 the left half.
    expect(move(ramp, { mirrored: true, part: { left: 0, top: 0, width: 2, height: 1 } })).toEqual([
      [3, 2.75, 2.25, 1.75],
    ]);
  });

  it("goes the same way in rows", () => {
    const part = { left: 0, top: 2, width: 1, height: 2 };
    expect(move([[0], [1], [2], [3]], { part })).toEqual([[1.75], [2.25], [2.75], [3]]);
  });
});

it("rounds bytes", () => {
  const to = new Uint8ClampedArray(4);
  const part = { left: 2, top: 0, width: 2, height: 1 };
  movePicture(
    new Uint8ClampedArray([0, 100, 200, 255]),
    to,
    { ...still, part },
    { height: 1, width: 4, pad: "zero", black: [0] },
  );
  expect([...to]).toEqual([175, 214, 241, 255]);
});

it("moves every channel alike", () => {
  const to = new Float32Array(18);
  const plane = { height: 3, width: 3, pad: "zero", black: [0, 0] } as const;
  movePicture(Float32Array.from([...square.flat(), ...square.flat().map((x) => 10 * x)]), to, turned(90), plane);
  expect([...to.subarray(9)]).toEqual([...to.subarray(0, 9)].map((x) => 10 * x));
});
