import { DataError } from "../base/errors.js";
import type { Tensor } from "../base/tensor.js";
import { position } from "./values.js";

/**
 * Labels as the losses take them: int32, 0-based, one a value. Column vectors [n, 1] are read as [n]. Where examples have
 * many labels, -1 says that there is none.
 * @throws DataError naming the example, its label and the number of classes
 */
export function toLabels(values: Tensor, classes: readonly string[], place: string): Tensor<"int32"> {
  const data = values.data instanceof Int32Array ? values.data : new Int32Array(values.data.length);
  const flat = values.shape.length === 2 && values.shape[1] === 1;
  const lowest = values.shape.length > 1 && !flat ? -1 : 0;
  for (let i = 0; i < data.length; i++) {
    const label = values.data[i] as number;
    if (!Number.isInteger(label) || label < lowest || label >= classes.length)
      throw new DataError(
        `example ${position(i, values.shape)} has the label ${label}, but labels go from 0 to ${classes.length - 1}: ` +
          `there are ${classes.length} classes. Labels count from 0.`,
        { place, expected: classes.length, actual: label },
      );
    data[i] = label;
  }
  return { dtype: "int32", shape: flat ? values.shape.slice(0, 1) : values.shape, data };
}

/** @throws DataError when there is no class, or two have the same name */
export function checkClasses(classes: readonly string[], place: string): void {
  if (classes.length === 0) throw new DataError("there are no classes. Name at least one.", { place });
  const twice = classes.find((name, i) => classes.indexOf(name) !== i);
  if (twice !== undefined)
    throw new DataError(`the class "${twice}" is named twice. Give each class its own name.`, { place, actual: twice });
}

/** How many examples each class has. */
export function countClasses(labels: ArrayLike<number>, classes: number): number[] {
  const counts = Array.from({ length: classes }, () => 0);
  for (let i = 0; i < labels.length; i++) counts[labels[i] as number] = (counts[labels[i] as number] ?? 0) + 1;
  return counts;
}
