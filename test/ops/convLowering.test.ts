import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { countOf } from "../../src/base/shape.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { input } from "../../src/graph/index.js";
import { lower } from "../../src/onnx/index.js";
import { convAttrs, convFilterGradient } from "../../src/ops/conv.js";
import { type ConvOptions, conv, convTranspose } from "../../src/ops/index.js";
import { run } from "../../src/runtime/index.js";
import "../../src/node/host.js";
import * as reference from "../reference/index.js";
import { expectClose } from "../support/close.js";
import { nodesIn } from "../support/model.js";

/** The rows of conv.test.ts are small; the sizes here lead to each way that a lowering takes. */
interface Case extends ConvOptions {
  readonly how: string;
  readonly x: readonly number[];
  readonly filters: number;
  readonly kernel: readonly number[];
}

const drawn = (stream: string, shape: readonly number[]): Tensor =>
  tensor(random(7, stream, 0).normal(countOf(shape), 0, 1), shape);

const arrayOf = ({ data, shape }: Tensor) => reference.array(data, shape);

async function checkFilterGradient({ x: xShape, filters, kernel, ...options }: Omit<Case, "how">): Promise<void> {
  const x = drawn("x", xShape);
  const positions = reference.windowedSize(xShape.slice(2), kernel, options);
  const dy = drawn("dy", [xShape[0] as number, filters, ...positions]);
  const attrs = convAttrs("convFilterGradient", kernel.length, options);
  const dw = await run((a, b) => convFilterGradient(a, b, { ...attrs, size: kernel }), x, dy);
  expectClose("dw", dw, reference.convFilterGradient(arrayOf(x), arrayOf(dy), kernel, options), 1e-5);
}

describe("the gradient by the filter", () => {
  const cases: Case[] = [
    { how: "columns, fewer positions than filters", x: [5, 3, 4, 5], filters: 13, kernel: [3, 2] },
    { how: "columns, many positions", x: [2, 3, 13, 12], filters: 8, kernel: [3, 3], pads: [1, 1, 1, 1] },
    { how: "rows and columns, few positions", x: [5, 13, 4, 5], filters: 15, kernel: [3, 2], pads: [1, 1, 0, 0] },
    { how: "rows and columns, many positions", x: [2, 4, 13, 12], filters: 5, kernel: [3, 3], pads: [1, 1, 1, 1] },
    {
      how: "rows and columns, dilated, pads up to the kernel's reach",
      x: [2, 4, 13, 12],
      filters: 3,
      kernel: [2, 3],
      dilations: [4, 3],
      pads: [5, 6, 0, 2],
    },
    {
      how: "columns for pads beyond the kernel's reach",
      x: [2, 4, 13, 12],
      filters: 3,
      kernel: [3, 3],
      pads: [0, 2, 1, 3],
    },
    {
      how: "many positions, everything at once",
      x: [2, 4, 31, 33],
      filters: 6,
      kernel: [2, 3],
      strides: [2, 1],
      dilations: [1, 2],
      pads: [1, 0, 2, 1],
      groups: 2,
    },
    { how: "many positions, depthwise", x: [3, 4, 12, 12], filters: 8, kernel: [3, 3], groups: 4 },
    { how: "columns too large to keep", x: [2, 1, 300, 301], filters: 2, kernel: [5, 5] },
    {
      how: "columns too large to keep, a stride that leaves rows unread, groups",
      x: [1, 2, 424, 424],
      filters: 4,
      kernel: [7, 7],
      strides: [2, 3],
      dilations: [3, 1],
      pads: [3, 0, 2, 1],
      groups: 2,
    },
  ];
  for (const { how, ...shapes } of cases) it(how, () => checkFilterGradient(shapes));
});

describe("a filter that takes in a whole picture", () => {
  const window = convAttrs("conv", 2, { strides: [2, 2] });
  const inputs = {
    x: input("x", ["batch", 3, 4, 4]),
    w: input("w", [5, 3, 4, 4]),
    dy: input("dy", ["batch", 5, 1, 1]),
  };
  const { x, w, dy } = inputs;
  it.each([
    { what: "the convolution", y: conv(x, w, undefined, window) },
    { what: "the way back", y: convTranspose(dy, w, { ...window, size: [4, 4] }) },
    { what: "the gradient by the filter", y: convFilterGradient(x, dy, { ...window, size: [4, 4] }) },
  ])("$what is one matrix product", ({ y }) => {
    const types = nodesIn(lower({ inputs, outputs: { y } }).bytes).map(({ opType }) => opType);
    expect(types.filter((type) => type !== "Reshape")).toEqual(["Gemm"]);
  });
});
