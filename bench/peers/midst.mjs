// midst itself, through its public entries.
import { adam, conv2d, crossEntropy, dense, flatten, maxPool2d, relu, sequential, TrainingStep, tensor } from "midst";
import { serve } from "./serve.mjs";
import { crossEntropy as crossEntropyOf } from "./workload.mjs";

const layerOf = ({ kind, size, padding }, name) =>
  ({
    dense: () => dense(size, { name }),
    conv3x3: () => conv2d(size, 3, { padding, name }),
    relu: () => relu(),
    pool2: () => maxPool2d(2),
    flatten: () => flatten(),
  })[kind]();

/** A workload's network with the weights that every peer starts from. */
export function networkOf({ input, layers }) {
  const net = sequential({ input }, ...layers.map((layer, i) => layerOf(layer, `layer${i}`)));
  const weights = layers.flatMap(({ weight, weightShape }, i) =>
    weight === undefined ? [] : [[`layer${i}.weight`, tensor(weight, weightShape)]],
  );
  net.setWeights(new Map(weights));
  return net;
}

async function setup(workload) {
  const { batch, input, inference, labels } = workload;
  const net = networkOf(workload);
  const x = tensor(workload.x, [batch, ...input]);
  const about = (await net.engine()).name;
  if (inference) {
    let scores;
    const step = async () => {
      scores = await net.predict(x);
    };
    return { about, step, loss: async () => crossEntropyOf(scores.data, labels) };
  }
  const data = { inputs: { input: x }, targets: { target: tensor(labels, [batch]) } };
  const step = await TrainingStep.create(net, data, { loss: crossEntropy(), optimizer: adam() });
  let loss = Number.NaN;
  return {
    about,
    step: async () => {
      loss = (await step.run(data)).loss;
    },
    loss: async () => loss,
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) await serve({ peer: "midst", version: "0.1.0" }, setup);
