import type { ColourScale } from "./colour.js";
import type { Picture } from "./picture.js";

/** Numbers tried on a scale: many more than it has colours. */
const STEPS = 4096;

/**
 * The largest difference between numbers and what the pixels of their picture say, as a share of the scale's extent:
 * 1/255 is one step of grey. Numbers that are not finite have no place on a scale and are passed over.
 */
export function readBack({ data }: Picture, values: ArrayLike<number>, scale: ColourScale): number {
  const extent = scale.most > 0 ? scale.most : 1;
  const shares = sharesOf(scale);
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    const colour = [data[3 * i], data[3 * i + 1], data[3 * i + 2]] as [number, number, number];
    const share = shares.get(keyOf(colour)) ?? nearest(shares, colour);
    most = Math.max(most, Math.abs(share - value / extent));
  }
  return most;
}

const tables = new Map<ColourScale["kind"], ReadonlyMap<number, number>>();

/** For each colour of a scale the share of its extent that it stands for: the middle of those that have it. */
function sharesOf({ kind, most, colour }: ColourScale): ReadonlyMap<number, number> {
  const known = tables.get(kind);
  if (known !== undefined) return known;
  const found = new Map<number, number>();
  const low = kind === "signed" ? -1 : 0;
  const first = new Map<number, number>();
  for (let i = 0; i <= STEPS; i++) {
    const share = low + ((1 - low) * i) / STEPS;
    const key = keyOf(colour(share * (most > 0 ? most : 1)));
    if (!first.has(key)) first.set(key, share);
    found.set(key, ((first.get(key) as number) + share) / 2);
  }
  tables.set(kind, found);
  return found;
}

const keyOf = ([r, g, b]: readonly [number, number, number]): number => (r << 16) | (g << 8) | b;

function nearest(shares: ReadonlyMap<number, number>, [r, g, b]: readonly [number, number, number]): number {
  let best = Number.NaN;
  let least = Infinity;
  for (const [key, share] of shares) {
    const distance = (r - (key >> 16)) ** 2 + (g - ((key >> 8) & 255)) ** 2 + (b - (key & 255)) ** 2;
    if (distance < least) [best, least] = [share, distance];
  }
  return best;
}
