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

const playerLayers = {
  conv4x4: ({ size, stride, padding, bias }, { conv2d }) => conv2d(size, 4, { stride, padding, bias }),
  convTranspose4x4: ({ size, stride, padding, bias }, { convTranspose2d }) =>
    convTranspose2d(size, 4, { stride, padding, bias }),
  norm: (_, { batchNorm }) => batchNorm(),
  relu: (_, { relu }) => relu(),
  leaky: (_, { leakyRelu }) => leakyRelu(0.2),
  tanh: (_, { tanh }) => tanh(),
  flatten: (_, { flatten }) => flatten(),
};

/**
 * The two networks of a workload that is a game, with the weights that every peer starts from.
 * @param midst the public names
 */
function gameOf(midst, { input, latent, generator, discriminator }) {
  const player = (shape, layers, ...first) => {
    const net = midst.sequential(
      { input: shape },
      ...first,
      ...layers.map((one) => playerLayers[one.kind](one, midst)),
    );
    const names = [...net.weights].filter(([, { shape: own }]) => own.length > 1).map(([name]) => name);
    const weights = layers.filter(({ weight }) => weight !== undefined);
    net.setWeights(new Map(weights.map(({ weight, weightShape }, i) => [names[i], midst.tensor(weight, weightShape)])));
    return net;
  };
  return midst.gan({
    generator: player([latent], generator, midst.reshape([latent, 1, 1])),
    discriminator: player(input, discriminator),
  });
}

/**
 * The step of a workload that is a game: Adam for both.
 * @returns { game, step, batch }: `step.run(batch)` makes a round
 */
export async function gameStepOf(midst, workload) {
  const { adam, GameStep, nonSaturating, tensor } = midst;
  const { batch: rows, input, x } = workload;
  const game = gameOf(midst, workload);
  const batch = { inputs: { input: tensor(x, [rows, ...input]) }, targets: {} };
  const settings = { learningRate: 2e-4, beta1: 0.5 };
  const optimizer = { generator: adam(settings), discriminator: adam(settings) };
  return { game, batch, step: await GameStep.create(game, batch, { objective: nonSaturating(), optimizer }) };
}
