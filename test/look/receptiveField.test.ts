import { describe, expect, it } from "vitest";
import {
  add,
  avgPool2d,
  batchNorm,
  conv1d,
  conv2d,
  convTranspose2d,
  dense,
  flatten,
  globalAvgPool,
  groupNorm,
  type Layer,
  layerNorm,
  maxPool2d,
  network,
  relu,
  residual,
  sequential,
  sigmoid,
  tanh,
  upsample,
} from "../../src/index.js";
import { fieldOfCell, receptiveField } from "../../src/look/receptiveField.js";
import { noise, pictureNet, plant } from "./networks.js";

const square = (size: number, jump: number, start: number) => [
  { size, jump, start },
  { size, jump, start },
];

// By hand: r += (k - 1) j, then j *= stride; start -= padding * j.
describe("the field of a layer", () => {
  const rows: [string, number, Layer[], readonly unknown[]][] = [
    ["conv 3", 8, [conv2d(2, 3)], square(3, 1, 0)],
    ["conv 3, pool 2/2, conv 3", 16, [conv2d(2, 3), maxPool2d(2), conv2d(2, 3)], square(8, 2, 0)],
    ["padding", 8, [conv2d(2, 3, { padding: "same" }), conv2d(2, 3, { padding: "same" })], square(5, 1, -2)],
    ["strides", 17, [conv2d(2, 3, { stride: 2 }), relu(), conv2d(2, 3, { stride: 2 })], square(7, 4, 0)],
    ["dilation", 16, [conv2d(2, 3, { dilation: 3 })], square(7, 1, 0)],
    [
      "unequal axes",
      12,
      [conv2d(2, [3, 5], { padding: [1, 0] }), avgPool2d([2, 1])],
      [
        { size: 4, jump: 2, start: -1 },
        { size: 5, jump: 1, start: 0 },
      ],
    ],
    ["normalisation", 8, [conv2d(2, 3), batchNorm(), tanh(), conv2d(2, 3)], square(5, 1, 0)],
    ["overlapping pools", 13, [maxPool2d(3, { stride: 2 }), maxPool2d(3, { stride: 2 })], square(7, 4, 0)],
    [
      "a branch of 5 and one of 1",
      10,
      [residual(conv2d(1, 3, { padding: "same" }), relu(), conv2d(1, 3, { padding: "same" }))],
      square(5, 1, -2),
    ],
    // Output p gets input i where p = 2 i - 1 + m, m in 0..3: p = 0 sees -1..0, p = 1 sees 0..1.
    ["a transposed convolution", 5, [convTranspose2d(2, 4, { stride: 2, padding: 1 })], square(2, 0.5, -1)],
    // Pixels p - 1 .. p + 1 of the enlarged picture: halved and rounded down, two of the input's.
    ["an enlargement", 5, [upsample(2), conv2d(2, 3, { padding: "same" })], square(2, 0.5, -1)],
    ["down and up again", 8, [maxPool2d(2), upsample(2)], square(2, 1, 0)],
    ["by three", 4, [upsample(3)], square(1, 1 / 3, 0)],
    ["a kernel that skips", 4, [convTranspose2d(2, 1, { stride: 2 })], square(1, 0.5, 0)],
    ["dense", 8, [conv2d(2, 3), flatten(), dense(4)], ["whole", "whole"]],
    ["a mean over all", 8, [conv2d(2, 3), globalAvgPool()], ["whole", "whole"]],
    ["group norm", 6, [conv2d(4, 3), groupNorm(2)], ["whole", "whole"]],
    ["layer norm of rows", 6, [layerNorm()], [{ size: 1, jump: 1, start: 0 }, "whole"]],
  ];

  it.each(rows)("%s", async (_, side, layers, axes) => {
    for (const channels of [1, 3, 4]) {
      const first = channels === 1 ? [] : [conv2d(1, 1)];
      const net = sequential({ input: [channels, side, side] }, ...first, ...layers);
      const last = [...net.traced(false).hidden.keys()].at(-1) as string;
      const { value, check } = await receptiveField(net, last);
      expect(value.axes).toEqual(axes.map((axis) => (typeof axis === "string" ? axis : expect.objectContaining(axis))));
      expect(check, "lines that the slopes disagree on").toBe(0);
    }
  });
});

it("stays exact through thirty layers, whatever the activation", async () => {
  for (const activation of [relu, tanh, sigmoid]) {
    const layers = Array.from({ length: 30 }, () => [conv2d(3, 3, { padding: "same" }), activation()]).flat();
    const net = sequential({ input: [2, 80, 80] }, ...layers);
    const { value, check } = await receptiveField(net, "conv2d_30");
    expect(value.axes).toEqual(square(61, 1, -30));
    expect(check).toBe(0);
  }
});

