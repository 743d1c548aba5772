import type { Shape } from "../../../src/base/shape.js";
import { convAttrs, convFilterGradient } from "../../../src/ops/conv.js";
import { type ConvOptions, conv, convTranspose } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { normal } from "../inputs.js";
import { opRow } from "../row.js";

/** x [N, C, ...], w [O, C/groups, ...kernel] */
const convRow = (how: string, x: Shape, w: Shape, attrs: ConvOptions = {}) =>
  opRow({
    name: `conv: ${how}`,
    inputs: { x: normal(x), w: normal(w) },
    attrs,
    op: (v, options) => conv(v.x, v.w, undefined, options),
    ref: (v, options) => reference.conv(v.x, v.w, undefined, options),
  });

/** y [N, O, ...], w [O, C/groups, ...kernel] to the lengths `size` */
const transposeRow = (how: string, y: Shape, w: Shape, attrs: ConvOptions & { readonly size: readonly number[] }) =>
  opRow({
    name: `convTranspose: ${how}`,
    inputs: { y: normal(y), w: normal(w) },
    attrs,
    op: (v, options) => convTranspose(v.y, v.w, options),
    ref: (v, options) => reference.convTranspose(v.y, v.w, options.size, options),
  });

/** x [N, C, ...], dy [N, O, ...] to the kernel `size` */
const filterRow = (how: string, x: Shape, dy: Shape, attrs: ConvOptions & { readonly size: readonly number[] }) =>
  opRow({
    name: `convFilterGradient: ${how}`,
    inputs: { x: normal(x), dy: normal(dy) },
    attrs,
    op: (v, { size, ...options }) => {
      const filled = convAttrs("convFilterGradient", size.length, options);
      return convFilterGradient(v.x, v.dy, { ...filled, size });
    },
    ref: (v, { size, ...options }) => reference.convFilterGradient(v.x, v.dy, size, options),
  });

