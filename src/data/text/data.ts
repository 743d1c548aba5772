import { DataError, OptionError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";
import { checkIndices, type LabelledDataset } from "../dataset.js";
import type { TextEncoding } from "../encoding.js";
import { pad } from "../padded.js";
import { splitPositions } from "../split.js";
import type { LabelledTexts } from "./labelled.js";
import type { Tokenizer } from "./tokenizer.js";
import { tokenizerFrom } from "./tokenizers.js";

export interface TextEncodingOptions {
  /** Makes the tokenizer of the training texts: `(texts) => wordTokenizer(texts, { lowercase: true })`. */
  readonly tokenizer: (texts: readonly string[]) => Tokenizer;
  /** Tokens of an example; longer texts are cut at their end. Defaults to the longest training text's. */
  readonly length?: number;
}

export interface TextDataOptions<K extends string> extends TextEncodingOptions {
  /** The share of each part; the tokenizer is learnt on `train`. Defaults to 0.7, 0.15 and 0.15. */
  readonly split?: Readonly<Record<K | "train", number>>;
  /** Of the split, a whole number. Defaults to 0. */
  readonly seed?: number;
}

/**
 * From labelled texts to data sets: divides the texts at random, classes in equal shares, learns the tokenizer on the
 * training texts alone, and encodes every part so. Texts that are divided already, as `textFolders` gives them, stay as they are.
 * `const { train, test } = textData(texts, { tokenizer: wordTokenizer, split: { train: 0.8, test: 0.2 } })`
 * @throws OptionError or DataError for shares or texts that cannot be
 */
export function textData<P extends Readonly<{ train: LabelledTexts }>>(
  parts: P,
  options: TextEncodingOptions,
): { [K in keyof P]: LabelledDataset };
export function textData<K extends string = "validation" | "test">(
  texts: LabelledTexts,
  options: TextDataOptions<K>,
): Record<K | "train", LabelledDataset>;
export function textData(
  given: LabelledTexts | Readonly<Record<string, LabelledTexts>>,
  options: TextDataOptions<string>,
): Record<string, LabelledDataset> {
  const whole = isWhole(given);
  checkOptions("textData", options, ["tokenizer", "length", ...(whole ? ["split", "seed"] : [])]);
  const parts = whole ? divide(given, options) : given;
  const { texts: training, classes } = parts.train as LabelledTexts;
  const tokenizer = options.tokenizer(training);
  const longest = () => training.reduce((most, text) => Math.max(most, tokenizer.encode(text).length), 1);
  const encoding: TextEncoding = {
    kind: "text",
    tokenizer: tokenizer.toJSON(),
    length: options.length ?? longest(),
    classes,
  };
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, encodeTexts(part, encoding)]));
}

const isWhole = (given: LabelledTexts | Readonly<Record<string, LabelledTexts>>): given is LabelledTexts =>
  Array.isArray(given.texts);

function divide(texts: LabelledTexts, { split, seed = 0 }: TextDataOptions<string>): Record<string, LabelledTexts> {
  const shares = split ?? { train: 0.7, validation: 0.15, test: 0.15 };
  if (!Object.hasOwn(shares, "train"))
    throw new OptionError(`split must have a part "train", got ${Object.keys(shares).join(", ")}.`, {
      place: "textData",
    });
  const parts = Object.entries(splitPositions(texts.texts.length, shares, seed, texts.labels));
  return Object.fromEntries(parts.map(([name, positions]) => [name, selectTexts(texts, positions)]));
}

function selectTexts({ texts, labels, classes, places }: LabelledTexts, positions: Uint32Array): LabelledTexts {
  const at = Array.from(positions);
  return {
    texts: at.map((i) => texts[i] as string),
    labels: Int32Array.from(at, (i) => labels[i] as number),
    classes,
    places: at.map((i) => places[i] as string),
  };
}

/**
 * Labelled texts encoded as a network was trained: `input` int32 [length], padded at the end, and `lengths`, how many
 * tokens count.
 * @throws DataError when a class is none of the encoding's, or a text cannot be encoded
 */
export function encodeTexts(texts: LabelledTexts, encoding: TextEncoding): LabelledDataset {
  const { length: time, classes = texts.classes } = encoding;
  checkNumber("encodeTexts", "length", time, { low: 1, high: 2 ** 24, integer: true });
  const numbers = texts.classes.map((name) => classes.indexOf(name));
  const stranger = texts.classes.find((_, i) => (numbers[i] as number) < 0);
  if (stranger !== undefined)
    throw new DataError(`the class "${stranger}" is none of ${classes.join(", ")}.`, {
      place: "encodeTexts",
      expected: classes,
      actual: stranger,
    });
  const encode = textEncoder(encoding);
  const examples = texts.texts.map((text, i) => encode(text, texts.places[i] as string));
  const labels = texts.labels.map((label) => numbers[label] as number);
  return {
    length: examples.length,
    inputShapes: { input: [time], lengths: [] },
    targetShapes: { target: [] },
    classes,
    labels,
    encoding: { ...encoding, classes },
    batch(indices) {
      checkIndices(indices, examples.length, "textData.batch");
      const chosen = Array.from(indices, (i) => examples[i] as Int32Array);
      const target = Int32Array.from(indices, (i) => labels[i] as number);
      return {
        inputs: pad(chosen, { dtype: "int32", shape: [], time }),
        targets: { target: { dtype: "int32", shape: [target.length], data: target } },
      };
    },
  };
}

/** Encodes texts, cut to the encoding's length. `place` names a text in errors. */
export function textEncoder({ tokenizer, length }: TextEncoding): (text: string, place?: string) => Int32Array {
  const { encode } = tokenizerFrom(tokenizer);
  return (text, place = "text") => {
    try {
      const tokens = encode(text).subarray(0, length);
      if (tokens.length === 0) throw new DataError("there is nothing in it. Give some text.", { actual: text });
      return tokens;
    } catch (cause) {
      if (cause instanceof DataError) throw new DataError(cause.message, { place, actual: cause.actual, cause });
      throw cause;
    }
  };
}
