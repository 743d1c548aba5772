import type { Shape } from "../../../src/base/shape.js";
import { batchNorm, normalizeWith } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { normal, uniform } from "../inputs.js";
import { opRow } from "../row.js";

const batchNormRow = (how: string, x: Shape, epsilon: number, mean = 0) =>
  opRow({
    name: `batchNorm: ${how}`,
    inputs: { x: normal(x, { mean }), scale: normal([3], { mean: 1 }), bias: normal([3]) },
    attrs: epsilon,
    op: (v, eps) => {
      const { y, mean, variance } = batchNorm(v.x, v.scale, v.bias, eps);
      return [y, mean, variance];
    },
    ref: (v, eps) => reference.batchNorm(v.x, v.scale, v.bias, eps),
  });

export const normRows = [
  batchNormRow("pictures", ["batch", 3, 2, 4], 1e-5),
  batchNormRow("vectors", [6, 3], 1e-5),
  batchNormRow("sequences, a large epsilon", ["batch", 3, 5], 0.1),
  batchNormRow("far from zero", ["batch", 3, 2, 4], 1e-5, 5),
  opRow({
    name: "normalizeWith: pictures",
    inputs: {
      x: normal(["batch", 3, 2, 2]),
      scale: normal([3]),
      bias: normal([3]),
      mean: normal([3]),
      variance: uniform([3], 0.5, 2),
    },
    attrs: 1e-3,
    op: ({ x, scale, bias, mean, variance }, epsilon) => normalizeWith(x, scale, bias, mean, variance, epsilon),
    ref: ({ x, scale, bias, mean, variance }, epsilon) =>
      reference.normalizeWith(x, scale, bias, mean, variance, epsilon),
  }),
];
