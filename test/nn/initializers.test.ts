import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { countOf } from "../../src/base/shape.js";
import * as nn from "../../src/nn/index.js";
import { sequential } from "../../src/runtime/index.js";

const draw = (initializer: nn.Initializer, shape: readonly number[], seed = 1) =>
  nn.initialize(initializer, shape, random(seed, "test"));

function moments(x: Float32Array): { mean: number; variance: number; largest: number } {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
  const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length;
  return { mean, variance, largest: x.reduce((m, v) => Math.max(m, Math.abs(v)), 0) };
}

describe("variance-keeping initializers", () => {
  // Weights [out, in, ...kernel]: fan-in = in * area, fan-out = out * area, by hand.
  const shapes: [string, number[], number, number][] = [
    ["dense", [200, 300], 300, 200],
    ["conv2d", [64, 32, 5, 5], 800, 1600],
    ["conv1d", [100, 50, 9], 450, 900],
  ];
  const rows: [nn.Initializer, "normal" | "uniform", (fanIn: number, fanOut: number) => number][] = [
    ["he", "normal", (fanIn) => 2 / fanIn],
    ["heUniform", "uniform", (fanIn) => 2 / fanIn],
    ["glorot", "uniform", (fanIn, fanOut) => 2 / (fanIn + fanOut)],
    ["glorotNormal", "normal", (fanIn, fanOut) => 2 / (fanIn + fanOut)],
    ["lecun", "normal", (fanIn) => 1 / fanIn],
  ];
  for (const [layer, shape, fanIn, fanOut] of shapes)
    it.each(rows)(`%s of ${layer}`, (initializer, kind, variance) => {
      const expected = variance(fanIn, fanOut);
      const x = draw(initializer, shape);
      const { mean, variance: found, largest } = moments(x);
      const n = countOf(shape);
      expect(Math.abs(mean), "mean, within five standard errors of 0").toBeLessThan(5 * Math.sqrt(expected / n));
      // The variance of a sample variance: 2 v^2/n for a normal, 0.8 v^2/n for a uniform distribution.
      expect(Math.abs(found / expected - 1), "variance").toBeLessThan(5 * Math.sqrt(2 / n));
      const bound = Math.sqrt(3 * expected);
      if (kind === "uniform") {
        expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
        expect(largest).toBeGreaterThan(0.999 * bound);
      } else expect(largest, "a normal distribution has tails").toBeGreaterThan(3.5 * Math.sqrt(expected));
    });
});

describe("given distributions", () => {
  it("normal, uniform and constant are as told", () => {
    const normal = moments(draw({ normal: 0.5 }, [100, 1000]));
    expect(normal.variance).toBeCloseTo(0.25, 2);
    const uniform = draw({ uniform: 0.3 }, [100, 1000]);
    expect(moments(uniform).variance).toBeCloseTo(0.03, 3);
    expect(moments(uniform).largest).toBeLessThanOrEqual(Math.fround(0.3));
    expect([...draw({ constant: -2.5 }, [2, 2])]).toEqual([-2.5, -2.5, -2.5, -2.5]);
    expect([...draw("zeros", [3])]).toEqual([0, 0, 0]);
    expect([...draw("ones", [3])]).toEqual([1, 1, 1]);
    expect([...draw({ normal: 0 }, [2])]).toEqual([0, 0]);
  });
});

describe("orthogonal", () => {
  it.each([[[8, 8]], [[5, 40]], [[40, 5]], [[16, 3, 3, 3]], [[64, 4, 3, 3]], [[1, 7]], [[7, 1]], [[6]]])(
    "%j: the shorter side is orthonormal",
    (shape) => {
      const x = draw("orthogonal", shape);
      const rows = shape[0] as number;
      const columns = countOf(shape) / rows;
      const wide = rows <= columns;
      const at = (i: number, k: number) => x[wide ? i * columns + k : k * columns + i] as number;
      const [count, length] = wide ? [rows, columns] : [columns, rows];
      for (let i = 0; i < count; i++)
        for (let j = 0; j < count; j++) {
          let dot = 0;
          for (let k = 0; k < length; k++) dot += at(i, k) * at(j, k);
          expect(Math.abs(dot - Number(i === j)), `q${i} . q${j}`).toBeLessThan(1e-6);
        }
    },
  );
});

describe("initial weights", () => {
  const make = (seed?: number) =>
    sequential({ input: [3], ...(seed !== undefined && { seed }) }, nn.dense(4), nn.dense(4), nn.batchNorm());
  const weight = (net: ReturnType<typeof make>, name: string) => [...(net.weights.get(name)?.data ?? [])];

  it("are the same for a seed, others for another", () => {
    expect(weight(make(7), "dense_1.weight")).toEqual(weight(make(7), "dense_1.weight"));
    expect(weight(make(7), "dense_1.weight")).not.toEqual(weight(make(8), "dense_1.weight"));
    expect(weight(make(), "dense_1.weight"), "the default seed is 0").toEqual(weight(make(0), "dense_1.weight"));
  });

  it("depend on the layer's name, not on its place or on other layers", () => {
    const named = (...before: nn.Layer[]) =>
      sequential({ input: [4], seed: 3 }, ...before, nn.dense(4, { name: "same" })).weights.get("same.weight")?.data;
    expect(named()).toEqual(named(nn.dense(4), nn.relu()));
    const net = make(3);
    expect(weight(net, "dense_1.weight").slice(0, 12)).not.toEqual(weight(net, "dense_2.weight").slice(0, 12));
  });

  it("are zeros for biases, and the neutral statistics for norms", () => {
    const net = make();
    expect(weight(net, "dense_1.bias")).toEqual([0, 0, 0, 0]);
    expect(weight(net, "batchNorm_1.weight")).toEqual([1, 1, 1, 1]);
    expect(weight(net, "batchNorm_1.running_mean")).toEqual([0, 0, 0, 0]);
    expect(weight(net, "batchNorm_1.running_var")).toEqual([1, 1, 1, 1]);
  });

  it("follow the layer's initializer", () => {
    const net = sequential(
      { input: [300] },
      nn.dense(200, { initializer: "lecun" }),
      nn.dense(9, { initializer: "ones" }),
    );
    expect(moments(net.weights.get("dense_1.weight")?.data as Float32Array).variance * 300).toBeCloseTo(1, 1);
    expect(new Set(weight(net, "dense_2.weight"))).toEqual(new Set([1]));
  });
});
