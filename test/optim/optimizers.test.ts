import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { type Tensor, tensor } from "../../src/base/tensor.js";
import { crossEntropy, dense, tanh } from "../../src/nn/index.js";
import { nativeEngine } from "../../src/node/engine.js";
import { adam, adamW, type Optimizer, rmsprop, sgd } from "../../src/optim/index.js";
import { sequential, TrainingStep } from "../../src/runtime/index.js";
import { type OptimizerFixture, readFixture } from "../fixtures/read.js";
import { expectClose } from "../support/close.js";

/** Relative to the tensor's largest number, after 20 steps. */
const tolerance = 3e-6;
const engine = await nativeEngine();
const makers = { sgd, adam, adamW, rmsprop };

/** Fixtures have PyTorch's names where midst's differ: `betas` and, in rmsprop, `alpha`. */
function optimizerOf({ optimizer, options }: OptimizerFixture): Optimizer {
  const { betas, alpha, ...rest } = options as { betas?: [number, number]; alpha?: number };
  const make = makers[optimizer as keyof typeof makers] as (options: object) => Optimizer;
  const [beta1, beta2] = betas ?? [];
  return make({ ...rest, ...(betas && { beta1, beta2 }), ...(alpha !== undefined && { decay: alpha }) });
}

async function train({ x, labels, parameters, steps }: OptimizerFixture, optimizer: Optimizer) {
  const net = sequential({ input: [5], engine }, dense(7, { name: "hidden" }), tanh(), dense(3, { name: "output" }));
  net.setWeights(new Map(Object.entries(parameters)));
  const batch = { inputs: { input: x }, targets: { target: labels } };
  const step = await TrainingStep.create(net, batch, { loss: crossEntropy(), optimizer });
  const losses: number[] = [];
  while (losses.length < steps) losses.push((await step.run(batch)).loss);
  return { losses, weights: step.weights() };
}

const fixtures = readFixture("optimizers");

describe("every optimizer as PyTorch has it", () => {
  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))("%s", async (_, fixture) => {
    const { losses, weights } = await train(fixture, optimizerOf(fixture));
    expectClose("losses", tensor(losses), tensor(fixture.losses), tolerance);
    for (const [name, expected] of Object.entries(fixture.finalParameters))
      expectClose(name, weights.get(name) as Tensor, expected, tolerance);
  });

  it("is tried of every optimizer", () => {
    expect(new Set(fixtures.map(({ optimizer }) => optimizer))).toEqual(new Set(Object.keys(makers)));
  });
});

