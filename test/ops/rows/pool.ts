import type { Shape } from "../../../src/base/shape.js";
import { apply, applyAll, type Op, opNamed } from "../../../src/graph/index.js";
import { avgPool, maxPool, type PoolOptions, repeat } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { distinct, given, normal } from "../inputs.js";
import { opRow } from "../row.js";

interface Pooling extends PoolOptions {
  readonly kernel: readonly number[];
}

const maxRow = (how: string, x: Shape, attrs: Pooling) =>
  opRow({
    name: `maxPool: ${how}`,
    inputs: { x: distinct(x) },
    attrs,
    op: (v, { kernel, ...options }) => maxPool(v.x, kernel, options),
    ref: (v, { kernel, ...options }) => reference.maxPool(v.x, kernel, { strides: kernel, ...options }),
  });

const avgRow = (how: string, x: Shape, attrs: Pooling & { readonly countPadding?: boolean }) =>
  opRow({
    name: `avgPool: ${how}`,
    inputs: { x: normal(x) },
    attrs,
    op: (v, { kernel, ...options }) => avgPool(v.x, kernel, options),
    ref: (v, { kernel, countPadding = true, ...options }) =>
      reference.avgPool(v.x, kernel, { strides: kernel, ...options }, countPadding),
  });

const overlapping = { kernel: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] };

export const poolRows = [
  maxRow("windows that tile the picture", ["batch", 2, 4, 6], { kernel: [2, 3] }),
  maxRow("one axis", ["batch", 2, 6], { kernel: [2] }),
  maxRow("one axis, overlapping, padded", ["batch", 2, 6], { kernel: [3], strides: [2], pads: [1, 1] }),
  maxRow("odd lengths leave a rest", ["batch", 2, 5, 3], { kernel: [2, 2] }),
  maxRow("overlapping", ["batch", 1, 4, 5], { kernel: [2, 3], strides: [1, 1] }),
  maxRow("overlapping, padded on some sides", ["batch", 2, 5, 4], overlapping),
  maxRow("strides longer than the window", ["batch", 1, 6, 6], { kernel: [2, 2], strides: [3, 4] }),
  maxRow("the whole picture", ["batch", 3, 3, 3], { kernel: [3, 3] }),
  opRow({
    name: "maxPoolPlaces: overlapping, padded on some sides",
    inputs: { x: distinct(["batch", 2, 5, 4]) },
    attrs: overlapping,
    op: ({ x }, attrs) => applyAll(opNamed("maxPoolPlaces") as Op<typeof attrs>, [x], attrs),
    ref: ({ x }, { kernel, ...window }) => [
      reference.maxPool(x, kernel, window),
      reference.maxPoolPlaces(x, kernel, window),
    ],
  }),
  opRow({
    name: "routeToLargest: ties, negative largest elements, a rest that no window reaches",
    inputs: {
      x: given(
        [1, 3, 0, 0, 9, 3, 2, 0, 0, 9, 8, 8, 8, 8, 8, -1, -2, 7, 5, 9, -1, -1, 5, 7, 9, 8, 8, 8, 8, 8],
        [2, 1, 3, 5],
      ),
      y: given([3, 0, -1, 7], [2, 1, 1, 2]),
      dy: normal([2, 1, 1, 2]),
    },
    noGradient: ["x", "y"],
    attrs: { kernel: [2, 2] },
    op: ({ x, y, dy }, attrs) => apply(opNamed("routeToLargest") as Op<typeof attrs>, [x, y, dy], attrs),
    ref: ({ x, y, dy }, { kernel }) => reference.routeToLargest(x, y, dy, kernel),
  }),
  opRow({
    name: "sumWindows: two axes",
    inputs: { x: normal(["batch", 2, 4, 6]) },
    attrs: { kernel: [2, 3] },
    op: ({ x }, attrs) => apply(opNamed("sumWindows") as Op<typeof attrs>, [x], attrs),
    ref: ({ x }, { kernel }) => reference.sumWindows(x, kernel),
  }),
  avgRow("windows that tile the picture", ["batch", 2, 4, 6], { kernel: [2, 3] }),
  avgRow("one axis", ["batch", 2, 6], { kernel: [3] }),
  avgRow("one axis, overlapping", ["batch", 2, 6], { kernel: [3], strides: [2], pads: [1, 1] }),
  avgRow("odd lengths leave a rest", ["batch", 2, 5, 3], { kernel: [2, 2] }),
  avgRow("overlapping, padded, padding counted", ["batch", 2, 5, 4], overlapping),
  avgRow("overlapping, padded, padding not counted", ["batch", 2, 5, 4], { ...overlapping, countPadding: false }),
  avgRow("strides longer than the window", ["batch", 1, 6, 6], { kernel: [2, 2], strides: [3, 4] }),
  opRow({
    name: "repeat: two axes",
    inputs: { x: normal(["batch", 2, 2, 3]) },
    attrs: [3, 2],
    op: ({ x }, factors) => repeat(x, factors),
    ref: ({ x }, factors) => reference.repeat(x, factors),
  }),
  opRow({
    name: "repeat: one axis",
    inputs: { x: normal(["batch", 2, 3]) },
    attrs: [4],
    op: ({ x }, factors) => repeat(x, factors),
    ref: ({ x }, factors) => reference.repeat(x, factors),
  }),
];
