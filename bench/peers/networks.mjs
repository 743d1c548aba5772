// The workloads' networks in midst, whichever build of it.

const layersOf = ({ conv2d, dense, flatten, lstm, maxPool2d, relu }) => ({
  dense: ({ size }, name) => dense(size, { name }),
  conv3x3: ({ size, padding }, name) => conv2d(size, 3, { padding, name }),
  relu: () => relu(),
  pool2: () => maxPool2d(2),
  flatten: () => flatten(),
  lstm: ({ size }, name) => lstm(size, { name }),
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
  const weights = layers.flatMap(({ weight, weightShape, recurrent, size }) => [
    ...(weight === undefined ? [] : [tensor(weight, weightShape)]),
    ...(recurrent === undefined ? [] : [tensor(recurrent, [4 * size, size])]),
  ]);
  // An LSTM's forget gate would start open.
  const biases = [...net.weights].filter(([name]) => name.includes(".bias_"));
  net.setWeights(
    new Map([
      ...weights.map((weight, i) => [names[i], weight]),
      ...biases.map(([name, { data, shape }]) => [name, tensor(new Float32Array(data.length), shape)]),
    ]),
  );
  return net;
}

/** The optimizer of a workload. */
export const optimizerOf = ({ adam, sgd }, { optimizer }) =>
  optimizer === "sgd" ? sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 }) : adam();
