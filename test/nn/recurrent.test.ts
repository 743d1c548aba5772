import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { input, type Value } from "../../src/graph/index.js";
import { type Architecture, architecture, dense, gru, lstm, mse, simpleRnn } from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { mul, sum } from "../../src/ops/index.js";
import { adam, sgd } from "../../src/optim/index.js";
import { compile, Network, TrainingStep } from "../../src/runtime/index.js";
import { type RecurrentFixture, readFixture } from "../fixtures/read.js";
import { expectClose } from "../support/close.js";

/** Relative to the largest number of each tensor. */
const tolerance = { pass: 2e-6, training: 5e-6 };
const engine = await nativeEngine();
const makers = { simpleRnn, lstm, gru };

/** The fixture's layer, called `cell`, and what a network makes of its output. */
function architectureOf(fixture: RecurrentFixture, returns: "all" | "last", rest = (y: Value) => y): Architecture {
  const { units, ...options } = fixture.options;
  const specs = {
    x: { shape: fixture.x.shape.slice(1), dtype: "float32" as const },
    ...(fixture.lengths && { lengths: { shape: [] as number[], dtype: "int32" as const } }),
  };
  return architecture(specs, ({ x }) =>
    rest(makers[fixture.layer](units, { ...options, returns, name: "cell" })(x as Value)),
  );
}

const inCell = (values: Readonly<Record<string, Tensor>>): [string, Tensor][] =>
  Object.entries(values).map(([name, value]) => [`cell.${name}`, value]);

/** A learned initial state is a weight as any other. */
const weightsOf = (fixture: RecurrentFixture): Map<string, Tensor> =>
  new Map([
    ...inCell(fixture.parameters),
    ...(fixture.options.initialState === "learned" ? inCell(learned(fixture, fixture.state)) : []),
  ]);

/** `h` [walks, units] as `initial_h_l0`, `initial_h_l0_reverse` ... */
function learned({ options }: RecurrentFixture, state: Readonly<Record<string, Tensor>> = {}): Record<string, Tensor> {
  const directions = options.bidirectional ? 2 : 1;
  const ofWalk = (name: string, walk: number) =>
    `initial_${name}_l${Math.floor(walk / directions)}${walk % directions ? "_reverse" : ""}`;
  const rows = Object.entries(state).flatMap(
    ([
      name,
      {
        shape: [walks = 0, units = 0],
        data,
      },
    ]) =>
      Array.from({ length: walks }, (_, walk) => {
        const own = Float32Array.from(data).slice(walk * units, (walk + 1) * units);
        return [ofWalk(name, walk), tensor(own, [units])] as const;
      }),
  );
  return Object.fromEntries(rows);
}

const inputsOf = ({ x, lengths }: RecurrentFixture) => ({ x, ...(lengths && { lengths }) });

const fixtures = readFixture("recurrent");
const cases = fixtures.map((fixture) => [fixture.name, fixture] as const);
const withoutState = cases.filter(
  ([, { options, state }]) => state === undefined || options.initialState === "learned",
);

