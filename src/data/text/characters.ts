import { DataError } from "../../base/errors.js";
import { checkOptions } from "../../base/options.js";
import { compareCodePoints, printable } from "../../base/text.js";
import {
  checkToken,
  learn,
  REPLACEMENT,
  type Tokenizer,
  type TokenizerJson,
  type TokenizerLearner,
} from "./tokenizer.js";

export interface CharacterTokenizerOptions {
  /** Adds a token for characters that are not in the text; otherwise they are refused. Defaults to false. */
  readonly unknown?: boolean;
}

/**
 * A token for each different character (code point) of a text, in order of code point.
 * @param texts the text, or its pieces
 * @throws DataError when there is no text
 */
export const characterTokenizer = (
  texts: string | Iterable<string>,
  options: CharacterTokenizerOptions = {},
): Tokenizer => learn(learnCharacters(options), texts);

export function learnCharacters(options: CharacterTokenizerOptions): TokenizerLearner {
  checkOptions("characterTokenizer", options, ["unknown"]);
  const seen = new Set<string>();
  return {
    add(text) {
      for (const character of text) seen.add(character);
    },
    finish() {
      if (seen.size === 0)
        throw new DataError("there is no text to take characters from.", { place: "characterTokenizer" });
      const characters = [...seen].sort(compareCodePoints).join("");
      return charactersFrom({ kind: "characters", characters, unknown: options.unknown ?? false });
    },
  };
}

type CharactersJson = Extract<TokenizerJson, { kind: "characters" }>;

export function charactersFrom(json: CharactersJson): Tokenizer {
  const characters = [...json.characters];
  const tokens = new Map(characters.map((character, i) => [character, i]));
  const unknown = json.unknown ? characters.length : undefined;
  const size = characters.length + Number(json.unknown);
  return {
    size,
    ...(unknown !== undefined && { unknown }),
    encode(text) {
      const out = new Int32Array(text.length);
      let count = 0;
      for (const character of text) out[count++] = tokens.get(character) ?? unknown ?? refuse(character, count - 1);
      return out.subarray(0, count);
    },
    decode(given) {
      let text = "";
      for (let i = 0; i < given.length; i++) {
        checkToken(given[i] as number, size);
        text += characters[given[i] as number] ?? REPLACEMENT;
      }
      return text;
    },
    toJSON: () => json,
  };

  function refuse(character: string, at: number): never {
    const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
    throw new DataError(
      `the character "${printable(character)}" (U+${code}), number ${at} of the text, is none of the ${characters.length} ` +
        "that the tokenizer has seen. Leave it out, or make the tokenizer with unknown: true.",
      { place: "encode", actual: character },
    );
  }
}
