import { expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { OptionError, ShapeError } from "../../src/base/errors.js";
import { tensor } from "../../src/base/tensor.js";
import { input } from "../../src/graph/index.js";
import { pinball } from "../../src/nn/index.js";
import { evaluate } from "../support/evaluate.js";

// By PyTorch 2.13: torch.maximum(q * e, (q - 1) * e).mean() with e = target[:, :, None] - prediction.
const prediction = tensor(
  [-1.1, -1.2, 0.6, 0.8, 0.6, -1.6, -0.3, 1.9, 0.5, -0.2, -0.2, 0.2, 1.4, 1.6, 0.9, -0.8, 0.9, 1.3],
  [2, 3, 3],
);
const target = tensor([0.4, 1.4, 0.1, -0.7, -0.2, -0.4], [2, 3]);
const quantiles = [0.1, 0.5, 0.9];

it("is PyTorch's number, and so is its gradient", async () => {
  const loss = pinball(quantiles);
  const [value, gradient] = await evaluate(
    (p, t) => [loss(p, t), gradients(loss(p, t), [p])[0] as typeof p],
    prediction,
    target,
  );
  expect(value?.[0]).toBeCloseTo(0.5116665959358215, 6);
  // A truth above the prediction pulls by q, one below by q - 1; 18 numbers share the mean.
  const [up, down] = [
    [-0.1, -0.5, -0.9],
    [0.9, 0.5, 0.1],
  ];
  const signs = [0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1];
  signs.forEach((above, i) => {
    expect(gradient?.[i]).toBeCloseTo(((above ? down : up)[i % 3] as number) / 18, 6);
  });
});

it("weighs examples", async () => {
  const [value] = await evaluate((p, t, w) => pinball(quantiles)(p, t, w), prediction, target, tensor([1, 3]));
  expect(value?.[0]).toBeCloseTo(0.483611136674881, 6);
});

it("takes one step ahead without its axis", async () => {
  const p = tensor([1, 2, 3, 4], [2, 2]);
  for (const t of [tensor([2, 2], [2]), tensor([2, 2], [2, 1])]) {
    // Errors 1, 0, -1, -2 at the quantiles 0.25 and 0.75.
    const [value] = await evaluate((a, b) => pinball([0.25, 0.75])(a, b), p, t);
    expect(value?.[0]).toBeCloseTo((0.25 + 0 + 0.75 + 0.5) / 4, 6);
  }
});

it("is smallest at the quantile", async () => {
  const values = Array.from({ length: 101 }, (_, i) => i);
  const loss = async (guess: number) => {
    const guesses = tensor(
      values.map(() => guess),
      [101, 1],
    );
    const [value] = await evaluate((p, t) => pinball([0.9])(p, t), guesses, tensor(values));
    return value?.[0] as number;
  };
  const [below, at, above] = await Promise.all([loss(85), loss(90), loss(95)]);
  expect(at).toBeLessThan(below as number);
  expect(at).toBeLessThan(above as number);
});

it("refuses shapes that do not fit, and quantiles that are none", () => {
  const value = (...shape: number[]) => input("x", ["batch", ...shape]);
  expect(() => pinball(quantiles)(value(4, 2), value(4))).toThrow(ShapeError);
  expect(() => pinball(quantiles)(value(12), value(4))).toThrow("dense(4 * 3) and reshape([4, 3])");
  expect(() => pinball(quantiles)(value(4, 3), value(5))).toThrow(ShapeError);
  for (const bad of [[], [0], [0.5, 1], [Number.NaN]]) expect(() => pinball(bad)).toThrow(OptionError);
});
