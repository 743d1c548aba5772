import { broadcastShapes, type Dim, formatShape, sizeOf } from "../base/shape.js";
import { apply, defineOp, type Emit, shapeError, type Value, type ValueType } from "../graph/index.js";
import { reshape, sum, transpose } from "./movement.js";

/** Which operands have their last two axes swapped before the product. */
interface MatmulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly [key: string]: boolean;
}

const rows = (x: ValueType, swapped: boolean): Dim => x.shape.at(swapped ? -1 : -2) as Dim;
const columns = (x: ValueType, swapped: boolean): Dim => x.shape.at(swapped ? -2 : -1) as Dim;

const matmulOp = defineOp<MatmulAttrs>({
  name: "matmul",
  type: ([x, y], { transposeA, transposeB }) => {
    const [a, b] = [x as ValueType, y as ValueType];
    const both = `${formatShape(a.shape)} and ${formatShape(b.shape)}`;
    if (a.shape.length < 2 || b.shape.length < 2) throw shapeError("matmul", `needs two axes or more, got ${both}.`);
    if (a.dtype !== b.dtype)
      throw shapeError(
        "matmul",
        `${a.dtype}${formatShape(a.shape)} and ${b.dtype}${formatShape(b.shape)}. Use cast().`,
      );
    const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const inner = [columns(a, transposeA), rows(b, transposeB)] as const;
    if (batch === undefined) throw shapeError("matmul", `${both}: the leading axes do not broadcast.`);
    if (inner[0] !== inner[1])
      throw shapeError("matmul", `${both}: inner sizes differ: ${inner[0]} and ${inner[1]}.`, inner[0], inner[1]);
    return { dtype: a.dtype, shape: [...batch, rows(a, transposeA), columns(b, transposeB)] };
  },
  // y = A B:  dA = dy B^T,  dB = A^T dy; a transposed operand's gradient comes out transposed.
  gradient: ({ x: [a, b], dy: [dy], attrs: { transposeA, transposeB } }) => {
    const [x, y, d] = [a as Value, b as Value, dy as Value];
    return [
      transposeA ? product(y, d, transposeB, true) : product(d, y, false, !transposeB),
      transposeB ? product(d, x, true, transposeA) : product(x, d, !transposeA, false),
    ];
  },
  sumOfTurns: ({ inputs: [a, b], attrs: { transposeA, transposeB } }, stacked) => {
    if ([a, b].some((x) => x?.shape.length !== 2)) return undefined;
    const [left, right] = [stacked(a as Value), stacked(b as Value)];
    return left && right && sumOfProducts(left, right, transposeA, transposeB);
  },
  lower: (emit, [a, b], { attrs: { transposeA, transposeB }, inputs }) => {
    if (inputs.every((x) => x.shape.length === 2)) {
      // In a loop, a matrix that stays the same is turned once.
      const once = transposeA && emit.fixed(a as string);
      const left = once ? swapLast(emit, a as string, 2) : (a as string);
      return emit.node("Gemm", [left, b as string], {
        transA: Number(transposeA && !once),
        transB: Number(transposeB),
      });
    }
    const swap = (name: string, x: Value, swapped: boolean) => (swapped ? swapLast(emit, name, x.shape.length) : name);
    const [left, right] = [
      swap(a as string, inputs[0] as Value, transposeA),
      swap(b as string, inputs[1] as Value, transposeB),
    ];
    return emit.node("MatMul", [left, right]);
  },
});

/** The sum of the products of stacked matrices is one product, with all of them side by side along the inner axis. */
function sumOfProducts(a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const tall = (x: Value): Value => reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1) as Dim]);
  const wide = (x: Value): Value => {
    const [count, rows, columns] = x.shape as readonly [Dim, Dim, Dim];
    return reshape(transpose(x, [1, 0, 2]), [rows, sizeOf([count, columns])]);
  };
  return product(transposeA ? tall(a) : wide(a), transposeB ? wide(b) : tall(b), transposeA, transposeB);
}

