import { DataError } from "../base/errors.js";
import { random } from "../base/random.js";
import type { Batch, Dataset } from "../data/index.js";

/**
 * The batches of one pass over a data set, each asked for `ahead` steps before it is needed, so that decoding runs
 * while the network trains. A batch that fails throws where its turn comes.
 * @param order the positions to visit
 * @param draw seeds augmentation: the first batch has this step, each further one the next
 */
export async function* batchesAhead(
  data: Dataset,
  order: ArrayLike<number>,
  batchSize: number,
  draw?: { seed: number; step: number },
  ahead = 2,
): AsyncGenerator<Batch> {
  const starts: number[] = [];
  for (let start = 0; start < order.length; start += batchSize) starts.push(start);
  const waiting: Promise<Batch>[] = [];
  const request = (i: number): void => {
    const start = starts[i];
    if (start === undefined) return;
    const positions = Array.prototype.slice.call(order, start, start + batchSize) as number[];
    const batch = new Promise<Batch>((done) => done(data.batch(positions, draw && { ...draw, step: draw.step + i })));
    // A failure is reported where the batch is awaited, not as an unhandled rejection.
    batch.catch(() => {});
    waiting.push(batch);
  };
  for (let i = 0; i < ahead; i++) request(i);
  for (let i = 0; i < starts.length; i++) {
    request(i + ahead);
    yield await (waiting.shift() as Promise<Batch>);
  }
}

/**
 * The order of an epoch. A last batch of a single example is left out when there are others: it has no variance for
 * batch norm to use.
 */
export function epochOrder(length: number, batchSize: number, seed: number, epoch: number): Uint32Array {
  const order = random(seed, "shuffle", epoch).permutation(length);
  return length > batchSize && length % batchSize === 1 && batchSize > 1 ? order.subarray(0, length - 1) : order;
}

/** Throws for a data set without examples. */
export function checkNotEmpty(data: Dataset, place: string): void {
  if (data.length === 0) throw new DataError("the data set has no examples.", { place });
}
