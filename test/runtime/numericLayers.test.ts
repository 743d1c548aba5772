import { describe, expect, it } from "vitest";
import { NumericError } from "../../src/base/errors.js";
import { countOf, resolveShape } from "../../src/base/shape.js";
import { type Tensor, tensor, zeros } from "../../src/base/tensor.js";
import type { Value } from "../../src/graph/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { sgd } from "../../src/optim/index.js";
import { type Network, network, sequential, TrainingStep } from "../../src/runtime/index.js";

const engine = await nativeEngine();
/** Near the largest number of float32. */
const LARGE = 3e38;

/** How a layer of a kind is made to go wrong on the way forward, from numbers that are all fine. */
interface Planted {
  readonly layer: () => (x: Value) => Value;
  /** Of one example; defaults to [4]. */
  readonly input?: readonly number[];
  /** What the layer is given, in turns; defaults to LARGE. */
  readonly numbers?: readonly number[];
  /** What every weight of the layer is filled with; defaults to what it starts with. */
  readonly weights?: number;
  /** The layer that must be named; defaults to the layer itself, `kind_1`. */
  readonly place?: string;
}

const picture = [2, 4, 4];
const signal = [2, 6];
const overflow = nn.dense(4, { initializer: "ones", name: "inner" });

/** A layer called on the same value two times over. */
const twice = (layer: nn.Layer) => (x: Value) => layer(x, x);

const planted: Record<string, Planted> = {
  add: { layer: () => twice(nn.add()) },
  attention: { layer: () => nn.attention(2), input: [2, 4], weights: LARGE },
  avgPool1d: { layer: () => nn.avgPool1d(2), input: signal },
  avgPool2d: { layer: () => nn.avgPool2d(2), input: picture },
  batchNorm: { layer: () => nn.batchNorm(), input: picture },
  block: { layer: () => nn.block(nn.relu(), overflow), place: "block_1/inner" },
  conv1d: { layer: () => nn.conv1d(3, 3), input: signal, weights: LARGE },
  conv2d: { layer: () => nn.conv2d(3, 3), input: picture, weights: LARGE },
  convTranspose2d: { layer: () => nn.convTranspose2d(3, 3), input: picture, weights: LARGE },
  dense: { layer: () => nn.dense(3), weights: LARGE },
  dropout: { layer: () => nn.dropout(0.9), input: [64] },
  elu: { layer: () => nn.elu(1e39), numbers: [-1] },
  globalAvgPool: { layer: () => nn.globalAvgPool(), input: picture },
  groupNorm: { layer: () => nn.groupNorm(2), input: picture },
  layerNorm: { layer: () => nn.layerNorm() },
  normalize: { layer: () => nn.normalize({ deviation: 1e-3 }), input: picture },
  residual: { layer: () => nn.residual(nn.relu()) },
  timePool: { layer: () => nn.timePool("mean"), input: [2, 4] },
  transformerBlock: { layer: () => nn.transformerBlock(2), input: [2, 4], place: "transformerBlock_1/norm1" },
  simpleRnn: { layer: () => nn.simpleRnn(3, { activation: "relu" }), input: [2, 4], weights: LARGE },
};

/** Layers whose output is never larger than what goes in. */
const harmless: Record<string, { readonly layer: () => nn.Layer; readonly input?: readonly number[] }> = {
  concat: { layer: () => nn.concat() },
  flatten: { layer: () => nn.flatten(), input: picture },
  gelu: { layer: () => nn.gelu() },
  gru: { layer: () => nn.gru(3), input: [2, 4] },
  lstm: { layer: () => nn.lstm(3), input: [2, 4] },
  leakyRelu: { layer: () => nn.leakyRelu(1) },
  maxPool1d: { layer: () => nn.maxPool1d(2), input: signal },
  maxPool2d: { layer: () => nn.maxPool2d(2), input: picture },
  permute: { layer: () => nn.permute(2, 1), input: [2, 4] },
  positionalEncoding: { layer: () => nn.positionalEncoding(), input: [2, 4] },
  relu: { layer: () => nn.relu() },
  reshape: { layer: () => nn.reshape([2, 2]) },
  sigmoid: { layer: () => nn.sigmoid() },
  silu: { layer: () => nn.silu() },
  softmax: { layer: () => nn.softmax() },
  subsample: { layer: () => nn.subsample(2), input: picture },
  tanh: { layer: () => nn.tanh() },
  upsample: { layer: () => nn.upsample(2), input: picture },
};

