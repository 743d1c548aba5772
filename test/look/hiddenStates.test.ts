import { describe, expect, it } from "vitest";
import { tensor } from "../../src/base/tensor.js";
import { network, sequential } from "../../src/index.js";
import {
  cutStates,
  type HiddenStates,
  hiddenStates,
  hiddenStatesPicture,
  signedScale,
  stateGradients,
} from "../../src/look/index.js";
import { orderOf } from "../../src/look/unitOrder.js";
import { concat, dense, gru, lstm, simpleRnn } from "../../src/nn/index.js";
import { expectClose } from "../support/close.js";
import { noise, plant } from "./networks.js";

/** An LSTM that neither forgets nor takes anything in: its cell stays what it is at first. */
const constantCell = () =>
  plant(sequential({ input: [6, 2], seed: 1 }, lstm(3, { initialState: "learned" })), {
    // Blocks of three units: input shut, forget open, candidate and output as they come.
    "lstm_1.bias_ih_l0": [-100, -100, -100, 100, 100, 100, 0, 0, 0, 0, 0, 0],
    "lstm_1.initial_c_l0": [0.5, -1.25, 2],
  });

/** Each unit is the input of its number. */
const echo = (reverse = false) =>
  plant(sequential({ input: [5, 3] }, simpleRnn(3, { activation: "linear", bidirectional: reverse })), {
    "simpleRnn_1.weight_ih_l0": [1, 0, 0, 0, 1, 0, 0, 0, 1],
    "simpleRnn_1.weight_hh_l0": new Array(9).fill(0),
    ...(reverse && {
      "simpleRnn_1.weight_ih_l0_reverse": [0, 0, 1, 0, 1, 0, 1, 0, 0],
      "simpleRnn_1.weight_hh_l0_reverse": new Array(9).fill(0),
    }),
  });

const stateOf = ({ values, time, units }: HiddenStates) => ({
  shape: [time, units],
  data: values.get("state") as Float32Array,
});