const product = (a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value =>
  apply(matmulOp, [a, b], { transposeA, transposeB });

const swapLast = (emit: Emit, x: string, rank: number): string => {
  const perm = Array.from({ length: rank }, (_, i) => i);
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return emit.node("Transpose", [x], { perm });
};

/**
 * The matrix product over the last two axes, leading axes broadcast: `[..., M, K] x [..., K, N] -> [..., M, N]`.
 * `transposeA` and `transposeB` swap the last two axes of an operand at no cost.
 */
export function matmul(a: Value, b: Value, { transposeA = false, transposeB = false } = {}): Value {
  if (a.shape.length <= 2 || b.shape.length !== 2 || transposeA) return product(a, b, transposeA, transposeB);
  // A stack of matrices times one matrix is one tall product: the gradient of b needs no sum over the stack.
  const flat = product(reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1) as Dim]), b, false, transposeB);
  return reshape(flat, [...a.shape.slice(0, -1), flat.shape[1] as Dim]);
}

const linearOp = defineOp({
  name: "linear",
  type: ([x, w, b]) => {
    const [input, weight, bias] = [x as ValueType, w as ValueType, b as ValueType];
    const fits = input.shape[1] === weight.shape[1] && bias.shape[0] === weight.shape[0];
    if (!fits || input.shape.length !== 2 || weight.shape.length !== 2 || bias.shape.length !== 1) {
      const shapes = [input, weight, bias].map((v) => formatShape(v.shape)).join(", ");
      throw shapeError("linear", `needs [N, in], [out, in] and [out], got ${shapes}.`);
    }
    return { dtype: input.dtype, shape: [input.shape[0] as Dim, weight.shape[0] as Dim] };
  },
  gradient: ({ x: [x, w], dy: [dy] }) => [
    matmul(dy as Value, w as Value),
    matmul(dy as Value, x as Value, { transposeA: true }),
    sum(dy as Value, 0),
  ],
  lower: (emit, x) => emit.node("Gemm", x, { transB: 1 }),
});

/** x W^T + b in one pass: `[..., in], [out, in], [out] -> [..., out]` (PyTorch's weight layout). */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  if (bias === undefined) return matmul(x, weight, { transposeB: true });
  if (x.shape.length === 2) return apply(linearOp, [x, weight, bias], {});
  const flat = apply(linearOp, [reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1) as Dim]), weight, bias], {});
  return reshape(flat, [...x.shape.slice(0, -1), weight.shape[0] as Dim]);
}

const addmmOp = defineOp({
  name: "addmm",
  type: ([c, a, b]) => {
    const [added, left, right] = [c as ValueType, a as ValueType, b as ValueType];
    const shape = [left.shape[0] as Dim, right.shape[1] as Dim];
    const fits = left.shape.length === 2 && right.shape.length === 2 && left.shape[1] === right.shape[0];
    if (!fits || broadcastShapes(added.shape, shape)?.join() !== shape.join()) {
      const shapes = [added, left, right].map((v) => formatShape(v.shape)).join(", ");
      throw shapeError("addmm", `needs something that broadcasts to [M, N], [M, K] and [K, N], got ${shapes}.`);
    }
    return { dtype: left.dtype, shape };
  },
  // y = C + A B:  dC = dy, dA = dy B^T, dB = A^T dy
  gradient: ({ x: [, a, b], dy: [dy] }) => [
    dy,
    matmul(dy as Value, b as Value, { transposeB: true }),
    matmul(a as Value, dy as Value, { transposeA: true }),
  ],
  lower: (emit, [c, a, b]) => emit.node("Gemm", [a as string, b as string, c as string]),
});

/** C + A B in one pass: `[M, N]` or what broadcasts to it, `[M, K]`, `[K, N]`. */
export const addmm = (c: Value, a: Value, b: Value): Value => apply(addmmOp, [c, a, b], {});
