import { ShapeError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import type { Network } from "../runtime/index.js";
import type { GameMeasure } from "./gameMeasure.js";
import { recode } from "./recode.js";

export interface ClassMeasureOptions {
  /** A classifier with a score for each class, `[batch, ...example] -> [batch, classes]`. */
  readonly classifier: Network;
  /** The data that the game learns from, for its encoding; without it examples go to the classifier as they are. */
  readonly data?: Dataset;
  /** Brings examples `[n, ...]` of the game into the form that the classifier takes; by default from encoding to encoding. */
  readonly encode?: (examples: Tensor) => Tensor;
}

/**
 * The smallest share that any class has among samples, as the classifier sees them: a measure of `play` called "rarest class".
 * With k classes it is 1 / k at best; 0 where the generator never makes one of them.
 */
export function rarestClass(options: ClassMeasureOptions): GameMeasure {
  const classesOf = classifying("rarestClass", options);
  return {
    name: "rarest class",
    of: async (samples) => {
      const { labels, classes } = await classesOf(samples);
      const counts = new Array<number>(classes).fill(0);
      for (const label of labels) counts[label] = (counts[label] as number) + 1;
      return Math.min(...counts) / labels.length;
    },
  };
}

/**
 * The share of samples of a conditional game that the classifier takes for the class that was asked for: a measure of `play`
 * called "as asked".
 * @param options.condition the condition that is the class; defaults to "label"
 */
export function asAsked(options: ClassMeasureOptions & { readonly condition?: string }): GameMeasure {
  const { condition = "label", ...rest } = options;
  const classesOf = classifying("asAsked", rest);
  return {
    name: "as asked",
    of: async (samples, conditions) => {
      const asked = conditions[condition];
      if (asked === undefined || asked.data.length !== samples.shape[0])
        throw new ShapeError(
          `needs a class for each sample, as the condition "${condition}". Make the game with classes.`,
          {
            place: "asAsked",
            expected: [samples.shape[0]],
            actual: asked?.shape,
          },
        );
      const { labels } = await classesOf(samples);
      return labels.filter((label, i) => label === asked.data[i]).length / labels.length;
    },
  };
}

/** How samples are classified: the class with the highest score of each. */
function classifying(place: string, options: ClassMeasureOptions) {
  checkOptions(place, options, ["classifier", "data", "encode"]);
  const { classifier, data, encode } = options;
  return async (samples: Tensor): Promise<{ labels: number[]; classes: number }> => {
    const given = encode?.(samples) ?? (data ? recode(samples, data.encoding, classifier.encoding) : samples);
    const { data: scores, shape } = await classifier.predict(given);
    const classes = shape[1] as number;
    const labels = Array.from({ length: shape[0] as number }, (_, row) => {
      const own = scores.subarray(row * classes, (row + 1) * classes);
      return own.indexOf(Math.max(...own));
    });
    return { labels, classes };
  };
}
