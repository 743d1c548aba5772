import { DataError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { decodeText, encodeText, printable } from "../base/text.js";
import { type CharacterEncoding, notUtf8, parseText } from "../data/text/bytes.js";
import { cutBefore } from "../data/text/cut.js";
import type { Tokenizer } from "../data/text/tokenizer.js";
import { learner, type TokenKind } from "../data/text/tokenizers.js";
import type { TokenSource } from "../data/text/windows.js";
import { asDataError, openFile } from "./files.js";

export interface TextFileOptions {
  /** A tokenizer, or the kind to make of the file: "characters" (the default), "words" or "bpe". */
  readonly tokenizer?: Tokenizer | TokenKind;
  /** "utf-8" (the default) or "latin1". */
  readonly encoding?: CharacterEncoding;
  /** How many bytes of tokens are kept in memory; defaults to 128 MiB. */
  readonly cache?: number;
}

/** The tokens of a text file, read as they are asked for. */
export interface TextFile extends TokenSource {
  readonly tokenizer: Tokenizer;
}

/** Bytes read at once. */
const CHUNK = 2 ** 16;

/**
 * A text file as tokens, however large it is: it is read once to learn the tokenizer (unless one is given) and once to
 * count its tokens; then only the parts that are asked for are read and encoded again. The tokens are those of the whole
 * text: parts end where no token can go on. (In 64 KiB without a blank within, a word is cut.)
 * @throws DataError when the file is missing or empty, or has changed since
 * @throws FormatError naming the first line that is not UTF-8
 */
export async function textFile(path: string, options: TextFileOptions = {}): Promise<TextFile> {
  checkOptions("textFile", options, ["tokenizer", "encoding", "cache"]);
  const { tokenizer: wanted = "characters", encoding = "utf-8", cache = 2 ** 27 } = options;
  checkNumber("textFile", "cache", cache, { low: 0 });
  const tokenizer = typeof wanted === "string" ? await learnFrom(path, wanted, encoding) : wanted;
  const parts: Part[] = [];
  let length = 0;
  for await (const { text, start, bytes, line } of pieces(path, encoding)) {
    parts.push({ start, bytes, first: length });
    length += encodeAt(tokenizer, text, printable(path), line).length;
  }
  const size = parts.reduce((sum, { bytes }) => sum + bytes, parts[0]?.start ?? 0);
  let last: Promise<unknown> = Promise.resolve();
  /** One part after the other: a batch may need more of them than a system opens at once. */
  const tokensOf = ({ start, bytes }: Part): Promise<Int32Array> => {
    const tokens = last.then(async () =>
      tokenizer.encode(decode(await readPart(path, start, bytes, size), encoding, printable(path), 1)),
    );
    last = tokens.catch(() => undefined);
    return tokens;
  };

  /** The parts used last, the oldest first. */
  const kept = new Map<Part, Promise<Int32Array>>();
  const tokensIn = (part: Part): Promise<Int32Array> => {
    const known = kept.get(part);
    const tokens = known ?? tokensOf(part);
    kept.delete(part);
    kept.set(part, tokens);
    // What could not be read is asked for again.
    if (known === undefined) tokens.catch(() => kept.delete(part));
    // A token is at least a byte, but for words that are made longer: four bytes of memory for each.
    for (const old of kept.keys()) {
      if (kept.size * CHUNK * 4 <= cache || kept.size === 1) break;
      kept.delete(old);
    }
    return tokens;
  };
  return {
    tokenizer,
    length,
    async read(start, count) {
      checkNumber("textFile.read", "start", start, { low: 0, high: length, integer: true });
      checkNumber("textFile.read", "count", count, { low: 0, high: length - start, integer: true });
      const out = new Int32Array(count);
      for (let filled = 0, at = partAt(parts, start); filled < count; at++) {
        const part = parts[at] as Part;
        const tokens = await tokensIn(part);
        const from = start + filled - part.first;
        const taken = tokens.subarray(from, from + count - filled);
        out.set(taken, filled);
        filled += taken.length;
      }
      return out;
    },
  };
}

/** A part of the file whose tokens depend on nothing else. */
interface Part {
  /** Where it begins in the file, in bytes. */
  readonly start: number;
  readonly bytes: number;
  /** The number of its first token. */
  readonly first: number;
}

/** The last part that begins at this token or before it. */
function partAt(parts: readonly Part[], token: number): number {
  let [low, high] = [0, parts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((parts[middle] as Part).first <= token) low = middle;
    else high = middle - 1;
  }
  return low;
}

async function learnFrom(path: string, kind: TokenKind, encoding: CharacterEncoding): Promise<Tokenizer> {
  const learning = learner(kind);
  for await (const { text } of pieces(path, encoding)) learning.add(text);
  return learning.finish();
}

/** The file in parts that can be encoded one by one. */
async function* pieces(path: string, encoding: CharacterEncoding) {
  const place = printable(path);
  const handle = await openFile(path);
  try {
    const { size } = await handle.stat();
    if (size === 0) throw emptyFile(place);
    const buffer = new Uint8Array(CHUNK);
    let line = 1;
    for (let start = 0; start < size; ) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, start);
      const atEnd = start + bytesRead >= size || bytesRead === 0;
      const read = buffer.subarray(0, bytesRead);
      const whole = atEnd || encoding === "latin1" ? read : read.subarray(0, wholeCharacters(read));
      const text = decode(whole, encoding, place, line);
      const marked = encoding === "utf-8" && start === 0 && text.startsWith("\uFEFF");
      if (marked) start += 3;
      const rest = marked ? text.slice(1) : text;
      const piece = atEnd ? rest : rest.slice(0, cutBefore(rest, 0, rest.length));
      const bytes = encoding === "latin1" ? piece.length : encodeText(piece).length;
      if (bytes > 0) yield { text: piece, start, bytes, line };
      else if (marked) throw emptyFile(place);
      if (atEnd) return;
      start += bytes;
      line += piece.split("\n").length - 1;
    }
  } catch (error) {
    throw asDataError(error, place);
  } finally {
    await handle.close();
  }
}

