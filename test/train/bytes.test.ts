import { describe, expect, it } from "vitest";
import { random } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { augment, cifar10, dataset, decodeImage, encodeImage, imageEncoding, mnist } from "../../src/data/index.js";
import {
  accuracy,
  conv2d,
  crossEntropy,
  dense,
  evaluate,
  fit,
  flatten,
  loadBytes,
  maxPool2d,
  type Network,
  normalize,
  relu,
  saveBytes,
  sequential,
} from "../../src/index.js";
import { health, kernels, receptiveField, trace } from "../../src/look/index.js";
import { bakedModel, rowsOf } from "../../src/runtime/index.js";
import { expectClose } from "../support/close.js";
import { decodeModel } from "../support/model.js";
import { strictSession } from "../support/session.js";

const [count, side] = [64, 8];
const shape = [3, side, side] as const;
const pixels = tensor(
  new Uint8Array(random(1, "pixels").words(new Uint32Array((count * 3 * side * side) / 4)).buffer),
  [count, ...shape],
);
const label = Int32Array.from({ length: count }, (_, i) => Number((pixels.data[i * 192] as number) > 127));
const moments = { mean: [0.4, 0.5, 0.6], deviation: [0.2, 0.25, 0.3] };
const data = (bytes: boolean) =>
  dataset({
    input: pixels,
    target: label,
    classes: ["dark", "light"],
    encoding: imageEncoding({ shape, ...moments, bytes }),
  });

const layers = () => [conv2d(6, 3, { name: "seen" }), relu(), maxPool2d(2), flatten(), dense(2)];
const floats = () => sequential({ input: shape, seed: 4 }, ...layers());
const bytes = () => sequential({ input: shape, dtype: "uint8", seed: 4 }, normalize(moments), ...layers());

const all = Array.from({ length: count }, (_, i) => i);
const inputOf = (from: ReturnType<typeof data>) => from.batch(all).inputs.input as Tensor;
const options = { loss: crossEntropy(), epochs: 3, batchSize: 16, progress: false, metrics: [accuracy()] } as const;

async function expectSame(a: Network, b: Network): Promise<void> {
  expectClose("outputs", await b.predict(inputOf(data(true))), await a.predict(inputOf(data(false))), 1e-6);
}

describe("pictures as bytes", () => {
  it("take a quarter of the memory, and are the bytes themselves", () => {
    const [small, large] = [inputOf(data(true)), inputOf(data(false))];
    expect(small.data.byteLength * 4).toBe(large.data.byteLength);
    expect(small).toEqual(pixels);
    expect(small.data).not.toBe(pixels.data);
  });

  it("give the outputs of the encoded numbers, before training and after", async () => {
    const [a, b] = [floats(), bytes()];
    await expectSame(a, b);
    const [one, two] = [await fit(a, data(false), options), await fit(b, data(true), options)];
    two.history.forEach(({ training }, i) => {
      expect(training.loss).toBeCloseTo(one.history[i]?.training.loss as number, 4);
    });
    // The same up to rounding in the last place, which training carries on.
    expectClose("trained", await b.predict(inputOf(data(true))), await a.predict(inputOf(data(false))), 1e-4);
    b.setWeights(a.weights);
    await expectSame(a, b);
    const scores = await evaluate(b, data(true), { loss: crossEntropy(), metrics: [accuracy()] });
    const expected = await evaluate(a, data(false), { loss: crossEntropy(), metrics: [accuracy()] });
    expect(scores.accuracy).toBe(expected.accuracy);
    expect(scores.loss).toBeCloseTo(expected.loss as number, 6);
  });

  it("are varied as bytes", async () => {
    const varied = augment(data(true), { flip: true, rotate: 10, brightness: 0.1, cutOut: 2 });
    const run = await fit(bytes(), varied, options);
    expect(run.history).toHaveLength(3);
    expect((await varied.batch([0, 1], { seed: 1, step: 1 })).inputs.input?.dtype).toBe("uint8");
  });

  it("are known to be bytes by the saved network, so that a photo is predicted as it was trained on", async () => {
    const net = bytes();
    await fit(net, data(true), options);
    const again = loadBytes(saveBytes(net));
    expect(again.encoding).toEqual({ kind: "images", shape, ...moments, bytes: true, classes: ["dark", "light"] });
    const photo = decodeImage(again.encoding as never, pixels.data.subarray(0, 192));
    const [guess] = await again.predict([encodeImage(again.encoding as never, photo) as Uint8Array]);
    expect([...(guess as Float32Array)]).toEqual([...(await net.predict(inputOf(data(true)))).data.subarray(0, 2)]);
  });

  it("enter the exported network as bytes", async () => {
    const net = bytes();
    const model = bakedModel(net);
    const [input] = decodeModel(model.bytes).graph?.input ?? [];
    // TensorProto.DataType: UINT8 is 2.
    expect(input).toMatchObject({ name: "input", type: { value: { value: { elemType: 2 } } } });
    const { output } = await (await strictSession(model.bytes))({ input: inputOf(data(true)) });
    expectClose("exported", output as Tensor, await floats().predict(inputOf(data(false))), 1e-6);
  });

  it("can be looked into", async () => {
    const [a, b] = [floats(), bytes()];
    const [one, two] = [await trace(a, inputOf(data(false))), await trace(b, inputOf(data(true)))];
    expect(two.check).toBe(0);
    expectClose("seen", two.get("seen"), one.get("seen"), 1e-6);
    const { value, check } = await health(b, data(true), { loss: crossEntropy() });
    expect(value.layers[0]?.layer).toBe("normalize_1");
    expect(check).toBeLessThan(0.01);
    expect((await kernels(b, "seen")).value.inColour).toBe(true);
    expect((await receptiveField(b, "seen")).value).toEqual((await receptiveField(a, "seen")).value);
    const size = { effective: rowsOf(inputOf(data(true)), 0, 4) };
    const expected = { effective: rowsOf(inputOf(data(false)), 0, 4) };
    const [small, large] = [await receptiveField(b, "seen", size), await receptiveField(a, "seen", expected)];
    // By the bytes' levels the slope is larger or smaller by the factor of the channel: here their mean over channels.
    expect(small.value.effective?.shape).toEqual(large.value.effective?.shape);
    expect(small.value.effective?.data.map(Math.sign)).toEqual(large.value.effective?.data.map(Math.sign));
    expect(b.summary()).toContain("normalize_1");
  });
});

describe("the options `bytes`", () => {
  it("of cifar10 and mnist leave pictures as they are", () => {
    const record = Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? 3 : i % 256));
    const set = cifar10(record, { bytes: true, mean: 0.5 });
    expect(set.batch([0]).inputs.input).toEqual(tensor(record.slice(1), [1, 3, 32, 32]));
    expect(set.encoding).toMatchObject({ bytes: true, mean: [0.5, 0.5, 0.5] });
    const idx = (magic: number[], body: number[]) => new Uint8Array([0, 0, 8, ...magic, ...body]);
    const images = idx([3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2], [1, 2, 3, 4]);
    const digits = mnist(images, idx([1, 0, 0, 0, 1], [7]), { bytes: true });
    expect(digits.batch([0]).inputs.input).toEqual(tensor(new Uint8Array([1, 2, 3, 4]), [1, 1, 2, 2]));
  });
});
