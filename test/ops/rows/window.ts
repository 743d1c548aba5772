import type { Shape } from "../../../src/base/shape.js";
import { concat, pad, type Range, slice, split, zerosLike } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { map } from "../../reference/index.js";
import { integers, normal } from "../inputs.js";
import { opRow } from "../row.js";

const sliceRow = (how: string, x: Shape, attrs: readonly Range[]) =>
  opRow({
    name: `slice: ${how}`,
    inputs: { x: normal(x) },
    attrs,
    op: (v, ranges) => slice(v.x, ranges),
    ref: (v, ranges) => reference.slice(v.x, ranges),
  });

export const windowRows = [
  sliceRow("from and to", ["batch", 6], [undefined, [1, 4]]),
  sliceRow("counted from the end", ["batch", 6], [undefined, [-4, -1]]),
  sliceRow("beyond the ends", ["batch", 4], [undefined, [-9, 9, 3]]),
  sliceRow("every second, two axes", ["batch", 7, 5], [undefined, [1, undefined, 2], [undefined, 4, 3]]),
  sliceRow("backwards", ["batch", 4], [undefined, [undefined, undefined, -1]]),
  sliceRow("backwards in steps of 2, stopping early", ["batch", 7], [undefined, [5, 0, -2]]),
  sliceRow("backwards to the first", ["batch", 6], [undefined, [4, undefined, -2]]),
  sliceRow("one element, backwards", [4, 3], [[2, 1, -1], [-1]]),
  opRow({
    name: "slice: int32",
    inputs: { x: integers(["batch", 5], 0, 99) },
    op: ({ x }) => slice(x, [undefined, [3, 0, -1]]),
    ref: ({ x }) => reference.slice(x, [undefined, [3, 0, -1]]),
  }),
  opRow({
    name: "pad: zeros, unequal sides",
    inputs: { x: normal(["batch", 2, 3]) },
    attrs: { before: [0, 1, 0], after: [0, 0, 2] },
    op: ({ x }, { before, after }) => pad(x, before, after),
    ref: ({ x }, { before, after }) => reference.pad(x, before, after),
  }),
  opRow({
    name: "pad: with a number",
    inputs: { x: normal([2, 3]) },
    attrs: { before: [1, 2], after: [2, 0], value: -1.5 },
    op: ({ x }, { before, after, value }) => pad(x, before, after, value),
    ref: ({ x }, { before, after, value }) => reference.pad(x, before, after, value),
  }),
  opRow({
    name: "concat: three along the last axis",
    inputs: { a: normal(["batch", 2]), b: normal(["batch", 1]), c: normal(["batch", 3]) },
    op: ({ a, b, c }) => concat([a, b, c], -1),
    ref: ({ a, b, c }) => reference.concat([a, b, c], 1),
  }),
  opRow({
    name: "concat: two batches",
    inputs: { a: normal(["batch", 3]), b: normal(["batch", 3]) },
    op: ({ a, b }) => concat([a, b], 0),
    ref: ({ a, b }) => reference.concat([a, b], 0),
  }),
  opRow({
    name: "concat: a value with itself",
    inputs: { a: normal(["batch", 3]) },
    op: ({ a }) => concat([a, a], 1),
    ref: ({ a }) => reference.concat([a, a], 1),
  }),
  opRow({
    name: "split: unequal parts",
    inputs: { x: normal(["batch", 6, 2]) },
    attrs: [1, 3, 2],
    op: ({ x }, sizes) => split(x, sizes, 1),
    ref: ({ x }, sizes) => reference.split(x, sizes, 1),
  }),
  opRow({
    name: "split: three equal parts",
    inputs: { x: normal(["batch", 6]) },
    op: ({ x }) => split(x, 3, -1),
    ref: ({ x }) => reference.split(x, [2, 2, 2], 1),
  }),
  opRow({
    name: "split: two batches apart",
    inputs: { x: normal(["2*batch", 3]), like: normal(["batch"]) },
    op: ({ x }) => split(x, ["batch", "batch"], 0),
    ref: ({ x, like }) => reference.split(x, [like.data.length, like.data.length], 0),
  }),
  opRow({
    name: "split: one part unused",
    inputs: { x: normal(["batch", 5]) },
    op: ({ x }) => split(x, [2, 3], 1)[1] ?? x,
    ref: ({ x }) => reference.slice(x, [undefined, [2]]),
  }),
  opRow({
    name: "zerosLike",
    inputs: { x: normal(["batch", 3]) },
    op: ({ x }) => zerosLike(x),
    ref: ({ x }) => map(x, () => 0),
  }),
];
