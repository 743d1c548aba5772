import { checkNumber } from "../base/options.js";
import { countOf } from "../base/shape.js";
import type { Value } from "../graph/index.js";
import { concat, embedding, type Layer, reshape } from "../nn/index.js";

/** An input of class labels, where there are classes. */
export const labelInput = (classes: number | undefined) =>
  classes === undefined ? {} : { label: { shape: [] as number[], dtype: "int32" as const } };

/** Throws unless there are two classes or more, or none is spoken of. */
export function checkClassCount(place: string, classes: number | undefined): void {
  if (classes !== undefined) checkNumber(place, "classes", classes, { low: 2, integer: true });
}

interface Told {
  /** Before the layers' names: `<name>_label`, `<name>_joined`. */
  readonly name: string;
  readonly classes: number | undefined;
  /** What the label becomes, without the batch axis. */
  readonly shape: readonly number[];
}

/**
 * x, and beside it along its first axis a learned embedding of the label in this shape (Mirza & Osindero 2014, with an
 * embedding for the one-hot vector and the layer on it). Without a label x alone.
 */
export function besideLabel(x: Value, label: Value | undefined, { name, classes = 0, shape }: Told): Value {
  if (label === undefined) return x;
  const vector = embedding(classes, countOf(shape), { name: `${name}_label` })(label);
  const shaped = shape.length === 1 ? vector : reshape(shape, { name: `${name}_label_shaped` })(vector);
  return concat({ name: `${name}_joined` })(x, shaped);
}

/** One layer after another. */
export const chain = (x: Value, layers: readonly Layer[]): Value => layers.reduce((value, layer) => layer(value), x);
