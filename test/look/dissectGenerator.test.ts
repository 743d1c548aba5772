import { describe, expect, it } from "vitest";
import {
  concat,
  conv2d,
  convTranspose2d,
  dense,
  embedding,
  flatten,
  gan,
  network,
  relu,
  reshape,
  sequential,
  tanh,
  tensor,
} from "../../src/index.js";
import { dissectGenerator } from "../../src/look/index.js";
import { linearGame } from "./games.js";
import { noise, plant } from "./networks.js";

/**
 * Noise of 2 x 2 x 2 numbers is a picture of two channels; a transposed convolution with a kernel of 3 at a stride of 4
 * writes nine pixels for each of its cells, channel 0 with a kernel of ones and channel 1 with nothing.
 */
const stamps = (channels = 1) =>
  plant(sequential({ input: [8] }, reshape([2, 2, 2]), convTranspose2d(channels, 3, { stride: 4 })), {
    "convTranspose2d_1.weight": [...new Array(9 * channels).fill(1), ...new Array(9 * channels).fill(0)],
    "convTranspose2d_1.bias": new Array(channels).fill(0.25),
  });

describe("a generator's units switched off", () => {
  it.each([1, 3, 4])("change their projective field and nothing else, %i channels", async (channels) => {
    // Channel 0 speaks in its cell [0, 1] alone: it writes rows 0..2, columns 4..6 of the 7 x 7 pixels.
    const latents = tensor([0, 2, 0, 0, 5, 6, 7, 8], [1, 8]);
    const { value, check } = await dissectGenerator(stamps(channels), {
      layer: "reshape_1",
      latents,
      replace: "zero",
    });
    expect(value.units.map(({ channels: off, effect }) => [off, effect > 0])).toEqual([
      [[0], true],
      [[1], false],
    ]);
    const [first, second] = value.units;
    const expected = Array.from({ length: 49 * channels }, (_, i) => {
      const [y, x] = [Math.floor((i % 49) / 7), i % 7];
      return y <= 2 && x >= 4 ? 2 : 0;
    });
    expect(first?.map.shape).toEqual([channels, 7, 7]);
    expect([...(first?.map.data ?? [])]).toEqual(expected);
    expect(first?.effect).toBeCloseTo((2 * 9) / 49, 6);
    expect([...(first?.perChannel ?? [])]).toEqual(new Array(channels).fill(18 / 49));
    // By default how much brighter the unit makes the picture.
    expect(first?.causal).toBeCloseTo((2 * 9) / 49, 6);
    expect(second?.map.data.every((x) => x === 0)).toBe(true);
    expect(check).toBe(0);
  });

  it("without outgoing weights change nothing, to the bit", async () => {
    const { value } = await dissectGenerator(stamps(), { layer: "reshape_1", channels: [1], count: 5 });
    expect(value.units).toHaveLength(1);
    const changed = await value.without([1]);
    expect(changed.data).toEqual(value.examples.data);
  });

  it("ranks the channels of a layer, the strongest first", async () => {
    // A dense layer of three units onto a point, of weights 1, 3 and 2.
    const net = plant(sequential({ input: [3] }, relu(), dense(1)), {
      "dense_1.weight": [1, -3, 2],
      "dense_1.bias": [0],
    });
    const latents = tensor([1, 1, 1, 3, 1, 1], [2, 3]);
    const zero = await dissectGenerator(net, { layer: "relu_1", latents, replace: "zero" });
    expect(zero.value.units.map(({ channels, effect, causal }) => [channels[0], effect, causal])).toEqual([
      [1, 3, -3],
      [0, 2, 2],
      [2, 2, 2],
    ]);
    // With means in their place, what never changes has no effect: unit 0 is 1 and 3, its mean 2.
    const mean = await dissectGenerator(net, { layer: "relu_1", latents });
    expect(mean.value.units.map(({ channels, effect, causal }) => [channels[0], effect, causal])).toEqual([
      [0, 1, 0],
      [1, 0, 0],
      [2, 0, 0],
    ]);
    const all = await dissectGenerator(net, {
      layer: "relu_1",
      latents,
      replace: "zero",
      channels: [1, 2],
      together: true,
    });
    expect(all.value.units.map(({ channels, effect }) => [channels, effect])).toEqual([[[1, 2], 1]]);
    expect((await all.value.without([0, 1, 2])).data).toEqual(Float32Array.of(0, 0));
  });

  it("measures what is asked: the discriminator's score, say", async () => {
    const game = linearGame({ weight: [1, 0, 0, 1], w: [5, 0] });
    const measure = async (x: Parameters<typeof game.score>[0]) => (await game.score(x)).data;
    const latents = tensor([1, 1, 3, 1], [2, 2]);
    const { value } = await dissectGenerator(game, { layer: "dense_1", latents, replace: "zero", measure });
    expect(value.units.map(({ channels, causal }) => [channels[0], causal])).toEqual([
      [0, 10],
      [1, 0],
    ]);
  });

  it("leaves what lies outside of the field alone in a deep generator, with conditions and ways around the layer", async () => {
    const inputs = { label: { shape: [], dtype: "int32" } } as const;
    const generator = network({ latent: [6], ...inputs }, ({ latent, label }) => {
      const begin = reshape([4, 4, 4])(dense(64)(concat()(latent, embedding(3, 2)(label))));
      const more = relu()(convTranspose2d(6, 4, { stride: 2, padding: 1 })(relu()(begin)));
      return tanh()(conv2d(3, 3, { padding: "same" })(more));
    });
    const discriminator = network({ input: [3, 8, 8], ...inputs }, ({ input, label }) =>
      dense(1)(concat()(flatten()(input), embedding(3, 2)(label))),
    );
    const game = gan({ generator, discriminator });
    const label = tensor(Int32Array.of(1));
    for (const layer of ["relu_1", "relu_2", "reshape_1", "dense_1"]) {
      const channels = [0, 3];
      const { value, check } = await dissectGenerator(game, { layer, channels, count: 70, conditions: { label } });
      expect(value.units).toHaveLength(2);
      expect(value.examples.shape).toEqual([70, 3, 8, 8]);
      expect(check).toBe(0);
    }
    expect(generator.weights.size).toBe(7);
  });

  it("names what cannot be", async () => {
    const net = stamps();
    await expect(dissectGenerator(net, { layer: "conv2d_1" })).rejects.toThrow('look at "conv2d_1"');
    await expect(dissectGenerator(net, { layer: "reshape_1", channels: [2] })).rejects.toThrow(
      "channels must be a whole number from 0 to 1",
    );
    await expect(dissectGenerator(net, { layer: "reshape_1", replace: "none" as never })).rejects.toThrow(
      'replace must be "mean" or "zero"',
    );
    await expect(dissectGenerator(net, { layer: "reshape_1", measure: () => [] })).rejects.toThrow(
      "measure gave 0 numbers for 16 examples",
    );
    await expect(dissectGenerator(net, { layer: "reshape_1", latents: noise([1, 3]) })).rejects.toThrow(
      "latents must be",
    );
  });
});
