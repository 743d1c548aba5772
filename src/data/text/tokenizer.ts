import { DataError } from "../../base/errors.js";

/** Text as whole numbers and back. */
export interface Tokenizer {
  /** How many different tokens there are: they are 0 .. size - 1. */
  readonly size: number;
  /** The token that stands for whatever the tokenizer has not seen; without one, such text is refused. */
  readonly unknown?: number;
  /**
   * The tokens of a text, int32 [tokens].
   * @throws DataError for text that it has not seen, where there is no `unknown`
   */
  encode(text: string): Int32Array;
  /**
   * The text that tokens stand for.
   * @throws DataError for a number that is no token
   */
  decode(tokens: ArrayLike<number>): string;
  /** Plain JSON that `tokenizerFrom` makes the same tokenizer of; it is saved with the weights. */
  toJSON(): TokenizerJson;
}

export type TokenizerJson =
  /** A token is a character (a code point), numbered in this order; `unknown` adds one more for all others. */
  | { readonly kind: "characters"; readonly characters: string; readonly unknown: boolean }
  /** A token is a word or a mark, numbered in this order; one more stands for all others. */
  | { readonly kind: "words"; readonly words: readonly string[]; readonly lowercase: boolean }
  /** The contents of a standard `tokenizer.json`. */
  | { readonly kind: "bpe"; readonly tokenizer: BytePairJson };

/** The part of the standard `tokenizer.json` that is checked; the rest is the library's. */
export interface BytePairJson {
  readonly model: {
    readonly type: "BPE";
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (string | readonly [string, string])[];
  };
  readonly [part: string]: unknown;
}

/** Shown for a token that stands for text not seen before, and for bytes that make no character. */
export const REPLACEMENT = "\uFFFD";

/** Gathers what a tokenizer needs to know of a text that comes in pieces. */
export interface TokenizerLearner {
  add(text: string): void;
  /** @throws DataError when there was no text */
  finish(): Tokenizer;
}

/** A learner that has seen these texts. */
export function learn(learner: TokenizerLearner, texts: string | Iterable<string>): Tokenizer {
  for (const text of typeof texts === "string" ? [texts] : texts) learner.add(text);
  return learner.finish();
}

/** @throws DataError for a number that is no token */
export function checkToken(token: number, size: number): void {
  if (!Number.isInteger(token) || token < 0 || token >= size)
    throw new DataError(`${token} is no token: there are ${size}, numbered from 0.`, {
      place: "decode",
      expected: size,
      actual: token,
    });
}

/**
 * Decodes tokens one by one, as they are generated: each call returns the text that is certain by now. The bytes of one
 * character may come in several tokens, and whether a blank stands before a word may depend on the token before it.
 * @param last the token before the first, if there is one
 */
export function streamDecoder(tokenizer: Tokenizer, last?: number): { push(token: number): string; end(): string } {
  let before = last === undefined ? [] : [last];
  let pending: number[] = [];
  const text = () => tokenizer.decode([...before, ...pending]).slice(tokenizer.decode(before).length);
  const flush = (): string => {
    const piece = text();
    before = pending.slice(-1);
    pending = [];
    return piece;
  };
  return {
    push(token) {
      pending.push(token);
      // No character has more than four bytes.
      return pending.length < 4 && tokenizer.decode(pending).endsWith(REPLACEMENT) ? "" : flush();
    },
    end: () => (pending.length === 0 ? "" : flush()),
  };
}
