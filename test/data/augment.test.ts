import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { type AugmentOptions, augment, type Dataset, dataset, imageEncoding, subset } from "../../src/data/index.js";

// A picture of one channel, 2 x 3; every pixel is different.
const pixels = [1, 2, 3, 4, 5, 6];
const one = dataset({ input: tensor(pixels, [1, 1, 2, 3]), target: [0], classes: ["a"] });

async function draw(data: Dataset, step: number, indices: number[] = [0], seed = 1): Promise<number[]> {
  return [...((await data.batch(indices, { seed, step })).inputs.input?.data ?? [])];
}

/** Every variation that 200 draws bring, and how often. */
async function variations(options: AugmentOptions, data: Dataset = one): Promise<Map<string, number>> {
  const varied = augment(data, options);
  const found = new Map<string, number>();
  for (let step = 0; step < 200; step++) {
    const key = (await draw(varied, step)).join(" ");
    found.set(key, (found.get(key) ?? 0) + 1);
  }
  return found;
}

describe("augment", () => {
  it("flips left to right, about every other time", async () => {
    const found = await variations({ flip: true });
    expect([...found.keys()].sort()).toEqual(["1 2 3 4 5 6", "3 2 1 6 5 4"]);
    // Binomial(200, 1/2): mean 100, standard deviation 7.1.
    for (const count of found.values()) expect(Math.abs(count - 100)).toBeLessThan(36);
  });

  it("shifts by every amount up to the one given, both ways, with black or the mirrored border", async () => {
    const black = await variations({ shift: 1 });
    expect([...black.keys()].sort()).toEqual(
      [
        "1 2 3 4 5 6",
        "0 1 2 0 4 5", // right
        "2 3 0 5 6 0", // left
        "0 0 0 1 2 3", // down
        "4 5 6 0 0 0", // up
        "0 0 0 0 1 2",
        "0 0 0 2 3 0",
        "0 4 5 0 0 0",
        "5 6 0 0 0 0",
      ].sort(),
    );
    const mirrored = await variations({ shift: 1, pad: "reflect" });
    expect([...mirrored.keys()].sort()).toEqual(
      ["1 2 3 4 5 6", "2 1 2 5 4 5", "2 3 2 5 6 5", "4 5 6 1 2 3", "5 4 5 2 1 2", "5 6 5 2 3 2"].sort(),
    );
  });

  it("shifts and flips together, as each does alone", async () => {
    const both = await variations({ shift: 1, flip: true });
    expect(both.size).toBe(18);
    expect(both.has("0 3 2 0 6 5")).toBe(true); // flipped, then moved right
  });

  it("fills with the black of the encoding", async () => {
    const encoding = imageEncoding({ shape: [1, 1, 2], mean: 0.5, deviation: 0.25 });
    const white = dataset({ input: tensor(new Uint8Array([255, 255]), [1, 1, 1, 2]), encoding });
    expect(() => augment(white, { shift: 1 })).toThrow(OptionError); // the height is 1
    const square = imageEncoding({ shape: [1, 2, 2], mean: 0.5, deviation: 0.25 });
    const data = dataset({ input: tensor(new Uint8Array(4).fill(255), [1, 1, 2, 2]), encoding: square });
    expect([...(await variations({ shift: 1 }, data)).keys()]).toContain("-2 2 -2 2");
  });

  it("makes pictures brighter and darker by up to the amount given, within black and white", async () => {
    const encoding = imageEncoding({ shape: [1, 1, 3], mean: 0.5, deviation: 0.5 });
    const data = dataset({ input: tensor(new Uint8Array([0, 102, 255]), [1, 1, 1, 3]), encoding });
    const changes: number[] = [];
    for (const key of (await variations({ brightness: 0.1 }, data)).keys()) {
      const [black = 0, grey = 0, white = 0] = key.split(" ").map(Number);
      const change = (grey - (0.4 - 0.5) / 0.5) * 0.5;
      changes.push(change);
      expect(black).toBeCloseTo(change > 0 ? -1 + change / 0.5 : -1, 5);
      expect(white).toBeCloseTo(change < 0 ? 1 + change / 0.5 : 1, 5);
    }
    expect(Math.max(...changes)).toBeLessThanOrEqual(0.1 + 1e-6);
    expect(Math.max(...changes)).toBeGreaterThan(0.09);
    expect(Math.min(...changes)).toBeGreaterThanOrEqual(-0.1 - 1e-6);
    expect(Math.min(...changes)).toBeLessThan(-0.09);
  });

  it("moves all channels of a picture together, and each picture by itself", async () => {
    const twice = [...pixels, ...pixels.map((x) => x + 10)];
    const data = augment(dataset({ input: tensor([...twice, ...twice], [2, 2, 2, 3]) }), { flip: true, shift: 1 });
    let apart = 0;
    for (let step = 0; step < 50; step++) {
      const values = await draw(data, step, [0, 1]);
      const [a, b] = [values.slice(0, 12), values.slice(12)];
      for (const each of [a, b]) expect(each.slice(6)).toEqual(each.slice(0, 6).map((x) => (x === 0 ? 0 : x + 10)));
      if (a.join() !== b.join()) apart++;
    }
    expect(apart).toBeGreaterThan(30);
  });

  it("depends on the seed and the step alone", async () => {
    const data = augment(one, { flip: true, shift: 1, brightness: 0.5 });
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.nat(1e6), async (seed, step) => {
        expect(await draw(data, step, [0, 0], seed)).toEqual(await draw(data, step, [0, 0], seed));
      }),
    );
    const over = async (seed: number) =>
      (await Promise.all([0, 1, 2, 3].map((step) => draw(data, step, [0], seed)))).join();
    expect(await over(1)).not.toBe(await over(2));
  });

  it("leaves pictures as they are without a draw, and other inputs and targets always", async () => {
    const data = dataset({
      input: { image: tensor(pixels, [1, 1, 2, 3]), age: [[7]] },
      target: [0],
      classes: ["a"],
    });
    const varied = augment(data, { flip: true, shift: 1, brightness: 1 });
    expect(await varied.batch([0])).toEqual(data.batch([0]));
    const { inputs, targets } = await varied.batch([0], { seed: 1, step: 1 });
    expect(inputs.age).toEqual(data.batch([0]).inputs.age);
    expect(inputs.image?.shape).toEqual([1, 1, 2, 3]);
    expect(inputs.image?.data).not.toEqual(data.batch([0]).inputs.image?.data);
    expect(targets).toEqual(data.batch([0]).targets);
    expect(data.batch([0]).inputs.image?.data).toEqual(new Float32Array(pixels));
  });

  it("goes with subsets and with data that comes later", async () => {
    const varied = subset(augment(one, { flip: true, shift: 1 }), [0]);
    const later: Dataset = { ...one, batch: async (indices) => one.batch(indices) };
    for (let step = 0; step < 10; step++)
      expect(await draw(varied, step)).toEqual(await draw(augment(later, { flip: true, shift: 1 }), step));
    expect(varied).toMatchObject({ length: 1, classes: ["a"], inputShapes: { input: [1, 2, 3] }, labels: { 0: 0 } });
  });

  it.each([
    [{ shift: 2 }, OptionError, "shift must be a whole number from 0 to 1, got 2"],
    [{ shift: 0.5 }, OptionError, "shift must be"],
    [{ brightness: -1 }, OptionError, "brightness must be"],
    [{ pad: "edge" }, OptionError, 'pad must be "zero" or "reflect", got "edge"'],
    [{ turn: 5 }, OptionError, 'unknown option "turn"'],
    [{ rotate: 181 }, OptionError, "rotate must be a number from 0 to 180, got 181"],
    [{ crop: 0 }, OptionError, "crop must be"],
    [{ aspect: 0.5 }, OptionError, "aspect must be"],
    [{ cutOut: 4 }, OptionError, "cutOut must be a whole number from 0 to 3, got 4"],
    [{ hue: 10 }, OptionError, "saturation and hue need pictures of 3 channels"],
  ])("refuses %j", (options, kind, says) => {
    expect(() => augment(one, options as never)).toThrow(kind);
    expect(() => augment(one, options as never)).toThrow(says);
  });

  it("refuses data without pictures, and pictures of neither encoded numbers nor bytes", () => {
    expect(() => augment(dataset({ input: [[1, 2]] }), {})).toThrow(
      "no input is a picture [channels, height, width]: [2]",
    );
    const whole = augment(dataset({ input: tensor(new Int32Array(6), [1, 1, 2, 3]) }), { flip: true });
    expect(() => whole.batch([0], { seed: 1, step: 1 })).toThrow(ShapeError);
    expect(() => whole.batch([0], { seed: 1, step: 1 })).toThrow("input: its pictures are int32, neither float32");
  });
});