/** Tokens are whole numbers, so that only its weights can be wrong: see below. */
const byWeights = ["embedding"];

const fill = (shape: readonly number[], numbers: readonly number[]): Tensor =>
  tensor(
    Float32Array.from({ length: countOf(shape) }, (_, i) => numbers[i % numbers.length] as number),
    shape,
  );

function plant(net: Network, weights: number | undefined): Network {
  if (weights === undefined) return net;
  const own = [...net.weights].filter(([name]) => !name.startsWith("last."));
  net.setWeights(new Map(own.map(([name, { shape }]) => [name, fill(shape, [weights])])));
  return net;
}

/** What a step says of a batch of three examples of these numbers. */
async function errorOf(net: Network, numbers: readonly number[], target?: Tensor): Promise<unknown> {
  const spec = net.architecture.inputs.input as nn.InputSpec;
  const shape = resolveShape(net.traced(true).outputs.output?.shape ?? [], { batch: 3 });
  const batch = {
    inputs: { input: { ...fill([3, ...spec.shape], numbers), dtype: spec.dtype } as Tensor },
    targets: { target: target ?? zeros(shape) },
  };
  const step = await TrainingStep.create(net, batch, { loss: nn.mse(), optimizer: sgd() });
  return step.run(batch).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const last = () => [nn.flatten(), nn.dense(2, { name: "last", initializer: "zeros" })];
const netOf = (layer: (x: Value) => Value, input: readonly number[] = [4]) =>
  network({ input }, ({ input: x }) => last().reduce((value, next) => next(value), layer(x)), { engine });

describe("an overflow on the way forward", () => {
  it.each(Object.entries(planted))("in %s is found there", async (kind, { layer, input, place, weights, ...more }) => {
    const error = await errorOf(plant(netOf(layer(), input), weights), more.numbers ?? [LARGE]);
    expect(error).toBeInstanceOf(NumericError);
    const { message, place: where, step } = error as NumericError;
    expect(where).toBe(place ?? `${kind}_1`);
    expect(step).toBe(1);
    expect(message).toMatch(/(-?Infinity|NaN) arose at step 1, forward, in the op "\w+"/);
    expect(message).toMatch(/ from .*in \[.*\]/);
  });

  // Shown by the outputs themselves, so that nothing is expected of the search here.
  it.each(Object.entries(harmless))("cannot arise in %s", async (kind, { layer, input = [4] }) => {
    const net = sequential({ input, engine }, layer());
    const y = await net.predict(fill([3, ...input], [LARGE, -LARGE, 0]));
    expect([...y.data].every(Number.isFinite), kind).toBe(true);
  });

  // ONNX Runtime's sigmoid and tanh make a number of NaN, which the loss then does not show.
  const silent = ["sigmoid", "tanh", "gru", "lstm"];
  const telling = Object.entries(harmless).filter(([kind]) => !silent.includes(kind));
  it.each(telling)("before %s is not put down to it", async (_, { layer, input = [4] }) => {
    const before = nn.dense(countOf(input), { name: "before" });
    const net = sequential({ input: [8], engine }, before, nn.reshape(input, { name: "shaped" }), layer(), ...last());
    net.setWeights(new Map([["before.weight", fill([countOf(input), 8], [LARGE])]]));
    expect(await errorOf(net, [LARGE, -LARGE])).toMatchObject({ place: "before" });
  });

  it("names the weight and the example that led there", async () => {
    const net = sequential({ input: [1], engine }, nn.dense(1, { bias: false, name: "wide" }), ...last());
    net.setWeights(new Map([["wide.weight", tensor([1e30], [1, 1])]]));
    expect(await errorOf(net, [1, 2, 1e10])).toMatchObject({
      message: expect.stringMatching(
        /^wide: Infinity arose at step 1, forward, in the op "\w+" in example 2 of the batch from input in \[1\.00, 1\.00e\+10\] and wide\.weight in \[1\.00e\+30, 1\.00e\+30\]\./,
      ),
    });
  });

  it("in an embedding can only be in its weights, and those are named", async () => {
    const net = sequential({ input: [2], dtype: "int32", engine }, nn.embedding(3, 2), ...last());
    net.setWeights(new Map([["embedding_1.weight", tensor([1, 2, 3, Number.NaN, 5, 6], [3, 2])]]));
    const batch = {
      inputs: { input: tensor(new Int32Array([0, 1]), [1, 2]) },
      targets: { target: zeros([1, 2]) },
    };
    const step = await TrainingStep.create(net, batch, { loss: nn.mse(), optimizer: sgd() });
    await expect(step.run(batch)).rejects.toThrow(
      "embedding_1.weight: the weight is NaN in position 3 from the start. See with what weights it began.",
    );
  });

  it("is planted in every kind of layer, or shown to be impossible", () => {
    const covered = [...Object.keys(planted), ...Object.keys(harmless), ...byWeights];
    expect(covered.sort()).toEqual(nn.layerKinds().sort());
  });
});

describe("on the way back", () => {
  /** A layer's weights are large, its input is 0, and the loss is far off: only the gradient by the input overflows. */
  const backward: Record<string, readonly [layer: nn.Layer, input: readonly number[]]> = {
    dense: [nn.dense(3, { bias: false }), [4]],
    conv1d: [nn.conv1d(3, 3, { bias: false }), signal],
    conv2d: [nn.conv2d(3, 3, { bias: false }), picture],
    convTranspose2d: [nn.convTranspose2d(3, 3, { bias: false }), picture],
  };

  it.each(Object.entries(backward))("an overflow in %s is found there", async (kind, [layer, input]) => {
    const before = nn.dense(countOf(input), { bias: false, initializer: "zeros", name: "before" });
    const net = sequential({ input: [2], engine }, before, nn.reshape(input), layer);
    net.setWeights(
      new Map(
        [...net.weights].filter(([name]) => name.startsWith(kind)).map(([name, w]) => [name, fill(w.shape, [LARGE])]),
      ),
    );
    const shape = resolveShape(net.traced(true).outputs.output?.shape ?? [], { batch: 3 });
    const error = await errorOf(net, [1], fill(shape, [1e15]));
    expect(error).toBeInstanceOf(NumericError);
    expect((error as NumericError).place).toBe(`${kind}_1`);
    expect((error as NumericError).message).toMatch(/arose at step 1, backward, in the op/);
  });

  // The variance is 0, and (0 + 1e-30)^-0.5 = 1e15 is a number, but its slope -0.5 (1e-30)^-1.5 = -5e44 is none.
  it("a slope that is too steep in layerNorm and groupNorm is found there", async () => {
    for (const [kind, layer] of [
      ["layerNorm", nn.layerNorm({ epsilon: 1e-30 })],
      ["groupNorm", nn.groupNorm(1, { epsilon: 1e-30 })],
    ] as const) {
      const net = sequential({ input: [2], engine }, nn.dense(4, { initializer: "ones" }), layer, nn.dense(2));
      expect(await errorOf(net, [1])).toMatchObject({
        place: `${kind}_1`,
        message: expect.stringContaining("arose at step 1, backward"),
      });
    }
  });
});

// The gradient 2 (1 - 1000) is a number, and so is the loss; 3e38 times it is none.
it("a weight that an update made too large is named at the next step", async () => {
  const net = sequential({ input: [1], engine }, nn.dense(1, { bias: false, initializer: "ones", name: "only" }));
  const batch = { inputs: { input: tensor([1], [1, 1]) }, targets: { target: tensor([1000], [1, 1]) } };
  const step = await TrainingStep.create(net, batch, { loss: nn.mse(), optimizer: sgd({ learningRate: LARGE }) });
  await step.run(batch);
  await expect(step.run(batch)).rejects.toThrow(
    /^only\.weight: the weight is Infinity in position 0 at step 2: an update before made it so\. Lower the learning rate, or clip the gradients\.$/,
  );
});
