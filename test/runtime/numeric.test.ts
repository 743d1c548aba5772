import { describe, expect, it } from "vitest";
import { NumericError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import type { Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { add, div, exp, log, mul, sqrt, stopGradient, sub, sum } from "../../src/ops/index.js";
import { adam, type Optimizer, sgd } from "../../src/optim/index.js";
import { type Network, network, type StepBatch, sequential, TrainingStep } from "../../src/runtime/index.js";

const engine = await nativeEngine();

/** A layer of one op, for breaking things. */
const broken = (kind: string, body: (x: Value) => Value) => {
  const make = nn.defineLayer<nn.LayerOptions>({ kind, options: [], build: ([x]) => body(x) });
  return (options: nn.LayerOptions = {}) => make(options);
};
const logOf = broken("logOf", (x) => log(x));
const rootOf = broken("rootOf", (x) => sqrt(mul(x, 0)));
const expOf = broken("expOf", (x) => exp(x));
const oneOver = broken("oneOver", (x) => div(1, x));
/** Its output is x, and its gradient NaN: a fault that shows only on the way back. */
const backwardFault = broken("backwardFault", (x) => {
  const zero = sub(x, stopGradient(x));
  return add(x, mul(sqrt(mul(zero, zero)), 0));
});

interface Case {
  readonly net: () => Network;
  readonly optimizer?: Optimizer;
  readonly loss?: nn.Loss;
  /** The batch that breaks it, after two that do not. */
  readonly bad?: readonly number[];
  readonly place: string;
  /** The network was broken from the start. */
  readonly spoiled?: boolean;
  readonly says: RegExp;
}

const input = [2] as const;
const good = [1, 2, 3, 4];
const plain =
  (...layers: nn.Layer[]) =>
  () =>
    sequential({ input, engine, seed: 1 }, ...layers);
const positive = { initializer: "ones" } as const;

const cases: Record<string, Case> = {
  "NaN in the data": {
    net: plain(nn.dense(1)),
    bad: [1, 2, 3, Number.NaN],
    place: "input",
    says: /^input: the input is NaN in example 1 of the batch at step 3\. Remove or replace such numbers in the data\.$/,
  },
  "Inf in the data": {
    net: plain(nn.dense(1)),
    bad: [Number.NEGATIVE_INFINITY, 2, 3, 4],
    place: "input",
    says: /^input: the input is -Infinity in example 0 of the batch at step 3/,
  },
  "a weight that was NaN before": {
    net: () => {
      const net = plain(nn.dense(2), nn.dense(1))();
      net.setWeights(new Map([["dense_1.bias", tensor([1, Number.NaN])]]));
      return net;
    },
    place: "dense_1.bias",
    says: /^dense_1\.bias: the weight is NaN in position 1 from the start\. See with what weights it began\.$/,
    spoiled: true,
  },
  "forward, in a layer": {
    net: plain(nn.dense(3, positive), logOf(), nn.dense(1)),
    bad: [1, 2, -3, -4],
    place: "logOf_1",
    says: /^logOf_1: NaN arose at step 3, forward, in the op "log" in example 1 of the batch from values in \[-7\.\d+, 3\.\d+\]\. Lower/,
  },
  "forward, in a layer inside another": {
    net: plain(nn.residual(nn.dense(2, positive), expOf({ name: "boom" }), nn.relu()), nn.dense(1)),
    bad: [1, 2, 300, 400],
    place: "residual_1/boom",
    says: /Infinity arose at step 3, forward, in the op "exp"/,
  },
  "forward, between layers": {
    net: () => network({ input }, ({ input: x }) => nn.dense(1)(div(x, x)), { engine }),
    bad: [0, 2, 3, 4],
    place: "the network",
    says: /^the network: NaN arose at step 3, forward, in the op "div" in example 0 of the batch from input in \[0\.00, 4\.00\] and input in \[0\.00, 4\.00\]/,
  },
  "forward, in the loss": {
    net: plain(nn.dense(1, { initializer: "zeros" })),
    optimizer: sgd({ learningRate: 0 }),
    loss: Object.assign((y: Value, t: Value) => sum(log(add(y, t))), {}) as nn.Loss,
    bad: good,
    place: "loss",
    says: /-Infinity arose at step 3, forward, in the op "log"/,
  },
  "backward, in a layer": {
    net: plain(nn.dense(3), nn.relu(), rootOf(), nn.dense(1)),
    place: "rootOf_1",
    says: /^rootOf_1: NaN arose at step 1, backward, in the op "div"/,
  },
  "backward only, the loss being fine": {
    net: plain(nn.dense(3), backwardFault(), nn.dense(1)),
    place: "backwardFault_1",
    says: /NaN arose at step 1, backward/,
  },
  "backward, reaching large weights only": {
    net: plain(
      nn.dense(200, { bias: false }),
      nn.dense(100, { bias: false }),
      backwardFault(),
      nn.dense(200, { bias: false }),
      nn.dense(100, { bias: false }),
    ),
    place: "backwardFault_1",
    says: /NaN arose at step 1, backward/,
  },
  "backward, reaching the first weight only, a large one": {
    net: plain(nn.dense(9000, { bias: false }), backwardFault(), nn.dense(1)),
    place: "backwardFault_1",
    says: /NaN arose at step 1, backward/,
  },
  "a running statistic": {
    net: plain(
      nn.defineLayer<nn.LayerOptions>({
        kind: "countsWrong",
        options: [],
        build: ([x], _, scope) => {
          scope.update("count", div(scope.state("count", [], "zeros"), 0));
          return x;
        },
      })({}),
      nn.dense(1),
    ),
    place: "countsWrong_1",
    says: /NaN arose at step 1, forward, in the op "div"/,
  },
  "a learning rate that is too high": {
    net: plain(nn.dense(8), nn.dense(8), nn.dense(1)),
    optimizer: sgd({ learningRate: 1e15 }),
    place: "",
    says: /Infinity|NaN/,
  },
};

/** Two good batches and then the bad one, again and again. */
function batchOf(numbers: readonly number[], width: number): StepBatch {
  return {
    inputs: { input: tensor(numbers, [2, 2]) },
    targets: { target: tensor(new Float32Array(2 * width), [2, width]) },
  };
}

const copies = (weights: ReadonlyMap<string, Tensor>) =>
  new Map([...weights].map(([name, { data }]) => [name, Float32Array.from(data)]));

describe("a NaN or Inf stops the step that made it", () => {
  it.each(Object.entries(cases))(
    "%s",
    async (_, { net: make, optimizer = adam(), loss = nn.mse(), bad, place, says, spoiled }) => {
      const net = make();
      const width = net.traced(false).outputs.output?.shape[1] as number;
      const fine = {
        ...batchOf(good, width),
        ...(loss.name === "mse" ? {} : { targets: { target: tensor([1, 1], [2, 1]) } }),
      };
      const step = await TrainingStep.create(net, fine, { loss, optimizer });
      let before = copies(step.weights());
      let error: unknown;
      for (let i = 0; i < 40 && error === undefined; i++) {
        before = copies(step.weights());
        const batch = i === 2 && bad !== undefined ? batchOf(bad, width) : fine;
        await step.run(batch).catch((thrown: unknown) => {
          error = thrown;
        });
      }
      expect(error).toBeInstanceOf(NumericError);
      const { message, place: where, step: when } = error as NumericError;
      expect(message).toMatch(says);
      if (place !== "") expect(where).toBe(place);
      expect(when, "the step it names is the one that failed").toBe(step.count + 1);
      expect(copies(step.weights()), "weights from before the step").toEqual(before);
      for (const [name, data] of spoiled ? [] : before) expect(data.every(Number.isFinite), name).toBe(true);
    },
  );

  it("whose numbers are fine again goes on as if nothing had happened", async () => {
    const make = () =>
      TrainingStep.create(plain(nn.dense(4), nn.dropout(0.5), nn.dense(1))(), batchOf(good, 1), {
        loss: nn.mse(),
        optimizer: adam(),
      });
    const [disturbed, calm] = [await make(), await make()];
    for (let i = 0; i < 6; i++) {
      if (i === 3) await expect(disturbed.run(batchOf([1, 2, Number.NaN, 4], 1))).rejects.toBeInstanceOf(NumericError);
      const x = batchOf([...random(i, "x").normal(4)], 1);
      expect((await disturbed.run(x)).loss).toBe((await calm.run(x)).loss);
    }
    expect(copies(disturbed.weights())).toEqual(copies(calm.weights()));
  });

  it("that is large but finite goes through", async () => {
    const step = await TrainingStep.create(plain(nn.dense(1))(), batchOf(good, 1), {
      loss: nn.mse(),
      optimizer: sgd({ learningRate: 0 }),
    });
    const { loss } = await step.run(batchOf([1e15, -1e15, 1e15, 1e15], 1));
    expect(loss).toBeGreaterThan(1e25);
  });

  it("also where 1 / 0 is made", async () => {
    const step = await TrainingStep.create(plain(oneOver(), nn.dense(1))(), batchOf(good, 1), {
      loss: nn.mse(),
      optimizer: sgd(),
    });
    await expect(step.run(batchOf([0, 1, 1, 1], 1))).rejects.toThrow(
      /^oneOver_1: Infinity arose at step 1, forward, in the op "div"/,
    );
  });
});

it("a weight that the last update made NaN never reaches the network", async () => {
  const net = sequential({ input: [2], seed: 1, engine }, nn.dense(3), nn.tanh(), nn.dense(1));
  const before = [...net.weights.values()].map(({ data }) => [...data]);
  const batch = { inputs: { input: tensor([1, 2, 3, 4], [2, 2]) }, targets: { target: tensor([0, 1], [2, 1]) } };
  const step = await TrainingStep.create(net, batch, { loss: nn.mse(), optimizer: sgd({ learningRate: 0 }) });
  const state = new Map(step.state());
  const { shape } = state.get("dense_1.weight") as Tensor;
  state.set("dense_1.weight", tensor([1, 1, 1, 1, Number.NaN, 1], shape));
  step.restore(state, 7);
  expect(() => step.publish()).toThrow(
    new NumericError("the weight is NaN in position 4 after step 7. Lower the learning rate, or clip the gradient.", {
      place: "dense_1.weight",
      step: 7,
      actual: Number.NaN,
    }),
  );
  expect([...net.weights.values()].map(({ data }) => [...data])).toEqual(before);
});
