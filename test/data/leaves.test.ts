import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { encodeImage } from "../../src/data/images.js";
import { drawLeaf, drawLeafScene, drawnLeaves, leafKinds } from "../../src/data/leaves/index.js";

const names = ["ash", "clover", "fern", "ginkgo", "holly", "linden", "maple", "monstera", "oak", "willow"];
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

const leaves = drawnLeaves({ perClass: 40 });
const pictures = (from: number, to: number) => leaves.batch(range(from, to)).inputs.input?.data as Float32Array;

describe("drawnLeaves", () => {
  it("is a data set of colour pictures with labels into the ten kinds, equally many of each, taking turns", () => {
    expect(leafKinds).toEqual(names);
    expect(leaves.length).toBe(400);
    expect(leaves.inputShapes).toEqual({ input: [3, 64, 64] });
    expect(leaves.targetShapes).toEqual({ target: [] });
    expect(leaves.classes).toEqual(names);
    expect([...(leaves.labels as Int32Array)]).toEqual(range(0, 400).map((i) => i % 10));
    const { inputs, targets } = leaves.batch([7, 0, 13]);
    expect(inputs.input?.shape).toEqual([3, 3, 64, 64]);
    expect([...(targets.target?.data ?? [])]).toEqual([7, 0, 3]);
  });

  it("encodes pixels to about mean 0 and deviation 1 in each channel", () => {
    const values = pictures(0, 400);
    const plane = 64 * 64;
    for (let c = 0; c < 3; c++) {
      let [sum, squares] = [0, 0];
      for (let i = 0; i < 400; i++)
        for (let p = 0; p < plane; p++) {
          const value = values[(3 * i + c) * plane + p] as number;
          sum += value;
          squares += value * value;
        }
      const mean = sum / (400 * plane);
      expect(Math.abs(mean)).toBeLessThan(0.1);
      expect(Math.abs(Math.sqrt(squares / (400 * plane) - mean * mean) - 1)).toBeLessThan(0.1);
    }
  });

  it("has the mean and deviation that are asked for: -1..1 of halves", () => {
    const [own, half] = [{}, { mean: 0.5, deviation: 0.5 }].map((more) =>
      drawnLeaves({ perClass: 1, size: 16, ...more }),
    );
    const numbers = (data = own) => data?.batch([3]).inputs.input?.data as Float32Array;
    const pixel = (i: number) => (numbers(own)[i] as number) * 0.245 + 0.445;
    expect(half?.encoding).toMatchObject({ mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] });
    for (const i of [0, 7, 255]) expect(numbers(half)[i]).toBeCloseTo(2 * pixel(i) - 1, 5);
  });

  it("is the same for the same seed, begins a larger set, and differs for another seed", () => {
    const small = drawnLeaves({ perClass: 1, seed: 5, size: 32 }).batch(range(0, 10)).inputs.input?.data;
    const large = drawnLeaves({ perClass: 2, seed: 5, size: 32 }).batch(range(0, 10)).inputs.input?.data;
    const other = drawnLeaves({ perClass: 1, seed: 6, size: 32 }).batch(range(0, 10)).inputs.input?.data;
    expect(small).toEqual(large);
    expect(small).not.toEqual(other);
  });

  it("holds the pictures that drawLeaf draws", () => {
    const encoding = leaves.encoding;
    if (encoding?.kind !== "images") throw new Error("not an images encoding");
    const picture = drawLeaf("monstera", random(0, "drawn leaves", 17));
    expect(encodeImage(encoding, picture)).toEqual(pictures(17, 18));
  });

  it("refuses options it does not know or cannot follow", () => {
    expect(() => drawnLeaves({ perclass: 4 } as never)).toThrow(/unknown option "perclass".*"perClass"/);
    expect(() => drawnLeaves({ perClass: 0 })).toThrow(OptionError);
    expect(() => drawnLeaves({ size: 8 })).toThrow(/size must be a whole number from 16/);
    expect(() => drawnLeaves({ seed: -1 })).toThrow(OptionError);
  });

  it("cannot be told by colour: the nearest mean colour names under 40 % of new leaves (chance is 10 %)", () => {
    const more = drawnLeaves({ perClass: 40, seed: 1 });
    const colour = (data: Float32Array, i: number) =>
      [0, 1, 2].map((c) => {
        const plane = data.subarray((3 * i + c) * 4096, (3 * i + c + 1) * 4096);
        return plane.reduce((a, b) => a + b, 0) / 4096;
      });
    const [train, test] = [leaves, more].map((data) => data.batch(range(0, 400)).inputs.input?.data as Float32Array);
    const means = names.map((_, kind) =>
      [0, 1, 2].map((c) => {
        const own = range(0, 40).map((k) => colour(train as Float32Array, 10 * k + kind)[c] as number);
        return own.reduce((a, b) => a + b, 0) / own.length;
      }),
    );
    let right = 0;
    for (let i = 0; i < 400; i++) {
      const seen = colour(test as Float32Array, i);
      const distance = means.map((mean) => mean.reduce((d, value, c) => d + (value - (seen[c] as number)) ** 2, 0));
      if (distance.indexOf(Math.min(...distance)) === i % 10) right++;
    }
    expect(right / 400).toBeLessThan(0.4);
  });
});

