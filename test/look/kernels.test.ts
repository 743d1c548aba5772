import { describe, expect, it } from "vitest";
import {
  conv1d,
  conv2d,
  convTranspose2d,
  dense,
  embedding,
  flatten,
  type Layer,
  layerNorm,
  maxPool2d,
  relu,
  reshape,
  residual,
  sequential,
} from "../../src/index.js";
import { signedScale } from "../../src/look/colour.js";
import { checkTemplates } from "../../src/look/kernelCheck.js";
import { kernelSource } from "../../src/look/kernelSource.js";
import { kernels } from "../../src/look/kernels.js";
import { plant } from "./networks.js";

describe("planted detectors", () => {
  it("shows a detector of red as red", async () => {
    const net = plant(sequential({ input: [3, 4, 4] }, conv2d(1, 1)), { "conv2d_1.weight": [1, -0.5, -0.5] });
    const { value, check } = await kernels(net, "conv2d_1");
    // w / 2 + 1/2 in bytes: 1 -> 255, -0.5 -> 63.75.
    expect([...(value.tiles[0]?.picture.data ?? [])]).toEqual([255, 64, 64]);
    expect(value).toMatchObject({ inColour: true, most: 1 });
    expect(value.norms.data).toEqual(Float32Array.of(1, 0.5, 0.5));
    expect(check).toBe(0);
  });

  it("shows a kernel's corner in its corner", async () => {
    const corner = [1, 1, 1, -1, -1, 1, -1, -1, 1];
    const net = plant(sequential({ input: [1, 5, 5] }, conv2d(1, 3)), { "conv2d_1.weight": corner });
    const { value, check } = await kernels(net, "conv2d_1");
    const scale = signedScale(1);
    expect([...(value.tiles[0]?.picture.data ?? [])]).toEqual(corner.flatMap((w) => [...scale.colour(w)]));
    expect(value.norms.data).toEqual(Float32Array.of(3));
    expect(check).toBe(0);
  });

  it("turns the kernel of a transposed convolution, and swaps its channels", async () => {
    const net = plant(sequential({ input: [2, 5, 5] }, convTranspose2d(1, 2)), {
      "convTranspose2d_1.weight": [1, 2, 3, 4, 5, 6, 7, 8],
    });
    const { value, check } = await kernels(net, "convTranspose2d_1");
    expect(value.templates).toEqual({
      dtype: "float32",
      shape: [1, 2, 2, 2],
      data: Float32Array.of(4, 3, 2, 1, 8, 7, 6, 5),
    });
    expect(check).toBe(0);
  });

  it("draws a dense layer's units as pictures where it sees a flattened one", async () => {
    const net = plant(sequential({ input: [1, 2, 3] }, flatten(), dense(2)), {
      "dense_1.weight": [0, 0, 0, 0, 0, 7, 1, 2, 3, 4, 5, 6],
    });
    const { value, check } = await kernels(net, "dense_1");
    expect(value.templates.shape).toEqual([2, 1, 2, 3]);
    expect(value.tiles.map(({ picture }) => [picture.width, picture.height])).toEqual([
      [3, 2],
      [3, 2],
    ]);
    const strongest = value.tiles[0]?.picture.data.subarray(3 * 5);
    expect([...(strongest ?? [])]).toEqual([...signedScale(7).colour(7)]);
    expect(check).toBe(0);
  });

  it("draws them in colour where the picture has three channels", async () => {
    const net = plant(sequential({ input: [3, 1, 2] }, flatten(), dense(1)), { "dense_1.weight": [1, -1, 0, 0, 0, 0] });
    const { value } = await kernels(net, "dense_1");
    expect([...(value.tiles[0]?.picture.data ?? [])]).toEqual([255, 128, 128, 0, 128, 128]);
  });
});

