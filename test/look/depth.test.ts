import { describe, expect, it } from "vitest";
import {
  batchNorm,
  crossEntropy,
  dataset,
  dense,
  dropout,
  type Layer,
  mse,
  type Network,
  network,
  OptionError,
  relu,
  residual,
  sequential,
  tensor,
} from "../../src/index.js";
import { type DepthProfile, depthChart, depthProfile } from "../../src/look/index.js";
import { plain, resnet } from "../../src/nets/index.js";
import { noise, pictureNet } from "./networks.js";

const single = (weight: number): Layer => dense(1, { bias: false, initializer: { constant: weight } });

/** Two examples, 1 and 3, whose squared errors have gradient 1 by the network's output. */
async function pair(net: Network) {
  const input = tensor([1, 3], [2, 1]);
  const output = await net.predict(input);
  return dataset({
    input,
    target: tensor(
      output.data.map((y) => y - 0.5),
      [2, 1],
    ),
  });
}

const profileOf = async (net: Network) => depthProfile(net, await pair(net), { loss: mse() });

/** 1 up to what float32 loses on the way. */
const ratio = (actual: number, expected: number) => expect(actual / expected).toBeCloseTo(1, 4);

describe("depthProfile", () => {
  // y_l = a^l x; the gradient by layer l is a^(L-l); that by each weight the mean of a^(L-1) x, which is 2 a^(L-1).
  it.each([
    [0.5, 110],
    [2, 20],
    [1, 20],
  ])("of a chain of weights %d has spread a^l and gradient a^(L-l), %i layers deep", async (a, depth) => {
    const { value } = await profileOf(sequential({ input: [1] }, ...Array.from({ length: depth }, () => single(a))));
    expect(value.layers.map(({ layer }) => layer)).toEqual(Array.from({ length: depth }, (_, i) => `dense_${i + 1}`));
    value.layers.forEach(({ spread, gradient, weightGradient }, i) => {
      ratio(spread, a ** (i + 1));
      ratio(gradient, a ** (depth - 1 - i));
      ratio(weightGradient, 2 * a ** (depth - 1));
    });
  });

  it("measures numbers whose squares no float32 holds", async () => {
    const chain = Array.from({ length: 100 }, () => single(2));
    const { value } = await profileOf(sequential({ input: [1] }, ...chain));
    ratio(value.layers.at(-1)?.spread as number, 2 ** 100);
  });

  // y_l = (1 + a)^l x; the layer's own output is a y_(l-1), and behind it come L - l ways around.
  it("of a chain of residual blocks has gradient (1 + a)^(L-l): the ways around carry it", async () => {
    const [a, depth] = [0.1, 20];
    const net = sequential({ input: [1] }, ...Array.from({ length: depth }, () => residual(single(a))));
    const { value, check } = await profileOf(net);
    value.layers.forEach(({ layer, spread, gradient }, i) => {
      expect(layer).toBe(`residual_${i + 1}/dense_1`);
      ratio(spread, a * (1 + a) ** i);
      ratio(gradient, (1 + a) ** (depth - 1 - i));
    });
    expect(check).toBeLessThan(0.01);
  });

  it("normalises by the batch, as training does", async () => {
    const { value } = await profileOf(sequential({ input: [1] }, single(100), batchNorm(), single(2)));
    expect(value.layers.map(({ layer }) => layer)).toEqual(["dense_1", "dense_2"]);
    ratio(value.layers[0]?.spread as number, 100);
    ratio(value.layers[1]?.spread as number, 2);
  });

  it("counts a layer as often as it is called, and one without a matrix not at all", async () => {
    const twice = single(0.5);
    const { value } = await profileOf(sequential({ input: [1] }, twice, relu(), twice));
    expect(value.layers.map(({ layer }) => layer)).toEqual(["dense_1", "dense_1:2"]);
    ratio(value.layers[0]?.gradient as number, 0.5);
    ratio(value.layers[1]?.gradient as number, 1);
  });

  it("drops by the seed, and leaves the network as it was", async () => {
    const net = pictureNet(2);
    const before = new Map([...net.weights].map(([name, { data }]) => [name, data.slice()]));
    const data = dataset({ input: noise([8, 2, 12, 12]), target: tensor(Int32Array.of(0, 1, 2, 3, 4, 0, 1, 2), [8]) });
    const at = (seed: number) => depthProfile(net, data, { loss: crossEntropy(), seed });
    const [first, again, other] = [await at(1), await at(1), await at(2)];
    expect(again).toEqual(first);
    expect(other.value.layers.at(-1)?.spread).not.toBe(first.value.layers.at(-1)?.spread);
    expect(first.check).toBeLessThan(0.01);
    expect(first.value.layers.map(({ layer }) => layer)).toEqual(["conv2d_1", "residual_1/conv2d_1", "dense_1"]);
    for (const [name, { data: now }] of net.weights) expect(now).toEqual(before.get(name));
  });

  it("shows that the plain deep network loses its gradient, and what keeps it", async () => {
    const options = { depth: 20, classes: 3, input: [3, 8, 8], norm: false, initializer: { normal: 0.03 } } as const;
    const data = dataset({ input: noise([8, 3, 8, 8]), target: tensor(Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1), [8]) });
    const first = async (net: Network) =>
      (await depthProfile(net, data, { loss: crossEntropy() })).value.layers[0]?.gradient as number;
    expect(await first(plain(options))).toBeLessThan(1e-5);
    expect(await first(resnet(options))).toBeGreaterThan(1e-2);
    expect(await first(plain({ ...options, norm: true }))).toBeGreaterThan(1e-2);
    expect(await first(plain({ ...options, initializer: "he" }))).toBeGreaterThan(1e-2);
  });

  it("measures within checkpointed layers as it does without", async () => {
    const options = { depth: 8, classes: 3, input: [3, 8, 8], seed: 2 } as const;
    const data = dataset({ input: noise([8, 3, 8, 8]), target: tensor(Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1), [8]) });
    const [usual, again] = [resnet(options), resnet({ ...options, checkpointed: true })].map((net) =>
      depthProfile(net, data, { loss: crossEntropy() }),
    );
    expect(await again).toEqual(await usual);
  });

  it("refuses what it cannot measure", async () => {
    const net = sequential({ input: [1] }, single(1), dropout(0.5));
    const one = dataset({ input: tensor([1], [1, 1]), target: tensor([1], [1, 1]) });
    await expect(depthProfile(net, one, { loss: mse() })).rejects.toThrow("depthProfile: needs two examples at least");
    const empty = network({ input: [1] }, ({ input }) => relu()(input));
    await expect(depthProfile(empty, await pair(empty), { loss: mse() })).rejects.toThrow(
      "depthProfile: the network has no layer with weights",
    );
    await expect(depthProfile(net, one, { loss: mse(), samples: 65 })).rejects.toThrow(
      "samples must be a whole number from 2 to 64, got 65.",
    );
  });
});

