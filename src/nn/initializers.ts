import { OptionError } from "../base/errors.js";
import { checkNumber, nearest } from "../base/options.js";
import type { Random } from "../base/random.js";
import { countOf } from "../base/shape.js";

/**
 * How a weight starts, as plain JSON. Fan-in and fan-out are counted as for weights `[out, in, ...kernel]`.
 * - `"he"`: normal, variance 2 / fan-in (He et al. 2015, for ReLU); `"heUniform"` likewise, uniform
 * - `"glorot"`: uniform, variance 2 / (fan-in + fan-out) (Glorot & Bengio 2010); `"glorotNormal"` likewise, normal
 * - `"lecun"`: normal, variance 1 / fan-in (LeCun et al. 1998)
 * - `"orthogonal"`: orthonormal rows or columns (Saxe et al. 2014)
 * - `{ blocks }`: the first axis in as many equal parts, each on its own, e.g. one for each gate of a recurrent layer
 * - `"zeros"`, `"ones"`, `{ constant }`, `{ normal: deviation }`, `{ uniform: bound }` for [-bound, bound)
 */
export type Initializer =
  | "he"
  | "heUniform"
  | "glorot"
  | "glorotNormal"
  | "lecun"
  | "orthogonal"
  | "zeros"
  | "ones"
  | { readonly blocks: readonly Initializer[] }
  | { readonly constant: number }
  | { readonly normal: number }
  | { readonly uniform: number };

type Draw = (shape: readonly number[], random: Random) => Float32Array;

const named: Readonly<Record<Extract<Initializer, string>, Draw>> = {
  he: (shape, random) => normal(shape, random, 2 / fans(shape).fanIn),
  heUniform: (shape, random) => uniform(shape, random, 2 / fans(shape).fanIn),
  glorot: (shape, random) => uniform(shape, random, 2 / (fans(shape).fanIn + fans(shape).fanOut)),
  glorotNormal: (shape, random) => normal(shape, random, 2 / (fans(shape).fanIn + fans(shape).fanOut)),
  lecun: (shape, random) => normal(shape, random, 1 / fans(shape).fanIn),
  orthogonal,
  zeros: (shape) => new Float32Array(countOf(shape)),
  ones: (shape) => new Float32Array(countOf(shape)).fill(1),
};

/** Fresh numbers for a weight of this shape. */
export function initialize(initializer: Initializer, shape: readonly number[], random: Random): Float32Array {
  if (typeof initializer === "string") return named[initializer](shape, random);
  if ("blocks" in initializer) return inBlocks(initializer.blocks, shape, random);
  if ("constant" in initializer) return new Float32Array(countOf(shape)).fill(initializer.constant);
  if ("normal" in initializer) return random.normal(countOf(shape), 0, initializer.normal);
  return random.uniform(countOf(shape), -initializer.uniform, initializer.uniform);
}

function inBlocks(blocks: readonly Initializer[], shape: readonly number[], random: Random): Float32Array {
  const [rows = 0, ...rest] = shape;
  if (rows % blocks.length !== 0)
    throw new OptionError(`${rows} rows do not divide into ${blocks.length} blocks.`, { place: "initializer" });
  const all = new Float32Array(countOf(shape));
  const length = all.length / blocks.length;
  for (const [i, block] of blocks.entries())
    all.set(initialize(block, [rows / blocks.length, ...rest], random), i * length);
  return all;
}

/**
 * Throws unless this is an initializer.
 * @param place the layer or weight it is for
 */
export function checkInitializer(place: string, initializer: unknown): void {
  if (typeof initializer === "string" && Object.hasOwn(named, initializer)) return;
  const [entry, ...more] = Object.entries(typeof initializer === "object" && initializer !== null ? initializer : {});
  const [kind, value] = entry ?? [];
  if ((kind === "constant" || kind === "normal" || kind === "uniform") && more.length === 0) {
    const { MAX_VALUE } = Number;
    checkNumber(place, kind, value, { low: kind === "constant" ? -MAX_VALUE : 0, high: MAX_VALUE });
    return;
  }
  if (kind === "blocks" && Array.isArray(value) && value.length > 0 && more.length === 0) {
    for (const block of value) checkInitializer(place, block);
    return;
  }
  const names = Object.keys(named);
  const guess = typeof initializer === "string" ? nearest(initializer, names) : undefined;
  const hint =
    guess === undefined
      ? `Known: ${names.join(", ")}, { constant }, { normal }, { uniform }.`
      : `Did you mean "${guess}"?`;
  throw new OptionError(`unknown initializer ${JSON.stringify(initializer)}. ${hint}`, { place, actual: initializer });
}

const normal = (shape: readonly number[], random: Random, variance: number): Float32Array =>
  random.normal(countOf(shape), 0, Math.sqrt(variance));

const uniform = (shape: readonly number[], random: Random, variance: number): Float32Array =>
  random.uniform(countOf(shape), -Math.sqrt(3 * variance), Math.sqrt(3 * variance));

/** How many inputs feed an output, and how many outputs an input feeds. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const [out = 1, into = 1, ...kernel] = shape;
  const area = countOf(kernel);
  return { fanIn: shape.length < 2 ? out : into * area, fanOut: out * area };
}

/** The shorter side of the flattened matrix made orthonormal by Gram-Schmidt, done twice for accuracy. */
function orthogonal(shape: readonly number[], random: Random): Float32Array {
  const rows = shape[0] ?? 1;
  const columns = countOf(shape.slice(1));
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from(random.normal(length));
    for (let pass = 0; pass < 2; pass++)
      for (const other of vectors) {
        const along = dot(vector, other);
        for (let i = 0; i < length; i++) vector[i] = (vector[i] as number) - along * (other[i] as number);
      }
    const norm = Math.sqrt(dot(vector, vector));
    if (norm > 1e-6) vectors.push(vector.map((x) => x / norm));
  }
  const wide = rows <= columns;
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return (wide ? vectors[row]?.[column] : vectors[column]?.[row]) as number;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
