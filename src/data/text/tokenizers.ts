import { FormatError, OptionError } from "../../base/errors.js";
import { bytePairsFrom, learnBytePairs } from "./bytePairs.js";
import { charactersFrom, learnCharacters } from "./characters.js";
import type { BytePairJson, Tokenizer, TokenizerJson, TokenizerLearner } from "./tokenizer.js";
import { learnWords, wordsFrom } from "./words.js";

const learners = { characters: learnCharacters, words: learnWords, bpe: learnBytePairs };
export type TokenKind = keyof typeof learners;

/**
 * What learns a tokenizer with its usual options.
 * @throws OptionError for a kind that does not exist
 */
export function learner(kind: TokenKind): TokenizerLearner {
  if (!Object.hasOwn(learners, kind))
    throw new OptionError(`tokens must be one of ${Object.keys(learners).join(", ")}, got ${String(kind)}.`, {
      place: "tokenizer",
      actual: kind,
    });
  return learners[kind]({});
}

/** The tokenizer that `toJSON()` described. */
export function tokenizerFrom(json: TokenizerJson): Tokenizer {
  if (json.kind === "characters") return charactersFrom(json);
  return json.kind === "words" ? wordsFrom(json) : bytePairsFrom(json.tokenizer, "tokenizer");
}

/**
 * A tokenizer from JSON: what `toJSON()` of another wrote, or a standard `tokenizer.json` of byte-pair tokens.
 * @param name names the file in errors
 * @throws FormatError naming what is not as it should be
 */
export function parseTokenizer(text: string, name = "tokenizer"): Tokenizer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FormatError("is not JSON.", { place: name, cause });
  }
  const standard = isRecord(value) && "model" in value;
  const json = checkTokenizer(standard ? { kind: "bpe", tokenizer: value } : value, name);
  return json.kind === "bpe" ? bytePairsFrom(json.tokenizer, name) : tokenizerFrom(json);
}

/** @throws FormatError when the value does not describe a tokenizer */
export function checkTokenizer(value: unknown, place: string): TokenizerJson {
  const fail = (what: string) => new FormatError(`${what}.`, { place });
  if (!isRecord(value)) throw fail("should be an object");
  if (value.kind === "characters") {
    const { characters, unknown } = value;
    if (typeof characters !== "string" || typeof unknown !== "boolean" || !differ([...characters]))
      throw fail('needs "characters", a text in which none occurs twice, and "unknown", true or false');
    return { kind: "characters", characters, unknown };
  }
  if (value.kind === "words") {
    const { words, lowercase } = value;
    if (!Array.isArray(words) || !words.every((word) => typeof word === "string") || typeof lowercase !== "boolean")
      throw fail('needs "words", a list of texts, and "lowercase", true or false');
    if (!differ(words)) throw fail("a word occurs twice");
    return { kind: "words", words, lowercase };
  }
  if (value.kind !== "bpe" || !isRecord(value.tokenizer))
    throw fail('is no tokenizer: its kind should be "characters", "words" or "bpe"');
  return { kind: "bpe", tokenizer: checkBytePairs(value.tokenizer, fail) };
}

/** The most tokens a file may have: larger numbers would ask for arrays of their size. */
const MOST = 2 ** 24;

function checkBytePairs(json: Record<string, unknown>, fail: (what: string) => FormatError): BytePairJson {
  const { model } = json;
  if (!isRecord(model) || model.type !== "BPE")
    throw fail('needs a "model" of the type "BPE", the only one that is read');
  const { vocab, merges } = model;
  if (!isRecord(vocab) || !Array.isArray(merges))
    throw fail('its model needs "vocab", an object, and "merges", a list');
  const numbers = Object.values(vocab);
  if (!numbers.every((token) => Number.isInteger(token) && (token as number) >= 0 && (token as number) < MOST))
    throw fail(`its tokens should be whole numbers from 0 to ${MOST - 1}`);
  if (!differ(numbers)) throw fail("two texts in its vocabulary have the same number");
  const isPair = (merge: unknown): boolean => {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    return Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string" && part !== "");
  };
  const wrong = merges.find((merge) => !isPair(merge));
  if (wrong !== undefined) throw fail(`${JSON.stringify(wrong)?.slice(0, 80)} is no pair of tokens to merge`);
  return json as unknown as BytePairJson;
}

const differ = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
