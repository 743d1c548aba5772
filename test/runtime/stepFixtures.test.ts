import { describe, expect, it } from "vitest";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { crossEntropy, dense, tanh } from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { adamW, type Optimizer, sgd } from "../../src/optim/index.js";
import { rowsOf, sequential, TrainingStep } from "../../src/runtime/index.js";
import { readFixture } from "../fixtures/read.js";
import { expectClose } from "../support/close.js";

/** Relative to the tensor's largest number, after 20 updates. */
const tolerance = 3e-6;
const engine = await nativeEngine();
const makers = { sgd, adamW };

describe("clipping, accumulation and groups of weights as PyTorch has them", () => {
  it.each(readFixture("steps").map((fixture) => [fixture.name, fixture] as const))("%s", async (_, fixture) => {
    const net = sequential({ input: [5], engine }, dense(7, { name: "hidden" }), tanh(), dense(3, { name: "output" }));
    net.setWeights(new Map(Object.entries(fixture.parameters)));
    const [x, labels, size] = [fixture.x, fixture.labels, fixture.batch];
    const batches = Array.from({ length: (x.shape[0] as number) / size }, (_, i) => ({
      inputs: { input: rowsOf(x, i * size, (i + 1) * size) },
      targets: { target: rowsOf(labels, i * size, (i + 1) * size) },
    }));
    const make = makers[fixture.optimizer as keyof typeof makers] as (options: object) => Optimizer;
    const [weights, biases] = fixture.groups.map(make) as [Optimizer, Optimizer];
    const step = await TrainingStep.create(net, batches[0] as (typeof batches)[0], {
      loss: crossEntropy(),
      optimizer: ({ name }) => (name.endsWith("bias") ? biases : weights),
      ...fixture.options,
    });
    const [losses, norms]: [number[], number[]] = [[], []];
    for (let update = 0; update < fixture.steps; update++)
      for (const batch of batches) {
        const { loss, gradientNorm } = await step.run(batch);
        losses.push(loss);
        if (gradientNorm !== undefined) norms.push(gradientNorm);
      }
    expectClose("losses", tensor(losses), tensor(fixture.losses as number[]), tolerance);
    expectClose("norms", tensor(norms), tensor(fixture.gradientNorms as number[]), tolerance);
    for (const [name, expected] of Object.entries(fixture.finalParameters))
      expectClose(name, step.weights().get(name) as Tensor, expected, tolerance);
  });

  it("is tried where bounds hold back, and where they do not", () => {
    const within = readFixture("steps").find(({ name }) => name.endsWith("at times within"));
    expect(within?.gradientNorms.some((norm) => norm > 0.2)).toBe(true);
    expect(within?.gradientNorms.some((norm) => norm < 0.2)).toBe(true);
  });
});
