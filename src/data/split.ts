import { DataError, OptionError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { random } from "../base/random.js";
import { type Dataset, isLabelled, subset } from "./dataset.js";

export interface SplitOptions {
  /** Keep the shares of the classes in every part. Needs labelled data. Defaults to false. */
  readonly stratify?: boolean;
}

/**
 * Divides a data set at random into parts that share no example and leave none out, e.g.
 * `const { train, validation, test } = split(data, { train: 0.7, validation: 0.15, test: 0.15 }, 1)`.
 * The same seed gives the same parts.
 * @param parts the share of each part; together 1
 * @param seed a whole number; defaults to 0
 * @throws OptionError when the shares are not above 0 or do not add up to 1
 * @throws DataError when a part would be empty, `stratify` is asked of data without labels, or examples overlap
 */
export function split<K extends string>(
  data: Dataset,
  parts: Readonly<Record<K, number>>,
  seed = 0,
  options: SplitOptions = {},
): Record<K, Dataset> {
  checkOptions("split", options, ["stratify"]);
  refuseOverlap(data, "split");
  const positions = splitPositions(data.length, parts, seed, options.stratify ? labelsOf(data, "split") : undefined);
  return mapParts(positions, (indices) => subset(data, indices));
}

/**
 * Cross-validation: `k` pairs of data sets; every example is in the `validation` of exactly one pair, and in the
 * `train` of all others.
 * @param seed a whole number; defaults to 0
 * @throws DataError when there are fewer examples than folds, or examples overlap
 */
export function folds(
  data: Dataset,
  k: number,
  seed = 0,
  options: SplitOptions = {},
): { train: Dataset; validation: Dataset }[] {
  checkOptions("folds", options, ["stratify"]);
  refuseOverlap(data, "folds");
  checkNumber("folds", "k", k, { low: 2, high: 2 ** 31, integer: true });
  if (k > data.length)
    throw new DataError(`${data.length} examples cannot make ${k} folds: some would be empty.`, {
      place: "folds",
      expected: k,
      actual: data.length,
    });
  const shares = Array.from({ length: k }, () => 1 / k);
  const fold = deal(data.length, shares, seed, options.stratify ? labelsOf(data, "folds") : undefined);
  const positions = (keep: (part: number) => boolean) =>
    Uint32Array.from(fold.keys()).filter((i) => keep(fold[i] as number));
  return shares.map((_, n) => ({
    train: subset(
      data,
      positions((part) => part !== n),
    ),
    validation: subset(
      data,
      positions((part) => part === n),
    ),
  }));
}

/** The positions of each part, in ascending order. See `split`. */
export function splitPositions<K extends string>(
  length: number,
  parts: Readonly<Record<K, number>>,
  seed: number,
  labels?: ArrayLike<number>,
): Record<K, Uint32Array> {
  const names = Object.keys(parts) as K[];
  const shares = names.map((name) => parts[name]);
  for (const [i, share] of shares.entries())
    checkNumber("split", `the share of "${names[i]}"`, share, { low: Number.MIN_VALUE, high: 1 });
  const sum = shares.reduce((total, share) => total + share, 0);
  if (Math.abs(sum - 1) > 1e-6)
    throw new OptionError(`the shares ${shares.join(" + ")} make ${sum}, but every example must go somewhere: 1.`, {
      place: "split",
      expected: 1,
      actual: sum,
    });
  const part = deal(length, shares, seed, labels);
  const positions = Object.fromEntries(
    names.map((name, n) => [name, Uint32Array.from(part.keys()).filter((i) => part[i] === n)]),
  ) as Record<K, Uint32Array>;
  for (const name of names)
    if (positions[name].length === 0)
      throw new DataError(
        `the part "${name}" is empty: ${parts[name]} of ${length} examples. Give it a larger share, or more data.`,
        { place: "split", actual: length },
      );
  return positions;
}

/**
 * Which part each example goes to. The examples are dealt in random order, each to the part that is furthest behind
 * its share: then every part is exact where its share is whole, and else off by about one example at most. To stratify,
 * the random order is grouped by class: then nearly the same holds within each class.
 */
function deal(length: number, shares: readonly number[], seed: number, labels?: ArrayLike<number>): Uint32Array {
  const order = random(seed, "split").permutation(length);
  // A stable sort keeps the random order within a class.
  if (labels !== undefined) order.sort((a, b) => (labels[a] as number) - (labels[b] as number));
  const dealt = shares.map(() => 0);
  const part = new Uint32Array(length);
  for (const [done, example] of order.entries()) {
    let best = 0;
    let most = -Infinity;
    for (const [n, share] of shares.entries()) {
      const behind = share * (done + 1) - (dealt[n] as number);
      if (behind > most + 1e-9) {
        most = behind;
        best = n;
      }
    }
    dealt[best] = (dealt[best] as number) + 1;
    part[example] = best;
  }
  return part;
}

/** Parts drawn by chance would hold the same data. */
function refuseOverlap({ overlap = 0 }: Dataset, place: string): void {
  if (overlap > 0)
    throw new DataError(
      "neighbouring examples overlap, so that parts drawn by chance would share data. Divide what they are cut from instead, " +
        "e.g. sliceTokens().",
      { place, actual: overlap },
    );
}

function labelsOf(data: Dataset, place: string): ArrayLike<number> {
  if (isLabelled(data)) return data.labels;
  throw new DataError("only data with labels can be stratified. Give dataset() its classes, or leave stratify out.", {
    place,
  });
}

function mapParts<K extends string, T, U>(parts: Record<K, T>, change: (part: T) => U): Record<K, U> {
  return Object.fromEntries(Object.entries<T>(parts).map(([name, part]) => [name, change(part)])) as Record<K, U>;
}
