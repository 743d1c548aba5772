import { describe, expect, it } from "vitest";
import { dataset, dense, lstm, mse, sequential, simpleRnn, tensor } from "../../src/index.js";
import { health, healthTable, stateGradients, trace } from "../../src/look/index.js";
import { series } from "./memoryNetworks.js";
import { noise, plant } from "./networks.js";

/** h' = 0.5 h + x, read out as it is. */
const halving = () =>
  plant(sequential({ input: [3, 1] }, simpleRnn(1, { activation: "linear", returns: "last" })), {
    "simpleRnn_1.weight_ih_l0": [1],
    "simpleRnn_1.weight_hh_l0": [0.5],
  });

describe("gradients by the hidden layers of recurrent networks", () => {
  it("count every way from each step to the score, example by example, in batches of any size", async () => {
    const rows = 70;
    const seen = await trace(halving(), noise([rows, 3, 1]), { of: 0 });
    const slopes = seen.gradient("simpleRnn_1/state");
    expect(slopes.shape).toEqual([rows, 3, 1]);
    expect([...slopes.data]).toEqual(Array.from({ length: rows }, () => [0.25, 0.5, 1]).flat());
    expect([...seen.gradient("simpleRnn_1").data]).toEqual(new Array(rows).fill(1));
  });

  it("are those of stateGradients in a stack, and say so where there are none", async () => {
    const net = sequential({ input: [6, 2], seed: 2 }, lstm(4, { layers: 2 }), lstm(3, { returns: "last" }), dense(2));
    const x = noise([1, 6, 2]);
    const seen = await trace(net, x, { of: 1 });
    for (const layer of ["lstm_1", "lstm_1/l1", "lstm_2"]) {
      const { value } = await stateGradients(net, x, { layer, of: 1 });
      const { data, shape } = seen.gradient(`${layer}/state`);
      const units = shape[2] as number;
      value.slope.get("h")?.forEach((length, t) => {
        expect(Math.hypot(...data.subarray(t * units, (t + 1) * units))).toBeCloseTo(length, 6);
      });
    }
    expect(() => seen.gradient("lstm_1/forget")).toThrow("a copy of what is within a recurrent layer");
    expect(seen.check).toBe(0);
  });

  it("are measured by health: half a step's, and none for gates", async () => {
    const data = dataset({ input: series([1, 2, 3]), target: tensor([3.25], [1, 1]) });
    // h is 1, 2.5, 4.25: dL/dh = 2 * 1, and half of it a step before.
    const { value, check } = await health(halving(), data, { loss: mse() });
    const state = value.layers.find(({ layer }) => layer === "simpleRnn_1/state");
    expect(state?.gradient?.mean).toBeCloseTo((0.5 + 1 + 2) / 3, 6);
    expect(state?.gradient?.most).toBeCloseTo(2, 6);
    expect(check).toBeLessThan(0.01);
    const net = sequential({ input: [6, 2], seed: 2 }, lstm(4, { returns: "last" }), dense(1));
    const many = dataset({ input: noise([5, 6, 2]), target: tensor(new Float32Array(5), [5, 1]) });
    const found = await health(net, many, { loss: mse() });
    const named = new Map(found.value.layers.map((layer) => [layer.layer, layer]));
    expect(named.get("lstm_1/forget")?.gradient).toBeUndefined();
    expect(named.get("lstm_1/state")?.gradient?.most).toBeGreaterThan(0);
    expect(healthTable(found.value)).toMatch(/lstm_1\/forget +[\d.]+ +[\d.]+ +[\d.]+$/m);
    expect(found.check).toBeLessThan(0.02);
  });
});
