import {
  accuracy,
  adamW,
  batchNorm,
  conv2d,
  cosine,
  crossEntropy,
  type Dataset,
  dense,
  dropout,
  evaluate,
  fit,
  flatten,
  globalAvgPool,
  type Layer,
  type Loss,
  type Metric,
  maxPool2d,
  type Network,
  relu,
  sequential,
} from "midst";
import { augment } from "midst/data";

const block = (filters: number): Layer[] => [conv2d(filters, 3, { padding: "same", bias: false }), batchNorm(), relu()];

/** MNIST's family: two stages of convolutions. */
export const digitsNet = (): Network =>
  sequential(
    { input: [1, 28, 28], seed: 1 },
    ...block(32),
    maxPool2d(2),
    ...block(64),
    maxPool2d(2),
    flatten(),
    dropout(0.3),
    dense(128),
    relu(),
    dropout(0.3),
    dense(10),
  );

/** CIFAR-10: three stages of two convolutions, then the mean over positions. */
export const cifarNet = (): Network =>
  sequential(
    { input: [3, 32, 32], seed: 1 },
    ...block(32),
    ...block(32),
    maxPool2d(2),
    ...block(64),
    ...block(64),
    maxPool2d(2),
    ...block(128),
    ...block(128),
    globalAvgPool(),
    dropout(0.3),
    dense(10),
  );

/** Photos: the picture halves four times while the kernels double. */
export const photoNet = (channels: number, size: number, classes: number): Network =>
  sequential(
    { input: [channels, size, size], seed: 1 },
    ...block(16),
    maxPool2d(2),
    ...block(32),
    maxPool2d(2),
    ...block(64),
    maxPool2d(2),
    ...block(128),
    globalAvgPool(),
    dropout(0.3),
    dense(classes),
  );

/** Tables: three layers. */
export const tableNet = (features: number, outputs: number, width = 64): Network =>
  sequential({ input: [features], seed: 1 }, dense(width), relu(), dense(width), relu(), dense(outputs));

export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay?: number;
  readonly augment?: { readonly flip?: boolean; readonly shift?: number; readonly brightness?: number };
  readonly loss?: Loss;
  readonly metric?: Metric;
}

/** Trains with a cosine schedule and returns the metric on the test data. */
export async function learn(net: Network, training: Dataset, test: Dataset, recipe: Recipe): Promise<number> {
  const { epochs, batchSize, learningRate, weightDecay = 0.01, loss = crossEntropy(), metric = accuracy() } = recipe;
  const steps = epochs * Math.ceil(training.length / batchSize);
  await fit(net, recipe.augment ? augment(training, recipe.augment) : training, {
    loss,
    optimizer: adamW({ learningRate: cosine(learningRate, steps, Math.ceil(steps / 20)), weightDecay }),
    epochs,
    batchSize,
    progress: false,
    seed: 1,
  });
  const scores = await evaluate(net, test, { metrics: [metric] });
  return scores[metric.name] as number;
}
