import { FormatError, OptionError } from "../../base/errors.js";
import { checkOptions } from "../../base/options.js";
import { decodeText } from "../../base/text.js";

/** How the bytes of a text file stand for characters. */
export type CharacterEncoding = (typeof characterEncodings)[number];
const characterEncodings = ["utf-8", "latin1"] as const;

export interface TextOptions {
  /** "utf-8" (the default), or "latin1" (ISO 8859-1: each byte is the code point of that number). */
  readonly encoding?: CharacterEncoding;
  /** Names the file in errors. Defaults to "text". */
  readonly name?: string;
}

/**
 * The text that bytes hold, without a byte order mark. Line ends stay as they are.
 * @throws FormatError naming the first line that is not UTF-8
 */
export function parseText(bytes: Uint8Array, options: TextOptions = {}): string {
  checkOptions("parseText", options, ["encoding", "name"]);
  const { encoding = "utf-8", name = "text" } = options;
  if (!characterEncodings.includes(encoding))
    throw new OptionError(`encoding must be "utf-8" or "latin1", got ${String(encoding)}.`, { place: "parseText" });
  if (encoding === "latin1") return latin1(bytes);
  const text = decodeText(bytes);
  if (text === undefined) throw notUtf8(bytes, name, 1);
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function latin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4096) parts.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
  return parts.join("");
}

/** @param firstLine the number of the line that the bytes begin in, from 1 */
export function notUtf8(bytes: Uint8Array, name: string, firstLine: number): FormatError {
  let line = firstLine;
  for (let from = 0; ; line++) {
    // A line end is never part of a longer character.
    const end = bytes.indexOf(10, from);
    if (end < 0 || decodeText(bytes.subarray(from, end)) === undefined) break;
    from = end + 1;
  }
  return new FormatError(
    'is not text in UTF-8. Save it as UTF-8, or, if it is in Latin-1, read it so: encoding: "latin1" (--encoding latin1).',
    { place: `${name}:${line}` },
  );
}
