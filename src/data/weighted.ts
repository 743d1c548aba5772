import { DataError } from "../base/errors.js";
import { type Batch, checkIndices, type Dataset, describe, isLabelled } from "./dataset.js";

/**
 * The same data with a weight for each example: how much it counts in the loss, which becomes sum(weight loss) /
 * sum(weight) over a batch. Weights that the data has already are multiplied with these.
 * @param weights from 0, one an example
 * @throws DataError when there are not as many weights as examples, one is below 0, NaN or Inf, or all are 0
 */
export function weighted(data: Dataset, weights: ArrayLike<number>): Dataset {
  const place = "weighted";
  if (weights.length !== data.length)
    throw new DataError(`there are ${weights.length} weights for ${data.length} examples. Give one an example.`, {
      place,
      expected: data.length,
      actual: weights.length,
    });
  const kept = Float32Array.from(weights);
  for (const [i, weight] of kept.entries())
    if (!(weight >= 0 && weight < Infinity))
      throw new DataError(`example ${i} has the weight ${weights[i]}, but weights are numbers from 0.`, {
        place,
        actual: weights[i],
      });
  if (!kept.some((weight) => weight > 0))
    throw new DataError("all weights are 0: no example would count.", { place, actual: 0 });

  const weigh = (batch: Batch, indices: ArrayLike<number>): Batch => {
    const before = batch.weights?.data;
    const data = Float32Array.from(indices, (example, row) => (kept[example] as number) * (before?.[row] ?? 1));
    return { ...batch, weights: { dtype: "float32", shape: [data.length], data } };
  };
  return {
    ...describe(data),
    ...(isLabelled(data) && { labels: data.labels }),
    length: data.length,
    batch(indices, draw) {
      checkIndices(indices, data.length, "weighted.batch");
      const batch = data.batch(indices, draw);
      return batch instanceof Promise ? batch.then((ready) => weigh(ready, indices)) : weigh(batch, indices);
    },
  };
}
