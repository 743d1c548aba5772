import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { random } from "../../src/base/random.js";
import { countOf } from "../../src/base/shape.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { input, nodesOf, type Value } from "../../src/graph/index.js";
import { add, maxPool, mul, relu, repeat, sum } from "../../src/ops/index.js";
import * as reference from "../reference/index.js";
import { expectClose } from "../support/close.js";
import { derivatives, evaluate } from "../support/evaluate.js";

/** Whole numbers from -9 to 9, so that windows have ties. */
const rounded = (shape: readonly number[]): Tensor =>
  tensor(
    Array.from(random(3, "x", 0).uniform(countOf(shape), -9, 9), (v) => Math.round(v)),
    shape,
  );
const arrayOf = ({ data, shape }: Tensor) => reference.array(data, shape);

/** Each way of the lowering by its shapes: windows as rows, as the whole picture, too large for a matrix. */
const cases = [
  { how: "rows", x: [2, 3, 6, 10], kernel: [3, 2] },
  { how: "rows, columns left over", x: [2, 3, 6, 11], kernel: [2, 2] },
  { how: "the whole picture, rows left over", x: [2, 3, 5, 7], kernel: [2, 3] },
  { how: "wide", x: [2, 2, 4, 82], kernel: [2, 2] },
  { how: "wide, rows and columns left over", x: [2, 2, 5, 83], kernel: [2, 2] },
  { how: "large, rows left over", x: [1, 2, 31, 30], kernel: [2, 2] },
  { how: "one axis", x: [2, 3, 11], kernel: [3] },
  { how: "one axis, long", x: [2, 3, 140], kernel: [2] },
  { how: "three axes", x: [2, 2, 4, 3, 5], kernel: [2, 1, 2] },
  { how: "three axes, large", x: [1, 2, 7, 9, 8], kernel: [2, 2, 2] },
];

describe("windows side by side", () => {
  for (const { how, x: shape, kernel } of cases)
    it(how, async () => {
      const x = rounded(shape);
      const window = { strides: kernel };
      const y = reference.maxPool(arrayOf(x), kernel, window);
      const weights = rounded(y.shape);
      const [dx] = await derivatives((v, w) => mul(maxPool(v, kernel), w), x, weights);
      const expected = reference.routeToLargest(arrayOf(x), y, arrayOf(weights), kernel);
      expectClose("dx", { data: dx as number[], shape }, expected, 1e-6);
      const small = tensor(Array.from(y.data), y.shape);
      const [enlarged] = await evaluate((v) => repeat(v, kernel), small);
      const all = reference.repeat(y, kernel);
      expectClose("repeat", { data: enlarged as number[], shape: all.shape }, all, 0);
    });
});

describe("max pooling after a ReLU", () => {
  const x = input("x", ["batch", 2, 4, 4]);
  const opsOf = (...values: Value[]) => nodesOf(values).map((node) => node.op.name);
  const dxOf = (loss: (y: Value) => Value) => {
    const y = relu(x);
    return gradients(loss(y), [x])[0] as Value;
  };
  const shapes = (value: Value, op: string) =>
    nodesOf([value])
      .filter((node) => node.op.name === op)
      .map((node) => node.outputs[0]?.shape);

  it("masks the small gradient, not the large one", () => {
    const dx = dxOf((y) => sum(maxPool(y, [2, 2])));
    expect(shapes(dx, "step")).toEqual([["batch", 2, 2, 2]]);
  });
  it("masks all where the ReLU is used elsewhere too", () => {
    const dx = dxOf((y) => add(sum(maxPool(y, [2, 2])), sum(mul(y, y))));
    expect(shapes(dx, "step")).toContainEqual(["batch", 2, 4, 4]);
  });
  it("leaves the ReLU's own output its gradient", () => {
    const y = relu(x);
    const dy = gradients(sum(maxPool(y, [2, 2])), [y])[0] as Value;
    expect(opsOf(dy)).not.toContain("step");
  });
  it("gives the numbers of the formula", async () => {
    // ReLU, pooling and the sum of squares by hand: the largest of the windows are 3, none, 2 (twice) and 0.
    const picture = tensor([3, 1, -1, -2, 2, 0, -3, -1, 2, -1, 0, -5, 2, 1, -1, -2], [1, 1, 4, 4]);
    const [dx] = await derivatives((v) => {
      const y = maxPool(relu(v), [2, 2]);
      return mul(y, y);
    }, picture);
    expect(dx).toEqual([6, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]);
  });
});