describe("a schedule", () => {
  const fixture = fixtures.find(({ name }) => name === "sgd") as OptimizerFixture;

  it("gives each step's rate, counted from 1", async () => {
    const asked: number[] = [];
    const learningRate = (step: number) => {
      asked.push(step);
      return step <= 3 ? 0.1 : 0;
    };
    const { losses } = await train(fixture, sgd({ learningRate }));
    expectClose("losses", tensor(losses.slice(0, 4)), tensor(fixture.losses.slice(0, 4)), tolerance);
    expect(new Set(losses.slice(3)).size, "a rate of 0 leaves everything as it is").toBe(1);
    expect([...new Set(asked)]).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it("that gives no number is refused before the step", async () => {
    const broken = sgd({ learningRate: (step) => (step < 3 ? 0.1 : Number.NaN) });
    await expect(train(fixture, broken)).rejects.toThrow(
      "sgd: learningRate must be a number from 0 to 1.7976931348623157e+308, got NaN at step 3.",
    );
  });
});

describe("options of optimizers", () => {
  const untyped = (options: object) => options as never;

  it.each(Object.entries(makers))("%s refuses names it does not know", (name, make) => {
    expect(() => make(untyped({ learningrate: 1 }))).toThrow(OptionError);
    expect(() => make(untyped({ learningrate: 1 }))).toThrow(
      `${name}: unknown option "learningrate". Did you mean "learningRate"?`,
    );
  });

  it.each([
    [() => sgd({ learningRate: -1 }), "sgd: learningRate must be a number from 0"],
    [() => sgd({ learningRate: Number.NaN }), "sgd: learningRate must be a number from 0"],
    [() => sgd(untyped({ learningRate: "0.1" })), "sgd: learningRate must be a number from 0"],
    [() => sgd({ momentum: 1 }), "sgd: momentum must be less than 1, got 1."],
    [() => sgd({ momentum: -0.5 }), "sgd: momentum must be a number from 0 to 1, got -0.5."],
    [() => sgd({ nesterov: true }), "sgd: nesterov looks ahead along the velocity: give a momentum, e.g. 0.9."],
    [() => sgd({ weightDecay: -1 }), "sgd: weightDecay must be a number from 0"],
    [() => adam({ beta1: 1 }), "adam: beta1 must be less than 1, got 1."],
    [() => adam({ beta2: 1.5 }), "adam: beta2 must be a number from 0 to 1, got 1.5."],
    [() => adam({ epsilon: -1e-8 }), "adam: epsilon must be a number from 0"],
    [() => adam({ epsilon: 0 }), "adam: epsilon must be above 0: a gradient of 0 would give 0 / 0."],
    [() => adamW({ weightDecay: Number.NaN }), "adamW: weightDecay must be a number from 0"],
    [() => rmsprop({ decay: 1 }), "rmsprop: decay must be less than 1, got 1."],
    [() => rmsprop({ momentum: 2 }), "rmsprop: momentum must be a number from 0 to 1, got 2."],
    [() => rmsprop({ epsilon: 0 }), "rmsprop: epsilon must be above 0: a gradient of 0 would give 0 / 0."],
  ])("a value out of range is refused when it is made %#", (make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});

describe("what an optimizer remembers", () => {
  it("is one number per weight and slot, and nothing without momentum", () => {
    expect(sgd().slots).toEqual([]);
    expect(sgd({ momentum: 0.9 }).slots).toEqual(["velocity"]);
    expect(adam().slots).toEqual(["m", "v"]);
    expect(rmsprop().slots).toEqual(["square"]);
    expect(rmsprop({ momentum: 0.5 }).slots).toEqual(["square", "velocity"]);
  });

  it.each([
    sgd({ learningRate: (step) => 1 / step, momentum: 0.9 }),
    adam({ learningRate: (step) => 1 / step }),
    adamW({ learningRate: (step) => 1 / step, weightDecay: 0.3 }),
    rmsprop({ learningRate: (step) => 1 / step }),
  ])("$name: a factor is a factor of the learning rate", (optimizer) => {
    const made = { sgd, adam, adamW, rmsprop }[optimizer.name] as (options: object) => Optimizer;
    const rest = {
      ...(optimizer.name === "sgd" && { momentum: 0.9 }),
      ...(optimizer.name === "adamW" && { weightDecay: 0.3 }),
    };
    const quarter = made({ learningRate: (step: number) => 0.25 / step, ...rest });
    for (const step of [1, 2, 10]) {
      expect(optimizer.scalars(step, 0.25)).toEqual(quarter.scalars(step));
      expect(optimizer.learningRate(step)).toBe(1 / step);
    }
  });

  it("Adam's numbers of a step are the bias corrections, by hand", () => {
    // Step 1: rate (1 - b1)/(1 - b1) / sqrt((1 - b2)/(1 - b2)) = rate; step 2: see Kingma & Ba, section 2.
    expect(adam({ learningRate: 0.5 }).scalars(1).rate).toBeCloseTo(0.5, 14);
    const root = Math.sqrt(0.001 / (1 - 0.999 ** 2));
    expect(adam({ learningRate: 0.5 }).scalars(2).rate).toBeCloseTo((0.5 * 0.1) / (1 - 0.81) / root, 14);
    expect(adamW({ learningRate: 0.5, weightDecay: 0.1 }).scalars(1).keep).toBeCloseTo(0.95, 14);
  });
});
