import type { Operand, Value } from "../../../src/graph/index.js";
import {
  cast,
  equal,
  gather,
  greater,
  greaterEqual,
  less,
  lessEqual,
  oneHot,
  scatterAdd,
  stopGradient,
  where,
} from "../../../src/ops/index.js";
import { rangeValue } from "../../../src/ops/select.js";
import * as reference from "../../reference/index.js";
import { array, map, zip } from "../../reference/index.js";
import { bools, given, integers, normal } from "../inputs.js";
import { type OpRow, opRow } from "../row.js";

type Comparison = (a: Operand, b: Operand) => Value;

/** A comparison of whole numbers, many of them equal, as float32 and as int32. */
const comparison = (name: string, op: Comparison, holds: (a: number, b: number) => boolean): OpRow[] => [
  opRow({
    name: `${name}: int32`,
    inputs: { a: integers(["batch", 3, 1], 0, 4), b: integers([3, 4], 0, 4) },
    op: ({ a, b }) => op(a, b),
    ref: ({ a, b }) => zip((p, q) => Number(holds(p, q)), a, b),
  }),
  opRow({
    name: `${name}: float32 with a number`,
    inputs: { x: given([-1, -0, 0, 0.5, 0.5000001, 2, Number.POSITIVE_INFINITY]) },
    op: ({ x }) => op(x, 0.5),
    ref: ({ x }) => map(x, (v) => Number(holds(v, 0.5))),
  }),
];

export const selectRows = [
  ...comparison("equal", equal, (a, b) => a === b),
  ...comparison("greater", greater, (a, b) => a > b),
  ...comparison("less", less, (a, b) => a < b),
  ...comparison("greaterEqual", greaterEqual, (a, b) => a >= b),
  ...comparison("lessEqual", lessEqual, (a, b) => a <= b),
  opRow({
    name: "where: one shape",
    inputs: { c: bools(["batch", 4]), a: normal(["batch", 4]), b: normal(["batch", 4]) },
    op: ({ c, a, b }) => where(c, a, b),
    ref: ({ c, a, b }) => zip((p, q, r) => (p ? q : r), c, a, b),
  }),
  opRow({
    name: "where: each operand broadcast",
    inputs: { c: bools(["batch", 1, 4]), a: normal([3, 1]), b: normal([1]) },
    op: ({ c, a, b }) => where(c, a, b),
    ref: ({ c, a, b }) => zip((p, q, r) => (p ? q : r), c, a, b),
  }),
  opRow({
    name: "where: a number for a branch",
    inputs: { c: bools(["batch", 4]), a: normal(["batch", 4]) },
    op: ({ c, a }) => where(c, a, -1),
    ref: ({ c, a }) => zip((p, q) => (p ? q : -1), c, a),
  }),
  opRow({
    name: "cast: float32 to int32 cuts towards 0",
    inputs: { x: given([-1.9, -0.5, 0, 0.99, 2, 3e6]) },
    op: ({ x }) => cast(x, "int32"),
    ref: ({ x }) => map(x, Math.trunc),
  }),
  opRow({
    name: "cast: int32 to float32",
    inputs: { x: integers(["batch", 3], -99, 99) },
    op: ({ x }) => cast(x, "float32"),
    ref: ({ x }) => x,
  }),
  opRow({
    name: "cast: float32 to bool is whether it is not 0",
    inputs: { x: given([-1, 0, -0, 0.25, 3]) },
    op: ({ x }) => cast(x, "bool"),
    ref: () => array([1, 0, 0, 1, 1]),
  }),
  opRow({
    name: "cast: bool to float32",
    inputs: { x: bools(["batch", 3]) },
    op: ({ x }) => cast(x, "float32"),
    ref: ({ x }) => x,
  }),
  opRow({
    name: "cast: uint8 to float32",
    inputs: { x: given([0, 1, 128, 255], [4], "uint8") },
    op: ({ x }) => cast(x, "float32"),
    ref: ({ x }) => x,
  }),
  opRow({
    name: "gather: rows of a table, some twice",
    inputs: { table: normal([4, 3]), i: integers(["batch", 5], 0, 4) },
    op: ({ table, i }) => gather(table, i),
    ref: ({ table, i }) => reference.gather(table, i),
  }),
  opRow({
    name: "gather: along a middle axis",
    inputs: { x: normal(["batch", 4, 2]), i: integers([2, 3], 0, 4) },
    op: ({ x, i }) => gather(x, i, 1),
    ref: ({ x, i }) => reference.gather(x, i, 1),
  }),
  opRow({
    name: "gather: along the last axis, counted from the back",
    inputs: { x: normal(["batch", 2, 4]), i: integers([3], 0, 4) },
    op: ({ x, i }) => gather(x, i, -1),
    ref: ({ x, i }) => reference.gather(x, i, 2),
  }),
  opRow({
    name: "gather: one index takes the axis away",
    inputs: { x: normal(["batch", 4, 2]), i: given([2], [], "int32") },
    op: ({ x, i }) => gather(x, i, 1),
    ref: ({ x, i }) => reference.gather(x, i, 1),
  }),
  opRow({
    name: "gather: from the batch",
    inputs: { x: normal(["batch", 3]), i: integers([5], 0, 2) },
    op: ({ x, i }) => gather(x, i),
    ref: ({ x, i }) => reference.gather(x, i),
  }),
  opRow({
    name: "scatterAdd: rows that meet are added",
    inputs: { u: normal(["batch", 4, 3]), i: integers(["batch", 4], 0, 5) },
    attrs: 5,
    op: ({ u, i }, size) => scatterAdd(u, i, size),
    ref: ({ u, i }, size) => reference.scatterAdd(u, i, size),
  }),
  opRow({
    name: "scatterAdd: single numbers, over the batch",
    inputs: { u: normal([6]), i: integers([6], 0, 4), like: normal(["batch", 2]) },
    op: ({ u, i }) => scatterAdd(u, i, "2*batch"),
    ref: ({ u, i, like }) => reference.scatterAdd(u, i, like.data.length),
  }),
  opRow({
    name: "oneHot",
    inputs: { i: integers(["batch", 2], 0, 4) },
    op: ({ i }) => oneHot(i, 4),
    ref: ({ i }) => reference.oneHot(i, 4),
  }),
  opRow({
    name: "range",
    inputs: {},
    op: () => rangeValue(5),
    ref: () => array([0, 1, 2, 3, 4]),
  }),
  opRow({
    name: "stopGradient",
    inputs: { x: normal(["batch", 3]) },
    op: ({ x }) => stopGradient(x),
    ref: ({ x }) => x,
    noGradient: ["x"],
  }),
];