describe("recurrent layers as PyTorch has them", () => {
  it.each(withoutState)("%s: all states and every gradient", async (_, fixture) => {
    const traced = architectureOf(fixture, "all").trace(true);
    const y = traced.outputs.output as Value;
    const r = input("r", y.shape);
    const wrt = new Map([["x", traced.inputs.x as Value]]);
    for (const [name, { value }] of traced.parameters) wrt.set(name, value);
    const slopes = gradients(sum(mul(y, r)), [...wrt.values()]);
    const inputs: Record<string, Value> = { ...traced.inputs, r };
    for (const [name, { value }] of traced.parameters) inputs[name] = value;
    const outputs: Record<string, Value> = { y };
    [...wrt.keys()].forEach((name, i) => {
      outputs[`d/${name}`] = slopes[i] as Value;
    });
    const program = await compile({ inputs, outputs }, { purpose: "training" }, engine);
    const weights = Object.fromEntries(weightsOf(fixture));
    const results = await program.run({ ...inputsOf(fixture), ...weights, r: fixture.r });
    const expected = new Map([
      ["y", fixture.y],
      ["d/x", fixture.dx],
      ...inCell({ ...fixture.dparameters, ...(fixture.dstate && learned(fixture, fixture.dstate)) }).map(
        ([name, value]) => [`d/${name}`, value] as const,
      ),
    ]);
    expect(Object.keys(results).sort()).toEqual([...expected.keys()].sort());
    for (const [name, value] of expected) expectClose(name, results[name] as Tensor, value, tolerance.pass);
  });

  it.each(withoutState)("%s: predict, all and last", async (_, fixture) => {
    for (const returns of ["all", "last"] as const) {
      const net = new Network(architectureOf(fixture, returns), { engine });
      net.setWeights(weightsOf(fixture));
      const { output } = await net.predict(inputsOf(fixture));
      const expected = returns === "all" ? fixture.y : lastOf(fixture);
      expectClose(returns, output as Tensor, expected, tolerance.pass);
    }
  });

  it.each(withoutState)("%s: 20 steps of training", async (_, fixture) => {
    const { train } = fixture;
    const head = dense(2, { name: "head" });
    const net = new Network(
      architectureOf(fixture, "last", (y) => head(y)),
      { engine },
    );
    const own = (values: Readonly<Record<string, Tensor>>) =>
      Object.entries(values).map(([name, value]) => [`head.${name}`, value] as const);
    net.setWeights(new Map([...weightsOf(fixture), ...own(train.head)]));
    const batch = { inputs: inputsOf(fixture), targets: { target: train.target } };
    const optimizer = { sgd, adam }[train.optimizer.name](train.optimizer.options);
    const step = await TrainingStep.create(net, batch, { loss: mse(), optimizer });
    const losses: number[] = [];
    while (losses.length < train.steps) losses.push((await step.run(batch)).loss);
    expectClose("losses", tensor(losses), tensor(train.losses), tolerance.training);
    const after = [
      ...inCell(train.finalParameters),
      ...own(train.finalHead),
      ...inCell(learned(fixture, train.finalState)),
    ];
    for (const [name, value] of after) expectClose(name, step.weights().get(name) as Tensor, value, tolerance.training);
  });

  it.each(cases.filter(([, { state, options }]) => state !== undefined && options.initialState !== "learned"))(
    "%s: called on its state, and the gradient by it",
    async (_, fixture) => {
      const { units, ...options } = fixture.options;
      const states = Object.entries(fixture.state ?? {});
      const specs = {
        x: { shape: fixture.x.shape.slice(1), dtype: "float32" as const },
        lengths: { shape: [] as number[], dtype: "int32" as const },
        ...Object.fromEntries(states.map(([name]) => [name, { shape: [units], dtype: "float32" as const }])),
      };
      const made = architecture(specs, ({ x, ...more }) =>
        makers[fixture.layer](units, { ...options, name: "cell" })(
          x as Value,
          ...states.map(([name]) => more[name] as Value),
        ),
      );
      const { inputs: own, outputs: results, parameters } = made.trace(true);
      const y = results.output as Value;
      const r = input("r", y.shape);
      const weights = Object.fromEntries([...parameters].map(([name, { value }]) => [name, value]));
      const slopes = gradients(
        sum(mul(y, r)),
        states.map(([name]) => own[name] as Value),
      );
      const named = Object.fromEntries(states.map(([name], i) => [`d/${name}`, slopes[i] as Value]));
      const graph = { inputs: { ...own, ...weights, r }, outputs: { y, ...named } };
      const program = await compile(graph, { purpose: "training" }, engine);
      const feeds = {
        ...inputsOf(fixture),
        ...Object.fromEntries(weightsOf(fixture)),
        ...Object.fromEntries(states.map(([name, value]) => [name, only(value)])),
      };
      const found = await program.run({ ...feeds, r: fixture.r });
      expectClose("y", found.y as Tensor, fixture.y, tolerance.pass);
      for (const [name, value] of Object.entries(fixture.dstate ?? {}))
        expectClose(name, found[`d/${name}`] as Tensor, only(value), tolerance.pass);
    },
  );

  const given = cases.filter(([, { options, state }]) => state !== undefined && options.initialState !== "learned");
  it.each(given)("%s: a session that is given its state", async (_, fixture) => {
    const net = new Network(architectureOf(fixture, "all"), { engine });
    net.setWeights(weightsOf(fixture));
    const session = net.session();
    const state = Object.entries(fixture.state ?? {}).map(([name, value]) => [`cell/l0/${name}`, only(value)] as const);
    session.restore(new Map(state));
    const { output } = await session.predict(inputsOf(fixture));
    expectClose("states", output as Tensor, fixture.y, tolerance.pass);
    for (const [name, value] of Object.entries(fixture.lastState))
      expectClose(name, session.state.get(`cell/l0/${name}`) as Tensor, only(value), tolerance.pass);
  });
});

/** [1, batch, units] without its first axis. */
const only = ({ data, shape }: Tensor): Tensor => tensor(data, shape.slice(1));

/** [walks, batch, units] of the last layer as [batch, directions x units]. */
function lastOf({ lastState, options: { units, bidirectional } }: RecurrentFixture): Tensor {
  const { shape, data } = lastState.h as Tensor;
  const [walks, batch] = shape as [number, number, number];
  const directions = bidirectional ? 2 : 1;
  const at = (walk: number, row: number): number[] =>
    Array.from({ length: units }, (_, i) => data[(walk * batch + row) * units + i] as number);
  const rows = Array.from({ length: batch }, (_, row) => [
    ...at(walks - directions, row),
    ...(directions === 2 ? at(walks - 1, row) : []),
  ]);
  return tensor(rows.flat(), [batch, directions * units]);
}
