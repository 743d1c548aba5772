import { constant } from "../../../src/graph/index.js";
import { barrier } from "../../../src/ops/index.js";
import { array } from "../../reference/index.js";
import { normal } from "../inputs.js";
import { opRow } from "../row.js";

export const graphRows = [
  opRow({
    name: "input: given back as it is",
    inputs: { x: normal(["batch", 3]) },
    op: ({ x }) => x,
    ref: ({ x }) => x,
  }),
  opRow({
    name: "constant: a matrix",
    inputs: {},
    op: () => constant([1, -2, 0.5, 1e-30, 3e38, -0], [2, 3]),
    ref: () => array(new Float32Array([1, -2, 0.5, 1e-30, 3e38, -0]), [2, 3]),
  }),
  opRow({
    name: "constant: an int32 scalar",
    inputs: {},
    op: () => constant(-7, [], "int32"),
    ref: () => array([-7], []),
  }),
  opRow({
    name: "constant: bools",
    inputs: {},
    op: () => constant([1, 0, 1], [3], "bool"),
    ref: () => array([1, 0, 1]),
  }),
  opRow({
    name: "barrier: one signal",
    inputs: { x: normal(["batch", 3, 2, 2]), signal: normal([2]) },
    op: ({ x, signal }) => barrier(x, [signal]),
    ref: ({ x }) => x,
  }),
  opRow({
    name: "barrier: a scalar that waits for two",
    inputs: { x: normal([]), first: normal([]), second: normal(["batch", 2]) },
    op: ({ x, first, second }) => barrier(x, [first, second]),
    ref: ({ x }) => x,
  }),
];