const emptyFile = (place: string) => new DataError("the file is empty. It needs some text.", { place });

/** The tokens of a part, or the line that the tokenizer refuses. */
function encodeAt(tokenizer: Tokenizer, text: string, place: string, firstLine: number): Int32Array {
  try {
    return tokenizer.encode(text);
  } catch (refused) {
    const lines = text.split(/(?<=\n)/);
    for (const [i, line] of lines.entries())
      try {
        tokenizer.encode(line);
      } catch (cause) {
        if (!(cause instanceof DataError)) throw cause;
        throw new DataError(cause.message, { place: `${place}:${firstLine + i}`, actual: cause.actual, cause });
      }
    throw refused;
  }
}

/** Unlike `parseText`, keeps a mark at the beginning: this may be the middle of the file. */
function decode(bytes: Uint8Array, encoding: CharacterEncoding, place: string, line: number): string {
  const text = encoding === "utf-8" ? decodeText(bytes) : parseText(bytes, { encoding, name: place });
  if (text === undefined) throw notUtf8(bytes, place, line);
  return text;
}

/** How many of the bytes are whole characters of UTF-8: the last one may be cut. */
function wholeCharacters(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  // At most three bytes follow the first of a character.
  while (at > bytes.length - 4 && at > 0 && (bytes[at] as number) >> 6 === 0b10) at--;
  const first = bytes[at] as number;
  const needed = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return at + needed > bytes.length ? at : bytes.length;
}

async function readPart(path: string, start: number, count: number, size: number): Promise<Uint8Array> {
  const place = printable(path);
  const handle = await openFile(path);
  try {
    const bytes = new Uint8Array(count);
    const { size: now } = await handle.stat();
    const { bytesRead } = await handle.read(bytes, 0, count, start);
    if (now !== size || bytesRead !== count)
      throw new DataError(`the file has changed while it was in use: ${now} bytes instead of ${size}. Open it again.`, {
        place,
        expected: size,
        actual: now,
      });
    return bytes;
  } finally {
    await handle.close();
  }
}
