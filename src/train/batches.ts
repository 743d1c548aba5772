import { DataError } from "../base/errors.js";
import { random } from "../base/random.js";
import type { Batch, Dataset } from "../data/index.js";

/** The batches of one pass over a data set, in order. */
export interface Pass extends AsyncIterableIterator<Batch> {
  /** How many are still to be given. */
  readonly left: number;
}

/**
 * The batches of one pass over a data set, the first `ahead` asked for at once and each other that many steps before it
 * is needed, so that decoding runs while the network trains. A batch that fails throws where its turn comes.
 * @param order the positions to visit
 * @param draw seeds augmentation: the first batch has this step, each further one the next
 */
export function batchesAhead(
  data: Dataset,
  order: ArrayLike<number>,
  batchSize: number,
  draw?: { seed: number; step: number },
  ahead = AHEAD,
): Pass {
  const count = Math.ceil(order.length / batchSize);
  const waiting: Promise<Batch>[] = [];
  let asked = 0;
  const ask = (): void => {
    if (asked === count) return;
    const start = asked * batchSize;
    const positions = Array.prototype.slice.call(order, start, start + batchSize) as number[];
    const at = draw && { ...draw, step: draw.step + asked };
    const batch = new Promise<Batch>((done) => done(data.batch(positions, at)));
    // A failure is reported where the batch is awaited, not as an unhandled rejection.
    batch.catch(() => {});
    waiting.push(batch);
    asked++;
  };
  for (let i = 0; i < ahead; i++) ask();
  return {
    get left() {
      return count - asked + waiting.length;
    },
    async next() {
      ask();
      const batch = waiting.shift();
      return batch === undefined ? { done: true, value: undefined } : { done: false, value: await batch };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Batches asked for before they are needed. */
export const AHEAD = 3;

/**
 * The order of an epoch: shuffled, unless the data is ordered. A last batch of a single example is left out when there are others: it has no variance for
 * batch norm to use.
 */
export function epochOrder(
  { length, ordered = false }: Pick<Dataset, "length" | "ordered">,
  batchSize: number,
  seed: number,
  epoch: number,
): Uint32Array {
  const order = ordered
    ? Uint32Array.from({ length }, (_, i) => i)
    : random(seed, "shuffle", epoch).permutation(length);
  return length > batchSize && length % batchSize === 1 && batchSize > 1 ? order.subarray(0, length - 1) : order;
}

/** Throws for a data set without examples. */
export function checkNotEmpty(data: Dataset, place: string): void {
  if (data.length === 0) throw new DataError("the data set has no examples.", { place });
}
