import { Tokenizer as Library } from "@huggingface/tokenizers";
import { DataError, FormatError } from "../../base/errors.js";
import { checkNumber, checkOptions } from "../../base/options.js";
import { encodeText } from "../../base/text.js";
import { BYTES, byteCharacters, mergePairs } from "./bytePairTraining.js";
import { cutBefore } from "./cut.js";
import { type BytePairJson, checkToken, learn, type Tokenizer, type TokenizerLearner } from "./tokenizer.js";

export interface BytePairTokenizerOptions {
  /** How many tokens there shall be, from 256 (the bytes). Fewer where the text has no pair left that occurs twice. Defaults to 1,000. */
  readonly size?: number;
}

/** GPT-2's division of text into words (Radford et al. 2019), as the tokenizer file's ByteLevel applies it: no token goes across. */
const pattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/**
 * Byte-pair tokens: the 256 bytes, and the pairs of tokens that are frequent in a text joined to longer ones (Sennrich et
 * al. 2016, "Neural machine translation of rare words with subword units"), so that no text is unknown. `toJSON()` holds
 * the standard `tokenizer.json` under `tokenizer`.
 * @param texts the text, or its pieces
 * @throws DataError when there is no text
 */
export const bytePairTokenizer = (
  texts: string | Iterable<string>,
  options: BytePairTokenizerOptions = {},
): Tokenizer => learn(learnBytePairs(options), texts);

export function learnBytePairs(options: BytePairTokenizerOptions): TokenizerLearner {
  checkOptions("bytePairTokenizer", options, ["size"]);
  const { size = 1000 } = options;
  checkNumber("bytePairTokenizer", "size", size, { low: BYTES, high: 2 ** 20, integer: true });
  const counts = new Map<string, number>();
  return {
    add(text) {
      for (const word of text.match(pattern) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
    },
    finish() {
      if (counts.size === 0)
        throw new DataError("there is no text to take byte pairs from.", { place: "bytePairTokenizer" });
      const pairs = mergePairs(
        Array.from(counts, ([word, count]) => [encodeText(word), count] as const),
        size - BYTES,
      );
      return bytePairsFrom(tokenizerJson(pairs), "bytePairTokenizer");
    },
  };
}

/** The standard file, as the `tokenizers` libraries of every language read it. */
function tokenizerJson(pairs: readonly (readonly [number, number])[]): BytePairJson {
  const texts: string[] = [...byteCharacters];
  for (const [a, b] of pairs) texts.push(`${texts[a]}${texts[b]}`);
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(texts.map((text, token) => [text, token])),
      merges: pairs.map(([a, b]) => `${texts[a]} ${texts[b]}`),
    } as BytePairJson["model"],
  };
}

/** Characters that are encoded at once: the library holds several lists of them. */
const PIECE = 2 ** 16;

/**
 * @param place names the file in errors
 * @throws FormatError when the library cannot make a tokenizer of it
 */
export function bytePairsFrom(json: BytePairJson, place: string): Tokenizer {
  let library: Library;
  try {
    library = new Library(json, { clean_up_tokenization_spaces: false });
  } catch (cause) {
    throw new FormatError(`is no tokenizer file that can be used (${cause}).`, { place, cause });
  }
  const size = 1 + [...library.get_vocab(true).values()].reduce((a, b) => Math.max(a, b), -1);
  return {
    size,
    encode(text) {
      const parts: (readonly number[])[] = [];
      for (let from = 0; from < text.length; ) {
        const to = from + PIECE >= text.length ? text.length : cutBefore(text, from, from + PIECE);
        parts.push(library.encode(text.slice(from, to), { add_special_tokens: false }).ids);
        from = to;
      }
      const out = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        out.set(part, at);
        at += part.length;
      }
      return out;
    },
    decode(given) {
      const tokens = Array.from(given);
      for (const token of tokens) checkToken(token, size);
      return tokens.length === 0 ? "" : library.decode(tokens, { clean_up_tokenization_spaces: false });
    },
    toJSON: () => ({ kind: "bpe", tokenizer: json }),
  };
}
