import { DataError, OptionError } from "../base/errors.js";
import { nearest } from "../base/options.js";
import type { LatentEncoding } from "../data/index.js";
import { type Network, type Tensor, tensor } from "../index.js";
import { generatorInputs } from "../runtime/index.js";

/** Whether what a generator makes can be drawn: [1 or 3 channels, height, width]. */
export function pictureShape(net: Network, file: string): readonly [number, number, number] {
  const [, ...shape] = Object.values(net.traced(false).outputs)[0]?.shape ?? [];
  const [channels, height, width] = shape;
  if (shape.length === 3 && (channels === 1 || channels === 3)) return [channels, height as number, width as number];
  throw new DataError(`makes no pictures, but examples [${shape.join(", ")}]. Use sample() in code.`, {
    place: file,
    actual: shape,
  });
}

/** Which class each of some pictures is of. */
export interface Classes {
  readonly names: readonly string[];
  /** What the generator is told. */
  readonly conditions: Readonly<Record<string, Tensor>>;
}

/**
 * The class that is wanted for all of so many pictures, or else all classes in turn. Undefined for a generator without.
 * @throws OptionError for a class that does not exist
 * @throws DataError for a generator that is told something else than a class
 */
export function classesFor(
  net: Network,
  file: string,
  { classes }: LatentEncoding,
  count: number,
  wanted?: string,
): Classes | undefined {
  const { conditions } = generatorInputs(file, net);
  const [name, ...more] = conditions;
  if (name === undefined) {
    if (wanted === undefined) return undefined;
    throw new OptionError("the generator knows of no classes. Leave it out, or train one with --conditional.", {
      place: "--class",
      actual: wanted,
    });
  }
  const { shape, dtype } = net.architecture.inputs[name] as { shape: readonly number[]; dtype: string };
  if (classes === undefined || more.length > 0 || shape.length > 0 || dtype !== "int32")
    throw new DataError(`the generator is told ${conditions.join(", ")}, which is no class. Use sample() in code.`, {
      place: file,
      actual: conditions,
    });
  const label = wanted === undefined ? undefined : labelOf(wanted, classes);
  const labels = Array.from({ length: count }, (_, i) => label ?? i % classes.length);
  return {
    names: labels.map((each) => classes[each] as string),
    conditions: { [name]: tensor(Int32Array.from(labels), [count]) },
  };
}

function labelOf(wanted: string, classes: readonly string[]): number {
  const label = classes.indexOf(wanted);
  if (label >= 0) return label;
  const guess = nearest(wanted, classes);
  throw new OptionError(
    `there is no class "${wanted}". ${guess === undefined ? `There are: ${classes.join(", ")}.` : `Did you mean "${guess}"?`}`,
    { place: "--class", expected: classes, actual: wanted },
  );
}
