// A workload of the peers as midst trains it, on an engine whose session can be looked at.
import { makeWorkload } from "../peers/workload.mjs";
import { built } from "./built.mjs";

const { adam, conv2d, crossEntropy, dense, flatten, maxPool2d, relu, sequential, tensor, TrainingStep, useEngine } =
  await built("index.js");

const layerOf = ({ kind, size, padding }, name) =>
  ({
    dense: () => dense(size, { name }),
    conv3x3: () => conv2d(size, 3, { padding, name }),
    relu: () => relu(),
    pool2: () => maxPool2d(2),
    flatten: () => flatten(),
  })[kind]();

/**
 * @param name a workload of ../peers/workloads.json
 * @param engine made by `engineWith`
 * @returns { step, loss, program, model }: `step` makes one training step
 */
export async function trainingStep(name, engine) {
  const { batch, input, labels, layers, x } = makeWorkload(name);
  const net = sequential({ input }, ...layers.map((layer, i) => layerOf(layer, `layer${i}`)));
  const given = layers.map((layer, i) => [`layer${i}.weight`, layer]).filter(([, layer]) => layer.weight !== undefined);
  net.setWeights(new Map(given.map(([key, { weight, weightShape }]) => [key, tensor(weight, weightShape)])));
  const data = { inputs: { input: tensor(x, [batch, ...input]) }, targets: { target: tensor(labels, [batch]) } };
  let loaded;
  useEngine({
    name: "measured",
    load: async (model, load) => {
      loaded = { model, program: await engine.load(model, load) };
      return loaded.program;
    },
  });
  const training = await TrainingStep.create(net, data, { loss: crossEntropy(), optimizer: adam() });
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
