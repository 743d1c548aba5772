// The workloads' networks in midst, whichever build of it.

const layersOf = ({ conv2d, dense, flatten, maxPool2d, relu }) => ({
  dense: ({ size }, name) => dense(size, { name }),
  conv3x3: ({ size, padding }, name) => conv2d(size, 3, { padding, name }),
  relu: () => relu(),
  pool2: () => maxPool2d(2),
  flatten: () => flatten(),
});

/**
 * A workload's network with the weights that every peer starts from.
 * @param midst the public names
 * @param nets the networks among them
 */
export function networkOf(midst, nets, { input, layers, resnet }) {
  const { sequential, tensor } = midst;
  const kinds = layersOf(midst);
  const net = resnet
    ? nets.resnet({ depth: resnet, classes: 10 })
    : sequential({ input }, ...layers.map((layer, i) => kinds[layer.kind](layer, `layer${i}`)));
  // Those of convolutions and dense layers, in order; biases are zero and norms one.
  const names = [...net.weights].filter(([, { shape }]) => shape.length > 1).map(([name]) => name);
  const weights = layers.filter(({ weight }) => weight !== undefined);
  net.setWeights(new Map(weights.map(({ weight, weightShape }, i) => [names[i], tensor(weight, weightShape)])));
  return net;
}

/** The optimizer of a workload. */
export const optimizerOf = ({ adam, sgd }, { optimizer }) =>
  optimizer === "sgd" ? sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 }) : adam();
