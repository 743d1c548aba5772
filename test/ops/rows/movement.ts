import { expand, reshape, squeeze, sum, sumTo, transpose, unsqueeze } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { integers, normal } from "../inputs.js";
import { opRow } from "../row.js";

export const movementRows = [
  opRow({
    name: "reshape: known lengths",
    inputs: { x: normal([2, 6]) },
    attrs: [3, 2, 2],
    op: ({ x }, shape) => reshape(x, shape),
    ref: ({ x }, shape) => reference.reshape(x, shape),
  }),
  opRow({
    name: "reshape: the batch kept, -1 worked out",
    inputs: { x: normal(["batch", 2, 3]) },
    op: ({ x }) => reshape(x, ["batch", -1]),
    ref: ({ x }) => reference.reshape(x, [-1, 6]),
  }),
  opRow({
    name: "reshape: the batch merged into a longer axis",
    inputs: { x: normal(["batch", 2, 3]) },
    op: ({ x }) => reshape(x, [-1, 3]),
    ref: ({ x }) => reference.reshape(x, [-1, 3]),
  }),
  opRow({
    name: "reshape: one element to a scalar",
    inputs: { x: normal([1, 1]) },
    op: ({ x }) => reshape(x, []),
    ref: ({ x }) => reference.reshape(x, []),
  }),
  opRow({
    name: "squeeze and unsqueeze",
    inputs: { x: normal(["batch", 1, 3]) },
    op: ({ x }) => unsqueeze(squeeze(x, 1), -1),
    ref: ({ x }) => reference.reshape(x, [-1, 3, 1]),
  }),
  opRow({
    name: "transpose: three axes turned",
    inputs: { x: normal(["batch", 2, 4]) },
    attrs: [2, 0, 1],
    op: ({ x }, order) => transpose(x, order),
    ref: ({ x }, order) => reference.transpose(x, order),
  }),
  opRow({
    name: "transpose: all axes reversed by default",
    inputs: { x: integers([2, 3, 4], 0, 99) },
    op: ({ x }) => transpose(x),
    ref: ({ x }) => reference.transpose(x, [2, 1, 0]),
  }),
  opRow({
    name: "expand: inner and new leading axes",
    inputs: { x: normal([3, 1]) },
    attrs: [2, 3, 4],
    op: ({ x }, shape) => expand(x, shape),
    ref: ({ x }, shape) => reference.expand(x, shape),
  }),
  opRow({
    name: "expand: to the batch",
    inputs: { x: normal([1, 3]), like: normal(["batch"]) },
    op: ({ x }) => expand(x, ["batch", 3]),
    ref: ({ x, like }) => reference.expand(x, [like.data.length, 3]),
  }),
  opRow({
    name: "sum: all axes",
    inputs: { x: normal(["batch", 2, 3]) },
    op: ({ x }) => sum(x),
    ref: ({ x }) => reference.sum(x),
  }),
  opRow({
    name: "sum: over the batch",
    inputs: { x: normal(["batch", 2, 3]) },
    op: ({ x }) => sum(x, 0),
    ref: ({ x }) => reference.sum(x, 0),
  }),
  opRow({
    name: "sum: two axes, one counted from the back, kept",
    inputs: { x: normal(["batch", 2, 3, 4]) },
    attrs: [-1, 1],
    op: ({ x }, axes) => sum(x, axes, { keepDims: true }),
    ref: ({ x }, axes) => reference.sum(x, axes, true),
  }),
  opRow({
    name: "sum: int32",
    inputs: { x: integers(["batch", 5], -9, 9) },
    op: ({ x }) => sum(x, 1),
    ref: ({ x }) => reference.sum(x, 1),
  }),
  opRow({
    name: "sumTo: broadcasting undone",
    inputs: { x: normal(["batch", 2, 3, 4]) },
    op: ({ x }) => sumTo(x, [2, 1, 4]),
    ref: ({ x }) => reference.reshape(reference.sum(x, [0, 2]), [2, 1, 4]),
  }),
];
