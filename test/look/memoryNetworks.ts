import { type Network, random, sequential, type Tensor, tensor } from "../../src/index.js";
import { dense, simpleRnn } from "../../src/nn/index.js";
import { plant } from "./networks.js";

/** A square matrix whose columns are orthonormal (Gram-Schmidt on seeded noise), row by row. */
function orthogonal(size: number): number[] {
  const noise = random(3, "orthogonal").normal(size * size);
  const rows: number[][] = [];
  for (let i = 0; i < size; i++) {
    let row = Array.from(noise.slice(i * size, (i + 1) * size));
    for (const other of rows) {
      const along = row.reduce((sum, x, k) => sum + x * (other[k] as number), 0);
      row = row.map((x, k) => x - along * (other[k] as number));
    }
    rows.push(row.map((x) => x / Math.hypot(...row)));
  }
  return rows.flat();
}

/** h' = 0.9 Q h + x, read out as it is: each step leaves nine tenths of what was. */
export function fading(time: number, units: number, returns: "all" | "last" = "last"): Network {
  const identity = Array.from({ length: units * units }, (_, i) => (i % (units + 1) === 0 ? 1 : 0));
  const net = sequential({ input: [time, units] }, simpleRnn(units, { activation: "linear", returns }));
  return plant(net, {
    "simpleRnn_1.weight_ih_l0": identity,
    "simpleRnn_1.weight_hh_l0": orthogonal(units).map((x) => 0.9 * x),
  });
}

/** A delay line: what comes in moves on by a unit a step, and comes out of the last after `length` - 1 steps. */
export function delayLine(time: number, length: number, returns: "all" | "last"): Network {
  const shift = Array.from({ length: length * length }, (_, i) =>
    Math.floor(i / length) === (i % length) + 1 ? 1 : 0,
  );
  const last = Array.from({ length }, (_, i) => (i === length - 1 ? 1 : 0));
  const net = sequential({ input: [time, 1] }, simpleRnn(length, { activation: "linear", returns }), dense(1));
  return plant(net, {
    "simpleRnn_1.weight_ih_l0": last.map((_, i) => (i === 0 ? 1 : 0)),
    "simpleRnn_1.weight_hh_l0": shift,
    "dense_1.weight": last,
  });
}

/** Numbers of one feature as examples [rows, time, 1]. */
export const series = (...rows: readonly (readonly number[])[]): Tensor<"float32"> =>
  tensor(rows.flat(), [rows.length, rows[0]?.length as number, 1]);
