import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { random } from "../../src/base/random.js";
import { tensor } from "../../src/base/tensor.js";
import { constant, input, inRegion, inScope, nodesOf, rebuild, type Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { lower } from "../../src/onnx/index.js";
import { add, exp, mul, neg, split, sub, sum, tanh } from "../../src/ops/index.js";
import { sequential } from "../../src/runtime/index.js";
import { evaluate } from "../support/evaluate.js";
import { strictSession } from "../support/session.js";

const engine = await nativeEngine();

const operations = (value: Value) =>
  nodesOf([value])
    .map(({ op }) => op.name)
    .filter((name) => name !== "input");
const regionsOf = (values: readonly Value[]) =>
  new Set(nodesOf(values).flatMap(({ region }) => (region === undefined ? [] : [region])));

describe("a graph made again on other values", () => {
  it("is the same function of them, and the first stays what it was", async () => {
    const results = await evaluate(
      (x, other) => {
        const y = add(mul(x as Value, x as Value), 1);
        return [y, rebuild([y], new Map([[x as Value, other as Value]]))(y)];
      },
      tensor([1, 2, 3]),
      tensor([10, -1, 0]),
    );
    expect(results).toEqual([
      [2, 5, 10],
      [101, 2, 1],
    ]);
  });

  it("shares what does not depend on the exchanged values, and makes once what is used twice", () => {
    const [x, w, other] = [input("x", [2]), input("w", [2]), input("other", [2])];
    const kept = exp(w);
    const twice = tanh(mul(x, kept));
    const y = add(twice, mul(twice, kept));
    const now = rebuild([y], new Map([[x, other]]));
    const before = new Set(nodesOf([y]));
    const fresh = nodesOf([now(y)]).filter((node) => !before.has(node));
    expect(fresh.map(({ op }) => op.name)).toEqual(["input", "mul", "tanh", "mul", "add"]);
    expect(now(kept)).toBe(kept);
    expect(now(w)).toBe(w);
    expect(now(twice)).not.toBe(twice);
    expect(now(y).node.inputs[0]).toBe(now(twice));
  });

  it("has all the outputs asked for, those included that are given or that nothing was exchanged of", () => {
    const [x, other, given] = [input("x", [2]), input("other", [2]), input("given", [2])];
    const [inner, apart] = [exp(x), neg(constant([1, 2]))];
    const y = tanh(inner);
    const now = rebuild(
      [inner, y, apart],
      new Map([
        [x, other],
        [inner, given],
      ]),
    );
    expect(now(inner)).toBe(given);
    expect(operations(now(y))).toEqual(["tanh"]);
    expect(now(y).node.inputs).toEqual([given]);
    expect(now(apart)).toBe(apart);
  });

  it("takes one of an op's outputs as given, and makes the others", async () => {
    const results = await evaluate(
      (x, other, given) => {
        const [left, right] = split(x as Value, [1, 1], 0) as [Value, Value];
        const y = sub(left, right);
        const instead = new Map([
          [x, other],
          [left, given],
        ] as [Value, Value][]);
        const now = rebuild([y], instead);
        return [now(y), now(left), now(right)];
      },
      tensor([1, 2]),
      tensor([30, 40]),
      tensor([500]),
    );
    expect(results).toEqual([[460], [500], [40]]);
  });

  it("refuses a value of another type: shapes are part of many ops", () => {
    const x = input("x", ["batch", 4]);
    const instead = (value: Value) => () => rebuild([exp(x)], new Map([[x, value]]));
    expect(instead(input("y", [3, 4]))).toThrow(
      "rebuild: float32[3, 4] cannot stand for float32[batch, 4]. Give a value of the same type.",
    );
    expect(instead(input("y", ["batch", 4], "int32"))).toThrow("rebuild: int32[batch, 4] cannot stand for float32");
  });

  it("keeps scopes, within the one that is open", () => {
    const [x, other] = [input("x", [2]), input("other", [2])];
    const y = inScope("dense_1", () => exp(x));
    const now = inScope("discriminator", () => rebuild([y], new Map([[x, other]])));
    expect(now(y).node.scope).toBe("discriminator/dense_1");
  });
});

describe("regions made again", () => {
  it("are regions of their own, one for each, in both graphs", () => {
    const [x, other] = [input("x", [2]), input("other", [2])];
    const y = inRegion(() => exp(tanh(inRegion(() => exp(x)))));
    const z = inRegion(() => tanh(mul(y, y)));
    const again = rebuild([z], new Map([[x, other]]))(z);
    const [first, second] = [regionsOf([z]), regionsOf([again])];
    expect([first.size, second.size]).toEqual([2, 2]);
    expect([...second].filter((region) => first.has(region))).toEqual([]);
    const lengths = (value: Value) =>
      [...regionsOf([value])].map((region) => nodesOf([value]).filter((node) => node.region === region).length);
    expect(lengths(again)).toEqual(lengths(z));
  });

  it("are worked out twice, as the first are: nothing of them is kept for the way back", () => {
    const [x, other] = [input("x", [2]), input("other", [2])];
    const before = neg(x);
    const y = sum(inRegion(() => tanh(exp(tanh(before)))));
    const again = rebuild([y], new Map([[x, other]]))(y);
    const backward = (loss: Value, wrt: Value) => operations(gradients(loss, [wrt])[0] as Value);
    const count = (names: readonly string[], name: string) => names.filter((each) => each === name).length;
    const [usual, made] = [backward(y, x), backward(again, other)];
    expect(made).toEqual(usual);
    // Once on the way there, and once more behind the barrier; without regions, once.
    expect(count(made, "tanh")).toBeGreaterThan(2);
    expect(count(made, "barrier")).toBeGreaterThan(0);
  });
});

describe("networks made again", () => {
  it.each([
    ["lstm", () => [nn.lstm(3, { returns: "last" }), nn.dense(2)]],
    ["gru, both ways", () => [nn.gru(3, { bidirectional: true }), nn.dense(2)]],
    ["checkpointed", () => [nn.checkpointed(nn.flatten(), nn.dense(4), nn.tanh()), nn.dense(2)]],
    ["checkpointed loop", () => [nn.checkpointed(nn.simpleRnn(3)), nn.dense(2)]],
  ] as const)("%s: value and gradients of other inputs and other weights", async (_, layers) => {
    const net = sequential({ input: [4, 2], engine, seed: 3 }, ...layers());
    const traced = net.traced(true);
    const [first, second] = [Object.values(traced.inputs)[0] as Value, Object.values(traced.outputs)[0] as Value];
    const weights = [...traced.parameters.values()].map(({ value }) => value);
    const x = tensor(random(4, "x").normal(3 * 8), [3, 4, 2]);
    const shifted = tensor(random(5, "x").normal(3 * 8), [3, 4, 2]);
    const plain = [...net.weights.values()];
    const halved = plain.map((w) => ({ ...w, data: w.data.map((n) => n / 2) as Float32Array }));
    const outcome = (output: Value, wrt: readonly Value[]) => [output, ...gradients(sum(output), wrt)];
    const [other, ...others] = [first, ...weights].map((value, i) => input(`other${i}`, value.shape)) as [Value];
    const instead = new Map([[first, other], ...weights.map((w, i) => [w, (others as Value[])[i] as Value] as const)]);
    const now = rebuild([second], instead);
    const given = [other, ...(others as Value[])];
    const again = await evaluateGraph(given, outcome(now(second), given), [shifted, ...halved]);
    // The same layers, traced anew.
    const own = sequential({ input: [4, 2], engine }, ...layers()).traced(true);
    const inputs = [...Object.values(own.inputs), ...[...own.parameters.values()].map((p) => p.value)];
    const plainly = outcome(Object.values(own.outputs)[0] as Value, inputs);
    expect(again).toEqual(await evaluateGraph(inputs, plainly, [shifted, ...halved]));
    const before = await evaluateGraph([first, ...weights], outcome(second, [first, ...weights]), [x, ...plain]);
    expect(again).not.toEqual(before);
    expect(before[0]).toEqual(Array.from((await net.predict(x)).data, (n) => expect.closeTo(n, 5)));
  });
});

/** The values of outputs, given those of inputs. */
async function evaluateGraph(
  inputs: readonly Value[],
  outputs: readonly Value[],
  given: readonly ReturnType<typeof tensor>[],
) {
  const named = <T>(prefix: string, items: readonly T[]) =>
    Object.fromEntries(items.map((item, i) => [`${prefix}${i}`, item]));
  const run = await strictSession(lower({ inputs: named("x", inputs), outputs: named("y", outputs) }).bytes);
  const results = await run(named("x", given));
  return outputs.map((_, i) => Array.from(results[`y${i}`]?.data ?? []));
}
