import { allocate } from "../base/dtype.js";
import { DataError, MidstError, ShapeError } from "../base/errors.js";
import { countOf, formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import type { Architecture, InputSpec, Traced } from "../nn/index.js";
import type { Tensors } from "./engine.js";

/** One example: its numbers in row-major order, in the shape of the network's input. */
export type Example = Float32Array | Int32Array | Uint8Array | readonly number[];

/** What a network is given: examples of its one input, a tensor `[batch, ...]` of them, or tensors by input name. */
export type Examples = readonly Example[] | Tensor | Tensors;

type Inputs = Architecture["inputs"];

/**
 * What is given as tensors by input name.
 * @throws ShapeError when something does not have the input's shape
 */
export function inputsOf(inputs: Inputs, given: Examples): Tensors {
  if (typeof given !== "object" || given === null || ArrayBuffer.isView(given))
    throw new ShapeError("a single example must be in a list: predict([example]).", {
      place: "predict",
      actual: given,
    });
  const named = Array.isArray(given)
    ? { [nameOf(inputs)]: stack(inputs, given as readonly Example[]) }
    : isTensor(given)
      ? { [nameOf(inputs)]: given }
      : (given as Tensors);
  countRows(inputs, named);
  return named;
}

const isTensor = (given: object): given is Tensor => "data" in given && ArrayBuffer.isView(given.data);

/**
 * A network's outputs in the form in which its inputs were given; of several outputs, the first two forms have the one
 * called "output", or else the first.
 */
export function outputsAs(
  given: Examples,
  outputs: Tensors,
): Float32Array[] | Tensor<"float32"> | Record<string, Tensor<"float32">> {
  const output = (outputs.output ?? Object.values(outputs)[0]) as Tensor<"float32">;
  if (!Array.isArray(given)) return isTensor(given) ? output : (outputs as Record<string, Tensor<"float32">>);
  const length = countOf(output.shape.slice(1));
  return given.map((_, i) => output.data.slice(i * length, (i + 1) * length));
}

/** The name of a network's one input. */
function nameOf(inputs: Inputs): string {
  const names = Object.keys(inputs);
  if (names.length !== 1)
    throw new MidstError(`the network has the inputs ${names.join(", ")}. Give them by name.`, { place: "predict" });
  return names[0] as string;
}

/** The number of rows, having checked that every input is there with the right shape. */
export function countRows(inputs: Inputs, given: Tensors): number {
  const stranger = Object.keys(given).find((name) => !Object.hasOwn(inputs, name));
  if (stranger !== undefined)
    throw new ShapeError(`the network has no such input. It has: ${Object.keys(inputs).join(", ")}.`, {
      place: `input "${stranger}"`,
      expected: Object.keys(inputs),
      actual: stranger,
    });
  let rows: number | undefined;
  for (const [name, { shape, dtype }] of Object.entries(inputs)) {
    const value = given[name];
    const fits = value !== undefined && value.dtype === dtype && value.shape.slice(1).join() === shape.join();
    if (!fits || value.shape.length !== shape.length + 1 || (rows !== undefined && rows !== value.shape[0]))
      throw new ShapeError(
        `expected ${dtype}${formatShape([rows ?? "batch", ...shape])}, got ${value ? `${value.dtype}${formatShape(value.shape)}` : "nothing"}.`,
        { place: `input "${name}"`, expected: shape, actual: value?.shape },
      );
    rows = value.shape[0] as number;
  }
  return rows as number;
}

/**
 * Throws a DataError for a token that no layer has: the engine would take one below 0 for one counted from the end. And for
 * a length of no time steps, or of more than there are.
 */
export function checkPositions({ positions }: Pick<Traced, "positions">, given: Tensors): void {
  for (const [name, { layer, count, what }] of positions) {
    const { data, shape } = given[name] as Tensor;
    const [low, high] = what === "vectors" ? [0, count - 1] : [1, count];
    for (let i = 0; i < data.length; i++) {
      const actual = data[i] as number;
      if (actual >= low && actual <= high) continue;
      const row = Math.floor((i * (shape[0] as number)) / data.length);
      throw new DataError(`example ${row} holds ${actual}, but ${layer} has ${count} ${what}: ${low} to ${high}.`, {
        place: `input "${name}"`,
        expected: count,
        actual,
      });
    }
  }
}

/** Examples joined into one tensor with a batch axis. */
function stack(inputs: Inputs, examples: readonly Example[]): Tensor {
  const [name, spec] = Object.entries(inputs)[0] as [string, InputSpec];
  const length = countOf(spec.shape);
  const all = allocate(spec.dtype, length * examples.length);
  examples.forEach((example, i) => {
    if (typeof example === "number")
      throw new ShapeError("expected a list of examples, got a list of numbers. Give predict([example]).", {
        place: `input "${name}"`,
        actual: example,
      });
    if (example.length !== length)
      throw new ShapeError(`expected ${formatShape(spec.shape)}, that is ${length} numbers, got ${example.length}.`, {
        place: `input "${name}", example ${i}`,
        expected: length,
        actual: example.length,
      });
    all.set(example, i * length);
  });
  return { dtype: spec.dtype, shape: [examples.length, ...spec.shape], data: all } as Tensor;
}
