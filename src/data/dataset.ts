import { DataError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import type { Encoding } from "./encoding.js";

/** One batch, by name; single-input data uses the names "input" and "target". */
export interface Batch {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly targets: Readonly<Record<string, Tensor>>;
  /** How much each example counts in the loss, float32 [rows], from 0; without, all count the same. */
  readonly weights?: Tensor;
}

export interface Dataset {
  readonly length: number;
  /** Shape of one example per input (no batch axis), e.g. { input: [3, 64, 64] }. */
  readonly inputShapes: Readonly<Record<string, readonly number[]>>;
  /** `[]` for a class label. */
  readonly targetShapes: Readonly<Record<string, readonly number[]>>;
  /** Class names when targets are labels (int32, 0-based), else undefined. */
  readonly classes?: readonly string[];
  /**
   * JSON that suffices to encode a new example as this data set does (image size, mean, deviation, columns, scaling,
   * classes). Saved with the weights.
   */
  readonly encoding?: Encoding;
  /** Whether the order of the examples is part of the data, so that training must not shuffle them; defaults to false. */
  readonly ordered?: boolean;
  /**
   * With how many of the next examples an example may share data, as windows do that are moved at random; defaults to 0. Such
   * data is divided in order, with as many examples left out between the parts.
   */
  readonly overlap?: number;
  /** The examples at these positions, in this order. `draw` seeds augmentation: same (seed, step) gives same batch. */
  batch(indices: ArrayLike<number>, draw?: { seed: number; step: number }): Batch | Promise<Batch>;
}

/** A data set whose labels can be read without reading its examples: `split` and `folds` stratify by them. */
export interface LabelledDataset extends Dataset {
  /** The label of each example, 0-based. */
  readonly labels: ArrayLike<number>;
}

export const isLabelled = (data: Dataset): data is LabelledDataset => "labels" in data && data.labels !== undefined;

/**
 * The examples of `data` at these positions, as a data set of its own; nothing is copied.
 * @throws DataError for a position that `data` does not have
 */
export function subset(data: Dataset, indices: ArrayLike<number>): Dataset {
  checkIndices(indices, data.length, "subset");
  const kept = Uint32Array.from(indices);
  const labels = isLabelled(data) ? kept.map((i) => data.labels[i] as number) : undefined;
  const batch: Dataset["batch"] = (positions, draw) => {
    checkIndices(positions, kept.length, "subset.batch");
    return data.batch(
      Uint32Array.from(positions, (i) => kept[i] as number),
      draw,
    );
  };
  return { ...describe(data), length: kept.length, batch, ...(labels && { labels }) };
}

/** What a data set says of its examples, apart from the examples. */
export function describe(data: Dataset): Omit<Dataset, "length" | "batch"> {
  const { inputShapes, targetShapes, classes, encoding, ordered, overlap } = data;
  return {
    inputShapes,
    targetShapes,
    ...(classes && { classes }),
    ...(encoding && { encoding }),
    ...(ordered && { ordered }),
    ...(overlap && { overlap }),
  };
}

/** @throws DataError for an index that is not a position of a data set of `length` examples */
export function checkIndices(indices: ArrayLike<number>, length: number, place: string): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    if (!Number.isInteger(index) || index < 0 || index >= length)
      throw new DataError(`there is no example ${index}: the data set has ${length}, numbered from 0.`, {
        place,
        expected: length,
        actual: index,
      });
  }
}
