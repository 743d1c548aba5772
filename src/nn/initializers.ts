import { OptionError } from "../base/errors.js";
import type { Random } from "../base/random.js";
import { countOf } from "../base/shape.js";

/**
 * How a weight starts, as plain JSON. Fan-in and fan-out are counted as for weights `[out, in, ...kernel]`.
 * - `"he"`: normal, variance 2 / fan-in (He et al. 2015, for ReLU); `"heUniform"` likewise, uniform
 * - `"glorot"`: uniform, variance 2 / (fan-in + fan-out) (Glorot & Bengio 2010); `"glorotNormal"` likewise, normal
 * - `"lecun"`: normal, variance 1 / fan-in (LeCun et al. 1998)
 * - `"orthogonal"`: orthonormal rows or columns (Saxe et al. 2014)
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
  | { readonly constant: number }
  | { readonly normal: number }
  | { readonly uniform: number };

/** Fresh numbers for a weight of this shape. */
export function initialize(initializer: Initializer, shape: readonly number[], random: Random): Float32Array {
  const count = countOf(shape);
  if (typeof initializer === "object") {
    if ("constant" in initializer) return new Float32Array(count).fill(initializer.constant);
    if ("normal" in initializer) return random.normal(count, 0, initializer.normal);
    return random.uniform(count, -initializer.uniform, initializer.uniform);
  }
  const { fanIn, fanOut } = fans(shape);
  const uniform = (variance: number) => random.uniform(count, -Math.sqrt(3 * variance), Math.sqrt(3 * variance));
  const normal = (variance: number) => random.normal(count, 0, Math.sqrt(variance));
  switch (initializer) {
    case "he":
      return normal(2 / fanIn);
    case "heUniform":
      return uniform(2 / fanIn);
    case "glorot":
      return uniform(2 / (fanIn + fanOut));
    case "glorotNormal":
      return normal(2 / (fanIn + fanOut));
    case "lecun":
      return normal(1 / fanIn);
    case "orthogonal":
      return orthogonal(shape, random);
    case "zeros":
      return new Float32Array(count);
    case "ones":
      return new Float32Array(count).fill(1);
    default:
      throw new OptionError(`unknown initializer ${JSON.stringify(initializer)}.`, { place: "initializer" });
  }
}

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

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
