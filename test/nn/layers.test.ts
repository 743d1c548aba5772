import { describe, expect, it } from "vitest";
import { MidstError, OptionError } from "../../src/base/errors.js";
import type { Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { network, sequential } from "../../src/runtime/index.js";

/** Building a network of these layers. */
const building =
  (input: readonly number[], ...layers: nn.Layer[]) =>
  () =>
    sequential({ input }, ...layers);

/** JavaScript's callers have no compiler: what they may pass. */
const untyped = (value: unknown) => value as never;

describe("a layer that does not fit", () => {
  it("dense after pictures says what to add", () => {
    expect(building([1, 28, 28], nn.conv2d(64, 7, { stride: 3 }), nn.dense(2), nn.dense(3))).toThrow(
      "dense_1: expected [batch, features], got [batch, 64, 8, 8]. Add flatten() before it.",
    );
    const second = () => network({ x: [64, 7, 7], y: [3] }, ({ x, y }) => ({ a: nn.dense(2)(y), b: nn.dense(2)(x) }));
    expect(second).toThrow("dense_2: expected [batch, features], got [batch, 64, 7, 7]. Add flatten() before it.");
  });

  it.each([
    ["conv2d", nn.conv2d(4, 3), [784], "expected [batch, channels, height, width], got [batch, 784]. Use reshape("],
    ["conv1d", nn.conv1d(4, 3), [3, 8, 8], "expected [batch, channels, length], got [batch, 3, 8, 8]."],
    ["maxPool2d", nn.maxPool2d(2), [12], "expected [batch, channels, height, width], got [batch, 12]. Pool before"],
    ["avgPool1d", nn.avgPool1d(2), [12], "expected [batch, channels, length], got [batch, 12]. Pool before flatten()"],
    ["globalAvgPool", nn.globalAvgPool(), [12], "expected [batch, channels, ...], got [batch, 12]."],
    [
      "subsample",
      nn.subsample(2),
      [12],
      "expected [batch, channels, height, width], got [batch, 12]. Subsample pictures",
    ],
    [
      "subsample",
      nn.subsample(2, { channels: 2 }),
      [3, 4, 4],
      "expected at most 2 channels, got [batch, 3, 4, 4]. Give",
    ],
    ["upsample", nn.upsample(2), [12], "expected [batch, channels, height, width], got [batch, 12]."],
    ["convTranspose2d", nn.convTranspose2d(4, 3), [12], "expected [batch, channels, height, width], got [batch, 12]."],
    ["batchNorm", nn.batchNorm(), [], "expected [batch, channels, ...], got [batch]."],
    ["groupNorm", nn.groupNorm(4), [6, 5, 5], "expected channels that 4 groups divide, got [batch, 6, 5, 5]."],
    ["layerNorm", nn.layerNorm({ axes: 3 }), [4, 4], "expected more than 3 axes, got [batch, 4, 4]."],
    ["reshape", nn.reshape([4, 4]), [15], "[batch, 15] has 15*batch elements, [batch, 4, 4] cannot hold them."],
    ["conv2d", nn.conv2d(8, 5), [1, 3, 3], "a kernel of [5, 5] does not fit into [batch, 1, 3, 3]"],
    ["maxPool2d", nn.maxPool2d(4), [1, 3, 3], "a window of [4, 4] does not fit into [batch, 1, 3, 3]"],
    ["convTranspose2d", nn.convTranspose2d(2, 3, { padding: 3 }), [1, 2, 2], "leave nothing of [batch, 1, 2, 2]"],
    ["conv2d", nn.conv2d(6, 3, { groups: 4 }), [8, 9, 9], "4 groups do not divide 8 input channels and 6 filters."],
    ["convTranspose2d", nn.convTranspose2d(3, 3, { groups: 2 }), [4, 9, 9], "2 groups do not divide 4 input channels"],
    ["permute", nn.permute(2, 1), [12], "expected the batch and 2 axes, got [batch, 12]. Name each axis"],
    ["timePool", nn.timePool("max"), [12], "expected [batch, time, features], got [batch, 12]."],
    ["attention", nn.attention(2), [12], "expected [batch, time, features], got [batch, 12]. Put embedding() before"],
    ["attention", nn.attention(4), [3, 6], "expected features that 4 heads divide, got [batch, 3, 6]. Choose another"],
    ["positionalEncoding", nn.positionalEncoding(), [12], "expected [batch, time, features], got [batch, 12]."],
    [
      "positionalEncoding",
      nn.positionalEncoding({ kind: "learned", steps: 2 }),
      [3, 6],
      "expected at most 2 steps, got",
    ],
    ["transformerBlock", nn.transformerBlock(2), [12], "expected [batch, time, features], got [batch, 12]."],
    ["embedding", nn.embedding(5, 2), [3], "expected int32, got float32[batch, 3]. Declare the input as { shape, dty"],
    ["softmax", nn.softmax({ axis: 0 }), [3], "axis 0 is the batch"],
    ["softmax", nn.softmax({ axis: -2 }), [3], "axis -2 is the batch"],
    ["softmax", nn.softmax({ axis: 2 }), [3], "axis 2 does not exist: the value has 2 axes."],
    ["concat", nn.concat({ axis: 0 }), [3], "axis 0 is the batch"],
  ] as const)("%s", (kind, layer, input, message) => {
    let error: unknown;
    try {
      sequential({ input }, nn.flatten({ name: "before" }), nn.reshape(input, { name: "shaped" }), layer);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(MidstError);
    expect((error as MidstError).message).toContain(message);
    expect((error as MidstError).place, "the error's place").toMatch(new RegExp(`^${kind}_1( |$)`));
  });

  it("a layer's number, not just its kind, is in the place", () => {
    const deep = building([8, 9, 9], nn.conv2d(8, 3), nn.relu(), nn.conv2d(6, 3, { groups: 4 }));
    expect(deep).toThrow("conv2d_2: 4 groups do not divide 8 input channels and 6 filters.");
  });

  it("residual branches of different shapes", () => {
    expect(building([3, 8, 8], nn.residual(nn.conv2d(5, 3, { padding: "same" })))).toThrow(
      "residual_1: expected the layers to end in [batch, 3, 8, 8], as the way around does, got [batch, 5, 8, 8]. Give a shortcut",
    );
  });

  it("int32 where numbers are computed with", () => {
    expect(() => network({ x: { shape: [4], dtype: "int32" } }, ({ x }) => nn.dense(2)(x))).toThrow(
      'dense_1: expected float32, got int32[batch, 4]. Declare the input as { shape, dtype: "float32" }, or put embedding() before it.',
    );
  });

  it("int32 passes through layers that only move it", () => {
    const net = network({ x: { shape: [2, 3], dtype: "int32" } }, ({ x }) => {
      const flat = nn.flatten()(nn.reshape([3, 2])(x));
      return nn.embedding(5, 2)(nn.concat()(flat, flat));
    });
    expect(net.traced(false).outputs.output?.shape).toEqual(["batch", 12, 2]);
  });
});

describe("a layer called wrongly", () => {
  it("outside a network", () => {
    const value = network({ x: [2] }, ({ x }) => x).traced(false).inputs.x as Value;
    expect(() => nn.dense(3)(value)).toThrow(
      "dense: layers can be called only while a network is built. Write network({ x: [...] }, ({ x }) => ...) or sequential(...).",
    );
  });

  it("with no value, too many, or something else", () => {
    const calling = (call: (x: Value) => Value) => () => network({ x: [2] }, ({ x }) => call(x));
    expect(calling(() => nn.relu()())).toThrow("relu_1: takes 1 value, got 0.");
    expect(calling((x) => nn.dense(2)(x, x))).toThrow("dense_1: takes 1 value, got 2. add() and concat() join values.");
    expect(calling(() => nn.concat()())).toThrow("concat_1: takes 1 value or more, got 0.");
    expect(calling(() => nn.add()())).toThrow("add_1: takes 1 value or more, got 0.");
    expect(calling(() => nn.dense(2)(untyped(nn.relu())))).toThrow(
      "dense_1: takes values, got a layer. Call it first: relu()(x).",
    );
    expect(calling(() => nn.dense(2)(untyped([1, 2])))).toThrow("dense_1: takes values, got an object.");
    expect(calling(() => nn.dense(2)(untyped(3)))).toThrow("dense_1: takes values, got 3.");
  });

  it("in a list of layers", () => {
    expect(building([2], nn.dense(3), untyped(nn.relu))).toThrow(
      "sequential: argument 3 is not a layer. Layers are made by a call: relu() with its parentheses.",
    );
    expect(building([2], untyped([nn.dense(3)]))).toThrow("sequential: argument 2 is not a layer.");
    expect(building([2])).toThrow("sequential: needs a layer at least");
    expect(() => nn.residual(untyped(nn.relu))).toThrow("residual: argument 1 is not a layer.");
    expect(() => nn.residual()).toThrow("residual: needs a layer at least");
    expect(() => nn.residual({ shortcut: [nn.relu()] })).toThrow("residual: needs a layer at least");
    expect(() => nn.residual(nn.relu(), { after: [untyped(nn.relu)] })).toThrow("residual: argument 2 is not a layer.");
    expect(() => nn.block()).toThrow("block: needs a layer at least");
    expect(() => nn.block(untyped(nn.relu))).toThrow("block: argument 1 is not a layer.");
    expect(() => nn.residual(untyped({}), nn.relu())).toThrow("residual: only the last argument may be options.");
    expect(() => nn.residual(nn.relu(), { shortcut: [untyped(nn.relu)] })).toThrow(
      "residual: argument 2 is not a layer.",
    );
  });
});

describe("defineLayer", () => {
  it("makes a layer from parts, which refuses unknown options and is found by its kind", () => {
    const scale = nn.defineLayer<{ readonly name?: string; readonly by: number }>({
      kind: "scaleForTest",
      options: ["by"],
      build: ([x], { by }, scope) => scope.hidden("twice", nn.add()(x, scope.parameter("weight", [by], "ones"))),
    });
    const net = sequential({ input: [3] }, scale({ by: 3 }));
    expect([...net.weights.keys()]).toEqual(["scaleForTest_1.weight"]);
    expect([...net.traced(false).hidden.keys()]).toContain("scaleForTest_1/twice");
    expect(() => scale({ by: 3, unit: 1 } as never)).toThrow('scaleForTest: unknown option "unit".');
    expect(nn.layerFromJson({ kind: "scaleForTest", options: { by: 3 } as never }).options).toEqual({ by: 3 });
  });

  it("makes layers that hold layers, and come back from JSON", () => {
    interface Twice extends nn.LayerOptions {
      readonly inner: nn.Layer;
    }
    const twice = nn.defineLayer<Twice>({
      kind: "twiceForTest",
      options: ["inner"],
      revive: ({ inner, ...rest }) => ({
        ...rest,
        inner: typeof inner === "function" ? inner : nn.layerFromJson(inner),
      }),
      build: ([x], { inner }) => inner(inner(x)),
    });
    const json = twice({ inner: nn.dense(3), name: "both" }).toJSON();
    expect(json).toEqual({
      kind: "twiceForTest",
      options: { inner: { kind: "dense", options: { units: 3 } }, name: "both" },
    });
    const net = sequential({ input: [3] }, nn.layerFromJson(json));
    expect([...net.traced(false).hidden.keys()]).toEqual(["both/dense_1", "both/dense_1:2", "both"]);
  });

  it("refuses a kind that exists", () => {
    const again = () => nn.defineLayer({ kind: "dense", options: [], build: ([x]) => x });
    expect(again).toThrow(OptionError);
    expect(again).toThrow('the layer kind "dense" is defined already.');
  });
});

describe("layerFromJson", () => {
  it("refuses kinds and options it does not know", () => {
    expect(() => nn.layerFromJson({ kind: "conv9d", options: {} })).toThrow('"conv9d" is no layer. Did you mean');
    expect(() => nn.layerFromJson({ kind: "dense", options: { unts: 3 } as never })).toThrow("unts");
    expect(() => nn.layerFromJson({ kind: "dense", options: undefined as never })).toThrow(MidstError);
    expect(() => nn.layerFromJson({ kind: "toString", options: {} })).toThrow("is no layer");
  });
});

describe("batchNorm", () => {
  it("says that a batch of one example has no variance", () => {
    const net = sequential({ input: [4] }, nn.dense(3), nn.batchNorm());
    expect([...net.traced(true).rowsNeeded]).toEqual([["batchNorm_1", 2]]);
    expect(net.traced(false).rowsNeeded.size, "evaluation needs none").toBe(0);
    const pictures = sequential({ input: [1, 4, 4] }, nn.batchNorm());
    expect(pictures.traced(true).rowsNeeded.size, "one picture has many values per channel").toBe(0);
  });
});
