import { DataError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";
import { compareCodePoints } from "../../base/text.js";
import {
  checkToken,
  learn,
  REPLACEMENT,
  type Tokenizer,
  type TokenizerJson,
  type TokenizerLearner,
} from "./tokenizer.js";

export interface WordTokenizerOptions {
  /** How many words are kept at most, the most frequent ones. Defaults to 20,000. */
  readonly most?: number;
  /** Words that occur less often than this are unknown: from them it is learnt what to make of an unknown word. Defaults to 2. */
  readonly least?: number;
  /** Takes capitals for small letters. Defaults to false. */
  readonly lowercase?: boolean;
}

/** A word (with apostrophes and hyphens within), a number, a line end, or any other mark. */
const pattern = /[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}\p{N}]+|\p{N}+)*|\p{N}+(?:[.,]\p{N}+)*|\n|\S/gu;

/**
 * A token for each word, number, mark and line end of a text, the most frequent first; the last token stands for every
 * other word. `decode` puts single blanks where they usually stand: before words, not before a comma.
 * @param texts the text, or its pieces (a word does not go on from one to the next)
 * @throws DataError when there is no word in it, or none that occurs often enough
 */
export const wordTokenizer = (texts: string | Iterable<string>, options: WordTokenizerOptions = {}): Tokenizer =>
  learn(learnWords(options), texts);

export function learnWords(options: WordTokenizerOptions): TokenizerLearner {
  checkOptions("wordTokenizer", options, ["most", "least", "lowercase"]);
  const { most = 20_000, least = 2, lowercase = false } = options;
  checkNumber("wordTokenizer", "most", most, { low: 1, high: 2 ** 24, integer: true });
  checkNumber("wordTokenizer", "least", least, { low: 1, integer: true });
  const counts = new Map<string, number>();
  return {
    add(text) {
      for (const word of wordsOf(text, lowercase)) counts.set(word, (counts.get(word) ?? 0) + 1);
    },
    finish() {
      if (counts.size === 0) throw new DataError("there is no word in the text.", { place: "wordTokenizer" });
      const words = [...counts]
        .filter(([, count]) => count >= least)
        .sort(([a, m], [b, n]) => n - m || compareCodePoints(a, b))
        .slice(0, most)
        .map(([word]) => word);
      if (words.length === 0)
        throw new DataError(
          `no word occurs ${least} times or more, so all would be unknown. Give more text, or least: 1.`,
          {
            place: "wordTokenizer",
            expected: least,
          },
        );
      return wordsFrom({ kind: "words", words, lowercase });
    },
  };
}

const wordsOf = (text: string, lowercase: boolean): readonly string[] =>
  (lowercase ? text.toLowerCase() : text).match(pattern) ?? [];

type WordsJson = Extract<TokenizerJson, { kind: "words" }>;

export function wordsFrom(json: WordsJson): Tokenizer {
  const { words, lowercase } = json;
  const tokens = new Map(words.map((word, i) => [word, i]));
  const unknown = words.length;
  return {
    size: words.length + 1,
    unknown,
    encode: (text) => Int32Array.from(wordsOf(text, lowercase), (word) => tokens.get(word) ?? unknown),
    decode(given) {
      let text = "";
      for (let i = 0; i < given.length; i++) {
        checkToken(given[i] as number, words.length + 1);
        const word = words[given[i] as number] ?? REPLACEMENT;
        text += text === "" || joined(text.at(-1) as string, word) ? word : ` ${word}`;
      }
      return text;
    },
    toJSON: () => json,
  };
}

/** Whether no blank stands between what ends so and this word. */
const joined = (last: string, word: string): boolean => /[\n([{]/.test(last) || /^[\n.,;:!?)\]}%]/.test(word);
