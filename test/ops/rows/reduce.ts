import { logSoftmax, logSumExp, max, mean, min, softmax, variance } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { distinct, normal } from "../inputs.js";
import { opRow } from "../row.js";

export const reduceRows = [
  opRow({
    name: "max: all axes",
    inputs: { x: distinct(["batch", 2, 3]) },
    op: ({ x }) => max(x),
    ref: ({ x }) => reference.max(x),
  }),
  opRow({
    name: "max: over the batch",
    inputs: { x: distinct(["batch", 2, 3]) },
    op: ({ x }) => max(x, 0),
    ref: ({ x }) => reference.max(x, 0),
  }),
  opRow({
    name: "max: two axes, kept",
    inputs: { x: distinct(["batch", 3, 2, 3]) },
    attrs: [1, -1],
    op: ({ x }, axes) => max(x, axes, { keepDims: true }),
    ref: ({ x }, axes) => reference.max(x, axes, true),
  }),
  opRow({
    name: "min: the last axis",
    inputs: { x: distinct(["batch", 2, 3]) },
    op: ({ x }) => min(x, -1),
    ref: ({ x }) => reference.min(x, -1),
  }),
  opRow({
    name: "min: all axes, kept",
    inputs: { x: distinct(["batch", 4]) },
    op: ({ x }) => min(x, undefined, { keepDims: true }),
    ref: ({ x }) => reference.min(x, undefined, true),
  }),
  opRow({
    name: "mean: over the batch",
    inputs: { x: normal(["batch", 4]) },
    op: ({ x }) => mean(x, 0),
    ref: ({ x }) => reference.mean(x, 0),
  }),
  opRow({
    name: "mean: all axes, the batch among them",
    inputs: { x: normal(["batch", 2, 3]) },
    op: ({ x }) => mean(x),
    ref: ({ x }) => reference.mean(x),
  }),
  opRow({
    name: "variance: known lengths, kept",
    inputs: { x: normal(["batch", 2, 3], { mean: 2 }) },
    attrs: [1, 2],
    op: ({ x }, axes) => variance(x, axes, { keepDims: true }),
    ref: ({ x }, axes) => reference.variance(x, axes, true),
  }),
  opRow({
    name: "softmax: the last axis by default",
    inputs: { x: normal(["batch", 5], { deviation: 2 }) },
    op: ({ x }) => softmax(x),
    ref: ({ x }) => reference.softmax(x, 1),
  }),
  opRow({
    name: "softmax: a middle axis",
    inputs: { x: normal(["batch", 4, 3]) },
    op: ({ x }) => softmax(x, 1),
    ref: ({ x }) => reference.softmax(x, 1),
  }),
  opRow({
    name: "softmax: over the batch",
    inputs: { x: normal(["batch", 4]) },
    op: ({ x }) => softmax(x, 0),
    ref: ({ x }) => reference.softmax(x, 0),
  }),
  opRow({
    name: "logSumExp: two axes, kept",
    inputs: { x: normal(["batch", 2, 4], { deviation: 2 }) },
    attrs: [0, 2],
    op: ({ x }, axes) => logSumExp(x, axes, { keepDims: true }),
    ref: ({ x }, axes) => reference.logSumExp(x, axes, true),
  }),
  opRow({
    name: "logSoftmax: the last axis by default",
    inputs: { x: normal(["batch", 5], { deviation: 2 }) },
    op: ({ x }) => logSoftmax(x),
    ref: ({ x }) => reference.logSoftmax(x, 1),
  }),
  opRow({
    name: "logSoftmax: the channels",
    inputs: { x: normal(["batch", 3, 2, 2]) },
    op: ({ x }) => logSoftmax(x, 1),
    ref: ({ x }) => reference.logSoftmax(x, 1),
  }),
];
