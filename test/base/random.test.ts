import { describe, expect, it } from "vitest";
import { random, threefry } from "../../src/base/random.js";

const count = 100_000;

const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((total, v) => total + v, 0) / x.length;

/** The mean of (x - m)^power. */
const moment = (x: ArrayLike<number>, power: number, m = mean(x)): number =>
  mean(Array.from(x, (v) => (v - m) ** power));

const correlation = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  const [ma, mb] = [mean(a), mean(b)];
  const together = mean(Array.from(a, (v, i) => (v - ma) * ((b[i] as number) - mb)));
  return together / Math.sqrt(moment(a, 2) * moment(b, 2));
};

describe("Threefry-2x32, 20 rounds", () => {
  const block = (k0: number, k1: number, c0: number, c1: number) => {
    const out = new Uint32Array(2);
    threefry(k0, k1, c0, c1, out);
    return Array.from(out, (word) => word.toString(16).padStart(8, "0"));
  };

  it("gives the known answers of Random123 (kat_vectors)", () => {
    expect(block(0, 0, 0, 0)).toEqual(["6b200159", "99ba4efe"]);
    expect(block(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)).toEqual(["1cb996fc", "bb002be7"]);
    expect(block(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3)).toEqual(["c4923a9c", "483df7a0"]);
  });

  it("makes the words of a stream: key (seed, hash of the stream), counter (block, step)", () => {
    const fnvOfNothing = 0x811c9dc5;
    const words = random(7, "", 3).words(new Uint32Array(4));
    expect([...words.slice(0, 2)].map((w) => w.toString(16).padStart(8, "0"))).toEqual(block(7, fnvOfNothing, 0, 3));
    expect([...words.slice(2)].map((w) => w.toString(16).padStart(8, "0"))).toEqual(block(7, fnvOfNothing, 1, 3));
  });
});

describe("a stream", () => {
  it("depends on seed, name and step, and on nothing else", () => {
    const draw = (...of: Parameters<typeof random>) => random(...of).words(new Uint32Array(8));
    expect(draw(1, "dropout_1", 5)).toEqual(draw(1, "dropout_1", 5));
    const others = [draw(2, "dropout_1", 5), draw(1, "dropout_2", 5), draw(1, "dropout_1", 6), draw(1)];
    for (const other of others) for (const word of other) expect(draw(1, "dropout_1", 5)).not.toContain(word);
  });

  it("is one sequence, however it is cut", () => {
    const whole = random(3, "cut").words(new Uint32Array(11));
    const source = random(3, "cut");
    const pieces = [1, 0, 3, 2, 5].flatMap((length) => Array.from(source.words(new Uint32Array(length))));
    expect(pieces).toEqual(Array.from(whole));
  });

  it("uses the low 32 bits of the seed", () => {
    const first = (seed: number) => random(seed).next();
    expect(first(-1)).toBe(first(2 ** 32 - 1));
    expect(first(2 ** 32 + 5)).toBe(first(5));
  });

  it("is independent of its neighbours in seed, name and step", () => {
    // Under independence the correlation is normal with deviation 1 / sqrt(count); 4 of them in 1 of 16,000 cases.
    const limit = 4 / Math.sqrt(count);
    const of = (...source: Parameters<typeof random>) => random(...source).uniform(count);
    const base = of(1, "noise", 10);
    expect(Math.abs(correlation(base, of(2, "noise", 10)))).toBeLessThan(limit);
    expect(Math.abs(correlation(base, of(1, "noisf", 10)))).toBeLessThan(limit);
    expect(Math.abs(correlation(base, of(1, "noise", 11)))).toBeLessThan(limit);
    expect(Math.abs(correlation(base.slice(1), base.slice(0, -1)))).toBeLessThan(limit);
  });
});

