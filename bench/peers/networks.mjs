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
 * @param ops the public ops
 */
export function networkOf(midst, ops, workload) {
  const { input, layers, resnet } = workload;
  const { network, sequential, tensor } = midst;
  const kinds = layersOf(midst);
  const net = resnet
    ? network({ input }, ({ input: x }) => residualNet(midst, ops, layers, x))
    : sequential({ input }, ...layers.map((layer, i) => kinds[layer.kind](layer, `layer${i}`)));
  const weights = layers.flatMap(({ weight, weightShape }, i) =>
    weight === undefined ? [] : [[`layer${i}.weight`, tensor(weight, weightShape)]],
  );
  net.setWeights(new Map(weights));
  return net;
}

/** He et al. 2016, shortcuts of option A: every other pixel, and zeros for the channels that are new. */
function residualNet({ batchNorm, conv2d, dense, globalAvgPool, relu }, { add, pad, slice }, layers, input) {
  const even = [undefined, undefined, 2];
  const around = (x, channels) =>
    pad(slice(x, [undefined, undefined, even, even]), [0, 0, 0, 0], [0, channels - x.shape[1], 0, 0]);
  const normalised = (x, i) => {
    const { size, stride } = layers[i];
    const y = conv2d(size, 3, { stride, padding: 1, bias: false, name: `layer${i}` })(x);
    return batchNorm({ name: `norm${i}` })(y);
  };
  let x = relu()(normalised(input, 0));
  let i = 1;
  for (; layers[i].kind === "conv3x3"; i += 2) {
    const y = normalised(relu()(normalised(x, i)), i + 1);
    x = relu()(add(y, layers[i].stride === 1 ? x : around(x, layers[i].size)));
  }
  return dense(layers[i + 1].size, { name: `layer${i + 1}` })(globalAvgPool()(x));
}

/** The optimizer of a workload. */
export const optimizerOf = ({ adam, sgd }, { optimizer }) =>
  optimizer === "sgd" ? sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 }) : adam();
