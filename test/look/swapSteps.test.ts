import { describe, expect, it } from "vitest";
import { sequential, tensor } from "../../src/index.js";
import { swapSteps } from "../../src/look/index.js";
import { dense, embedding, gru, reshape, simpleRnn } from "../../src/nn/index.js";
import { delayLine, series } from "./memoryNetworks.js";
import { noise, plant } from "./networks.js";

describe("two steps exchanged", () => {
  it("are told apart by a delay line until both have left it", async () => {
    const { value, check } = await swapSteps(delayLine(9, 3, "all"), series([1, 2, 3, 4, 5, 6, 7, 8, 9]), {
      swap: [4, 2],
    });
    expect(value.layers).toMatchObject([{ layer: "simpleRnn_1", diverges: 2, rejoins: 7 }]);
    expect([...(value.layers[0]?.distance ?? [])].map((x) => x > 0)).toEqual([0, 0, 1, 1, 1, 1, 1, 0, 0].map(Boolean));
    // The line holds 3, 2, 1 and 5, 2, 1: 2 apart, of a mean square of 22.
    expect(value.layers[0]?.distance[2]).toBeCloseTo(2 / Math.sqrt(22), 6);
    // Out come steps 2 and 4 two steps later, exchanged: (3 - 5)^2 each.
    expect([...value.change]).toEqual([0, 0, 0, 0, 4, 0, 4, 0, 0]);
    expect(check).toBe(0);
  });

  it("are all one to a sum", async () => {
    const net = plant(sequential({ input: [6, 1] }, simpleRnn(1, { activation: "linear", returns: "last" })), {
      "simpleRnn_1.weight_ih_l0": [1],
      "simpleRnn_1.weight_hh_l0": [1],
    });
    const { value } = await swapSteps(net, series([0, 0, 0, 0, 0, 0], [1, 2, 4, 8, 16, 32]), {
      swap: [1, 3],
      example: 1,
    });
    expect(value.layers).toMatchObject([{ diverges: 1, rejoins: 3 }]);
    expect([...value.change]).toEqual([0]);
  });

  it("never meet again in a network that counts on the order", async () => {
    // h' = h / 2 + x: every order gives another number, and the difference only halves.
    const net = plant(sequential({ input: [4, 1] }, simpleRnn(1, { activation: "linear" })), {
      "simpleRnn_1.weight_ih_l0": [1],
      "simpleRnn_1.weight_hh_l0": [0.5],
    });
    const { value } = await swapSteps(net, series([1, 0, 0, 0]), { swap: [0, 1] });
    expect(value.layers).toMatchObject([{ diverges: 0, rejoins: undefined }]);
    const same = await swapSteps(net, series([1, 1, 0, 0]), { swap: [0, 1] });
    expect(same.value.layers).toMatchObject([{ diverges: undefined, rejoins: 1 }]);
  });

  it("are tokens too, and backwards the other way round", async () => {
    const net = sequential(
      { input: [8], dtype: "int32", seed: 3 },
      embedding(5, 3),
      gru(4, { bidirectional: true, returns: "last" }),
      dense(2),
    );
    const tokens = tensor([0, 1, 2, 3, 4, 0, 1, 2], [1, 8], "int32");
    const { value, check } = await swapSteps(net, tokens, { swap: [2, 5] });
    expect(value.layers.map(({ layer, diverges }) => [layer, diverges])).toEqual([
      ["gru_1", 2],
      ["gru_1/l0_reverse", 5],
    ]);
    expect(check).toBe(0);
  });

  it("must be steps of the example", async () => {
    const net = sequential({ input: [6, 2], lengths: true, seed: 3 }, gru(4, { returns: "last" }), dense(2));
    const inputs = { input: noise([1, 6, 2]), lengths: tensor([4], [1], "int32") };
    await expect(swapSteps(net, inputs, { swap: [1, 4] })).rejects.toThrow("swap");
    const shorter = sequential({ input: [8] }, reshape([4, 2]), gru(3), dense(1));
    await expect(swapSteps(shorter, noise([1, 8]), { swap: [0, 1] })).rejects.toThrow("none of the inputs has as many");
  });
});
