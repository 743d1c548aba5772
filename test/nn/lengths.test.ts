import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { DataError } from "../../src/base/errors.js";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import type { Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { square, sum } from "../../src/ops/index.js";
import { compile, type Network, sequential } from "../../src/runtime/index.js";
import { expectClose } from "../support/close.js";

const engine = await nativeEngine();
const [TIME, FEATURES] = [11, 4];
const lengths = [11, 9, 8, 5];
const counts = tensor(Int32Array.from(lengths));

/** Sequences to vectors: every step that counts matters to the output. */
const sequences: Record<string, () => nn.Layer[]> = {
  "timePool mean": () => [nn.timePool("mean")],
  "timePool max": () => [nn.timePool("max")],
  "timePool last": () => [nn.timePool("last")],
  attention: () => [nn.attention(2), nn.timePool("mean")],
  "attention, causal": () => [nn.attention(2, { causal: true }), nn.timePool("mean")],
  "attention, all its outputs": () => [nn.attention(2), nn.permute(2, 1), nn.conv1d(2, 1), nn.globalAvgPool()],
  "a transformer": () => [
    nn.positionalEncoding(),
    nn.transformerBlock(2, { units: 6 }),
    nn.transformerBlock(2, { units: 6, causal: true }),
    nn.layerNorm(),
    nn.timePool("mean"),
  ],
  "lstm, all": () => [nn.lstm(3, { bidirectional: true }), nn.timePool("mean")],
  "gru, last": () => [nn.gru(3, { returns: "last" })],
  "conv1d same": () => [nn.permute(2, 1), nn.conv1d(3, 3, { padding: "same" }), nn.permute(2, 1), nn.timePool("max")],
  "conv1d valid, dilated": () => [nn.permute(2, 1), nn.conv1d(3, 2, { dilation: 2 }), nn.globalAvgPool()],
  "conv1d twice, with a stride": () => [
    nn.permute(2, 1),
    nn.conv1d(3, 3, { stride: 2, padding: 1 }),
    nn.relu(),
    nn.conv1d(3, 3, { padding: 1 }),
    nn.permute(2, 1),
    nn.lstm(3, { returns: "last" }),
  ],
  maxPool1d: () => [
    nn.permute(2, 1),
    nn.maxPool1d(3, { stride: 2, padding: 1 }),
    nn.permute(2, 1),
    nn.timePool("mean"),
  ],
  avgPool1d: () => [nn.permute(2, 1), nn.avgPool1d(3, { stride: 2, padding: 1 }), nn.globalAvgPool()],
  "avgPool1d, padding not counted": () => [
    nn.permute(2, 1),
    nn.avgPool1d(3, { stride: 2, padding: 1, countPadding: false }),
    nn.globalAvgPool(),
  ],
  "conv1d, maxPool1d, attention": () => [
    nn.permute(2, 1),
    nn.conv1d(4, 2),
    nn.maxPool1d(2),
    nn.permute(2, 1),
    nn.attention(2),
    nn.timePool("last"),
  ],
};

const netOf = (layers: nn.Layer[]): Network =>
  sequential({ input: [TIME, FEATURES], lengths: true, engine, seed: 3 }, ...layers);

const steps = random(1, "steps").normal(lengths.length * TIME * FEATURES);

/** The batch, with these numbers beyond the lengths. */
function padded(beyond: (i: number) => number): Tensor {
  const data = steps.map((x, i) => {
    const step = Math.floor(i / FEATURES) % TIME;
    return step < (lengths[Math.floor(i / (TIME * FEATURES))] as number) ? x : beyond(i);
  });
  return tensor(data, [lengths.length, TIME, FEATURES]);
}

describe("sequences of different lengths", () => {
  it.each(Object.entries(sequences))("%s: what stands in the padding does not matter", async (_, layers) => {
    const net = netOf(layers());
    const [zeros, numbers] = [padded(() => 0), padded((i) => 5 + (i % 7))];
    const { output: one } = await net.predict({ input: zeros, lengths: counts });
    const { output: other } = await net.predict({ input: numbers, lengths: counts });
    expect((other as Tensor).data).toEqual((one as Tensor).data);
  });

  it.each(Object.entries(sequences))("%s: as of the sequence alone", async (_, layers) => {
    const net = netOf(layers());
    const all = (await net.predict({ input: padded(() => 9), lengths: counts })).output as Tensor;
    for (const [row, length] of lengths.entries()) {
      const own = steps.slice(row * TIME * FEATURES, (row * TIME + length) * FEATURES);
      const alone = net.at({ input: [length, FEATURES] });
      const { output } = await alone.predict({
        input: tensor(own, [1, length, FEATURES]),
        lengths: tensor(Int32Array.of(length)),
      });
      const width = all.data.length / lengths.length;
      const expected = tensor(all.data.slice(row * width, (row + 1) * width), [1, width]);
      expectClose(`length ${length}`, output as Tensor, expected, 2e-6);
    }
  });

  it.each(Object.entries(sequences))("%s: no gradient flows to the padding", async (_, layers) => {
    const traced = netOf(layers()).architecture.trace(true);
    const x = traced.inputs.input as Value;
    const [slope] = gradients(sum(square(traced.outputs.output as Value)), [x]);
    const inputs: Record<string, Value> = { ...traced.inputs };
    for (const [name, { value }] of traced.parameters) inputs[name] = value;
    const program = await compile({ inputs, outputs: { slope: slope as Value } }, { purpose: "training" }, engine);
    const weights = Object.fromEntries(netOf(layers()).weights);
    const { slope: gradient } = await program.run({ input: padded(() => 9), lengths: counts, ...weights });
    const data = (gradient as Tensor).data;
    const at = (row: number, from: number, to: number) =>
      Array.from(data.slice((row * TIME + from) * FEATURES, (row * TIME + to) * FEATURES));
    for (const [row, length] of lengths.entries()) {
      expect(at(row, length, TIME).every((x) => x === 0)).toBe(true);
      expect(at(row, 0, length).some((x) => x !== 0)).toBe(true);
      expect(at(row, 0, length).every(Number.isFinite)).toBe(true);
    }
  });
});

describe("lengths that layers change", () => {
  const convolved = (...layers: nn.Layer[]) =>
    sequential({ input: [1, 8], lengths: true, engine }, ...layers, nn.permute(2, 1), nn.timePool("mean"));
  const of = async (net: Network, length: number) => {
    for (const [name, { shape }] of net.weights)
      net.setWeights(new Map([[name, tensor(new Float32Array(shape.reduce((n, d) => n * d, 1)).fill(1), shape)]]));
    const input = tensor([1, 2, 4, 8, 16, 32, 64, 128], [1, 1, 8]);
    const { output } = await net.predict({ input, lengths: tensor(Int32Array.of(length)) });
    return (output as Tensor).data[0];
  };

  it("a window finds one place at least, also where fewer steps count than it spans", async () => {
    const net = convolved(nn.conv1d(1, 3, { bias: false }));
    expect(await of(net, 5)).toBeCloseTo((7 + 14 + 28) / 3, 5);
    expect(await of(net, 3)).toBe(7);
    expect(await of(net, 1)).toBe(1);
  });

  it('with "same" and a stride, one of so many is left, the last one not whole', async () => {
    // 8 elements with a stride of 3: no zero at the front, one at the end.
    const net = convolved(nn.conv1d(1, 3, { bias: false, padding: "same", stride: 3 }));
    expect(await of(net, 4)).toBe((7 + 8) / 2);
    expect(await of(net, 3)).toBe(7);
  });

  it("two layers that make one number of steps of other lengths are refused", () => {
    const back = nn.conv1d(1, 1, { padding: 2 });
    expect(() => sequential({ input: [1, 8], lengths: true }, nn.maxPool1d(2), back)).toThrow(
      "conv1d_1: makes 8 time steps, as a layer before, but other lengths of them. Choose another stride",
    );
  });

  it("lengths of no steps, or of more than there are, are refused", async () => {
    const net = sequential({ input: [4, 2], lengths: true, engine }, nn.lstm(2), nn.timePool("last"));
    const input = tensor(new Float32Array(16), [2, 4, 2]);
    const given = (...numbers: number[]) => net.predict({ input, lengths: tensor(Int32Array.from(numbers)) });
    await expect(given(4, 1)).resolves.toBeDefined();
    await expect(given(4, 0)).rejects.toThrow(DataError);
    await expect(given(4, 0)).rejects.toThrow(
      'input "lengths": example 1 holds 0, but lstm_1 has 4 time steps: 1 to 4.',
    );
    await expect(given(5, 1)).rejects.toThrow(
      'input "lengths": example 0 holds 5, but lstm_1 has 4 time steps: 1 to 4.',
    );
  });
});
