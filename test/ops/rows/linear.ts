import type { Shape } from "../../../src/base/shape.js";
import { addmm, linear, matmul } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { normal } from "../inputs.js";
import { opRow } from "../row.js";

const matmulRow = (how: string, a: Shape, b: Shape, attrs: { transposeA?: boolean; transposeB?: boolean } = {}) =>
  opRow({
    name: `matmul: ${how}`,
    inputs: { a: normal(a), b: normal(b) },
    attrs,
    op: (x, options) => matmul(x.a, x.b, options),
    ref: (x, options) => reference.matmul(x.a, x.b, options),
  });

export const linearRows = [
  ...(
    [
      ["addmm", ["batch", 3]],
      ["addmm: a column", ["batch", 1]],
      ["addmm: a row", [3]],
    ] as const
  ).map(([name, shape]) =>
    opRow({
      name,
      inputs: { c: normal(shape), a: normal(["batch", 4]), b: normal([4, 3]) },
      op: ({ c, a, b }) => addmm(c, a, b),
      ref: ({ c, a, b }) => reference.zip((p = 0, q = 0) => p + q, reference.matmul(a, b), c),
    }),
  ),
  matmulRow("two matrices", ["batch", 3], [3, 4]),
  matmulRow("A^T B", [3, "batch"], [3, 4], { transposeA: true }),
  matmulRow("A B^T", ["batch", 3], [4, 3], { transposeB: true }),
  matmulRow("A^T B^T", [3, "batch"], [4, 3], { transposeA: true, transposeB: true }),
  matmulRow("summed over the batch", [2, "batch"], ["batch", 4]),
  matmulRow("a stack by a matrix", ["batch", 2, 3], [3, 4]),
  matmulRow("a stack by a matrix transposed", ["batch", 2, 3], [4, 3], { transposeB: true }),
  matmulRow("a transposed stack by a matrix", ["batch", 3, 2], [3, 4], { transposeA: true }),
  matmulRow("a matrix by a stack", [2, 3], ["batch", 3, 4]),
  matmulRow("two stacks", ["batch", 2, 3], ["batch", 3, 2]),
  matmulRow("two stacks, both transposed", ["batch", 3, 2], ["batch", 4, 3], { transposeA: true, transposeB: true }),
  matmulRow("stacks broadcast both ways", ["batch", 1, 2, 3], [2, 3, 2]),
  matmulRow("stacks broadcast, second transposed", ["batch", 1, 2, 3], [2, 2, 3], { transposeB: true }),
  opRow({
    name: "linear",
    inputs: { x: normal(["batch", 4]), w: normal([3, 4]), b: normal([3]) },
    op: ({ x, w, b }) => linear(x, w, b),
    ref: ({ x, w, b }) => reference.linear(x, w, b),
  }),
  opRow({
    name: "linear: over a sequence",
    inputs: { x: normal(["batch", 2, 4]), w: normal([3, 4]), b: normal([3]) },
    op: ({ x, w, b }) => linear(x, w, b),
    ref: ({ x, w, b }) => reference.linear(x, w, b),
  }),
  opRow({
    name: "linear: without bias",
    inputs: { x: normal(["batch", 4]), w: normal([3, 4]) },
    op: ({ x, w }) => linear(x, w),
    ref: ({ x, w }) => reference.matmul(x, w, { transposeB: true }),
  }),
];
