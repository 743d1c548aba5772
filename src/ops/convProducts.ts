import type { Emit, Value } from "../graph/index.js";
import type { ConvAttrs } from "./convAttrs.js";

/**
 * Whether a window takes in a whole picture at once, each element through a tap of its own: then the convolution, its way
 * back and its filter's gradient are one matrix product each, which is faster.
 * @param kernel the filter's spatial lengths
 * @param picture those of what the convolution reads
 */
export const seesAll = ({ pads, groups }: ConvAttrs, kernel: readonly number[], picture: readonly number[]): boolean =>
  groups === 1 && pads.every((pad) => pad === 0) && kernel.every((length, i) => length === picture[i]);

/** `[rows, ...] -> [rows, numbers]` */
const flat = (emit: Emit, name: string, { shape }: Value): string => {
  const numbers = (shape.slice(1) as number[]).reduce((n, length) => n * length, 1);
  return emit.node("Reshape", [name, emit.constant([0, numbers], "int64")]);
};

/** A product of such matrices, `[rows, ...lengths]`. */
export function matrixProduct(
  emit: Emit,
  names: readonly string[],
  [a, b]: readonly Value[],
  lengths: readonly number[],
  transposed: { readonly transA?: 1; readonly transB?: 1 } = {},
): string {
  const [left, right, ...bias] = names as [string, string];
  const product = emit.node("Gemm", [flat(emit, left, a as Value), flat(emit, right, b as Value), ...bias], transposed);
  return emit.node("Reshape", [product, emit.constant([0, ...lengths], "int64")]);
}
