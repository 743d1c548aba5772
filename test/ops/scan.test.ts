import { describe, expect, it } from "vitest";
import { constant, input, nodesOf, type Value } from "../../src/graph/index.js";
import { lower } from "../../src/onnx/index.js";
import { add, mul, scan } from "../../src/ops/index.js";
import { describeRows } from "./harness.js";
import { lstmGatesRows } from "./rows/lstmGates.js";
import { scanRows } from "./rows/scan.js";

describeRows("scan", scanRows);
describeRows("lstmGates", lstmGatesRows);

describe("what does not fit", () => {
  const [state, steps] = [input("h", ["batch", 2]), input("x", [5, "batch", 2])];
  const turn = (states: readonly Value[]) => ({ states, outputs: [] });
  it("names both", () => {
    expect(() => scan({ states: [state], steps: [] }, turn)).toThrow("scan: needs something to step through.");
    expect(() => scan({ states: [state], steps: [steps, input("y", [4, 2])] }, turn)).toThrow("steps of 5 and 4 turns");
    expect(() => scan({ states: [state], steps: [steps] }, () => ({ states: [input("z", [2])], outputs: [] }))).toThrow(
      "scan: state 0 is [batch, 2], then [2].",
    );
    const whole = constant([1, 2], [2], "int32");
    expect(() => scan({ states: [input("z", [2])], steps: [steps] }, () => ({ states: [whole], outputs: [] }))).toThrow(
      "scan: state 0 is [2], then int32[2].",
    );
    expect(() => scan({ states: [state], steps: [steps] }, () => ({ states: [], outputs: [] }))).toThrow(
      "scan: a turn is given 1 states and returns 0.",
    );
    expect(() => scan({ states: [state], steps: [input("x", [])] }, turn)).toThrow("scan: a scalar has no steps.");
  });
  it("names what a turn takes from outside", () => {
    const w = input("w", [2]);
    const closing = ([h]: readonly Value[]) => ({ states: [mul(h as Value, mul(w, 2))], outputs: [] });
    expect(() => scan({ states: [state], steps: [steps] }, closing)).toThrow('scan: a turn uses "w" from outside.');
  });
});

describe("the graph", () => {
  const sums = (time: number) => {
    const [state, steps] = [input("h", ["batch"]), input("x", [time, "batch"])];
    const loop = scan({ states: [state], steps: [steps] }, ([sum], [step]) => {
      const next = add(sum as Value, mul(step as Value, step as Value));
      return { states: [next], outputs: [next] };
    });
    return { inputs: { h: state, x: steps }, outputs: { last: loop.states[0] as Value } };
  };

  it("is as large for a thousand steps as for one", () => {
    expect(nodesOf(Object.values(sums(1000).outputs))).toHaveLength(nodesOf(Object.values(sums(1).outputs)).length);
    expect(Math.abs(lower(sums(1000)).bytes.length - lower(sums(1)).bytes.length)).toBeLessThan(8);
  });

  it("stacks nothing that nobody uses", () => {
    const text = Buffer.from(lower(sums(3)).bytes).toString("latin1");
    expect(text.split("scan:").length - 1, "only the last state, so no second output").toBe(0);
  });
});