describe("hidden states", () => {
  it("shows a cell that is never written as constant", async () => {
    const { value, check } = await hiddenStates(constantCell(), noise([2, 6, 2]), { example: 1 });
    const cell = value.values.get("cell") as Float32Array;
    expect([...cell]).toEqual(Array.from({ length: 18 }, (_, i) => [0.5, -1.25, 2][i % 3]));
    expect([...value.values.keys()]).toEqual(["input", "forget", "candidate", "output", "cell", "state"]);
    expect([...(value.saturation.get("forget")?.open ?? [])]).toEqual([1, 1, 1].map((x) => expect.closeTo(x, 6)));
    expect([...(value.saturation.get("input")?.shut ?? [])]).toEqual([1, 1, 1].map((x) => expect.closeTo(x, 6)));
    expect([...(value.saturation.get("forget")?.shut ?? [])]).toEqual([0, 0, 0]);
    expect(check).toBeLessThan(1e-6);
  });

  it("shows an echo as its input, in both directions", async () => {
    const x = noise([3, 5, 3]);
    const { value } = await hiddenStates(echo(true), x, { example: 2 });
    expect([...(value.values.get("state") as Float32Array)]).toEqual([...x.data.subarray(30)]);
    const back = await hiddenStates(echo(true), x, { example: 2, layer: "simpleRnn_1/l0_reverse" });
    const turned = Array.from({ length: 15 }, (_, i) => x.data[30 + 3 * Math.floor(i / 3) + 2 - (i % 3)]);
    expect([...(back.value.values.get("state") as Float32Array)]).toEqual(turned);
  });

  it("counts the share of steps, gate by gate", async () => {
    // The input gate of the one unit is sigmoid(x): 0.0067, 0.5, 0.9933, 0.9933.
    const net = plant(sequential({ input: [4, 1] }, lstm(1)), {
      "lstm_1.weight_ih_l0": [1, 0, 0, 0],
      "lstm_1.weight_hh_l0": [0, 0, 0, 0],
    });
    const { value } = await hiddenStates(net, [[-5, 0, 5, 5]]);
    expect(value.saturation.get("input")).toEqual({ shut: tensor([0.25]).data, open: tensor([0.5]).data });
  });

  it.each([
    ["lstm", lstm],
    ["gru", gru],
  ] as const)("checks the states of a stack of two (%s) by their rules, backwards too", async (kind, make) => {
    const net = sequential({ input: [7, 3], seed: 4 }, make(5, { layers: 2, bidirectional: true }), dense(2));
    for (const layer of [`${kind}_1`, `${kind}_1/l0_reverse`, `${kind}_1/l1`, `${kind}_1/l1_reverse`]) {
      const { value, check } = await hiddenStates(net, noise([1, 7, 3]), { layer });
      expect(value).toMatchObject({ layer, time: 7, units: 5 });
      expect(check).toBeGreaterThan(0);
      expect(check).toBeLessThan(1e-6);
    }
  });

  it("leaves out the steps beyond an example's length", async () => {
    const net = sequential({ input: [6, 2], lengths: true }, lstm(3));
    const inputs = { input: noise([2, 6, 2]), lengths: tensor([6, 4], [2], "int32") };
    const { value, check } = await hiddenStates(net, inputs, { example: 1 });
    expect(value.time).toBe(4);
    expect(value.values.get("state")?.length).toBe(12);
    expect(check).toBeLessThan(1e-6);
  });

  it("shows the first call of a layer that is called twice", async () => {
    const net = network({ a: [4, 2], b: [4, 2] }, ({ a, b }) => {
      const shared = lstm(3, { returns: "last" });
      return dense(1)(concat()(shared(a), shared(b)));
    });
    const inputs = { a: noise([1, 4, 2]), b: noise([1, 4, 2], 2) };
    const { value, check } = await hiddenStates(net, inputs);
    expect([...value.values.keys()]).toEqual(["input", "forget", "candidate", "output", "cell", "state"]);
    const alone = sequential({ input: [4, 2] }, lstm(3));
    alone.setWeights(new Map([...net.weights].filter(([name]) => name.startsWith("lstm_1"))));
    const expected = await hiddenStates(alone, inputs.a);
    expectClose("state", stateOf(value), stateOf(expected.value), 1e-6);
    expect(check).toBeLessThan(1e-6);
    expect((await cutStates(net, inputs)).check).toBe(0);
    expect((await stateGradients(net, inputs)).check).toBeLessThan(0.02);
  });

  it("orders units by their peak, or with similar ones beside each other", () => {
    // Three units, peaks at steps 2, 0 and 1.
    const values = new Float32Array([0, -3, 1, 1, 1, 2, 2, 0, 1]);
    expect(orderOf(values, 3, "peak")).toEqual([1, 2, 0]);
    expect(orderOf(values, 3, "none")).toEqual([0, 1, 2]);
    // Units 0 and 2 rise, 1 and 3 fall.
    const pairs = new Float32Array([0, 5, 0, 1, 1, 4, 10, 0.7, 2, 3.1, 20, 0.5, 3, 2, 29, 0]);
    expect(orderOf(pairs, 4, "cluster")).toEqual([0, 2, 1, 3]);
    expect(orderOf(new Float32Array(8), 4, "cluster").sort()).toEqual([0, 1, 2, 3]);
  });

  it("draws a value: a row per unit, the varied ones where few are wanted", async () => {
    const rows = [1, -1, 1, -1, 1].flatMap((sign, t) => [0, sign, t === 3 ? -2 : 0]);
    const { value } = await hiddenStates(echo(), [rows], { order: "none" });
    const picture = hiddenStatesPicture(value, "state", { zoom: 2, units: 2 });
    expect([picture.width, picture.height]).toEqual([10, 4]);
    const pixel = (x: number, y: number) => [...picture.data.subarray(3 * (y * 10 + x), 3 * (y * 10 + x) + 3)];
    expect(pixel(1, 0)).toEqual(signedScale(2).colour(1));
    expect(pixel(7, 3)).toEqual(signedScale(2).colour(-2));
    expect(() => hiddenStatesPicture(value, "cell")).toThrow('simpleRnn_1 has no "cell". It has: state.');
  });

  it("refuses what is not there", async () => {
    const plain = sequential({ input: [4] }, dense(2));
    await expect(hiddenStates(plain, [[1, 2, 3, 4]])).rejects.toThrow("no recurrent layer");
    await expect(hiddenStates(echo(), noise([1, 5, 3]), { layer: "simpleRnn_2" })).rejects.toThrow("simpleRnn_1");
    await expect(hiddenStates(echo(), noise([1, 5, 3]), { example: 1 })).rejects.toThrow("example");
    await expect(hiddenStates(echo(), noise([1, 5, 3]), { order: "size" as "peak" })).rejects.toThrow("order must be");
  });
});
