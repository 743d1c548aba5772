import {
  accuracy,
  adam,
  crossEntropy,
  type Dataset,
  dense,
  embedding,
  evaluate,
  fit,
  type Layer,
  type Loss,
  layerNorm,
  lstm,
  type Network,
  positionalEncoding,
  sequential,
  transformerBlock,
} from "midst";
import { COUNTING, type CopyTask, countingTask } from "./sequenceTasks.js";

export interface SequenceRecipe {
  readonly loss: Loss;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed?: number;
}

/** Trains with Adam and gradients of norm 1 at most, until the scores on the validation data will do. */
export async function learnSequences(
  net: Network,
  training: Dataset,
  { learningRate, ...recipe }: SequenceRecipe,
  validation?: Dataset,
  enough: (scores: Record<string, number>) => boolean = () => false,
): Promise<number> {
  let loss = Number.NaN;
  await fit(net, training, {
    ...recipe,
    optimizer: adam({ learningRate }),
    clip: { norm: 1 },
    progress: false,
    ...(training.targetShapes.target?.length === 1 && recipe.loss.name === "crossEntropy" && { metrics: [accuracy()] }),
    ...(validation && { validation }),
    onEpoch: (record, stop) => {
      loss = record.training.loss as number;
      if (record.validation !== undefined && enough(record.validation as Record<string, number>)) stop();
    },
  });
  return loss;
}

export const accuracyOf = async (net: Network, data: Dataset): Promise<number> =>
  (await evaluate(net, data, { metrics: [accuracy()] })).accuracy as number;

export const addingNet = (time: number, layer: Layer): Network =>
  sequential({ input: [time, 2], seed: 1 }, layer, dense(1));

const timeOf = ({ length, delay }: CopyTask): number => 2 * length + delay;

export const copyNet = (task: CopyTask, layer: Layer): Network =>
  sequential(
    { input: [timeOf(task)], dtype: "int32", seed: 1 },
    embedding(task.letters + 2, 6),
    layer,
    dense(task.letters),
  );

/** A small GPT. */
export const decoderNet = (task: CopyTask, features = 32): Network =>
  sequential(
    { input: [timeOf(task)], dtype: "int32", seed: 1 },
    embedding(task.letters + 2, features),
    positionalEncoding({ kind: "learned" }),
    transformerBlock(4, { causal: true }),
    transformerBlock(4, { causal: true }),
    layerNorm(),
    dense(task.letters),
  );

/** How far a network counts that was trained on n up to `trained`: up to this n, all are right. */
export async function reachOfCounting(options: {
  readonly trained: number;
  readonly tried: number;
  readonly units: number;
  readonly epochs: number;
  readonly seeds: readonly number[];
}): Promise<number> {
  const { trained, tried, units, epochs, seeds } = options;
  const counts = Array.from({ length: 8 * trained }, (_, i) => 1 + (i % trained));
  const training = countingTask(counts, 2 * trained + 1);
  const runs: { net: Network; loss: number }[] = [];
  for (const seed of seeds) {
    const net = sequential(
      { input: [2 * trained + 1], dtype: "int32", seed },
      embedding(COUNTING.tokens, 4),
      lstm(units),
      dense(COUNTING.answers),
    );
    const recipe = { loss: crossEntropy(), epochs, batchSize: 20, learningRate: 0.02, seed };
    runs.push({ net, loss: await learnSequences(net, training, recipe) });
  }
  const [best] = runs.sort((a, b) => a.loss - b.loss);
  const long = (best as { net: Network }).net.at({ input: [2 * tried + 1] });
  for (let n = 1; n <= tried; n++) if ((await accuracyOf(long, countingTask([n], 2 * tried + 1))) < 1) return n - 1;
  return tried;
}
