import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { noise } from "../../src/data/leaves/ground.js";
import { addPolygon, areaBuffer, blur, integrate, smoothstep, stroke } from "../../src/data/leaves/raster.js";

const size = 16;
const sum = (layer: Float32Array) => layer.reduce((total, value) => total + value, 0);

function fill(...polygons: number[][]): Float32Array {
  const buffer = areaBuffer(size);
  for (const polygon of polygons) addPolygon(buffer, polygon);
  return integrate(buffer);
}

const circle = (cx: number, cy: number, r: number, sense = 1, corners = 720) =>
  Array.from({ length: corners }, (_, i) => (sense * 2 * Math.PI * i) / corners).flatMap((a) => [
    cx + r * Math.cos(a),
    cy + r * Math.sin(a),
  ]);

describe("addPolygon", () => {
  it("covers pixels in proportion to the area of a rectangle within them", () => {
    const layer = fill([2.25, 3.5, 5.5, 3.5, 5.5, 6, 2.25, 6]).map(Math.abs);
    expect([...layer.slice(3 * size + 1, 3 * size + 7)]).toEqual([0, 0.375, 0.5, 0.5, 0.25, 0]);
    expect([...layer.slice(4 * size + 1, 4 * size + 7)]).toEqual([0, 0.75, 1, 1, 0.5, 0]);
    expect(sum(layer)).toBeCloseTo(3.25 * 2.5, 5);
  });

  it("gives a triangle's exact area, whatever the slope of its edges", () => {
    // Shoelace, with sides (9.2, 1.3) and (1.3, 13.9) from the first corner.
    const layer = fill([1.3, 0.6, 10.5, 1.9, 2.6, 14.5]);
    expect(Math.abs(sum(layer))).toBeCloseTo(Math.abs(9.2 * 13.9 - 1.3 * 1.3) / 2, 3);
    for (const value of layer.map(Math.abs)) expect(value).toBeLessThanOrEqual(1.00001);
  });

  it("halves the pixels on a diagonal", () => {
    const layer = fill([0, 0, size, 0, size, size]).map(Math.abs);
    for (let i = 0; i < size; i++) expect(layer[i * size + i]).toBeCloseTo(0.5, 6);
    expect(layer[size * (size - 1)]).toBeCloseTo(0, 6);
    expect(layer[size - 1]).toBeCloseTo(1, 6);
  });

  it("cuts a hole with a polygon of the other sense", () => {
    const ring = fill(circle(8, 8, 6), circle(8, 8, 2.5, -1));
    expect(Math.abs(sum(ring))).toBeCloseTo(Math.PI * (36 - 6.25), 1);
    expect(Math.abs(ring[8 * size + 8] as number)).toBeLessThan(1e-5);
  });

  it("keeps what lies within the picture of a polygon that reaches beyond it", () => {
    const layer = fill([-5, -7, 4, -7, 4, 30, -5, 30]).map(Math.abs);
    expect(sum(layer)).toBeCloseTo(4 * size, 4);
    expect(sum(fill([12, 2, 40, 2, 40, 4, 12, 4]).map(Math.abs))).toBeCloseTo(8, 4);
    expect(sum(fill([20, 2, 40, 2, 40, 4]).map(Math.abs))).toBeCloseTo(0, 6);
  });
});

describe("stroke", () => {
  it("covers length times width, and the round ends", () => {
    const layer = new Float32Array(size * size);
    stroke(layer, size, [4, 8, 12, 8], [3, 3]);
    expect(sum(layer)).toBeCloseTo(8 * 3 + Math.PI * 1.5 ** 2, 0);
  });

  it("draws a line thinner than a pixel fainter", () => {
    const layer = new Float32Array(size * size);
    stroke(layer, size, [0, 8.5, 16, 8.5], [0.25, 0.25]);
    expect(layer[8 * size + 8]).toBeCloseTo(0.25, 6);
  });

  it("keeps the larger of two values where lines cross", () => {
    const layer = new Float32Array(size * size);
    stroke(layer, size, [0, 8.5, 16, 8.5], [3, 3], 0.4);
    stroke(layer, size, [8.5, 0, 8.5, 16], [3, 3], 0.9);
    expect(layer[8 * size + 8]).toBeCloseTo(0.9, 6);
    expect(layer[8 * size + 2]).toBeCloseTo(0.4, 6);
  });
});

describe("blur", () => {
  it("keeps a constant, and the sum of a spot away from the border", () => {
    for (const value of blur(new Float32Array(size * size).fill(0.7), size, 2)) expect(value).toBeCloseTo(0.7, 5);
    const spot = new Float32Array(size * size);
    spot[8 * size + 8] = 1;
    const soft = blur(spot, size, 1);
    expect(sum(soft)).toBeCloseTo(1, 5);
    // Two boxes of 3 make the triangle 1 2 3 2 1 / 9, in each direction.
    [1, 2, 3, 2, 1].forEach((weight, i) => {
      expect(soft[8 * size + 6 + i]).toBeCloseTo((weight / 9) * (3 / 9), 6);
      expect(soft[(6 + i) * size + 8]).toBeCloseTo((weight / 9) * (3 / 9), 6);
    });
  });
});

describe("noise", () => {
  it("passes through its lattice values and stays between them", () => {
    const values = random(5).uniform(6 * 6);
    const layer = noise(random(5), size, 4);
    for (let row = 0; row < 4; row++)
      for (let column = 0; column < 4; column++)
        expect(layer[4 * row * size + 4 * column]).toBeCloseTo(values[6 * row + column] as number, 6);
    // Half way between two lattice points lies their mean.
    expect(layer[2]).toBeCloseTo(((values[0] as number) + (values[1] as number)) / 2, 6);
  });
});

it("smoothstep is 0, one half and 1 at the start, middle and end", () => {
  expect([0, 2, 3, 4, 9].map((x) => smoothstep(2, 4, x))).toEqual([0, 0, 0.5, 1, 1]);
});
