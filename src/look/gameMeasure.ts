import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import { exampleIn, type Network, type Tensors } from "../runtime/index.js";
import { featureLayer, readFeatures } from "./classifierFeatures.js";
import { evenly } from "./points.js";
import { recode } from "./recode.js";
import { ofLayer, PART } from "./values.js";

/** A number that says how good a generator's samples are: `play` puts it into each epoch's record, under its name. */
export interface GameMeasure {
  readonly name: string;
  /** Whether a smaller number is a better one, as of a distance; defaults to false. */
  readonly smallerIsBetter?: boolean;
  /** @param samples what the generator made, `[n, ...example]` @param conditions what it was given besides, by name */
  of(samples: Tensor<"float32">, conditions: Tensors): number | Promise<number>;
}

/** In which space samples and real examples are compared. */
export interface SpaceOptions {
  /** The real examples: the game's own. */
  readonly data: Dataset;
  /** Whose features are compared; without it, the examples' own numbers. */
  readonly classifier?: Network;
  /** Its hidden layer; defaults to the last one before the scores. */
  readonly layer?: string;
  /**
   * Brings examples `[n, ...]` of the game into the form that the classifier takes. By default pictures go from the data's
   * encoding (-1..1 if it has none) to the classifier's (`classifier.encoding`), and all else stays as it is.
   */
  readonly encode?: (examples: Tensor) => Tensor;
}

/** Puts examples into the space in which they are compared: `[n, width]`, or the examples as they are. */
export function spaceOf({ data, classifier, layer, encode }: SpaceOptions): (examples: Tensor) => Promise<Tensor> {
  if (classifier === undefined) return async (examples) => examples;
  const chosen = layer ?? featureLayer(classifier);
  ofLayer(classifier.traced(false).hidden, chosen);
  const [input] = Object.keys(classifier.architecture.inputs);
  return (examples) => {
    const given = encode?.(examples) ?? recode(examples, data.encoding, classifier.encoding);
    return readFeatures(classifier, { [input as string]: given }, chosen);
  };
}

/** Real examples, evenly spread over the data, in parts, as points of a space. */
export async function* realPoints(
  data: Dataset,
  samples: number,
  space: (examples: Tensor) => Promise<Tensor>,
): AsyncGenerator<Tensor> {
  const order = evenly(data.length, samples);
  for (let start = 0; start < order.length; start += PART) {
    const { inputs } = await data.batch(order.slice(start, start + PART));
    yield await space(exampleIn(inputs));
  }
}
