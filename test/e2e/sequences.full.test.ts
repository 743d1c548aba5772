// What recurrent layers with gates are for, shown on tasks whose answers are known.
import { crossEntropy, evaluate, gru, lstm, mse, perplexity, simpleRnn } from "midst";
import { describe, expect, it } from "vitest";
import { accuracyOf, addingNet, copyNet, decoderNet, learnSequences, reachOfCounting } from "./sequenceRecipes.js";
import { addingProblem, copyTask } from "./sequenceTasks.js";

const layers = { lstm, gru, simpleRnn };

describe("the adding problem at 200 steps, where always answering 1 has an MSE of 1/6", () => {
  const TIME = 200;
  /** The same examples, rate and number of steps for every layer; those that have learned stop early. */
  const mseAfterTraining = async (kind: keyof typeof layers): Promise<number> => {
    const net = addingNet(TIME, layers[kind](32, { returns: "last" }));
    const validation = addingProblem(1000, TIME, 2);
    const recipe = { loss: mse(), batchSize: 64, epochs: 25, learningRate: 0.01 };
    await learnSequences(net, addingProblem(6400, TIME, 1), recipe, validation, ({ loss = 1 }) => loss < 0.004);
    return (await evaluate(net, addingProblem(2000, TIME, 3), { loss: mse() })).loss as number;
  };

  it.each(["lstm", "gru"] as const)("is solved by %s: an MSE below 0.01", async (kind) => {
    expect(await mseAfterTraining(kind)).toBeLessThan(0.01);
  });

  it("is not solved by simpleRnn with as many steps of training", async () => {
    expect(await mseAfterTraining("simpleRnn")).toBeGreaterThan(0.1);
  });
});

describe("counting: a^n b^n learned from n up to 20", () => {
  it("goes on beyond: all n to 50, by four units", async () => {
    // Of three networks the one with the least training loss. It reached the last n tried, 120, when this was written.
    expect(await reachOfCounting({ trained: 20, tried: 120, units: 4, epochs: 300, seeds: [1, 2, 3] })).toBeGreaterThan(
      50,
    );
  });
});

describe("the copy task: four letters of four, said again 30 steps later", () => {
  const task = { letters: 4, length: 4, delay: 30 };
  const [training, validation, test] = [copyTask(3200, task, 1), copyTask(500, task, 2), copyTask(1000, task, 3)];
  const recipe = { loss: crossEntropy(), batchSize: 32, epochs: 30, learningRate: 0.01 };

  it("is solved by lstm, and by simpleRnn hardly better than by guessing", async () => {
    const scores: Record<string, number> = {};
    for (const kind of ["lstm", "simpleRnn"] as const) {
      const net = copyNet(task, layers[kind](64));
      await learnSequences(net, training, recipe, validation, ({ accuracy = 0 }) => accuracy > 0.995);
      scores[kind] = await accuracyOf(net, test);
    }
    expect(scores.lstm).toBeGreaterThan(0.99);
    expect(scores.simpleRnn).toBeLessThan(0.5);
  });

  it("is solved by a causal transformer", async () => {
    const net = decoderNet(task);
    const more = { ...recipe, learningRate: 0.003 };
    await learnSequences(net, training, more, validation, ({ accuracy = 0 }) => accuracy > 0.995);
    expect(await accuracyOf(net, test)).toBeGreaterThan(0.99);
    expect((await evaluate(net, test, { metrics: [perplexity()] })).perplexity).toBeLessThan(1.1);
  });
});
