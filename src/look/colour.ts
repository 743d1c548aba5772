/** A colour as red, green and blue, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Colours at even distances; between them is interpolated. */
type Scale = readonly Rgb[];

const parse = (hex: string): Scale =>
  hex.split(" ").map((c) => [0, 2, 4].map((i) => Number.parseInt(c.slice(i, i + 2), 16)) as unknown as Rgb);

/** ColorBrewer's PuOr (Harrower & Brewer 2003): orange below zero, near-white at zero, purple above. */
const diverging = parse("7f3b08 b35806 e08214 fdb863 fee0b6 f7f7f7 d8daeb b2abd2 8073ac 542788 2d004b");
/** Cividis (Nunez et al. 2018): dark blue at zero to yellow, the same to colour-blind eyes. */
const sequential = parse("00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838");

function sample(scale: Scale, share: number): Rgb {
  const at = Math.min(1, Math.max(0, share)) * (scale.length - 1);
  const i = Math.min(scale.length - 2, Math.floor(at));
  const [low, high] = [scale[i] as Rgb, scale[i + 1] as Rgb];
  return [0, 1, 2].map((c) =>
    Math.round((low[c] as number) + (at - i) * ((high[c] as number) - (low[c] as number))),
  ) as unknown as Rgb;
}

/** Not a number, or infinite: red, which neither scale has. */
export const BAD: Rgb = [220, 20, 20];

/** From a number to a colour. Zero has one fixed colour on each scale. */
export interface ColourScale {
  readonly kind: "signed" | "positive";
  /** The size that gets the strongest colour; above 0. */
  readonly most: number;
  colour(value: number): Rgb;
}

/** For numbers of both signs: zero is near-white, -most orange, most purple. */
export const signedScale = (most: number): ColourScale => ({
  kind: "signed",
  most,
  colour: (value) => (Number.isFinite(value) ? sample(diverging, 0.5 + value / (2 * positive(most))) : BAD),
});

/** For numbers from zero up: zero is dark blue, most yellow. */
export const positiveScale = (most: number): ColourScale => ({
  kind: "positive",
  most,
  colour: (value) => (Number.isFinite(value) ? sample(sequential, value / positive(most)) : BAD),
});

/** A scale without extent shows zeros as zero and nothing else. */
const positive = (most: number): number => (most > 0 ? most : 1);

/** The scale that fits some numbers: signed when any is below zero, its extent their largest size. Never shifted or stretched. */
export function scaleFor(values: ArrayLike<number>): ColourScale {
  let most = 0;
  let signed = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < 0) signed = true;
    if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  }
  return signed ? signedScale(most) : positiveScale(most);
}
