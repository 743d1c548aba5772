import { type ColourScale, type Rgb, scaleFor } from "./colour.js";
import { escapeOf, shadeOf, type TerminalOptions } from "./terminal.js";
import { checkTokens, inkOn, visible } from "./tokens.js";

/**
 * Tokens in a row, each on the colour of its number: where a unit is on and where it is off (Karpathy 2015). Without
 * colours a line of shades stands under each line of tokens.
 * @param values a number for each token, e.g. one unit's state
 * @param scale defaults to the one that fits the numbers
 */
export function renderTokens(
  tokens: readonly string[],
  values: readonly number[],
  options: TerminalOptions = {},
  scale: ColourScale = scaleFor(values),
): string {
  checkTokens("renderTokens", tokens, values.length);
  const { columns = 80, colours = "full" } = options;
  const lines: string[] = [];
  let [line, under, width] = ["", "", 0];
  const end = (): void => {
    lines.push(...(colours === "none" ? [line, under.trimEnd()] : [`${line}\x1b[0m`]));
    [line, under, width] = ["", "", 0];
  };
  tokens.forEach((token, i) => {
    const seen = visible(token);
    const letters = [...seen].length;
    if (width > 0 && width + letters > columns) end();
    const ground = scale.colour(values[i] as number);
    if (colours === "none") {
      line += seen;
      under += shadeOf(share(ground)).repeat(letters);
    } else line += `${escapeOf(inkOn(ground), ground, colours)}${seen}`;
    width += letters;
  });
  if (width > 0) end();
  return lines.join("\n");
}

const share = ([r, g, b]: Rgb): number => (0.299 * r + 0.587 * g + 0.114 * b) / 255;
