import { OptionError } from "../base/errors.js";
import type { Rgb } from "./colour.js";

/** A token as it can be seen: spaces and line ends have a sign, other control characters none of their own. */
export const visible = (token: string): string =>
  token
    .replaceAll("\n", "↵")
    .replaceAll("\t", "→")
    .replaceAll(" ", "·")
    .replace(/\p{Cc}/gu, "\ufffd");

/** Black or white, whichever can be read on a ground. */
export const inkOn = ([r, g, b]: Rgb): Rgb => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? [0, 0, 0] : [255, 255, 255]);

/** @throws OptionError unless there is a token for each step */
export function checkTokens(place: string, tokens: readonly string[], time: number): void {
  if (tokens.length !== time)
    throw new OptionError(`${tokens.length} tokens are given for ${time} steps. Give one for each.`, {
      place,
      expected: time,
      actual: tokens.length,
    });
}
