import { expect, it } from "vitest";
import { tensor } from "../../src/index.js";
import { distanceBlocks, Nearest, neighbourSquares } from "../../src/look/distances.js";
import { pointsOf } from "../../src/look/points.js";
import { noise } from "./networks.js";

const points = (rows: number, width: number, seed: number) => pointsOf("test", noise([rows, width], seed));

it("distances are those of the definition, whatever the blocks", () => {
  const [a, b] = [points(70, 5, 1), points(11, 5, 2)];
  let seen = 0;
  for (const { start, rows, squares } of distanceBlocks(a, b))
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < 11; j++) {
        const own = Array.from(
          { length: 5 },
          (_, k) => (a.data[(start + i) * 5 + k] as number) - (b.data[j * 5 + k] as number),
        );
        expect(squares[i * 11 + j]).toBeCloseTo(
          own.reduce((sum, x) => sum + x * x, 0),
          12,
        );
        seen++;
      }
  expect(seen).toBe(770);
});

it("near neighbours far from 0 keep their distance", () => {
  // In float32, |x|^2 is 16777216 here and 2^-20 would be lost in it.
  const far = pointsOf("test", tensor([4096, 4096 + 2 ** -10, 4096 + 2 ** -9], [3, 1]));
  expect([...neighbourSquares(far, 1)]).toEqual([2 ** -20, 2 ** -20, 2 ** -20]);
  expect([...neighbourSquares(far, 2)]).toEqual([2 ** -18, 2 ** -20, 2 ** -18]);
});

it("the nearest few are kept in order, the first of equals first", () => {
  const nearest = new Nearest(3);
  [5, 1, 4, 1, 9, 0].forEach((square, i) => {
    nearest.offer(square, i);
  });
  expect(nearest.squares).toEqual([0, 1, 1]);
  expect(nearest.indices).toEqual([5, 1, 3]);
  expect(nearest.furthest).toBe(1);
});
