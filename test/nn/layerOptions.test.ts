import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import * as nn from "../../src/nn/index.js";

/** JavaScript's callers have no compiler: what they may pass. */
const untyped = (value: unknown) => value as never;

describe("options of layers", () => {
  const makers: Record<string, (options: object) => nn.Layer> = {
    dense: (o) => nn.dense(2, o),
    embedding: (o) => nn.embedding(3, 2, o),
    conv1d: (o) => nn.conv1d(2, 3, o),
    conv2d: (o) => nn.conv2d(2, 3, o),
    convTranspose2d: (o) => nn.convTranspose2d(2, 3, o),
    maxPool1d: (o) => nn.maxPool1d(2, o),
    maxPool2d: (o) => nn.maxPool2d(2, o),
    avgPool1d: (o) => nn.avgPool1d(2, o),
    avgPool2d: (o) => nn.avgPool2d(2, o),
    globalAvgPool: (o) => nn.globalAvgPool(o),
    subsample: (o) => nn.subsample(2, o),
    upsample: (o) => nn.upsample(2, o),
    flatten: (o) => nn.flatten(o),
    permute: (o) => nn.permute(1, o),
    timePool: (o) => nn.timePool("mean", o),
    attention: (o) => nn.attention(2, o),
    positionalEncoding: (o) => nn.positionalEncoding(o),
    transformerBlock: (o) => nn.transformerBlock(2, o),
    reshape: (o) => nn.reshape([2], o),
    dropout: (o) => nn.dropout(0.5, o),
    residual: (o) => nn.residual(nn.relu(), o),
    block: (o) => nn.block(nn.relu(), o),
    add: (o) => nn.add(o),
    concat: (o) => nn.concat(o),
    batchNorm: (o) => nn.batchNorm(o),
    layerNorm: (o) => nn.layerNorm(o),
    groupNorm: (o) => nn.groupNorm(2, o),
    simpleRnn: (o) => nn.simpleRnn(2, o),
    lstm: (o) => nn.lstm(2, o),
    gru: (o) => nn.gru(2, o),
    normalize: (o) => nn.normalize(o),
    relu: (o) => nn.relu(o),
    leakyRelu: (o) => nn.leakyRelu(0.1, o),
    elu: (o) => nn.elu(1, o),
    gelu: (o) => nn.gelu(o),
    silu: (o) => nn.silu(o),
    sigmoid: (o) => nn.sigmoid(o),
    tanh: (o) => nn.tanh(o),
    softmax: (o) => nn.softmax(o),
  };

  it("are tried of every layer", () => {
    expect(Object.keys(makers).sort()).toEqual(nn.layerKinds().sort());
  });

  it.each(Object.entries(makers))("%s refuses names it does not know", (kind, make) => {
    expect(() => make({ nmae: "a" })).toThrow(OptionError);
    expect(() => make({ nmae: "a" })).toThrow(`${kind}: unknown option "nmae". Did you mean "name"?`);
    expect(make({ name: "mine" }).options.name).toBe("mine");
  });

  it.each([
    ["dense", () => nn.dense(0), "units must be a whole number from 1"],
    ["dense", () => nn.dense(2.5), "units must be a whole number from 1"],
    ["dense", () => nn.dense(Number.POSITIVE_INFINITY), "units must be a whole number from 1"],
    ["dense", () => nn.dense(untyped(undefined)), "units must be a whole number from 1"],
    ["embedding", () => nn.embedding(0, 3), "count must be a whole number from 1"],
    ["embedding", () => nn.embedding(3, -1), "features must be a whole number from 1"],
    ["conv2d", () => nn.conv2d(0, 3), "filters must be a whole number from 1"],
    ["conv2d", () => nn.conv2d(4, 0), "kernel must be a whole number from 1, or 2 of them, got 0."],
    [
      "conv2d",
      () => nn.conv2d(4, untyped(undefined)),
      "kernel must be a whole number from 1, or 2 of them, got undefined.",
    ],
    ["conv2d", () => nn.conv2d(4, [3]), "kernel must be a whole number from 1, or 2 of them, got [3]."],
    ["conv2d", () => nn.conv2d(4, 3, { stride: 0 }), "stride must be a whole number from 1, or 2 of them, got 0."],
    [
      "conv2d",
      () => nn.conv2d(4, 3, { stride: [1, 1.5] }),
      "stride must be a whole number from 1, or 2 of them, got [1,1.5].",
    ],
    ["conv2d", () => nn.conv2d(4, 3, { dilation: 0 }), "dilation must be a whole number from 1, or 2 of them, got 0."],
    ["conv2d", () => nn.conv2d(4, 3, { groups: 0 }), "groups must be a whole number from 1"],
    [
      "conv2d",
      () => nn.conv2d(4, 3, { padding: -1 }),
      'padding must be "valid", "same", a whole number from 0, or 2 of them, got -1.',
    ],
    [
      "conv2d",
      () => nn.conv2d(4, 3, { padding: untyped("SAME") }),
      'padding must be "valid", "same", a whole number from 0, or 2 of them, got "SAME".',
    ],
    ["conv1d", () => nn.conv1d(4, [3, 3]), "kernel must be a whole number from 1, got [3,3]."],
    [
      "conv1d",
      () => nn.conv1d(4, 3, { padding: untyped("xy") }),
      'padding must be "valid", "same" or a whole number from 0, got "xy".',
    ],
    [
      "convTranspose2d",
      () => nn.convTranspose2d(4, 3, { padding: untyped("same") }),
      'padding must be a whole number from 0, or 2 of them, got "same".',
    ],
    [
      "convTranspose2d",
      () => nn.convTranspose2d(4, 3, { stride: 2, outputPadding: 2 }),
      "outputPadding must be less than the stride, got 2 at a stride of 2.",
    ],
    ["maxPool2d", () => nn.maxPool2d(0), "kernel must be a whole number from 1, or 2 of them, got 0."],
    ["maxPool2d", () => nn.maxPool2d(2, { stride: 0 }), "stride must be a whole number from 1, or 2 of them, got 0."],
    [
      "maxPool2d",
      () => nn.maxPool2d(2, { padding: 2 }),
      "padding must be less than the kernel, got 2 at a kernel of 2.",
    ],
    [
      "avgPool1d",
      () => nn.avgPool1d(2, { padding: 3 }),
      "padding must be less than the kernel, got 3 at a kernel of 2.",
    ],
    ["upsample", () => nn.upsample(0), "factor must be a whole number from 1, or 2 of them, got 0."],
    ["upsample", () => nn.upsample(1.5), "factor must be a whole number from 1, or 2 of them, got 1.5."],
    [
      "upsample",
      () => nn.upsample(2, { mode: untyped("cubic") }),
      'mode must be "nearest" or "bilinear", got "cubic".',
    ],
    ["reshape", () => nn.reshape([2, -1, -1]), "one length may be -1, got [2, -1, -1]."],
    ["reshape", () => nn.reshape([2, 0]), "lengths must be whole numbers from 1, or -1"],
    ["reshape", () => nn.reshape(untyped(3)), "lengths must be whole numbers from 1, or -1"],
    [
      "permute",
      () => nn.permute(1, 1),
      "takes each axis of an example once, counted from 1, e.g. permute(2, 1); got [1,1].",
    ],
    ["permute", () => nn.permute(0, 1), "takes each axis of an example once"],
    ["permute", () => nn.permute(), "takes each axis of an example once"],
    ["timePool", () => nn.timePool(untyped("min")), 'takes "mean", "max" or "last", got "min".'],
    ["attention", () => nn.attention(0), "heads must be a whole number from 1"],
    ["attention", () => nn.attention(3, { units: 8 }), "units must be a multiple of the 3 heads, got 8."],
    ["attention", () => nn.attention(2, { dropout: 1 }), "dropout must be less than 1, got 1."],
    ["attention", () => nn.attention(2, { causal: untyped("yes") }), 'causal must be true or false, got "yes".'],
    [
      "positionalEncoding",
      () => nn.positionalEncoding({ kind: untyped("rotary") }),
      'kind must be "sinusoidal" or "learned", got "rotary".',
    ],
    ["positionalEncoding", () => nn.positionalEncoding({ steps: 9 }), 'steps is for kind "learned"'],
    [
      "positionalEncoding",
      () => nn.positionalEncoding({ kind: "learned", steps: 0 }),
      "steps must be a whole number from 1",
    ],
    ["transformerBlock", () => nn.transformerBlock(1.5), "heads must be a whole number from 1"],
    ["transformerBlock", () => nn.transformerBlock(2, { units: 0 }), "units must be a whole number from 1"],
    [
      "transformerBlock",
      () => nn.transformerBlock(2, { activation: untyped("tanh") }),
      'activation must be "gelu" or "relu", got "tanh".',
    ],
    ["dropout", () => nn.dropout(1), "rate must be less than 1"],
    ["dropout", () => nn.dropout(-0.1), "rate must be a number from 0 to 1, got -0.1."],
    ["dropout", () => nn.dropout(Number.NaN), "rate must be a number from 0 to 1, got NaN."],
    ["batchNorm", () => nn.batchNorm({ epsilon: -1 }), "epsilon must be a number from 0"],
    ["batchNorm", () => nn.batchNorm({ momentum: 1.5 }), "momentum must be a number from 0 to 1, got 1.5."],
    ["layerNorm", () => nn.layerNorm({ axes: 0 }), "axes must be a whole number from 1"],
    ["layerNorm", () => nn.layerNorm({ epsilon: -1 }), "epsilon must be a number from 0"],
    ["groupNorm", () => nn.groupNorm(0), "groups must be a whole number from 1"],
    ["groupNorm", () => nn.groupNorm(2, { epsilon: Number.NaN }), "epsilon must be a number from 0"],
    ["leakyRelu", () => nn.leakyRelu(2), "slope must be a number from 0 to 1, got 2."],
    ["elu", () => nn.elu(Number.NaN), "alpha must be a number"],
    ["softmax", () => nn.softmax({ axis: 0.5 }), "axis must be a whole number"],
    ["concat", () => nn.concat({ axis: 0.5 }), "axis must be a whole number"],
    ["dense", () => nn.dense(2, { spectralNorm: untyped(1) }), "spectralNorm must be true or false, got 1."],
    [
      "conv1d",
      () => nn.conv1d(2, 3, { spectralNorm: untyped("yes") }),
      'spectralNorm must be true or false, got "yes".',
    ],
    ["conv2d", () => nn.conv2d(2, 3, { spectralNorm: untyped(null) }), "spectralNorm must be true or false, got null."],
    [
      "convTranspose2d",
      () => nn.convTranspose2d(2, 3, { spectralNorm: untyped(0) }),
      "spectralNorm must be true or false",
    ],
    ["dense", () => nn.dense(2, { name: "" }), 'a name is a text without / . : # [ ], got "".'],
    ["dense", () => nn.dense(2, { name: "a/b" }), 'a name is a text without / . : # [ ], got "a/b".'],
    ["dense", () => nn.dense(2, { name: "a.b" }), 'a name is a text without / . : # [ ], got "a.b".'],
    ["dense", () => nn.dense(2, { name: untyped(3) }), "a name is a text without / . : # [ ], got 3."],
    ["dense", () => nn.dense(2, { initializer: untyped("hee") }), 'unknown initializer "hee". Did you mean "he"?'],
    ["conv2d", () => nn.conv2d(2, 3, { initializer: untyped({ gauss: 1 }) }), 'unknown initializer {"gauss":1}.'],
    ["dense", () => nn.dense(2, { initializer: { normal: Number.NaN } }), "normal must be a number from 0"],
    ["dense", () => nn.dense(2, { initializer: { uniform: -1 } }), "uniform must be a number from 0"],
    ["dense", () => nn.dense(2, { initializer: untyped({ constant: "1" }) }), "constant must be a number"],
    ["dense", () => nn.dense(2, { initializer: untyped({ constant: 1, normal: 1 }) }), "unknown initializer"],
  ])("%s refuses a value out of range when it is made: %#", (kind, make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
    expect(make).toThrow(new RegExp(`^${kind}: `));
  });

  it("are frozen copies", () => {
    const kernel: [number, number] = [3, 3];
    const layer = nn.conv2d(2, kernel);
    kernel[0] = 1;
    expect(layer.options.kernel, "the caller's array changed afterwards").toEqual([3, 3]);
    expect(() => Object.assign(layer.options, { filters: 9 })).toThrow(TypeError);
  });
});
