import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { trace } from "../../src/look/index.js";
import * as nn from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { sgd } from "../../src/optim/index.js";
import { bakedModel, type Network, sequential, TrainingStep } from "../../src/runtime/index.js";
import { loadBytes, saveBytes } from "../../src/train/index.js";
import { expectClose } from "../support/close.js";
import { strictSession } from "../support/session.js";

const engine = await nativeEngine();
const [TIME, TOKENS] = [7, 5];

/** A causal language model: tokens to scores of the token that follows. */
const decoder = (options: Parameters<typeof nn.transformerBlock>[1] = {}): Network =>
  sequential(
    { input: [TIME], dtype: "int32", engine, seed: 1 },
    nn.embedding(TOKENS, 8),
    nn.positionalEncoding({ kind: "learned", steps: 12 }),
    nn.transformerBlock(2, { causal: true, ...options }),
    nn.transformerBlock(4, { causal: true, ...options }),
    nn.layerNorm(),
    nn.dense(TOKENS),
  );

/** A classifier of sequences of numbers. */
const encoder = (): Network =>
  sequential(
    { input: [TIME, 4], lengths: true, engine, seed: 2 },
    nn.positionalEncoding(),
    nn.attention(2, { units: 6 }),
    nn.transformerBlock(2, { activation: "relu", units: 5 }),
    nn.permute(2, 1),
    nn.conv1d(3, 3, { padding: "same" }),
    nn.permute(2, 1),
    nn.timePool("mean"),
    nn.dense(2),
  );

const tokens = (...given: number[]): Tensor<"int32"> => tensor(Int32Array.from(given), [1, given.length]);
const numbers = tensor(random(4, "x").normal(3 * TIME * 4), [3, TIME, 4]);
const lengths = tensor(Int32Array.of(7, 4, 1));

