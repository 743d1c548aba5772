import { expect, it } from "vitest";
import {
  add,
  batchNorm,
  concat,
  conv1d,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAvgPool,
  maxPool2d,
  network,
  relu,
  residual,
  sequential,
} from "../../src/index.js";

// Parameters by hand: 3*3*3*8 + 8 = 224; 3*3*8*16 + 16 = 1,168; 16 + 16; 576*10 + 10 = 5,770.
// Seen by hand (r += (k - 1) j): 3, then pool 2/2 gives 4 with jump 2, then conv 3 gives 8, then pool 2/2 gives 10.
it("lays out layers, shapes, parameters and receptive fields", () => {
  const net = sequential(
    { input: [3, 30, 30] },
    conv2d(8, 3),
    relu(),
    maxPool2d(2),
    conv2d(16, 3, { name: "deep", bias: true }),
    batchNorm(),
    maxPool2d(2),
    dropout(0.5),
    flatten(),
    dense(10),
  );
  expect(net.summary()).toBe(
    [
      "layer        kind       output               parameters  sees",
      "-------------------------------------------------------------------",
      "input        input      [batch, 3, 30, 30]",
      "conv2d_1     conv2d     [batch, 8, 28, 28]          224  3 x 3",
      "relu_1       relu       [batch, 8, 28, 28]            0  3 x 3",
      "maxPool2d_1  maxPool2d  [batch, 8, 14, 14]            0  4 x 4",
      "deep         conv2d     [batch, 16, 12, 12]       1,168  8 x 8",
      "batchNorm_1  batchNorm  [batch, 16, 12, 12]          32  8 x 8",
      "maxPool2d_2  maxPool2d  [batch, 16, 6, 6]             0  10 x 10",
      "dropout_1    dropout    [batch, 16, 6, 6]             0  10 x 10",
      "flatten_1    flatten    [batch, 576]                  0  everything",
      "dense_1      dense      [batch, 10]               5,770  everything",
      "",
      "7,194 parameters, and 32 running statistics (28.9 kB)",
    ].join("\n"),
  );
  expect(net.parameterCount).toBe(7194);
});

it("leaves out what a plain network does not need", () => {
  const net = sequential({ input: [2] }, dense(8), relu(), dense(2));
  expect(net.summary()).toBe(
    [
      "layer    kind   output      parameters",
      "--------------------------------------",
      "input    input  [batch, 2]",
      "dense_1  dense  [batch, 8]          24",
      "relu_1   relu   [batch, 8]           0",
      "dense_2  dense  [batch, 2]          18",
      "",
      "42 parameters (168 bytes)",
    ].join("\n"),
  );
});

it("says where each layer's inputs come from once there are branches, and counts shared weights once", () => {
  const shared = conv2d(4, 3, { padding: "same" });
  const net = network({ image: [4, 16, 16], age: [1] }, ({ image, age }) => {
    const twice = shared(shared(image));
    const inner = residual(conv2d(4, 3, { padding: "same" }), relu())(add()(twice, image));
    return dense(3)(concat()(globalAvgPool()(inner), age));
  });
  const lines = net.summary().split("\n");
  const row = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.split(/ {2,}/);
  expect(row("conv2d_1")).toEqual(["conv2d_1", "conv2d", "image", "[batch, 4, 16, 16]", "148", "3 x 3"]);
  expect(row("conv2d_1:2")).toEqual(["conv2d_1:2", "conv2d", "conv2d_1", "[batch, 4, 16, 16]", "of conv2d_1", "5 x 5"]);
  expect(row("add_1")?.slice(2)).toEqual(["conv2d_1:2, image", "[batch, 4, 16, 16]", "0", "5 x 5"]);
  expect(row("residual_1")?.slice(2)).toEqual(["add_1", "[batch, 4, 16, 16]", "148", "7 x 7"]);
  expect(row("concat_1")?.slice(2)).toEqual(["globalAvgPool_1, age", "[batch, 5]", "0", "everything"]);
  expect(lines.at(-1)).toBe("314 parameters (1.3 kB)");
});

it("gives the field of a sequence by its one axis", () => {
  const net = sequential({ input: [2, 50] }, conv1d(4, 5, { dilation: 2 }), conv1d(4, 3, { stride: 2 }));
  expect(net.summary()).toMatch(/conv1d_1 .* 9\n/);
  expect(net.summary()).toMatch(/conv1d_2 .* 11\n/);
});
