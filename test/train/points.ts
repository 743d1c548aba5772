import { random } from "../../src/base/random.js";
import { tensor } from "../../src/base/tensor.js";
import { type Dataset, dataset } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { type Network, sequential, useEngine } from "../../src/runtime/index.js";

useEngine(await nativeEngine());

export const quiet = { progress: false } as const;

/** `rows` points in the plane; the class is the sign of x + y. */
export function points(rows: number, seed = 1): Dataset {
  const x = random(seed, "points").normal(2 * rows);
  const label = Array.from({ length: rows }, (_, i) => Number((x[2 * i] as number) + (x[2 * i + 1] as number) > 0));
  return dataset({ input: tensor(x, [rows, 2]), target: label, classes: ["below", "above"] });
}

/** A small network for points. */
export const small = (seed = 0): Network => sequential({ input: [2], seed }, nn.dense(6), nn.tanh(), nn.dense(2));

/** Copies of the weights. */
export const weightsOf = (net: Network): Map<string, Float32Array> =>
  new Map([...net.weights].map(([name, { data }]) => [name, Float32Array.from(data)]));

/** Notes every batch asked for. */
export function watched(data: Dataset) {
  const asked: number[][] = [];
  const draws: ({ seed: number; step: number } | undefined)[] = [];
  const batch: Dataset["batch"] = (indices, draw) => {
    asked.push(Array.from(indices));
    draws.push(draw);
    return data.batch(indices, draw);
  };
  return { data: { ...data, batch }, asked, draws };
}