describe("causal attention", () => {
  const first = [0, 1, 2, 3, 4, 0, 1];

  it.each([0, 3, 6])("a change of token %i changes no output before it, and that one", async (at) => {
    const net = decoder();
    const one = (await net.predict(tokens(...first))).data;
    const other = (await net.predict(tokens(...first.map((token, i) => (i === at ? (token + 2) % TOKENS : token)))))
      .data;
    expect(other.slice(0, at * TOKENS)).toEqual(one.slice(0, at * TOKENS));
    for (let step = at; step < TIME; step++)
      expect(other.slice(step * TOKENS, (step + 1) * TOKENS), `step ${step}`).not.toEqual(
        one.slice(step * TOKENS, (step + 1) * TOKENS),
      );
  });

  it("without causal, every output changes", async () => {
    const net = decoder({ causal: false });
    const one = (await net.predict(tokens(...first))).data;
    const other = (await net.predict(tokens(0, 1, 2, 3, 4, 0, 4))).data;
    expect(other.slice(0, TOKENS)).not.toEqual(one.slice(0, TOKENS));
  });

  it("looks at no later step, and its weights sum to 1", async () => {
    const hidden = await trace(decoder(), tokens(...first));
    const { shape, data } = hidden.get("transformerBlock_2/self_attn/weights") as Tensor;
    expect(shape).toEqual([1, 4, TIME, TIME]);
    for (let row = 0; row < 4 * TIME; row++) {
      const weights = Array.from(data.slice(row * TIME, (row + 1) * TIME));
      expect(weights.slice((row % TIME) + 1).every((weight) => weight === 0)).toBe(true);
      expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
  });
});

describe("attention to what counts", () => {
  it("never goes beyond the length, where the output is 0", async () => {
    const net = sequential({ input: [TIME, 4], lengths: true, engine }, nn.attention(2));
    const hidden = await trace(net, { input: numbers, lengths });
    const weights = hidden.get("attention_1/weights") as Tensor;
    const output = hidden.get("attention_1") as Tensor;
    lengths.data.forEach((length, row) => {
      for (let i = 0; i < 2 * TIME * TIME; i++)
        if (i % TIME >= length) expect(weights.data[row * 2 * TIME * TIME + i]).toBe(0);
      const beyond = output.data.slice((row * TIME + length) * 4, (row + 1) * TIME * 4);
      expect(beyond.every((x) => x === 0)).toBe(true);
    });
  });
});

describe("a transformer", () => {
  const both: [string, () => Network, Record<string, Tensor>][] = [
    [
      "decoder",
      decoder,
      {
        input: tensor(
          Int32Array.from({ length: 3 * TIME }, (_, i) => i % TOKENS),
          [3, TIME],
        ),
      },
    ],
    ["encoder", encoder, { input: numbers, lengths }],
  ];

  it.each(both)("%s: saved and loaded, it gives the same numbers", async (_, make, inputs) => {
    const net = make();
    const again = loadBytes(saveBytes(net), { engine });
    const [one, other] = [await net.predict(inputs), await again.predict(inputs)];
    expect(other.output).toEqual(one.output);
  });

  it.each(both)("%s: exported, it gives the same numbers", async (_, make, inputs) => {
    const net = make();
    const run = await strictSession(bakedModel(net).bytes);
    const results = await run(inputs);
    const { output } = await net.predict(inputs);
    expectClose("output", results.output as Tensor, output as Tensor, 2e-6);
  });

  it("has the names of PyTorch's TransformerEncoderLayer", () => {
    const names = [...decoder().weights.keys()].filter((name) => name.startsWith("transformerBlock_1."));
    expect(names.map((name) => name.slice("transformerBlock_1.".length)).sort()).toEqual(
      [
        ...[
          "self_attn.in_proj_weight",
          "self_attn.in_proj_bias",
          "self_attn.out_proj.weight",
          "self_attn.out_proj.bias",
        ],
        ...["linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias"],
        ...["norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"],
      ].sort(),
    );
  });

  it("shares the weights of a block that is called again", async () => {
    const block = nn.transformerBlock(2);
    const once = sequential({ input: [TIME, 4], engine }, nn.transformerBlock(2));
    const twice = sequential({ input: [TIME, 4], engine }, block, block);
    expect([...twice.weights.keys()]).toEqual([...once.weights.keys()]);
    twice.setWeights(new Map(once.weights));
    const step = await once.predict(numbers);
    const expected = await once.predict(step);
    expectClose("twice", await twice.predict(numbers), expected, 2e-6);
  });

  it("drops only in training, in all the places that PyTorch drops", async () => {
    const dropping = decoder({ dropout: 0.5 });
    expect([...dropping.traced(false).noise.keys()]).toEqual([]);
    const places = [...dropping.traced(true).noise.keys()].filter((name) => name.startsWith("transformerBlock_1"));
    expect(places).toEqual([
      "transformerBlock_1/self_attn/dropout",
      "transformerBlock_1/dropout1/mask",
      "transformerBlock_1/dropout/mask",
      "transformerBlock_1/dropout2/mask",
    ]);
    expect((await dropping.predict(tokens(0, 1, 2, 3, 4, 0, 1))).data).toEqual(
      (await decoder().predict(tokens(0, 1, 2, 3, 4, 0, 1))).data,
    );
  });

  it("serves shorter and longer inputs with the same weights", async () => {
    const net = decoder();
    const whole = await net.predict(tokens(0, 1, 2, 3, 4, 0, 1));
    const short = await net.at({ input: [3] }).predict(tokens(0, 1, 2));
    expectClose("the first three", short, tensor(whole.data.slice(0, 3 * TOKENS), [1, 3, TOKENS]), 2e-6);
    expect((await net.at({ input: [12] }).predict(tokens(...new Array(12).fill(1)))).shape).toEqual([1, 12, TOKENS]);
    expect(() => net.at({ input: [13] })).toThrow(
      "positionalEncoding_1: expected at most 12 steps, got [batch, 13, 8].",
    );
  });

  it("trains when its attention is frozen, or worked out again", async () => {
    const batch = {
      inputs: {
        input: tensor(
          Int32Array.from({ length: TIME }, (_, i) => i % TOKENS),
          [1, TIME],
        ),
      },
      targets: {
        target: tensor(
          Int32Array.from({ length: TIME }, (_, i) => (i + 1) % TOKENS),
          [1, TIME],
        ),
      },
    };
    const options = { loss: nn.crossEntropy(), optimizer: sgd({ learningRate: 0.1 }) };
    const trained = async (net: Network, more: object = {}) => {
      const step = await TrainingStep.create(net, batch, { ...options, ...more });
      return [(await step.run(batch)).loss, (await step.run(batch)).loss, step.weights()] as const;
    };
    const [one, two] = await trained(decoder());
    expect(two).toBeLessThan(one);
    const [again, less] = await trained(decoder({ checkpointed: true }));
    expect(again).toBeCloseTo(one, 6);
    expect(less).toBeCloseTo(two, 6);
    const net = decoder();
    const frozen = ["transformerBlock_1/self_attn"];
    const [, , weights] = await trained(net, { frozen });
    for (const [name, value] of net.weights) {
      const same = Buffer.from(value.data.buffer).equals(Buffer.from((weights.get(name) as Tensor).data.buffer));
      expect(same, name).toBe(name.startsWith("transformerBlock_1.self_attn."));
    }
  });

  it("cannot go on from an earlier batch, and says so where a recurrent layer can", () => {
    const net = sequential({ input: [4, 2], engine }, nn.lstm(2), nn.attention(1));
    expect(() => net.session()).toThrow("attention_1: sees only the time steps it is given, and cannot go on from");
    expect(() => sequential({ input: [4, 2], engine }, nn.attention(1)).session()).toThrow("has no state to remember");
  });
});