describe("drawLeaf", () => {
  it("draws the same bytes from the same state, today's bytes", () => {
    expect(Object.fromEntries(names.map((name) => [name, hash(drawLeaf(name, random(1, name), 64))]))).toEqual({
      ash: "5070a86d476837ef",
      clover: "81926771508e03f0",
      fern: "6c73dd324cf59b0b",
      ginkgo: "939a605b5eae1dd0",
      holly: "990fefb05ce37a99",
      linden: "6f3f7bb859ce5b0c",
      maple: "d969eb713be61c39",
      monstera: "edb17b154a969536",
      oak: "75c908bf30c183dd",
      willow: "cb066b70b2a2e007",
    });
  });

  it("gives [size, size, 3] bytes for any size, the same scene at each", () => {
    for (const size of [16, 33, 100]) expect(drawLeaf("oak", random(2), size)).toHaveLength(3 * size * size);
    const [small, large] = [48, 96].map((size) => drawLeafScene("oak", random(2), size));
    expect(small?.pose.rotation).toBe(large?.pose.rotation);
    expect(large?.pose.length).toBeCloseTo(2 * (small?.pose.length as number), 8);
  });

  it("names the nearest kind for one that does not exist", () => {
    expect(() => drawLeaf("mapel", random(0))).toThrow('there is no kind "mapel". Did you mean "maple"?');
    expect(() => drawLeaf("palm tree", random(0))).toThrow(/Kinds: ash, clover/);
  });
});

describe("drawLeafScene", () => {
  const size = 64;
  const scenes = (name: string, count: number) =>
    range(0, count).map((i) => drawLeafScene(name, random(4, name, i), size));

  /** The direction of the longest extent of a mask in degrees clockwise from upwards, -90 to 90: second moments. */
  function direction(mask: Uint8Array): number {
    let [total, mx, my] = [0, 0, 0];
    mask.forEach((m, i) => {
      total += m;
      mx += m * (i % size);
      my += m * Math.floor(i / size);
    });
    let [xx, yy, xy] = [0, 0, 0];
    mask.forEach((m, i) => {
      const [x, y] = [(i % size) - mx / total, my / total - Math.floor(i / size)];
      xx += m * x * x;
      yy += m * y * y;
      xy += m * x * y;
    });
    return (Math.atan2(2 * xy, yy - xx) / 2) * (180 / Math.PI);
  }

  it("draws the leaf where the mask says, turned as the pose says", () => {
    const misses = scenes("willow", 60).map(({ mask, pose }) => {
      const miss = Math.abs(direction(mask) - pose.rotation) % 180;
      return Math.min(miss, 180 - miss);
    });
    misses.sort((a, b) => a - b);
    expect(misses[30]).toBeLessThan(8);
    expect(misses[54]).toBeLessThan(22);
    expect(misses[30]).toBeGreaterThan(0);
  });

  it("the mask is the leaf: its pixels have the leaf's colour, those outside another", () => {
    // Ginkgo yellow and green have far less blue than red and green; of soil, sky and paper that does not hold.
    let [inside, outside, insideBlue, outsideBlue] = [0, 0, 0, 0];
    for (const { mask, pixels } of scenes("ginkgo", 30))
      mask.forEach((m, i) => {
        const blue = (pixels[3 * i + 2] as number) / (1 + (pixels[3 * i + 1] as number));
        if (m > 250) {
          inside++;
          insideBlue += blue;
        } else if (m === 0) {
          outside++;
          outsideBlue += blue;
        }
      });
    expect(insideBlue / inside).toBeLessThan(0.45);
    expect(outsideBlue / outside).toBeGreaterThan(0.65);
  });

  it("shows enough of every leaf: at least 3 % of the picture, and the broad kinds more", () => {
    const share = (name: string) =>
      scenes(name, 20).map(({ mask }) => mask.reduce((a, b) => a + b, 0) / (255 * size * size));
    for (const name of names) {
      const shares = share(name);
      expect(Math.min(...shares)).toBeGreaterThan(0.03);
      expect(Math.max(...shares)).toBeLessThan(0.75);
    }
    expect(Math.min(...share("linden"))).toBeGreaterThan(Math.max(...share("willow")) * 0.9);
  });
});
