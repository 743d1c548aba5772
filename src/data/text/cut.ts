/**
 * Where a text may be divided so that its tokens are those of the parts, whatever the tokenizer: before a single blank or
 * line end within text, the last such place in (from, to]. Where there is none, after the last whole character: a word is
 * then cut.
 * @returns the position in UTF-16 units
 */
export function cutBefore(text: string, from: number, to: number): number {
  for (let at = Math.min(to, text.length - 2); at > from; at--)
    if ((text[at] === " " || text[at] === "\n") && !isSpace(text, at - 1) && !isSpace(text, at + 1)) return at;
  const halved = /[\uD800-\uDBFF]/.test(text[to - 1] as string);
  return halved && to - 1 > from ? to - 1 : to;
}

const isSpace = (text: string, at: number): boolean => /\s/.test(text[at] as string);