export const convRows = [
  convRow("one axis", ["batch", 2, 6], [3, 2, 3]),
  convRow("one axis, everything at once", ["batch", 4, 11], [6, 2, 3], {
    strides: [2],
    pads: [1, 2],
    dilations: [2],
    groups: 2,
  }),
  convRow("two axes", ["batch", 2, 4, 5], [3, 2, 3, 2]),
  convRow("kernel 1x1", ["batch", 3, 3, 2], [4, 3, 1, 1]),
  convRow("kernel as large as the picture", ["batch", 2, 3, 3], [3, 2, 3, 3]),
  convRow("dilated to the size of the picture", ["batch", 2, 3, 5], [3, 2, 2, 3], { dilations: [2, 2] }),
  convRow("as large as the picture, padded", ["batch", 2, 3, 2], [3, 2, 3, 2], { pads: [1, 0, 0, 0] }),
  convRow("as large as the picture, two groups", ["batch", 4, 2, 3], [2, 2, 2, 3], { groups: 2 }),
  convRow("padding that keeps the size", ["batch", 2, 4, 4], [2, 2, 3, 3], { pads: [1, 1, 1, 1] }),
  convRow("padding on one side", ["batch", 1, 4, 4], [2, 1, 2, 2], { pads: [1, 0, 0, 1] }),
  convRow("padding beyond the kernel's reach", ["batch", 1, 3, 3], [2, 1, 2, 2], { pads: [2, 1, 2, 3] }),
  convRow("stride 2", ["batch", 2, 5, 5], [2, 2, 3, 3], { strides: [2, 2] }),
  convRow("a stride that leaves rows unread", ["batch", 1, 7, 6], [2, 1, 2, 3], { strides: [3, 2] }),
  convRow("a stride longer than the kernel", ["batch", 1, 8, 7], [2, 1, 2, 1], { strides: [3, 3] }),
  convRow("dilation", ["batch", 1, 6, 5], [2, 1, 2, 3], { dilations: [3, 2] }),
  convRow("stride, dilation and padding", ["batch", 2, 6, 7], [2, 2, 3, 2], {
    strides: [2, 3],
    dilations: [2, 1],
    pads: [2, 1, 1, 0],
  }),
  convRow("two groups", ["batch", 4, 3, 4], [6, 2, 2, 2], { groups: 2 }),
  convRow("depthwise, two filters a channel, stride 2", ["batch", 3, 5, 5], [6, 1, 3, 3], {
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    groups: 3,
  }),
  convRow("three axes", ["batch", 2, 3, 4, 3], [2, 2, 2, 2, 2], { strides: [1, 2, 1], pads: [0, 1, 0, 1, 0, 0] }),
  opRow({
    name: "conv: bias",
    inputs: { x: normal(["batch", 2, 4, 3]), w: normal([3, 2, 2, 2]), b: normal([3]) },
    op: ({ x, w, b }) => conv(x, w, b),
    ref: ({ x, w, b }) => reference.conv(x, w, b),
  }),
  opRow({
    name: "conv: bias, kernel as large as the picture",
    inputs: { x: normal(["batch", 2, 3, 2]), w: normal([3, 2, 3, 2]), b: normal([3]) },
    op: ({ x, w, b }) => conv(x, w, b, { strides: [2, 1] }),
    ref: ({ x, w, b }) => reference.conv(x, w, b, { strides: [2, 1] }),
  }),
  opRow({
    name: "conv: bias, one axis",
    inputs: { x: normal(["batch", 2, 4]), w: normal([3, 2, 2]), b: normal([3]) },
    op: ({ x, w, b }) => conv(x, w, b),
    ref: ({ x, w, b }) => reference.conv(x, w, b),
  }),

  transposeRow("one axis", ["batch", 3, 4], [3, 2, 3], { size: [6] }),
  transposeRow("stride 1", ["batch", 2, 3, 3], [2, 3, 2, 3], { size: [4, 5] }),
  transposeRow("from a single place (DCGAN)", ["batch", 3, 1, 1], [3, 2, 4, 3], { strides: [1, 2], size: [4, 3] }),
  transposeRow("from a single place of one axis, dilated", ["batch", 3, 1], [3, 2, 3], { dilations: [2], size: [5] }),
  transposeRow("from a single place, more than the kernel", ["batch", 2, 1, 1], [2, 3, 2, 2], {
    strides: [2, 2],
    size: [3, 3],
  }),
  transposeRow("stride 1, padding beyond the kernel's reach", ["batch", 1, 6, 6], [1, 2, 2, 2], {
    pads: [2, 2, 2, 1],
    size: [3, 4],
  }),
  transposeRow("doubled by stride 2 (DCGAN)", ["batch", 2, 3, 3], [2, 3, 4, 4], {
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    size: [6, 6],
  }),
  transposeRow("the longer of two sizes that stride 2 comes from", ["batch", 1, 2, 3], [1, 2, 3, 3], {
    strides: [2, 2],
    size: [6, 7],
  }),
  transposeRow("a stride longer than the kernel", ["batch", 1, 3, 2], [1, 2, 1, 2], { strides: [3, 3], size: [9, 7] }),
  transposeRow("dilation", ["batch", 2, 3, 3], [2, 2, 2, 2], { dilations: [2, 3], size: [5, 6] }),
  transposeRow("stride 1, dilation, two groups", ["batch", 4, 3, 2], [4, 2, 2, 2], {
    dilations: [2, 1],
    groups: 2,
    pads: [1, 0, 0, 1],
    size: [4, 2],
  }),
  transposeRow("stride 2, two groups", ["batch", 4, 2, 3], [4, 3, 3, 2], { strides: [2, 2], groups: 2, size: [5, 6] }),

  filterRow("one axis", ["batch", 2, 6], ["batch", 3, 4], { size: [3] }),
  filterRow("two axes", ["batch", 2, 4, 4], ["batch", 3, 3, 2], { size: [2, 3] }),
  filterRow("of a whole picture", ["batch", 2, 3, 2], ["batch", 3, 1, 1], { strides: [1, 2], size: [3, 2] }),
  filterRow("of a whole picture, dilated", ["batch", 2, 3, 3], ["batch", 3, 1, 1], { dilations: [2, 2], size: [2, 2] }),
  filterRow("stride, dilation and padding", ["batch", 1, 6, 7], ["batch", 2, 3, 3], {
    strides: [2, 3],
    dilations: [2, 1],
    pads: [2, 1, 1, 0],
    size: [3, 2],
  }),
  filterRow("a stride that leaves rows unread", ["batch", 1, 7, 6], ["batch", 2, 2, 2], {
    strides: [3, 2],
    size: [2, 3],
  }),
  filterRow("two groups", ["batch", 4, 4, 3], ["batch", 6, 3, 2], { groups: 2, size: [2, 2] }),
  filterRow("depthwise, stride 2, padding", ["batch", 3, 4, 5], ["batch", 3, 2, 3], {
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    groups: 3,
    size: [3, 3],
  }),
];
