import fc from "fast-check";
import { describe } from "vitest";
import { gather, logSumExp, max, mean, min, scatterAdd, softmax, sum } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { distinct, integers, normal } from "../inputs.js";
import { opRow } from "../row.js";
import { axisOf, lengths, property, whole } from "./property.js";

const reducing = lengths(1, 4, 3).chain((shape) => {
  const axes = shape.map((_, axis) => axis);
  return fc.record({
    shape: fc.constant(shape),
    axes: fc.shuffledSubarray(axes, { minLength: 1 }),
    keepDims: fc.boolean(),
  });
});

const reductions = [
  ["sum", sum, reference.sum],
  ["mean", mean, reference.mean],
  ["max", max, reference.max],
  ["min", min, reference.min],
  ["logSumExp", logSumExp, reference.logSumExp],
] as const;

describe("reductions over random axes", () => {
  for (const [name, op, ref] of reductions)
    property(name, reducing, ({ shape, axes, keepDims }) =>
      opRow({
        name,
        inputs: { x: distinct(shape) },
        op: ({ x }) => op(x, axes, { keepDims }),
        ref: ({ x }) => ref(x, axes, keepDims),
      }),
    );

  const normalizing = lengths(1, 3).chain((shape) => fc.tuple(fc.constant(shape), axisOf(shape)));
  property("softmax", normalizing, ([shape, axis]) =>
    opRow({
      name: "softmax",
      inputs: { x: normal(shape) },
      op: ({ x }) => softmax(x, axis),
      ref: ({ x }) => reference.softmax(x, axis),
    }),
  );
});

describe("rows of random tables", () => {
  const looking = lengths(1, 3).chain((shape) =>
    fc.record({ shape: fc.constant(shape), axis: axisOf(shape), indices: lengths(0, 2, 3) }),
  );
  property("gather", looking, ({ shape, axis, indices }) => {
    const at = (axis + shape.length) % shape.length;
    return opRow({
      name: "gather",
      inputs: { x: normal(shape), i: integers(indices, 0, shape[at] ?? 1) },
      op: ({ x, i }) => gather(x, i, axis),
      ref: ({ x, i }) => reference.gather(x, i, at),
    });
  });
  const adding = fc.record({ indices: lengths(0, 2, 4), rest: lengths(0, 2, 3), size: whole(1, 4) });
  property("scatterAdd", adding, ({ indices, rest, size }) =>
    opRow({
      name: "scatterAdd",
      inputs: { u: normal([...indices, ...rest]), i: integers(indices, 0, size) },
      op: ({ u, i }) => scatterAdd(u, i, size),
      ref: ({ u, i }) => reference.scatterAdd(u, i, size),
    }),
  );
});
