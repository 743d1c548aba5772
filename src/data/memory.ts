import { DataError, ShapeError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { type Batch, checkIndices, type Dataset } from "./dataset.js";
import { classesOf, type Encoding, type ImageEncoding } from "./encoding.js";
import { checkClasses, toLabels } from "./labels.js";
import { checkFinite, exampleShape, gather, gatherImages, levelsOf, toTensor, type Values } from "./values.js";

/** A data set in memory: its batches come at once. */
export interface MemoryDataset extends Dataset {
  /** The label of each example, when the targets are labels. */
  readonly labels?: Int32Array;
  batch(indices: ArrayLike<number>, draw?: { seed: number; step: number }): Batch;
}

export interface DatasetOptions {
  /** The first axis counts the examples, e.g. [n, 3, 64, 64]. Several inputs: `{ image: ..., age: ... }`. */
  readonly input: Values | Readonly<Record<string, Values>>;
  /** As `input`. May be left out where nothing is to be predicted, as for a generator. */
  readonly target?: Values | Readonly<Record<string, Values>>;
  /** Names of the classes: then targets are labels, whole numbers from 0. */
  readonly classes?: readonly string[];
  /**
   * With an images encoding, uint8 inputs are pictures: they stay bytes in memory and are encoded batch by batch
   * (or come as bytes, where the encoding has `bytes`).
   */
  readonly encoding?: Encoding;
  /** Whether the order of the examples is part of the data: training does not shuffle them then. Defaults to false. */
  readonly ordered?: boolean;
}

/**
 * A data set of arrays in memory, which are kept and not copied.
 *
 * Targets with `classes`: a single target of one number an example becomes int32 labels; of several targets, those of
 * whole numbers are labels. Labels of any shape (one a pixel, one a word) are checked; where
 * an example has many, -1 says that there is none.
 *
 * @throws DataError when inputs and targets differ in length, a label is out of range, or a number is NaN or Infinity
 * @throws ShapeError when pictures do not have the encoding's shape
 */
export function dataset(options: DatasetOptions): MemoryDataset {
  checkOptions("dataset", options, ["input", "target", "classes", "encoding", "ordered"]);
  const inputs = named(options.input, "input");
  const targets = options.target === undefined ? {} : named(options.target, "target");
  const classes = options.classes ?? (options.encoding && classesOf(options.encoding));
  const encoding = withClasses(options.encoding ?? valuesEncoding(inputs), classes);
  const images = encoding?.kind === "images" ? encoding : undefined;
  const length = commonLength(inputs, targets);

  const readers = mapValues(inputs, (values, name) => {
    checkFinite(values, name);
    return images !== undefined && values.dtype === "uint8" ? imageReader(values, images, name) : reader(values);
  });
  const single = "target" in targets && Object.keys(targets).length === 1;
  const goals = mapValues(targets, (values, name) => {
    checkFinite(values, name);
    return classes !== undefined && holdsLabels(values, single) ? toLabels(values, classes, name) : values;
  });
  if (classes !== undefined) checkClasses(classes, "dataset");
  const label = Object.values(goals).find((values) => values.dtype === "int32" && values.shape.length === 1);

  return {
    length,
    inputShapes: mapValues(readers, ({ shape }) => shape),
    targetShapes: mapValues(goals, exampleShape),
    ...(classes !== undefined && { classes }),
    ...(classes !== undefined && label?.data instanceof Int32Array && { labels: label.data }),
    ...(encoding !== undefined && { encoding }),
    ...(options.ordered && { ordered: true }),
    batch(indices) {
      checkIndices(indices, length, "dataset.batch");
      return {
        inputs: mapValues(readers, ({ read }) => read(indices)),
        targets: mapValues(goals, (values) => gather(values, indices)),
      };
    },
  };
}

interface Reader {
  /** The shape of one example. */
  readonly shape: readonly number[];
  read(indices: ArrayLike<number>): Tensor;
}

const reader = (values: Tensor): Reader => ({
  shape: exampleShape(values),
  read: (indices) => gather(values, indices),
});

function imageReader(pixels: Tensor, encoding: ImageEncoding, place: string): Reader {
  const [channels, height, width] = encoding.shape;
  const shape = exampleShape(pixels);
  // With one channel the order of the axes is no question.
  const grey = channels === 1 && (sameShape(shape, [height, width]) || sameShape(shape, [height, width, 1]));
  if (!sameShape(shape, encoding.shape) && !grey)
    throw new ShapeError(
      `the pictures are ${formatShape(shape)}, the encoding says ${formatShape(encoding.shape)} ` +
        "(channels, height, width). toPlanes() puts channels first; other whole numbers belong in an Int32Array.",
      { place, expected: encoding.shape, actual: shape },
    );
  const tables = levelsOf(encoding);
  return { shape: encoding.shape, read: (indices) => gatherImages(pixels, encoding, indices, tables) };
}

function holdsLabels(values: Tensor, single: boolean): boolean {
  if (values.dtype !== "float32") return true;
  const one = values.shape.length === 1 || (values.shape.length === 2 && values.shape[1] === 1);
  return single && one;
}

function named(values: Values | Readonly<Record<string, Values>>, name: string): Record<string, Tensor> {
  if (isValues(values)) return { [name]: toTensor(values, name) };
  return mapValues(values, toTensor);
}

const isValues = (values: Values | Readonly<Record<string, Values>>): values is Values =>
  Array.isArray(values) || ArrayBuffer.isView(values) || ("dtype" in values && "shape" in values);

function commonLength(inputs: Record<string, Tensor>, targets: Record<string, Tensor>): number {
  const all = Object.entries({ ...inputs, ...targets });
  const [first] = all;
  const length = first?.[1].shape[0] ?? 0;
  if (first === undefined || length === 0) throw new DataError("there are no examples.", { place: "dataset" });
  for (const [name, { shape }] of all)
    if (shape[0] !== length)
      throw new DataError(
        `${first[0]} has ${length} examples, ${name} has ${shape[0]}. The first axis must count the same examples.`,
        { place: "dataset", expected: length, actual: shape[0] },
      );
  return length;
}

function valuesEncoding(inputs: Record<string, Tensor>): Encoding | undefined {
  const { input } = inputs;
  return input?.dtype === "float32" ? { kind: "values", shape: exampleShape(input) } : undefined;
}

function withClasses(encoding: Encoding | undefined, classes: readonly string[] | undefined): Encoding | undefined {
  if (encoding === undefined || encoding.kind === "table" || encoding.kind === "series" || classes === undefined)
    return encoding;
  return { ...encoding, classes };
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
