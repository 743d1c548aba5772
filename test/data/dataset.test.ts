import { describe, expect, it } from "vitest";
import { DataError, OptionError, ShapeError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { countClasses, dataset, encodeValues, imageEncoding, subset } from "../../src/data/index.js";

const classes = ["no", "yes"];

describe("dataset", () => {
  it("gives the examples asked for, in that order", () => {
    const data = dataset({ input: tensor([0, 1, 2, 3, 4, 5], [3, 2]), target: [10, 20, 30] });
    expect(data.length).toBe(3);
    expect(data.inputShapes).toEqual({ input: [2] });
    expect(data.targetShapes).toEqual({ target: [] });
    const { inputs, targets } = data.batch([2, 0, 2]);
    expect(inputs.input).toEqual({ dtype: "float32", shape: [3, 2], data: new Float32Array([4, 5, 0, 1, 4, 5]) });
    expect(targets.target).toEqual({ dtype: "float32", shape: [3], data: new Float32Array([30, 10, 30]) });
  });

  it("reads lists of lists, typed arrays and labels", () => {
    const data = dataset({
      input: [
        [0, 0],
        [0, 1],
        [1, 0],
      ],
      target: [0, 1, 1],
      classes,
    });
    expect(data.batch([1]).inputs.input?.shape).toEqual([1, 2]);
    expect(data.batch([1, 2]).targets.target).toEqual({ dtype: "int32", shape: [2], data: new Int32Array([1, 1]) });
    expect(data.labels).toEqual(new Int32Array([0, 1, 1]));
    expect(data.classes).toEqual(classes);
    expect(data.encoding).toEqual({ kind: "values", shape: [2], classes });
    expect(dataset({ input: new Int32Array([7, 8]) }).batch([1])).toEqual({
      inputs: { input: { dtype: "int32", shape: [1], data: new Int32Array([8]) } },
      targets: {},
    });
  });

  it("reads a column of byte labels as labels", () => {
    const data = dataset({ input: [1, 2], target: tensor(new Uint8Array([1, 0]), [2, 1]), classes });
    expect(data.targetShapes).toEqual({ target: [] });
    expect(data.batch([0]).targets.target).toEqual({ dtype: "int32", shape: [1], data: new Int32Array([1]) });
  });

  it("takes several inputs and targets, and leaves numbers beside labels alone", () => {
    const data = dataset({
      input: { image: tensor(new Uint8Array(24).fill(255), [2, 3, 2, 2]), age: [[40], [50]] },
      target: { label: new Uint8Array([1, 0]), price: new Float32Array([9.5, 8.5]) },
      classes,
      encoding: imageEncoding({ shape: [3, 2, 2] }),
    });
    expect(data.inputShapes).toEqual({ image: [3, 2, 2], age: [1] });
    const { inputs, targets } = data.batch([1]);
    expect(inputs.image).toEqual({ dtype: "float32", shape: [1, 3, 2, 2], data: new Float32Array(12).fill(1) });
    expect(inputs.age?.data).toEqual(new Float32Array([50]));
    expect(targets.label).toEqual({ dtype: "int32", shape: [1], data: new Int32Array([0]) });
    expect(targets.price).toEqual({ dtype: "float32", shape: [1], data: new Float32Array([8.5]) });
  });

  it("takes -1 for no label where an example has many", () => {
    const target = tensor(Int32Array.of(0, 1, -1, 1, -1, -1), [2, 3]);
    expect(dataset({ input: [1, 2], target, classes }).batch([1]).targets.target?.data).toEqual(
      Int32Array.of(1, -1, -1),
    );
    const message = "example 1 has the label -1, but labels go from 0 to 1";
    expect(() => dataset({ input: [1, 2], target: tensor(Int32Array.of(0, -1), [2]), classes })).toThrow(message);
  });

  it("checks labels of any shape, such as one a pixel", () => {
    const target = tensor(new Uint8Array([0, 1, 1, 2]), [1, 2, 2]);
    expect(() => dataset({ input: [1], target, classes })).toThrow(
      "target: example 0 at [1, 1] has the label 2, but labels go from 0 to 1: there are 2 classes",
    );
    expect(dataset({ input: [1], target, classes: ["a", "b", "c"] }).targetShapes).toEqual({ target: [2, 2] });
  });

  it.each([
    ["lengths that differ", { input: [1, 2, 3], target: [1, 2] }, "dataset: input has 3 examples, target has 2"],
    ["a label too high", { input: [1, 2], target: [0, 2], classes }, "target: example 1 has the label 2"],
    ["a label below 0", { input: [1, 2], target: [-1, 0], classes }, "target: example 0 has the label -1"],
    ["half a label", { input: [1], target: [0.5], classes }, "target: example 0 has the label 0.5"],
    [
      "a NaN",
      {
        input: [
          [1, 2],
          [3, Number.NaN],
        ],
        target: [0, 1],
      },
      "input: example 1 at [1] is NaN",
    ],
    ["an infinite target", { input: [1], target: [-Infinity] }, "target: example 0 is -Infinity"],
    ["rows of two lengths", { input: [[1, 2], [3]] }, "input: example 1 has 1 numbers, example 0 has 2"],
    ["no examples", { input: [] }, "dataset: there are no examples"],
    ["a class named twice", { input: [1], target: [0], classes: ["a", "a"] }, 'the class "a" is named twice'],
  ])("refuses %s", (_, options, message) => {
    expect(() => dataset(options)).toThrow(DataError);
    expect(() => dataset(options)).toThrow(message);
  });

  it("refuses examples that are not there", () => {
    const data = dataset({ input: [1, 2] });
    for (const index of [2, -1, 0.5, Number.NaN])
      expect(() => data.batch([0, index])).toThrow(`dataset.batch: there is no example ${index}: the data set has 2`);
  });

  it("refuses options it does not know, and scalars", () => {
    expect(() => dataset({ input: [1], targets: [1] } as never)).toThrow(OptionError);
    expect(() => dataset({ input: tensor([1], []) })).toThrow(ShapeError);
  });
});

describe("pictures in memory", () => {
  const encoding = imageEncoding({ shape: [2, 1, 2], mean: [0.5, 0], deviation: [0.5, 0.25] });

  it("stay bytes and are encoded channel by channel", () => {
    const data = dataset({ input: tensor(new Uint8Array([0, 255, 0, 51]), [1, 2, 1, 2]), encoding });
    expect(data.batch([0]).inputs.input?.dtype).toBe("float32");
    const values = [...(data.batch([0, 0]).inputs.input?.data ?? [])];
    expect(values.map((x) => Number(x.toFixed(6)))).toEqual([-1, 1, 0, 0.8, -1, 1, 0, 0.8]);
  });

  it("must have the shape of the encoding, except that grey ones need no channel axis", () => {
    const pixels = new Uint8Array(4);
    expect(() => dataset({ input: tensor(pixels, [1, 1, 2, 2]), encoding })).toThrow(
      "input: the pictures are [1, 2, 2], the encoding says [2, 1, 2]",
    );
    const three = imageEncoding({ shape: [3, 2, 2] });
    expect(() => dataset({ input: tensor(pixels, [1, 2, 2]), encoding: three })).toThrow(ShapeError);
    const grey = imageEncoding({ shape: [1, 2, 2] });
    for (const shape of [
      [1, 2, 2],
      [1, 2, 2, 1],
      [1, 1, 2, 2],
    ])
      expect(dataset({ input: tensor(pixels, shape), encoding: grey }).inputShapes).toEqual({ input: [1, 2, 2] });
  });

  it("pass the names of the classes on to the encoding", () => {
    const data = dataset({ input: tensor(new Uint8Array(4), [1, 2, 1, 2]), target: [0], classes, encoding });
    expect(data.encoding).toEqual({ ...encoding, classes });
    const again = dataset({
      input: tensor(new Uint8Array(4), [1, 2, 1, 2]),
      target: [1],
      encoding: { ...encoding, classes },
    });
    expect(again.classes).toEqual(classes);
  });
});

describe("subset", () => {
  it("is a view of the examples at the positions given", async () => {
    const data = dataset({ input: [10, 11, 12, 13], target: [0, 1, 0, 1], classes });
    const part = subset(subset(data, [3, 1, 0]), [0, 2]);
    expect(part.length).toBe(2);
    expect((await part.batch([1, 0])).inputs.input?.data).toEqual(new Float32Array([10, 13]));
    expect(part.classes).toEqual(classes);
    expect(part.encoding).toEqual(data.encoding);
    expect([...((part as { labels?: Uint32Array }).labels ?? [])]).toEqual([1, 0]);
    expect(() => subset(data, [4])).toThrow("subset: there is no example 4");
    expect(() => part.batch([2])).toThrow("subset.batch: there is no example 2: the data set has 2");
  });
});

it("countClasses counts every class, also those without examples", () => {
  expect(countClasses([2, 0, 2], 4)).toEqual([1, 0, 2, 0]);
});

it("encodeValues takes the right number of finite numbers", () => {
  const encoding = { kind: "values", shape: [2, 2] } as const;
  expect(encodeValues(encoding, [1, 2, 3, 4])).toEqual(new Float32Array([1, 2, 3, 4]));
  expect(() => encodeValues(encoding, [1, 2, 3])).toThrow("an example of shape [2, 2] has 4 numbers, got 3");
  expect(() => encodeValues(encoding, [1, 2, 3, Number.NaN])).toThrow("input: example 0 at [1, 1] is NaN");
});
