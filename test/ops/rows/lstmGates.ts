import { lstmGates } from "../../../src/ops/index.js";
import * as reference from "../../reference/index.js";
import { normal } from "../inputs.js";
import { opRow } from "../row.js";

type NdArray = reference.NdArray;

/** By the formulas, number by number: h, c', i, f, g, o. */
function gates(z: NdArray, c: NdArray): NdArray[] {
  const size = c.data.length;
  const part = (n: number, f: (x: number) => number): NdArray =>
    reference.map({ shape: c.shape, data: z.data.slice(n * size, (n + 1) * size) }, f);
  const [i, f, g, o] = [
    part(0, reference.sigmoid),
    part(1, reference.sigmoid),
    part(2, Math.tanh),
    part(3, reference.sigmoid),
  ];
  const cell = reference.zip((p = 0, q = 0, r = 0, s = 0) => p * q + r * s, f, c, i, g);
  return [reference.zip((p = 0, q = 0) => p * Math.tanh(q), o, cell), cell, i, f, g, o];
}

const row = (name: string, chosen: readonly number[]) =>
  opRow({
    name,
    inputs: { z: normal([12, "batch"]), c: normal([3, "batch"]) },
    op: ({ z, c }) => {
      const { h, cell, input, forget, candidate, output } = lstmGates(z, c);
      const all = [h, cell, input, forget, candidate, output];
      return chosen.map((n) => all[n] as typeof h);
    },
    ref: ({ z, c }) => {
      const all = gates(z, c);
      return chosen.map((n) => all[n] as NdArray);
    },
  });

export const lstmGatesRows = [
  row("lstmGates", [0, 1]),
  row("lstmGates: the state alone", [0]),
  row("lstmGates: the cell alone", [1]),
  row("lstmGates: with a look at the gates", [0, 1, 2, 3, 4, 5]),
  row("lstmGates: a gate alone", [3]),
];
