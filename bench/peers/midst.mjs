// midst itself, through its public entries.
import * as midst from "midst";
import * as nets from "midst/nets";
import { gameStepOf, networkOf, optimizerOf } from "./networks.mjs";
import { serve } from "./serve.mjs";
import { crossEntropy as crossEntropyOf, likeliest } from "./workload.mjs";

const { crossEntropy, TrainingStep, tensor } = midst;

async function setup(workload) {
  if (workload.game) return gameSetup(workload);
  const { batch, input, inference, generate, labels, labelShape, classes } = workload;
  const net = networkOf(midst, nets, workload);
  const x = tensor(workload.x, [batch, ...input]);
  const about = (await net.engine()).name;
  if (generate) {
    const session = net.session();
    let [next, scores] = [x, undefined];
    const step = async () => {
      scores = (await session.predict(next)).data;
      const bits = new Float32Array(classes);
      bits[likeliest(scores, classes)] = 1;
      next = tensor(bits, [1, 1, classes]);
    };
    return { about, step, loss: async () => crossEntropyOf(scores, labels) };
  }
  if (inference) {
    let scores;
    const step = async () => {
      scores = await net.predict(x);
    };
    return { about, step, loss: async () => crossEntropyOf(scores.data, labels) };
  }
  const data = { inputs: { input: x }, targets: { target: tensor(labels, labelShape) } };
  const step = await TrainingStep.create(net, data, { loss: crossEntropy(), optimizer: optimizerOf(midst, workload) });
  let loss = Number.NaN;
  return {
    about,
    step: async () => {
      loss = (await step.run(data)).loss;
    },
    loss: async () => loss,
  };
}

/** A step is an update of the discriminator and one of the generator; the loss is the sum of theirs. */
async function gameSetup(workload) {
  const { game, step, batch } = await gameStepOf(midst, workload);
  let loss = Number.NaN;
  return {
    about: (await game.generator.engine()).name,
    step: async () => {
      const result = await step.run(batch);
      loss = result.discriminatorLoss + result.generatorLoss;
    },
    loss: async () => loss,
  };
}

await serve({ peer: "midst", version: "0.1.0" }, setup);