it("knows sequences, the inputs of several, and what a layer has no part of", async () => {
  const net = network({ sound: [1, 40], image: [2, 9, 9] }, ({ sound, image }) => {
    const heard = conv1d(2, 5, { stride: 2 })(sound);
    const seen = conv2d(2, 3)(image);
    return dense(2)(add()(globalAvgPool()(heard), globalAvgPool()(seen)));
  });
  expect((await receptiveField(net, "conv1d_1")).value.axes).toEqual([{ size: 5, jump: 2, start: 0 }]);
  expect((await receptiveField(net, "conv2d_1")).value).toMatchObject({ input: "sound", axes: ["none"] });
  const image = await receptiveField(net, "conv2d_1", { input: "image" });
  expect(image).toEqual({ value: { layer: "conv2d_1", input: "image", axes: square(3, 1, 0) }, check: 0 });
  expect((await receptiveField(net, "dense_1", { input: "image" })).check).toBe(0);
});

it("says so when it cannot follow: a bilinear enlargement is taken for the whole, and the check counts the lines", async () => {
  const net = sequential({ input: [1, 8, 8] }, upsample(2, { mode: "bilinear" }));
  const { value, check } = await receptiveField(net, "upsample_1");
  expect(value.axes).toEqual(["whole", "whole"]);
  expect(check).toBeGreaterThan(0);
});

it("leaves the weights alone", async () => {
  const net = pictureNet(3);
  const before = [...net.weights].map(([, { data }]) => Array.from(data));
  await receptiveField(net, "residual_1", { effective: noise([2, 3, 12, 12]) });
  expect([...net.weights].map(([, { data }]) => Array.from(data))).toEqual(before);
});

describe("the effective field", () => {
  it("is the kernel's sizes where the layer is linear", async () => {
    const kernel = [1, -2, 3, 0, 0, 0, -4, 5, 0.5];
    const net = plant(sequential({ input: [1, 7, 7] }, conv2d(1, 3)), { "conv2d_1.weight": kernel });
    const { value } = await receptiveField(net, "conv2d_1", { effective: noise([5, 1, 7, 7]) });
    const expected = new Float32Array(49);
    // The middle cell [2, 2] of [5, 5] sees rows and columns 2 to 4.
    kernel.forEach((w, i) => {
      expected[(2 + Math.floor(i / 3)) * 7 + 2 + (i % 3)] = Math.abs(w);
    });
    expect(value.effective?.shape).toEqual([7, 7]);
    expect(value.effective?.data).toEqual(expected);
  });

  it("takes one unit where asked, and the mean over channels", async () => {
    const net = plant(sequential({ input: [3, 3, 3] }, conv2d(2, 1)), { "conv2d_1.weight": [9, 9, 9, 1, -2, 6] });
    const { value } = await receptiveField(net, "conv2d_1", { effective: noise([2, 3, 3, 3]), unit: 1 });
    expect(Array.from(value.effective?.data as Float32Array)).toEqual([0, 0, 0, 0, 3, 0, 0, 0, 0]);
  });
});

describe("the field of a cell", () => {
  it("ends at the border", () => {
    const net = sequential({ input: [1, 8, 8] }, conv2d(1, 3, { padding: "same" }), conv2d(1, 3, { padding: "same" }));
    expect(fieldOfCell(net, "conv2d_2", [0, 4])).toEqual([
      [0, 2],
      [2, 6],
    ]);
    expect(fieldOfCell(net, "conv2d_2", [7, 7])).toEqual([
      [5, 7],
      [5, 7],
    ]);
  });

  it("does not go through padding: input 6, conv 3/2 has cells 0 and 1, so the next layer sees up to 4", () => {
    const net = sequential({ input: [1, 6, 6] }, conv2d(1, 3, { stride: 2 }), conv2d(1, 3, { padding: "same" }));
    expect(fieldOfCell(net, "conv2d_2", [1, 0])).toEqual([
      [0, 4],
      [0, 4],
    ]);
  });

  it("is the whole for a unit without a position, and nothing where a kernel skips", () => {
    expect(fieldOfCell(pictureNet(3), "dense_1", [])).toEqual([
      [0, 11],
      [0, 11],
    ]);
    const net = sequential({ input: [1, 4, 4] }, convTranspose2d(1, 1, { stride: 2 }));
    expect(fieldOfCell(net, "convTranspose2d_1", [1, 1])).toBeUndefined();
    expect(fieldOfCell(net, "convTranspose2d_1", [2, 4])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });
});

it("names what is missing", async () => {
  const net = sequential({ input: [4] }, dense(2));
  await expect(receptiveField(net, "dense_1")).rejects.toThrow("there are input [4]");
  await expect(receptiveField(pictureNet(1), "conv2d_9")).rejects.toThrow('Did you mean "conv2d_1"?');
  await expect(receptiveField(pictureNet(1), "conv2d_1", { input: "x" })).rejects.toThrow(
    "there are input [1, 12, 12]",
  );
});
