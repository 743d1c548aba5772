import { describe, expect, it } from "vitest";
import { type Dataset, type Network, sequential, type Tensor, tensor } from "../../src/index.js";
import { matchPattern } from "../../src/look/index.js";
import { dense, simpleRnn } from "../../src/nn/index.js";
import { concatRows, rowsOf } from "../../src/runtime/index.js";
import { noise, plant } from "./networks.js";

/** Steps of a text of parentheses: 1 where one opens, -1 where one closes, 0 elsewhere. */
const moves = (text: string): number[] => [...text].map((c) => (c === "(" ? 1 : c === ")" ? -1 : 0));

const examples = (...texts: readonly string[]): Tensor<"float32"> =>
  tensor(texts.flatMap(moves), [texts.length, texts[0]?.length as number, 1]);

/** The first layer counts how deep it is; unit k of the second is on at k + 1 and deeper, by a half and more. */
function parenthesisCounter(time: number): Network {
  const net = sequential(
    { input: [time, 1], lengths: true },
    simpleRnn(1, { activation: "linear", name: "count" }),
    simpleRnn(3, { activation: "relu", name: "depth" }),
    dense(1),
  );
  return plant(net, {
    "count.weight_ih_l0": [1],
    "count.weight_hh_l0": [1],
    "depth.weight_ih_l0": [1, 1, 1],
    "depth.weight_hh_l0": new Array(9).fill(0),
    "depth.bias_ih_l0": [-0.5, -1.5, -2.5],
  });
}

/** Where a text is this deep or deeper, by counting: [example, first step, last step]. */
function deep(texts: readonly string[], depth: number): number[][] {
  return texts.flatMap((text, example) => {
    let now = 0;
    const on = moves(text).map((move) => {
      now += move;
      return now >= depth;
    });
    return on.flatMap((is, t) => {
      if (!is || on[t - 1]) return [];
      const end = on.indexOf(false, t);
      return [[example, t, (end < 0 ? on.length : end) - 1]];
    });
  });
}

const texts = ["a(b(c)d(e(f)))", "((a)b)c((d)e)f", "abcdefghijklmn", "(((abc)d(e)f))", "(a)(b)(c)(d)ef"];
const lengths = (...values: number[]) => tensor(values, [values.length], "int32");
const inputs = { input: examples(...texts), lengths: lengths(14, 14, 14, 14, 14) };
const counter = parenthesisCounter(14);

describe("patterns of hidden states", () => {
  it("of a parenthesis counter are all spans of the depth that was chosen", async () => {
    // "(c)" in the first text.
    const { value, check } = await matchPattern(counter, inputs, { layer: "depth", span: [3, 4] });
    expect(value.units).toEqual([1]);
    const spans = value.matches.map(({ example, from, to }) => [example, from, to]);
    expect(spans.sort()).toEqual(deep(texts, 2).sort());
    expect(spans.length).toBe(5);
    expect(check).toBe(0);
  });

  it("come in the order of what they share", async () => {
    const { value } = await matchPattern(counter, inputs, { layer: "depth", span: [3, 4], alone: false });
    // On at depth 2 are the units of depth 1 and 2.
    expect(value.units).toEqual([0, 1]);
    const [best, ...others] = value.matches;
    expect(best).toEqual({ example: 0, from: 3, to: 4, shared: 2, jaccard: 1 });
    const shared = others.map((match) => match.shared);
    expect(shared).toEqual([...shared].sort((a, b) => b - a));
    const count = (wanted: number) => value.matches.filter((match) => match.shared === wanted).length;
    expect([count(2), count(1)]).toEqual([deep(texts, 2).length, deep(texts, 1).length]);
    // All three units are on in "(abc)": two of three are shared.
    const few = await matchPattern(counter, inputs, { layer: "depth", span: [3, 4], alone: false, units: [0, 2] });
    expect(few.value.matches[0]).toMatchObject({ shared: 2, jaccard: 2 / 3 });
  });

  it("are looked for in data sets of any size, up to each example's length", async () => {
    const many = Array.from({ length: 70 }, (_, i) => (i === 68 ? "((a)b)c((d)e)f" : "a(b(c)d(e(f)))"));
    const all = lengths(...many.map((_, i) => (i % 2 ? 7 : 14)));
    const input = examples(...many);
    const data: Dataset = {
      length: 70,
      inputShapes: { input: [14, 1], lengths: [] },
      targetShapes: {},
      batch: (indices) => {
        const rows = Array.from(indices, (i) => rowsOf(input, i, i + 1));
        const counts = Array.from(indices, (i) => rowsOf(all, i, i + 1));
        return {
          inputs: concatRows(rows.map((row, i) => ({ input: row, lengths: counts[i] as Tensor }))),
          targets: {},
        };
      },
    };
    const { value } = await matchPattern(counter, data, { layer: "depth", span: [3, 4], count: 1000 });
    const expected = deep(
      many.map((text, i) => (i % 2 ? text.slice(0, 7) : text)),
      2,
    );
    expect(value.matches.map(({ example, from, to }) => [example, from, to]).sort()).toEqual(expected.sort());
    const few = await matchPattern(counter, data, { layer: "depth", span: [3, 4], count: 3 });
    expect(few.value.matches).toEqual(value.matches.slice(0, 3));
  });

  it("say what is wrong with what is chosen", async () => {
    const ask = (options: object) => matchPattern(counter, inputs, { layer: "depth", span: [3, 4], ...options });
    await expect(ask({ example: 2 })).rejects.toThrow("Lower the threshold");
    await expect(ask({ span: [4, 3] })).rejects.toThrow("span");
    await expect(ask({ span: [3, 14] })).rejects.toThrow("span");
    await expect(ask({ units: [3] })).rejects.toThrow("units");
    await expect(ask({ units: [] })).rejects.toThrow("name one");
    await expect(ask({ value: "cell" })).rejects.toThrow("It has: state");
    await expect(matchPattern(counter, noise([1, 14, 1]), { span: [0, 1] })).rejects.toThrow("lengths");
  });
});
