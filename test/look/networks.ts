import {
  batchNorm,
  concat,
  conv2d,
  dense,
  dropout,
  flatten,
  maxPool2d,
  type Network,
  network,
  random,
  relu,
  residual,
  sequential,
  softmax,
  type Tensor,
  tanh,
  tensor,
} from "../../src/index.js";

/** Puts weights of these numbers into a network, by name. */
export function plant(net: Network, weights: Readonly<Record<string, readonly number[]>>): Network {
  net.setWeights(
    new Map(
      Object.entries(weights).map(([name, data]) => [
        name,
        tensor(data, net.weights.get(name)?.shape ?? [data.length]),
      ]),
    ),
  );
  return net;
}

/** Seeded numbers from a normal distribution. */
export const noise = (shape: readonly number[], seed = 1): Tensor<"float32"> =>
  tensor(random(seed, "noise").normal(shape.reduce((n, d) => n * d, 1)), shape);

/** A small convolutional network with everything that behaves differently while training. */
export const pictureNet = (channels: number): Network =>
  sequential(
    { input: [channels, 12, 12], seed: 3 },
    conv2d(6, 3),
    batchNorm(),
    relu(),
    dropout(0.5),
    maxPool2d(2),
    residual(conv2d(6, 3, { padding: "same" }), tanh()),
    flatten(),
    dense(5),
    softmax(),
  );

/** Two inputs, a way around, and two outputs. */
export const branchedNet = (): Network =>
  network(
    { image: [2, 6, 6], extra: [3] },
    ({ image, extra }) => {
      const seen = relu()(conv2d(4, 3)(image));
      const both = concat()(flatten()(seen), extra);
      return { kind: dense(3, { name: "kind" })(both), size: dense(1, { name: "size" })(relu()(dense(4)(both))) };
    },
    { seed: 5 },
  );
