import { OptionError } from "./errors.js";

/**
 * Refuses option names that do not exist, naming the nearest one that does.
 * @param place the function or layer whose options these are
 */
export function checkOptions(place: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const guess = nearest(key, known);
    const hint = guess === undefined ? `Known options: ${known.join(", ")}.` : `Did you mean "${guess}"?`;
    throw new OptionError(`unknown option "${key}". ${hint}`, { place, actual: key, expected: known });
  }
}

/** Throws unless `value` is a number with `low <= value <= high` (`integer` refuses fractions). */
export function checkNumber(
  place: string,
  name: string,
  value: number,
  { low = -Infinity, high = Infinity, integer = false } = {},
): void {
  const kind = integer ? "a whole number" : "a number";
  if (typeof value !== "number" || Number.isNaN(value) || value < low || value > high || (integer && value % 1 !== 0))
    throw new OptionError(`${name} must be ${kind}${range(low, high)}, got ${value}.`, { place, actual: value });
}

const range = (low: number, high: number): string =>
  `${low === -Infinity ? "" : ` from ${low}`}${high === Infinity || high === Number.MAX_VALUE ? "" : ` to ${high}`}`;

/** The known word within two edits of `word`, if any. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 3;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] as number;
}
