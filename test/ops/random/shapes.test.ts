import fc from "fast-check";
import { describe } from "vitest";
import { concat, expand, matmul, pad, slice, split, transpose } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { normal } from "../inputs.js";
import { opRow } from "../row.js";
import { axisOf, lengths, property, whole } from "./property.js";

const position = fc.option(whole(-7, 7), { nil: undefined });

/** A range of some axis of `length` that takes something. */
const range = (length: number) =>
  fc
    .tuple(position, position, fc.constantFrom(1, 2, 3, -1, -2, -3))
    .filter((drawn) => reference.slice(reference.zeros([length]), [drawn]).data.length > 0);

describe("movement and windows of random shapes", () => {
  const slicing = lengths(1, 3, 6).chain((shape) => fc.tuple(fc.constant(shape), fc.tuple(...shape.map(range))));
  property("slice", slicing, ([shape, ranges]) =>
    opRow({
      name: "slice",
      inputs: { x: normal(shape) },
      op: ({ x }) => slice(x, ranges),
      ref: ({ x }) => reference.slice(x, ranges),
    }),
  );

  const padding = lengths(1, 3).chain((shape) => {
    const amounts = fc.array(whole(0, 3), { minLength: shape.length, maxLength: shape.length });
    return fc.record({ shape: fc.constant(shape), before: amounts, after: amounts, value: fc.constantFrom(0, -2.5) });
  });
  property("pad", padding, ({ shape, before, after, value }) =>
    opRow({
      name: "pad",
      inputs: { x: normal(["batch", ...shape]) },
      op: ({ x }) => pad(x, [0, ...before], [0, ...after], value),
      ref: ({ x }) => reference.pad(x, [0, ...before], [0, ...after], value),
    }),
  );

  const parts = lengths(1, 3).chain((shape) =>
    fc.record({ shape: fc.constant(shape), axis: axisOf(shape), sizes: lengths(2, 4, 3) }),
  );
  property("concat", parts, ({ shape, axis, sizes }) => {
    const at = (axis + shape.length) % shape.length;
    return opRow({
      name: "concat",
      inputs: Object.fromEntries(sizes.map((size, i) => [`x${i}`, normal(shape.with(at, size))])),
      op: (x) => concat(Object.values(x), axis),
      ref: (x) => reference.concat(Object.values(x), at),
    });
  });
  property("split", parts, ({ shape, axis, sizes }) => {
    const at = (axis + shape.length) % shape.length;
    const total = sizes.reduce((a, b) => a + b);
    return opRow({
      name: "split",
      inputs: { x: normal(shape.with(at, total)) },
      op: ({ x }) => split(x, sizes, axis),
      ref: ({ x }) => reference.split(x, sizes, at),
    });
  });

  const turning = lengths(1, 4, 3).chain((shape) => {
    const axes = shape.map((_, axis) => axis);
    return fc.tuple(fc.constant(shape), fc.shuffledSubarray(axes, { minLength: axes.length }));
  });
  property("transpose", turning, ([shape, order]) =>
    opRow({
      name: "transpose",
      inputs: { x: normal(shape) },
      op: ({ x }) => transpose(x, order),
      ref: ({ x }) => reference.transpose(x, order),
    }),
  );

  /** A shape and one that broadcasts to it: some leading axes left out, some others of length 1. */
  const stretching = lengths(0, 4, 3).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      from: fc
        .tuple(whole(0, shape.length), fc.tuple(...shape.map((length) => fc.constantFrom(1, length))))
        .map(([left, squeezed]) => squeezed.slice(left)),
    }),
  );
  property("expand", stretching, ({ shape, from }) =>
    opRow({
      name: "expand",
      inputs: { x: normal(from) },
      op: ({ x }) => expand(x, shape),
      ref: ({ x }) => reference.expand(x, shape),
    }),
  );

  const product = fc.record({
    stack: lengths(0, 2, 3).chain((shape) => {
      const squeezed = fc.tuple(whole(0, shape.length), fc.tuple(...shape.map((n) => fc.constantFrom(1, n))));
      const part = squeezed.map(([left, lengths]) => lengths.slice(left));
      return fc.tuple(part, part).filter(([a, b]) => reference.broadcastShape(a, b).length >= 0);
    }),
    sizes: fc.tuple(whole(1, 4), whole(1, 4), whole(1, 4)),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  });
  property("matmul", product, ({ stack: [a, b], sizes: [m, k, n], ...options }) =>
    opRow({
      name: "matmul",
      inputs: {
        a: normal([...a, ...(options.transposeA ? [k, m] : [m, k])]),
        b: normal([...b, ...(options.transposeB ? [n, k] : [k, n])]),
      },
      op: (x) => matmul(x.a, x.b, options),
      ref: (x) => reference.matmul(x.a, x.b, options),
    }),
  );
});
