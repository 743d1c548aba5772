import { describe, expect, it } from "vitest";
import { sequential, softmax, type Tensor, tensor } from "../../src/index.js";
import { cutStates, hiddenStates } from "../../src/look/index.js";
import { changeOf } from "../../src/look/outputChange.js";
import { dense, gru, lstm, simpleRnn } from "../../src/nn/index.js";
import { delayLine, fading, series } from "./memoryNetworks.js";
import { noise, plant } from "./networks.js";

describe("states that are cut", () => {
  it("take from a delay line what is in it, and nothing older", async () => {
    // Ones come in and, two steps later, come out; a cut empties the line.
    const { value, check } = await cutStates(delayLine(7, 3, "all"), series([1, 1, 1, 1, 1, 1, 1]));
    expect(value.cuts.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...(value.cuts[3]?.change ?? [])]).toEqual([NaN, NaN, NaN, NaN, 1, 1, 0]);
    // At the first two cuts the line is not full yet: a third less at lag 1.
    expect([...value.curve]).toEqual([NaN, 5 / 6, 1, 0, 0, 0, 0].map((x) => (x > 0 ? expect.closeTo(x, 6) : x)));
    expect(value).toMatchObject({ length: 3, measure: "squared", layers: ["simpleRnn_1"] });
    expect(check).toBe(0);
  });

  it("change a fading memory by what it was, faded", async () => {
    const net = fading(10, 6);
    const x = noise([1, 10, 6]);
    const { value } = await cutStates(net, x);
    const states = (await hiddenStates(net, x)).value.values.get("state") as Float32Array;
    for (const { at, change } of value.cuts) {
      const state = states.subarray(at * 6, (at + 1) * 6);
      const expected = 0.9 ** (2 * (9 - at)) * (state.reduce((sum, h) => sum + h * h, 0) / 6);
      expect(change[9]).toBeCloseTo(expected, 5);
      expect(value.curve[9 - at]).toBeCloseTo(expected, 5);
    }
  });

  it("get another example's states, all of a stack, as if that example had been read", async () => {
    const net = plant(sequential({ input: [6, 2], seed: 8 }, lstm(5, { layers: 3 }), dense(3), softmax()), {
      "dense_1.weight": [...noise([15]).data].map((w) => 20 * w),
    });
    const x = tensor(
      noise([2, 6, 2]).data.map((value) => 5 * value),
      [2, 6, 2],
    );
    const { value, check } = await cutStates(net, x, { replace: "next", samples: 1, at: [3] });
    expect(value).toMatchObject({ measure: "kl", layers: ["lstm_1", "lstm_1/l1", "lstm_1/l2"] });
    expect(check).toBeLessThan(1e-6);
    // The second example up to step 3, then the first.
    const spliced = tensor([...x.data.slice(12, 20), ...x.data.slice(8, 12)], [1, 6, 2]);
    const [was, is] = await Promise.all([net.predict(x), net.predict(spliced)]);
    const probabilities = (all: Tensor, t: number) => Array.from(all.data.slice(3 * t, 3 * t + 3), Math.log);
    for (const t of [4, 5]) {
      const expected = changeOf("kl", probabilities(was, t), probabilities(is, t));
      expect(expected).toBeGreaterThan(0.01);
      expect(value.cuts[0]?.change[t]).toBeCloseTo(expected, 4);
    }
    // Only the lowest layer.
    const lowest = await cutStates(net, x, { replace: "next", samples: 1, at: [3], layer: "lstm_1" });
    expect(lowest.check).toBeLessThan(1e-6);
    expect(lowest.value.cuts[0]?.change[4]).not.toBeCloseTo(value.cuts[0]?.change[4] as number, 3);
  });

  it("get the state at its end of an example that is shorter", async () => {
    // The state is the sum of what was read, and the output at each step.
    const net = plant(sequential({ input: [5, 1], lengths: true }, simpleRnn(1, { activation: "linear" })), {
      "simpleRnn_1.weight_ih_l0": [1],
      "simpleRnn_1.weight_hh_l0": [1],
    });
    const inputs = { input: series([0, 0, 0, 0, 0], [3, 4, 5, 6, 7]), lengths: tensor([5, 2], [2], "int32") };
    const { value, check } = await cutStates(net, inputs, { replace: "next", samples: 1 });
    const changes = value.cuts.map(({ change }) => change[4]);
    expect(changes).toEqual([9, 49, 49, 49]);
    expect(check).toBe(0);
  });

  it("matter nowhere in a network that remembers nothing", async () => {
    const net = plant(sequential({ input: [5, 2], seed: 1 }, simpleRnn(4), dense(2)), {
      "simpleRnn_1.weight_hh_l0": new Array(16).fill(0),
    });
    const { value } = await cutStates(net, noise([3, 5, 2]));
    expect([...value.curve]).toEqual([NaN, 0, 0, 0, 0]);
    expect(value.cuts.length).toBe(12);
    expect(value.length).toBe(1);
  });

  it("are spread over long sequences, and stop where an example does", async () => {
    const net = sequential({ input: [100, 1], lengths: true, seed: 1 }, gru(2, { returns: "last" }), dense(1));
    const inputs = { input: noise([1, 100, 1]), lengths: tensor([90], [1], "int32") };
    const { value } = await cutStates(net, inputs);
    expect(value.cuts.length).toBe(64);
    expect([value.cuts[0]?.at, value.cuts.at(-1)?.at, value.cuts[0]?.change.length]).toEqual([0, 87, 90]);
    expect(value.cuts[0]?.change[89]).toBeGreaterThanOrEqual(0);
  });

  it("compares distributions by KL, in nats", () => {
    // Softmax of ln p is p: 0.5 ln(0.5 / 0.25) + 0.5 ln(0.5 / 0.75).
    const logs = (p: number[]) => p.map((x) => Math.log(x) + 3);
    expect(changeOf("kl", logs([0.5, 0.5]), logs([0.25, 0.75]))).toBeCloseTo(0.143841, 6);
    expect(changeOf("kl", [1000, 0], [1000, 0])).toBe(0);
    expect(changeOf("squared", [1, 2], [2, 4])).toBe(2.5);
  });

  it("have lags as long as what was read, not as its padding", async () => {
    const net = sequential({ input: [9, 2], lengths: true, seed: 1 }, gru(3, { returns: "last" }), dense(1));
    const { value } = await cutStates(net, { input: noise([1, 9, 2]), lengths: tensor(Int32Array.of(4), [1]) });
    expect([...value.curve].map(Number.isNaN)).toEqual([true, false, false, false]);
  });

  it("are those of the layers that read forwards, where others read backwards", async () => {
    // h' = 0.5 h + x forwards, h' = h + x backwards; the output is the sum of both, of x = 1 five times.
    const net = plant(
      sequential(
        { input: [5, 1] },
        simpleRnn(1, { activation: "linear", bidirectional: true, returns: "last" }),
        dense(1),
      ),
      {
        "simpleRnn_1.weight_ih_l0": [1],
        "simpleRnn_1.weight_hh_l0": [0.5],
        "simpleRnn_1.weight_ih_l0_reverse": [1],
        "simpleRnn_1.weight_hh_l0_reverse": [1],
        "dense_1.weight": [1, 1],
      },
    );
    const { value, check } = await cutStates(net, tensor([1, 1, 1, 1, 1], [1, 5, 1]), { measure: "squared" });
    expect(value.layers).toEqual(["simpleRnn_1"]);
    // Cut k steps before the end, the forward state lacks 0.5^k h_(4 - k), h = 1, 1.5, 1.75, 1.875.
    const lacking = [1.875 / 2, 1.75 / 4, 1.5 / 8, 1 / 16].map((x) => expect.closeTo(x ** 2, 5));
    expect([...value.curve.slice(1)]).toEqual(lacking);
    expect(check).toBeLessThan(1e-5);
  });

  it("refuses what makes no sense", async () => {
    const both = sequential({ input: [5, 2] }, gru(2, { bidirectional: true, returns: "last" }), dense(1));
    await expect(cutStates(both, noise([1, 5, 2]), { layer: "gru_1/l0_reverse" })).rejects.toThrow("reads backwards");
    const net = fading(5, 2);
    await expect(cutStates(net, noise([1, 5, 2]), { replace: "next" })).rejects.toThrow("two examples");
    await expect(cutStates(net, noise([1, 5, 2]), { at: [4] })).rejects.toThrow("at");
    await expect(cutStates(net, noise([1, 5, 2]), { measure: "l1" as "kl" })).rejects.toThrow("measure must be");
    await expect(cutStates(net, noise([1, 5, 2]), { replace: "noise" as "next" })).rejects.toThrow("replace must be");
  });
});