describe("augment, in full", () => {
  const everything: AugmentOptions = {
    flip: true,
    shift: 3,
    rotate: 30,
    crop: 0.3,
    aspect: 1.5,
    brightness: 0.2,
    contrast: 0.3,
    saturation: 0.4,
    hue: 40,
    cutOut: 4,
  };
  const [count, side] = [3, 12];
  const colours = Uint8Array.from({ length: count * 3 * side * side }, (_, i) => (i * 37) % 256);
  const bytes = tensor(colours, [count, 3, side, side]);
  const encoding = imageEncoding({ shape: [3, side, side], mean: [0.4, 0.5, 0.6], deviation: [0.2, 0.25, 0.3] });

  it("keeps what the options of before drew, whatever else is varied", async () => {
    const before = { flip: true, shift: 1, brightness: 0.1 };
    const more = { ...before, cutOut: 0, contrast: 0, crop: 1 };
    for (let step = 0; step < 20; step++)
      expect(await draw(augment(one, more), step)).toEqual(await draw(augment(one, before), step));
  });

  it("gives the same for the same draw, and something else for another", async () => {
    const data = augment(dataset({ input: bytes, encoding }), everything);
    expect(await draw(data, 4, [0, 1, 2])).toEqual(await draw(data, 4, [0, 1, 2]));
    expect(await draw(data, 4, [0, 1, 2])).not.toEqual(await draw(data, 5, [0, 1, 2]));
    const [first, second] = [await draw(data, 4, [0, 0]), await draw(data, 4, [0])];
    expect(first.slice(0, second.length)).toEqual(second);
    expect(first.slice(second.length)).not.toEqual(second);
  });

  // The encoding is linear, so that varying before and after it differ by the rounding to whole bytes alone: half a
  // level for the move, another for the colours, the first made larger by contrast and saturation.
  it("varies bytes as it varies the encoded numbers", async () => {
    const encoded = augment(dataset({ input: bytes, encoding }), everything);
    const plain = augment(dataset({ input: bytes }), everything);
    for (let step = 0; step < 5; step++) {
      const [floats, levels] = [await draw(encoded, step, [0, 1, 2]), await draw(plain, step, [0, 1, 2])];
      let cut = 0;
      levels.forEach((level, i) => {
        const c = Math.floor(i / side ** 2) % 3;
        const value = (floats[i] as number) * (encoding.deviation[c] as number) + (encoding.mean[c] as number);
        if (floats[i] === 0) cut++;
        else expect(Math.abs(255 * value - level)).toBeLessThan(2.5);
      });
      expect(cut).toBeGreaterThan(0);
    }
  });

  it("cuts out squares of the size given, wholly inside or over the border", async () => {
    const white = dataset({ input: tensor(new Float32Array(50 * 8 * 8).fill(1), [50, 1, 8, 8]) });
    const data = augment(white, { cutOut: 4 });
    const indices = Array.from({ length: 50 }, (_, i) => i);
    const values = await draw(data, 0, indices);
    const sizes = indices.map((n) => {
      const blank = Array.from({ length: 64 }, (_, i) => i).filter((i) => values[n * 64 + i] === 0);
      const [rows, columns] = [new Set(blank.map((i) => i >> 3)), new Set(blank.map((i) => i & 7))];
      expect(blank.length).toBe(rows.size * columns.size);
      return blank.length;
    });
    // The middle is at 8 places along each axis: at 5 of them (2 to 6) the square is wholly inside.
    expect(Math.max(...sizes)).toBe(16);
    expect(Math.min(...sizes)).toBeLessThan(16);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(4);
    expect(sizes.filter((size) => size === 16).length / 50).toBeGreaterThan(0.2);
  });

  it("cuts out with the encoding's mean", async () => {
    const values = new Set(await draw(augment(dataset({ input: bytes, encoding }), { cutOut: side }), 1));
    expect(values.has(0)).toBe(true);
  });

  it("crops parts of the share asked for", async () => {
    // A ramp along each axis: the slope of the cropped one is the part's side.
    const ramp = Float32Array.from({ length: 2 * 100 }, (_, i) => (i < 100 ? i % 10 : Math.floor((i - 100) / 10)));
    const data = augment(dataset({ input: tensor(ramp, [1, 2, 10, 10]) }), { crop: 0.25, aspect: 2 });
    const shares: number[] = [];
    const ratios: number[] = [];
    for (let step = 0; step < 200; step++) {
      const values = await draw(data, step);
      const [w, h] = [
        (values[55] as number) - (values[54] as number),
        (values[155] as number) - (values[145] as number),
      ];
      shares.push(w * h);
      ratios.push(w / h);
    }
    expect(Math.min(...shares)).toBeGreaterThan(0.2);
    expect(Math.min(...shares)).toBeLessThan(0.3);
    expect(Math.max(...shares)).toBeLessThan(1.0001);
    expect(Math.max(...ratios)).toBeGreaterThan(1.6);
    expect(Math.max(...ratios)).toBeLessThan(2.0001);
    expect(Math.min(...ratios)).toBeLessThan(0.6);
    expect(Math.min(...ratios)).toBeGreaterThan(0.4999);
  });
});
