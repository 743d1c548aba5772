import { expect } from "vitest";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { adam } from "../../src/optim/index.js";
import {
  type Network,
  rowsOf,
  type StepBatch,
  type StepOptions,
  sequential,
  type Tensors,
  TrainingStep,
} from "../../src/runtime/index.js";

export const engine = await nativeEngine();
export const loss = nn.crossEntropy();

export const batchOf = (rows: number, features: number, seed = 1): StepBatch => ({
  inputs: { input: tensor(random(seed, "x").normal(rows * features), [rows, features]) },
  targets: {
    target: tensor(
      Int32Array.from({ length: rows }, (_, i) => (i * seed) % 3),
      [rows],
    ),
  },
});

export const part = (batch: StepBatch, start: number, stop: number): StepBatch => {
  const cut = (tensors: Tensors) =>
    Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, rowsOf(t, start, stop)]));
  return { inputs: cut(batch.inputs), targets: cut(batch.targets) };
};

/** Weights small and large, so that both kinds of groups are tried. */
export const make = (seed = 3) =>
  sequential({ input: [128], engine, seed }, nn.dense(128), nn.tanh(), nn.dense(8), nn.tanh(), nn.dense(3));
export const makeNormed = () =>
  sequential(
    { input: [6], engine, seed: 3 },
    nn.dense(8, { bias: false }),
    nn.batchNorm(),
    nn.relu(),
    nn.dropout(0.4),
    nn.dense(3),
  );

export const begin = (net: Network, options: Partial<StepOptions>, example = batchOf(8, 6)) =>
  TrainingStep.create(net, example, { loss, optimizer: adam({ learningRate: 0.01 }), ...options });

export const copies = (tensors: ReadonlyMap<string, Tensor>) =>
  new Map([...tensors].map(([name, t]) => [name, { ...t, data: t.data.slice() } as Tensor]));

export function expectSame(actual: ReadonlyMap<string, Tensor>, expected: ReadonlyMap<string, Tensor>): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, { data }] of expected) expect([...(actual.get(name)?.data ?? [])], name).toEqual([...data]);
}
