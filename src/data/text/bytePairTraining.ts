/** How many bytes there are, each a token of its own: no text is unknown. */
export const BYTES = 256;

/**
 * GPT-2's map of bytes to printable characters (Radford et al. 2019): those that print stand for themselves, the others,
 * in order, for U+0100 and on. A blank is U+0120.
 */
export const byteCharacters: readonly string[] = makeByteCharacters();

function makeByteCharacters(): string[] {
  let next = 256;
  return Array.from({ length: BYTES }, (_, byte) => {
    const prints = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(prints ? byte : next++);
  });
}

interface Word {
  /** The tokens it is made of by now. */
  tokens: number[];
  readonly count: number;
}

/**
 * Byte-pair encoding (Sennrich et al. 2016, algorithm 1): joins, again and again, the two neighbouring tokens that occur
 * together most often, of equally frequent pairs the one whose tokens came first.
 * @param counts how often each word occurs, as its bytes by number
 * @returns the pairs, in order: the n-th makes the token 256 + n. Fewer than asked for when every word is one token, or no
 *   pair occurs twice
 */
export function mergePairs(
  counts: Iterable<readonly [bytes: Uint8Array, count: number]>,
  merges: number,
): [number, number][] {
  const words: Word[] = Array.from(counts, ([bytes, count]) => ({ tokens: [...bytes], count }));
  /** How often each pair occurs, and in which words. A pair is the key a * 2^21 + b. */
  const pairs = new Map<number, { count: number; words: Set<Word> }>();
  const change = (word: Word, by: 1 | -1): void => {
    for (let i = 1; i < word.tokens.length; i++) {
      const key = keyOf(word.tokens[i - 1] as number, word.tokens[i] as number);
      const pair = pairs.get(key) ?? { count: 0, words: new Set() };
      pair.count += by * word.count;
      if (pair.count === 0) pairs.delete(key);
      else pairs.set(key, pair);
      pair.words.add(word);
    }
  };
  for (const word of words) change(word, 1);
  const made: [number, number][] = [];
  while (made.length < merges) {
    const best = mostFrequent(pairs);
    if (best === undefined) break;
    const [a, b] = [Math.floor(best / KEY), best % KEY];
    for (const word of pairs.get(best)?.words ?? []) {
      // A word from which other merges took the pair is counted out and in again, unchanged.
      change(word, -1);
      word.tokens = join(word.tokens, a, b, BYTES + made.length);
      change(word, 1);
    }
    made.push([a, b]);
  }
  return made;
}

const KEY = 2 ** 21;
const keyOf = (a: number, b: number): number => a * KEY + b;

function mostFrequent(pairs: ReadonlyMap<number, { readonly count: number }>): number | undefined {
  let best: number | undefined;
  let most = 1;
  for (const [key, { count }] of pairs)
    if (count > most || (count === most && best !== undefined && key < best)) [best, most] = [key, count];
  return best;
}

/** The tokens with every `a`, `b` made one, from left to right. */
function join(tokens: readonly number[], a: number, b: number, token: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const pair = tokens[i] === a && tokens[i + 1] === b;
    out.push(pair ? token : (tokens[i] as number));
    if (pair) i++;
  }
  return out;
}
