import { describe, expect, it } from "vitest";
import { dataset, dense, flatten, sequential, tensor } from "../../src/index.js";
import { asAsked, rarestClass } from "../../src/look/index.js";
import { plant } from "./networks.js";

/** Takes the larger of three numbers for the class. */
const classifier = sequential({ input: [3] }, dense(3, { bias: false }));
plant(classifier, { "dense_1.weight": [1, 0, 0, 0, 1, 0, 0, 0, 1] });
const of = (...labels: number[]) =>
  tensor(
    labels.flatMap((label) => [0, 1, 2].map((i) => (i === label ? 5 : -1))),
    [labels.length, 3],
  );

describe("rarestClass", () => {
  const measure = rarestClass({ classifier });
  it("is the smallest share of any class", async () => {
    expect(await measure.of(of(0, 1, 2, 0, 1, 0, 2, 1), {})).toBe(0.25);
    expect(await measure.of(of(0, 0, 2, 2), {})).toBe(0);
  });

  it("has samples in the classifier's encoding", async () => {
    // Turned round, class 0 is taken for 1 and 1 for 0; what was made is class 2 only once.
    const encode = (samples: { data: ArrayLike<number> }) =>
      tensor(
        Array.from(samples.data, (_, i) => samples.data[i % 3 === 2 ? i : i - (i % 3) + 1 - (i % 3)] as number),
        [4, 3],
      );
    const asked = { label: tensor([1, 0, 0, 2], [4], "int32") };
    expect(await asAsked({ classifier, encode }).of(of(0, 1, 1, 2), asked)).toBe(1);
  });
});

describe("asAsked", () => {
  it("is the share of samples that are what they should be", async () => {
    const label = tensor([0, 1, 1, 2], [4], "int32");
    expect(await asAsked({ classifier }).of(of(0, 1, 2, 2), { label })).toBe(0.75);
    expect(await asAsked({ classifier, condition: "kind" }).of(of(0, 1, 2, 2), { kind: label })).toBe(0.75);
  });

  it("refuses samples of which nothing was asked", async () => {
    await expect(asAsked({ classifier }).of(of(0, 1), {})).rejects.toThrow("asAsked: needs a class for each sample");
    expect(() => asAsked({ classifier, clasifier: 1 } as never)).toThrow('unknown option "clasifier"');
  });

  it("takes pictures from the data's encoding to the classifier's", async () => {
    const shape = [1, 1, 2] as const;
    const net = sequential({ input: shape }, flatten(), dense(2, { bias: false }));
    plant(net, { "dense_1.weight": [1, 0, 0, 1] });
    net.encoding = { kind: "images", shape, mean: [0], deviation: [-1] };
    const data = dataset({
      input: tensor([0, 0], [1, 1, 1, 2]),
      encoding: { kind: "images", shape, mean: [0.5], deviation: [0.5] },
    });
    // A deviation of -1 turns the order round: the darker of two pixels has the higher score.
    const bright = tensor([0.5, -0.5, -0.5, 0.5], [2, 1, 1, 2]);
    expect(await asAsked({ classifier: net, data }).of(bright, { label: tensor([1, 0], [2], "int32") })).toBe(1);
  });
});
