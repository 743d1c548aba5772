import { sizeOf } from "../../../src/base/shape.js";
import type { Operand, Value } from "../../../src/graph/index.js";
import {
  abs,
  add,
  clip,
  cos,
  div,
  erf,
  exp,
  floor,
  leakyRelu,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  relu,
  sigmoid,
  sign,
  sin,
  size,
  sqrt,
  square,
  step,
  sub,
  tanh,
} from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { array, map, zip } from "../../reference/index.js";
import { distinct, type Input, integers, normal, uniform } from "../inputs.js";
import { type OpRow, opRow } from "../row.js";

/** A unary op of the same name as its formula. */
const unary = (name: string, op: (x: Value) => Value, formula: (x: number) => number, x: Input): OpRow =>
  opRow({ name, inputs: { x }, op: (v) => op(v.x), ref: (v) => map(v.x, formula) });

type Binary = (a: Operand, b: Operand) => Value;

/** A binary op on equal shapes, and with broadcasting that stretches both sides. */
const binary = (
  name: string,
  op: Binary,
  formula: (a: number, b: number) => number,
  draw: (shape: Input["shape"], side: "a" | "b") => Input,
): OpRow[] =>
  (
    [
      ["equal shapes", ["batch", 3], ["batch", 3]],
      ["broadcast both ways", ["batch", 3, 1], [3, 4]],
      ["with a scalar", ["batch", 3], []],
    ] as const
  ).map(([how, a, b]) =>
    opRow({
      name: `${name}: ${how}`,
      inputs: { a: draw(a, "a"), b: draw(b, "b") },
      op: (x) => op(x.a, x.b),
      ref: (x) => zip(formula, x.a, x.b),
    }),
  );

const shape = ["batch", 5] as const;
const anywhere = normal(shape);
const notZero = normal(shape, { avoid: [0] });
const positive = uniform(shape, 0.3, 3);

export const elementwiseRows = [
  unary("neg", neg, (x) => -x, anywhere),
  unary("exp", exp, Math.exp, anywhere),
  unary("log", log, Math.log, positive),
  unary("sqrt", sqrt, Math.sqrt, positive),
  unary("reciprocal: positive", reciprocal, (x) => 1 / x, uniform(shape, 0.5, 2)),
  unary("reciprocal: negative", reciprocal, (x) => 1 / x, uniform(shape, -2, -0.5)),
  unary("sin", sin, Math.sin, normal(shape, { deviation: 3 })),
  unary("cos", cos, Math.cos, normal(shape, { deviation: 3 })),
  unary("tanh", tanh, Math.tanh, anywhere),
  unary("sigmoid", sigmoid, reference.sigmoid, normal(shape, { deviation: 3 })),
  unary("erf", erf, reference.erf, anywhere),
  unary("abs", abs, Math.abs, notZero),
  unary("sign", sign, Math.sign, notZero),
  unary("floor", floor, Math.floor, normal(shape, { avoid: [-3, -2, -1, 0, 1, 2, 3] })),
  unary("step", step, (x) => Number(x > 0), notZero),
  unary("relu", relu, (x) => Math.max(x, 0), notZero),
  unary("square", square, (x) => x * x, anywhere),
  unary("leakyRelu: default slope", leakyRelu, (x) => (x > 0 ? x : 0.01 * x), notZero),
  opRow({
    name: "leakyRelu: slope 0.3",
    inputs: { x: notZero },
    attrs: 0.3,
    op: ({ x }, slope) => leakyRelu(x, slope),
    ref: ({ x }, slope) => map(x, (v) => (v > 0 ? v : slope * v)),
  }),
  opRow({
    name: "clip",
    inputs: { x: normal(shape, { avoid: [-0.6, 0.4] }) },
    attrs: { low: -0.6, high: 0.4 },
    op: ({ x }, { low, high }) => clip(x, low, high),
    ref: ({ x }, { low, high }) => map(x, (v) => Math.min(Math.max(v, low), high)),
  }),
  opRow({
    name: "clip: no upper bound",
    inputs: { x: normal(shape, { avoid: [-0.6] }) },
    op: ({ x }) => clip(x, -0.6, Number.POSITIVE_INFINITY),
    ref: ({ x }) => map(x, (v) => Math.max(v, -0.6)),
  }),

  ...binary(
    "add",
    add,
    (a, b) => a + b,
    (s) => normal(s),
  ),
  ...binary(
    "sub",
    sub,
    (a, b) => a - b,
    (s) => normal(s),
  ),
  ...binary(
    "mul",
    mul,
    (a, b) => a * b,
    (s) => normal(s),
  ),
  ...binary(
    "div",
    div,
    (a, b) => a / b,
    (s, side) => (side === "a" ? normal(s) : uniform(s, 0.5, 2)),
  ),
  ...binary("maximum", maximum, Math.max, (s, side) => distinct(s, side === "a" ? 0 : 0.05)),
  ...binary("minimum", minimum, Math.min, (s, side) => distinct(s, side === "a" ? 0 : 0.05)),
  ...binary(
    "pow",
    pow,
    (a, b) => a ** b,
    (s, side) => (side === "a" ? uniform(s, 0.5, 2) : normal(s)),
  ),
  unary(
    "pow: a whole exponent of numbers of both signs",
    (x) => pow(x, 3),
    (x) => x ** 3,
    anywhere,
  ),
  unary(
    "pow: a negative exponent",
    (x) => pow(x, -0.5),
    (x) => x ** -0.5,
    uniform(shape, 0.5, 2),
  ),
  unary(
    "sub: from a number",
    (x) => sub(1, x),
    (x) => 1 - x,
    anywhere,
  ),
  unary(
    "div: of a number",
    (x) => div(2, x),
    (x) => 2 / x,
    uniform(shape, 0.5, 2),
  ),
  unary(
    "maximum: with a number",
    (x) => maximum(x, 0.2),
    (x) => Math.max(x, 0.2),
    normal(shape, { avoid: [0.2] }),
  ),
  opRow({
    name: "add: int32",
    inputs: { a: integers(["batch", 3], -9, 9), b: integers([3], -9, 9) },
    op: ({ a, b }) => add(mul(a, 2), b),
    ref: ({ a, b }) => zip((p, q) => 2 * p + q, a, b),
  }),

  opRow({
    name: "size: the batch",
    inputs: { x: normal(["batch", 2]) },
    op: ({ x }) => size(x.shape[0] ?? 0),
    ref: ({ x }) => array([x.shape[0] as number], []),
  }),
  opRow({
    name: "size: a multiple of the batch, read from another multiple",
    inputs: { x: normal(["2*batch", 3]), y: normal(["batch"]) },
    op: ({ x }) => size(sizeOf(x.shape)),
    ref: ({ x }) => array([x.data.length], []),
  }),
];
