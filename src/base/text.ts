// TextEncoder and TextDecoder exist in every host, but in no library of types that the core may use.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

/** `text` in UTF-8. */
export const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The text that `bytes` hold in UTF-8, or undefined when they are not UTF-8. A byte order mark is kept as U+FEFF. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * A name from outside made safe to print: what moves the cursor, turns the reading direction, breaks the line or is half
 * a character becomes `\u{...}`. Everything else, in any script, stays as it is.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\uFEFF]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
  });

/** A name from outside in quotes, printable and cut at 80 characters, for messages. */
export function quote(text: string): string {
  return `"${printable(text.length > 80 ? `${text.slice(0, 79)}…` : text)}"`;
}

/** Whether `text` is whole Unicode, without half of a surrogate pair, so that UTF-8 can hold it. */
export const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text);

/** Orders texts by code point, as the bytes of their UTF-8 are ordered. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    // At the second half of a pair codePointAt gives that half: its order is the order of the whole characters.
    const difference = (a.codePointAt(i) as number) - (b.codePointAt(i) as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
