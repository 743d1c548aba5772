import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { kinds, type LeafKind } from "../../src/data/leaves/kinds.js";
import { type BladeShape, growLeaf, type LeafShape } from "../../src/data/leaves/leaf.js";
import type { Point } from "../../src/data/leaves/outline.js";
import { randomPose } from "../../src/data/leaves/pose.js";
import { addPolygon, areaBuffer, integrate } from "../../src/data/leaves/raster.js";

// What a botanist would measure on the outline, against the record of the kind.

const kindOf = (name: string) => kinds.find((kind) => kind.name === name) as LeafKind;
const grown = (name: string, count = 12) =>
  Array.from({ length: count }, (_, i) => growLeaf(kindOf(name), random(11, name, i)));

/** The margin of the first blade, one side at a time; each half is closed by a point on the midrib. */
const halves = (leaf: LeafShape) => (leaf.blades[0] as BladeShape).halves.map((half) => half.slice(0, -1));
const right = (leaf: LeafShape) => halves(leaf)[0] as Point[];
const extent = (values: number[]) => Math.max(...values) - Math.min(...values);

/** The blades as filled pixels, upright, `side` pixels to their larger extent. */
function silhouette(leaf: LeafShape, side = 256) {
  const points = leaf.blades.flatMap((blade) => [...blade.halves[0], ...blade.halves[1]]);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const scale = (side - 4) / Math.max(extent(xs), extent(ys));
  const flat = (line: readonly Point[]) =>
    line.flatMap(([x, y]) => [2 + (x - Math.min(...xs)) * scale, 2 + (Math.max(...ys) - y) * scale]);
  const buffer = areaBuffer(side);
  for (const blade of leaf.blades) {
    for (const half of blade.halves) addPolygon(buffer, flat(half));
    for (const hole of blade.holes) addPolygon(buffer, flat(hole));
  }
  const inside = integrate(buffer).map((sum) => (Math.abs(sum) > 0.5 ? 1 : 0));
  return { side, inside, area: inside.reduce((a, b) => a + b, 0) / scale ** 2 };
}

/** Pieces of ten pixels and more of one value that hang together; background (0) also over corners. */
function pieces(inside: ArrayLike<number>, side: number, value: number): number {
  const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dx, dy] as const));
  const steps = around.filter(([dx, dy]) => value === 0 || Math.abs(dx) + Math.abs(dy) === 1);
  const seen = new Uint8Array(side * side);
  let count = 0;
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 1 || inside[start] !== value) continue;
    const stack = [start];
    seen[start] = 1;
    let pixels = 0;
    while (stack.length > 0) {
      const at = stack.pop() as number;
      if (++pixels === 10) count++;
      for (const [dx, dy] of steps) {
        const [x, y] = [(at % side) + dx, Math.floor(at / side) + dy];
        const to = y * side + x;
        if (x < 0 || y < 0 || x >= side || y >= side || seen[to] === 1 || inside[to] !== value) continue;
        seen[to] = 1;
        stack.push(to);
      }
    }
  }
  return count;
}

/** Peaks of a sequence that stand at least `prominence` above the valleys on both sides. */
function peaks(values: readonly number[], prominence: number): number {
  let count = 0;
  let [low, high, rising] = [values[0] as number, values[0] as number, true];
  for (const value of values) {
    if (rising) {
      high = Math.max(high, value);
      if (value < high - prominence) [rising, low, count] = [false, value, count + 1];
    } else {
      low = Math.min(low, value);
      if (value > low + prominence) [rising, high] = [true, value];
    }
  }
  return count;
}