describe("depthChart", () => {
  const profile = (...gradients: number[]): DepthProfile => ({
    samples: 2,
    layers: gradients.map((gradient, i) => ({ layer: `dense_${i}`, spread: 1, gradient, weightGradient: 1 })),
  });
  /** The points of every coloured line, in order. */
  const lines = (svg: string) =>
    [...svg.matchAll(/<path d="([^"]*)" stroke="(#[0-9a-f]{6})"[^>]*stroke-width="2"/g)].map(([, path, colour]) => ({
      colour,
      points: [...(path as string).matchAll(/([ML])([\d.-]+) ([\d.-]+)/g)].map(([, command, x, y]) => ({
        command,
        x: Number(x),
        y: Number(y),
      })),
    }));

  it("draws an even fall as a straight line, every panel with every network", () => {
    const svg = depthChart({ falling: profile(1, 1e-2, 1e-4, 1e-6), level: profile(1, 1) });
    const drawn = lines(svg);
    expect(drawn.map(({ points }) => points.length)).toEqual([4, 2, 4, 2]);
    const [, , falling, level] = drawn;
    const gaps = (points: readonly { y: number }[]) => points.slice(1).map((p, i) => p.y - (points[i]?.y as number));
    const [first, ...others] = gaps(falling?.points ?? []);
    expect(first).toBeGreaterThan(10);
    for (const gap of others) expect(gap).toBeCloseTo(first as number, 0);
    expect(gaps(level?.points ?? [])).toEqual([0]);
    // Layer 2 is at the same place in both, and 1 at the same height.
    expect(level?.points[1]?.x).toBe(falling?.points[1]?.x);
    expect(level?.points[0]?.y).toBe(falling?.points[0]?.y);
    expect(drawn[0]?.colour).toBe(falling?.colour);
    expect(drawn[1]?.colour).not.toBe(falling?.colour);
    for (const label of [">falling<", ">level<", ">1e-6<", ">1<", ">4<"]) expect(svg).toContain(label);
  });

  it("leaves a gap where a number is 0 or not finite", () => {
    const [, gradient] = lines(depthChart({ net: profile(1, 0, 10, Number.NaN, 1, Number.POSITIVE_INFINITY, 2, 3) }));
    expect(gradient?.points.map(({ command }) => command).join("")).toBe("MMMML");
  });

  it("is a whole SVG for any names and numbers", () => {
    const svg = depthChart({ "a < b & c": profile(0) }, { title: "<title>", width: 300, height: 250 });
    expect(svg).toContain(">a &lt; b &amp; c<");
    expect(svg.match(/>&lt;title&gt;</g)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="300" height="250"/);
    expect(() => depthChart({})).toThrow(OptionError);
    expect(() => depthChart({ a: profile(1) }, { widht: 3 } as never)).toThrow('Did you mean "width"?');
  });
});
