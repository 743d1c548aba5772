// A workload of the peers as midst trains it, on an engine whose session can be looked at.
import { gameStepOf, networkOf, optimizerOf } from "../peers/networks.mjs";
import { makeWorkload } from "../peers/workload.mjs";
import { built } from "./built.mjs";

const midst = await built("index.js");
const nets = await built("nets/index.js");
const { crossEntropy, tensor, TrainingStep, useEngine } = midst;

/**
 * @param name a workload of ../peers/workloads.json
 * @param engine made by `engineWith`
 * @returns { step, loss, program, model }: `step` makes one training step
 */
export async function trainingStep(name, engine) {
  const workload = makeWorkload(name);
  let loaded;
  useEngine({
    name: "measured",
    load: async (model, load) => {
      loaded = { model, program: await engine.load(model, load) };
      return loaded.program;
    },
  });
  if (workload.game) {
    const { step, batch } = await gameStepOf(midst, workload);
    let result;
    return {
      ...loaded,
      training: step,
      step: async () => {
        result = await step.run(batch);
      },
      loss: () => result.discriminatorLoss + result.generatorLoss,
    };
  }
  const { batch, input, labels, x } = workload;
  const net = networkOf(midst, nets, workload);
  const data = { inputs: { input: tensor(x, [batch, ...input]) }, targets: { target: tensor(labels, [batch]) } };
  const training = await TrainingStep.create(net, data, {
    loss: crossEntropy(),
    optimizer: optimizerOf(midst, workload),
  });
  let loss = Number.NaN;
  return {
    ...loaded,
    training,
    step: async () => {
      loss = (await training.run(data)).loss;
    },
    loss: () => loss,
  };
}