describe("the grown outline has the shape its record describes", () => {
  for (const kind of kinds.filter(({ leaflets, blade }) => !leaflets && !blade.lobes)) {
    it(`${kind.name}: width, within 25 %, once the teeth are taken off`, () => {
      for (const leaf of grown(kind.name)) {
        const points = halves(leaf).flat();
        const width = extent(points.map(([x]) => x)) - 2 * (kind.blade.teeth?.depth ?? 0);
        expect(width / kind.blade.width).toBeGreaterThan(0.8);
        expect(width / kind.blade.width).toBeLessThan(1.25);
      }
    });
  }

  it("a heart reaches below its base, a wedge does not", () => {
    const lowest = (name: string) => grown(name).map((leaf) => Math.min(...right(leaf).map(([, y]) => y)));
    for (const name of ["linden", "monstera"]) expect(Math.max(...lowest(name))).toBeLessThan(-0.08);
    for (const name of ["willow", "oak", "holly"]) expect(Math.min(...lowest(name))).toBeGreaterThan(-0.05);
  });

  it("oak: four or five rounded lobes on each side", () => {
    for (const leaf of grown("oak")) {
      const lobes = peaks(
        right(leaf).map(([x]) => x),
        0.03,
      );
      expect(lobes).toBeGreaterThanOrEqual(4);
      expect(lobes).toBeLessThanOrEqual(5);
    }
  });

  it("maple: five lobes spread like a hand", () => {
    for (const leaf of grown("maple")) {
      // The distance from the base, from one side round the apex to the other.
      const distance = halves(leaf)
        .flat()
        .map(([x, y]) => Math.hypot(x, y));
      expect(peaks(distance, 0.055)).toBe(5);
    }
  });

  it("ginkgo: two halves, and a notch between them", () => {
    for (const leaf of grown("ginkgo")) {
      const height = halves(leaf)
        .flat()
        .map(([, y]) => y);
      expect(peaks(height, 0.15)).toBe(2);
    }
  });

  it("holly: three or four spines on a side beside the apex, of a size that linden and willow have none of", () => {
    const spines = (name: string) =>
      grown(name).map((leaf) =>
        peaks(
          right(leaf).map(([x, y]) => Math.hypot(x, 0.6 * (y - 0.5))),
          0.02,
        ),
      );
    for (const count of spines("holly")) expect([3, 4]).toContain(count);
    for (const name of ["linden", "willow"]) for (const count of spines(name)) expect(count).toBe(1);
  });

  it("monstera: the holes of its record are holes in its silhouette, and no other kind of one blade has any", () => {
    for (const leaf of grown("monstera", 6)) {
      const { inside, side } = silhouette(leaf);
      const holes = leaf.blades[0]?.holes.length as number;
      expect(holes).toBeGreaterThanOrEqual(5);
      expect(pieces(inside, side, 0) - 1).toBe(holes);
      expect(pieces(inside, side, 1)).toBe(1);
    }
    for (const { name, leaflets } of kinds.filter((kind) => kind.name !== "monstera" && !kind.leaflets)) {
      const { inside, side } = silhouette(growLeaf(kindOf(name), random(3, name)));
      expect(leaflets).toBeUndefined();
      expect(pieces(inside, side, 0)).toBe(1);
    }
  });

  it("compound leaves: two leaflets a pair and one at the end", () => {
    const counts = { ash: 9, clover: 3, fern: 27 };
    for (const [name, count] of Object.entries(counts))
      for (const leaf of grown(name, 3)) expect(leaf.blades).toHaveLength(count);
    // Leaflets lie apart from each other once what is near the stalk is taken away.
    for (const leaf of grown("ash", 4)) {
      const { inside, side } = silhouette(leaf, 400);
      const stalk = areaBuffer(side);
      const middle = Math.round(side * centre(leaf));
      addPolygon(stalk, [middle - 12, 0.32 * side, middle + 12, 0.32 * side, middle + 12, side, middle - 12, side]);
      const cut = integrate(stalk).map((area, i) => ((inside[i] as number) === 1 && Math.abs(area) < 0.5 ? 1 : 0));
      expect(pieces(cut, side, 1)).toBeGreaterThanOrEqual(7);
    }
  });

  it("fills the less of its extent the more it is cut up: linden, maple, fern", () => {
    const fullness = (name: string) => {
      const leaf = growLeaf(kindOf(name), random(2, name));
      const points = leaf.blades.flatMap((blade) => [...blade.halves[0], ...blade.halves[1]]);
      return silhouette(leaf).area / (extent(points.map(([x]) => x)) * extent(points.map(([, y]) => y)));
    };
    expect(fullness("linden")).toBeGreaterThan(0.6);
    expect(fullness("maple")).toBeLessThan(0.5);
    expect(fullness("maple")).toBeGreaterThan(fullness("fern") * 0.9);
  });
});

/** Where the midrib stands in the silhouette, as a share of its side. */
function centre(leaf: LeafShape): number {
  const points = leaf.blades.flatMap((blade) => [...blade.halves[0], ...blade.halves[1]]);
  const xs = points.map(([x]) => x);
  return -Math.min(...xs) / Math.max(extent(xs), extent(points.map(([, y]) => y)));
}

describe("randomPose", () => {
  const size = 64;
  const poses = Array.from({ length: 200 }, (_, i) => {
    const draw = random(1, "pose", i);
    const leaf = growLeaf(kinds[i % kinds.length] as LeafKind, draw);
    return { leaf, pose: randomPose(leaf, draw, size) };
  });

  it("lays all blades within the picture", () => {
    for (const { leaf, pose } of poses)
      for (const blade of leaf.blades)
        for (const point of blade.halves.flat()) {
          const [x, y] = pose.toPixels(point);
          expect(x).toBeGreaterThanOrEqual(0);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(x).toBeLessThanOrEqual(size);
          expect(y).toBeLessThanOrEqual(size);
        }
  });

  it("turns the axis by the rotation it reports, up to what bend and tilt add", () => {
    for (const { pose } of poses) {
      const [x0, y0] = pose.toPixels([0, 0.45]);
      const [x1, y1] = pose.toPixels([0, 0.55]);
      const turned = (Math.atan2(x1 - x0, y0 - y1) * 180) / Math.PI;
      expect(Math.abs(turned - pose.rotation)).toBeLessThan(30);
    }
  });

  it("varies: rotation, both sides, tilt, place and scale", () => {
    const spread = (values: number[]) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    };
    const rotations = poses.map(({ pose }) => pose.rotation);
    // Uniform over 120 degrees: deviation 120 / sqrt(12).
    expect(spread(rotations)).toBeGreaterThan(31);
    expect(spread(rotations)).toBeLessThan(38);
    expect(extent(rotations)).toBeGreaterThan(110);
    expect(poses.filter(({ pose }) => pose.mirrored).length).toBeGreaterThan(70);
    expect(poses.filter(({ pose }) => pose.mirrored).length).toBeLessThan(130);
    expect(spread(poses.map(({ pose }) => pose.tilt))).toBeGreaterThan(7);
    const linden = poses.filter(({ leaf }) => leaf.blades.length === 1);
    expect(spread(linden.map(({ pose }) => pose.toPixels([0, 0.5])[0]))).toBeGreaterThan(3);
    expect(extent(linden.map(({ pose }) => pose.length))).toBeGreaterThan(10);
  });
});