describe("the templates are the slopes of the network's own cells", () => {
  const rows: [string, readonly number[], Layer[], string, readonly number[]][] = [
    ["grey", [1, 9, 9], [conv2d(20, 3)], "conv2d_1", [20, 1, 3, 3]],
    ["in colour", [3, 9, 9], [conv2d(4, 5, { padding: "same", stride: 2 })], "conv2d_1", [4, 3, 5, 5]],
    ["deeper", [3, 9, 9], [conv2d(4, 3), relu(), maxPool2d(2), conv2d(5, 2)], "conv2d_2", [5, 4, 2, 2]],
    ["dilated, of unequal sides", [2, 12, 12], [conv2d(3, [3, 2], { dilation: [2, 3] })], "conv2d_1", [3, 2, 3, 2]],
    ["in groups", [4, 6, 6], [conv2d(6, 3, { groups: 2 })], "conv2d_1", [6, 2, 3, 3]],
    ["transposed", [3, 6, 6], [convTranspose2d(4, 3)], "convTranspose2d_1", [4, 3, 3, 3]],
    [
      "transposed, enlarging",
      [3, 6, 6],
      [convTranspose2d(4, 4, { stride: 2, padding: 1 })],
      "convTranspose2d_1",
      [4, 3, 4, 4],
    ],
    ["transposed, in groups", [4, 6, 6], [convTranspose2d(6, 3, { groups: 2 })], "convTranspose2d_1", [6, 2, 3, 3]],
    ["of a sequence", [2, 20], [conv1d(3, 5, { stride: 2 })], "conv1d_1", [3, 2, 5]],
    ["dense", [7], [dense(4)], "dense_1", [4, 7]],
    [
      "dense without bias, after maps",
      [2, 6, 6],
      [conv2d(3, 3), flatten(), dense(5, { bias: false })],
      "dense_1",
      [5, 3, 4, 4],
    ],
    ["dense at each time", [5, 7], [dense(4)], "dense_1", [4, 7]],
    ["dense after another shape", [12], [reshape([3, 4]), flatten(), dense(2)], "dense_1", [2, 3, 4]],
    ["within a block", [2, 6, 6], [residual(conv2d(2, 3, { padding: "same" }))], "residual_1/conv2d_1", [2, 2, 3, 3]],
  ];
  it.each(rows)("%s", async (_, input, layers, layer, shape) => {
    const { value, check } = await kernels(sequential({ input, seed: 4 }, ...layers), layer);
    expect(value.templates.shape).toEqual(shape);
    expect(check).toBe(0);
    expect(value.tiles.length).toBe(
      value.inColour || shape.length < 4 ? shape[0] : (shape[0] as number) * (shape[1] as number),
    );
  });

  it("and are not when they lie otherwise", async () => {
    const net = sequential({ input: [1, 6, 6] }, conv2d(1, 3));
    const source = kernelSource(net, "conv2d_1");
    const { templates } = source;
    expect(await checkTemplates(net, source)).toBe(0);
    const turned = { ...source, templates: { ...templates, data: templates.data.toReversed() } as typeof templates };
    expect(await checkTemplates(net, turned)).toBeGreaterThan(0.01);
  });
});

it("makes the weakest unit as plain as the strongest where asked", async () => {
  const net = plant(sequential({ input: [1, 3, 3] }, conv2d(2, 1)), { "conv2d_1.weight": [1, 10] });
  const first = async (scope: "unit" | "layer") => [
    ...((await kernels(net, "conv2d_1", { scope })).value.tiles[0]?.picture.data ?? []),
  ];
  expect(await first("unit")).toEqual([...signedScale(1).colour(1)]);
  expect(await first("layer")).toEqual([...signedScale(10).colour(1)]);
});

it("says what has no kernels", async () => {
  const net = sequential({ input: [2, 6, 7] }, conv2d(2, 3), layerNorm({ axes: 2 }), relu(), residual(conv2d(2, 1)));
  await expect(kernels(net, "relu_1")).rejects.toThrow("It has no weights at all.");
  await expect(kernels(net, "residual_1")).rejects.toThrow("Weights inside it: residual_1.conv2d_1.weight");
  await expect(kernels(net, "layerNorm_1")).rejects.toThrow("Choose one: weight, bias.");
  await expect(kernels(net, "layerNorm_1", { weight: "bias" })).rejects.toThrow("it is added, multiplied or looked up");
  await expect(kernels(net, "conv2d_1", { units: [2] })).rejects.toThrow("unit must be a whole number from 0 to 1");
  const words = sequential({ input: [4], dtype: "int32" }, embedding(10, 3));
  await expect(kernels(words, "embedding_1")).rejects.toThrow("it is added, multiplied or looked up");
});
