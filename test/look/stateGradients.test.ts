import { describe, expect, it } from "vitest";
import { dataset, mse, sequential, tensor } from "../../src/index.js";
import { cutStates, hiddenStates, stateGradients } from "../../src/look/index.js";
import { dense, embedding, gru, lstm, reshape, simpleRnn } from "../../src/nn/index.js";
import { delayLine, fading, series } from "./memoryNetworks.js";
import { noise, plant } from "./networks.js";

const near = (values: readonly number[], digits = 5) => values.map((x) => expect.closeTo(x, digits));

describe("gradients through time", () => {
  it("fall by nine tenths a step where the weights are 0.9 times an orthogonal matrix", async () => {
    const net = fading(12, 70);
    const { value, check } = await stateGradients(net, noise([2, 12, 70]), { example: 1 });
    const expected = near(Array.from({ length: 12 }, (_, t) => 0.9 ** (11 - t)));
    expect([...(value.reach.get("h") ?? [])]).toEqual(expected);
    // The score is one unit of the last state: its gradient shrinks by the same.
    expect([...(value.slope.get("h") ?? [])]).toEqual(expected);
    expect([...(value.input ?? [])]).toEqual(expected);
    expect(check).toBeLessThan(1e-3);
  });

  it("come to the input of a delay line at one lag only", async () => {
    const { value } = await stateGradients(delayLine(9, 4, "last"), noise([1, 9, 1]));
    expect([...(value.input ?? [])]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0]);
    // What was written is in the line for four steps.
    expect([...(value.slope.get("h") ?? [])]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1]);
    // Of an output at each step, the one asked for.
    const each = await stateGradients(delayLine(9, 4, "all"), noise([1, 9, 1]), { at: 6, of: 0 });
    expect([...(each.value.input ?? [])]).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0]);
  });

  it("come from the one answer there is where the output is a forecast of other steps", async () => {
    // [horizon 3, quantiles 2], the network reading 5 steps: h' = 0.5 h + x, the largest answer 4 h.
    const forecaster = sequential(
      { input: [5, 1] },
      simpleRnn(1, { activation: "linear", returns: "last" }),
      dense(6),
      reshape([3, 2]),
    );
    const net = plant(forecaster, {
      "simpleRnn_1.weight_ih_l0": [1],
      "simpleRnn_1.weight_hh_l0": [0.5],
      "dense_1.weight": [1, 2, 3, 4, 2, 1],
    });
    const x = series([1, 1, 1, 1, 1]);
    const { value, check } = await stateGradients(net, x);
    expect([...(value.slope.get("h") ?? [])]).toEqual(near([0.25, 0.5, 1, 2, 4]));
    expect(check).toBeLessThan(1e-3);
    // Cut k steps before the end, h lacks 0.5^k h_(4 - k) there; the six weights' squares have the mean 35 / 6.
    const { value: cut, check: cutCheck } = await cutStates(net, x);
    expect(cut.measure).toBe("squared");
    expect(cutCheck).toBeLessThan(1e-5);
    const states = [1, 1.5, 1.75, 1.875];
    const lacking = [1, 2, 3, 4].map((k) => (35 / 6) * (0.5 ** k * (states[4 - k] as number)) ** 2);
    expect([...cut.curve.slice(1)]).toEqual(near(lacking, 4));
  });

  it("of a loss are those worked out by hand", async () => {
    // h' = 0.5 h + x from 0: h is 1, 2.5, 4.25; L = (h_3 - 1)^2, dL/dh_t = 2 (4.25 - 1) 0.5^(3 - t).
    const net = plant(sequential({ input: [3, 1] }, simpleRnn(1, { activation: "linear", returns: "last" })), {
      "simpleRnn_1.weight_ih_l0": [1],
      "simpleRnn_1.weight_hh_l0": [0.5],
    });
    const data = dataset({ input: series([9, 9, 9], [1, 2, 3]), target: tensor([0, 1], [2, 1]) });
    const { value, check } = await stateGradients(net, data, { example: 1, loss: mse() });
    expect([...(value.slope.get("h") ?? [])]).toEqual(near([1.625, 3.25, 6.5]));
    expect(check).toBeLessThan(1e-3);
  });

  it("neither fade nor grow in a cell that forgets nothing", async () => {
    const net = plant(sequential({ input: [8, 2], seed: 2 }, lstm(1, { returns: "last" })), {
      "lstm_1.bias_ih_l0": [0, 100, 0, 0],
      "lstm_1.weight_hh_l0": [0, 0, 0, 0],
    });
    const x = noise([1, 8, 2]);
    const { value } = await stateGradients(net, x);
    const { value: seen } = await hiddenStates(net, x);
    // h = o tanh(c): dh/dc = o (1 - tanh^2 c) at the last step, and c is carried as it is.
    const [o, c] = ["output", "cell"].map((name) => seen.values.get(name)?.[7] as number) as [number, number];
    expect([...(value.reach.get("c") ?? [])]).toEqual([...near(new Array(7).fill(o * (1 - Math.tanh(c) ** 2))), 0]);
    expect([...(value.reach.get("h") ?? [])]).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it("are checked in stacks, backwards, with lengths and with tokens", async () => {
    const net = sequential(
      { input: [10], dtype: "int32", lengths: true, seed: 5 },
      embedding(7, 4),
      gru(6, { layers: 2, bidirectional: true, returns: "last" }),
      dense(3),
    );
    const tokens = tensor(
      Array.from({ length: 20 }, (_, i) => (i * 5) % 7),
      [2, 10],
      "int32",
    );
    const inputs = { input: tokens, lengths: tensor([10, 6], [2], "int32") };
    for (const layer of ["gru_1", "gru_1/l0_reverse", "gru_1/l1", "gru_1/l1_reverse"]) {
      const { value, check } = await stateGradients(net, inputs, { example: 1, layer });
      expect(value.reach.get("h")?.length).toBe(6);
      expect(value.input).toBeUndefined();
      expect(check).toBeLessThan(0.02);
    }
  });

  it("refuses a loss without targets, and steps and classes that are not there", async () => {
    const net = delayLine(5, 2, "all");
    await expect(stateGradients(net, noise([1, 5, 1]), { loss: mse() })).rejects.toThrow("needs targets");
    await expect(stateGradients(net, noise([1, 5, 1]), { at: 5 })).rejects.toThrow("at");
    await expect(stateGradients(net, noise([1, 5, 1]), { of: 1 })).rejects.toThrow("of");
    await expect(stateGradients(net, noise([1, 5, 1]), { layers: 1 } as object)).rejects.toThrow("layer");
  });
});
