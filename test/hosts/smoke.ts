import {
  accuracy,
  adam,
  binaryCrossEntropy,
  dataset,
  dense,
  evaluate,
  fit,
  loadBytes,
  saveBytes,
  sequential,
  tanh,
  tensor,
} from "midst";

/** What the smoke test found; the same on every host. */
export interface Smoke {
  readonly answers: readonly boolean[];
  readonly accuracy: number;
  readonly losses: readonly number[];
  /** Whether the network saved and loaded answers with the same bits. */
  readonly same: boolean;
  readonly summary: string;
}

/** Trains XOR, saves and loads it, by public names alone: runs in Node and in a page. */
export async function smoke(): Promise<Smoke> {
  const corners = tensor([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
  const data = dataset({ input: corners, target: [0, 1, 1, 0] });
  const net = sequential({ input: [2], seed: 1 }, dense(8), tanh(), dense(1));
  const run = await fit(net, data, {
    loss: binaryCrossEntropy(),
    optimizer: adam({ learningRate: 0.05 }),
    epochs: 150,
    progress: false,
  });
  const scores = await evaluate(net, data, { metrics: [accuracy()] });
  const predicted = await net.predict(corners);
  const again = await loadBytes(saveBytes(net)).predict(corners);
  return {
    answers: Array.from(predicted.data, (score) => score > 0),
    accuracy: scores.accuracy as number,
    losses: run.history.map(({ training }) => training.loss as number),
    same: again.data.every((score, i) => score === predicted.data[i]),
    summary: net.summary(),
  };
}