describe("uniform", () => {
  it("has the moments of the interval", () => {
    const x = random(1, "u").uniform(count, -3, 5);
    const deviation = 8 / Math.sqrt(12);
    expect(Math.abs(mean(x) - 1)).toBeLessThan((4 * deviation) / Math.sqrt(count));
    expect(Math.abs(moment(x, 2) / deviation ** 2 - 1)).toBeLessThan(4 * Math.sqrt(0.8 / count));
    expect(Math.min(...x.slice(0, 1000))).toBeGreaterThanOrEqual(-3);
  });

  it("fills ten equal bins equally", () => {
    const bins = new Array(10).fill(0);
    for (const v of random(2, "bins").uniform(count)) bins[Math.floor(v * 10)]++;
    const chiSquare = bins.reduce((total, n) => total + (n - count / 10) ** 2 / (count / 10), 0);
    expect(chiSquare).toBeLessThan(27.9); // 9 degrees of freedom, 1 in 1,000
  });

  it("stays below its upper end, though float32 rounds there", () => {
    // Between 100 and 101 float32 has steps of 2^-17, so about 4 of these would round up to 101.
    const x = random(1, "end").uniform(2 ** 20, 100, 101);
    expect(x.every((v) => v >= 100 && v < 101)).toBe(true);
  });
});

describe("normal", () => {
  const x = random(5, "n").normal(count, 2, 3);
  const z = x.map((v) => (v - 2) / 3);

  it("has the moments of the bell curve", () => {
    expect(Math.abs(mean(z))).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(moment(z, 2, 0) - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
    expect(Math.abs(moment(z, 3, 0))).toBeLessThan(4 * Math.sqrt(15 / count));
    expect(Math.abs(moment(z, 4, 0) - 3)).toBeLessThan(4 * Math.sqrt(96 / count));
  });

  it("has 68.27 % within one deviation, 95.45 % within two, and neighbours that do not know each other", () => {
    const within = (limit: number) => z.filter((v) => Math.abs(v) < limit).length / count;
    expect(within(1)).toBeCloseTo(0.6827, 2);
    expect(within(2)).toBeCloseTo(0.9545, 2);
    const [even, odd] = [z.filter((_, i) => i % 2 === 0), z.filter((_, i) => i % 2 === 1)];
    expect(Math.abs(correlation(even, odd))).toBeLessThan(4 / Math.sqrt(count / 2));
  });

  it("gives as many as asked for, odd or even, all finite", () => {
    expect(random(1).normal(0)).toHaveLength(0);
    expect(random(1).normal(5)).toEqual(random(1).normal(6).slice(0, 5));
    expect(x.every(Number.isFinite)).toBe(true);
  });
});

describe("dropout", () => {
  it("keeps 1 - rate of them, scaled so that the mean stays 1", () => {
    const mask = random(6, "d").dropout(count, 0.3);
    const kept = mask.filter((v) => v !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.7)]));
    expect(Math.abs(kept.length / count - 0.7)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / count));
  });

  it("keeps everything at rate 0 and nothing at rate 1", () => {
    expect(
      random(1)
        .dropout(100, 0)
        .every((v) => v === 1),
    ).toBe(true);
    expect(
      random(1)
        .dropout(100, 1)
        .every((v) => v === 0),
    ).toBe(true);
  });
});

describe("below and permutation", () => {
  it("below(n) gives each of 0 .. n-1 equally often", () => {
    const source = random(7, "b");
    const counts = new Array(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[source.below(7)]++;
    const chiSquare = counts.reduce((total, n) => total + (n - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(22.5); // 6 degrees of freedom, 1 in 1,000
  });

  it("a permutation holds each number once", () => {
    for (const length of [0, 1, 2, 1000]) {
      const order = random(8, "p").permutation(length);
      expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
    }
    expect(random(8, "p").permutation(1000)).not.toEqual(random(8, "p", 1).permutation(1000));
  });

  it("the 24 orders of four come equally often", () => {
    const counts = new Map<string, number>();
    for (let step = 0; step < 24_000; step++) {
      const order = random(9, "orders", step).permutation(4).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((total, n) => total + (n - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.7); // 23 degrees of freedom, 1 in 1,000
  });
});
