import { atBroadcast, broadcastShape, build, type NdArray } from "./array.js";
import { zip } from "./elementwise.js";
import { transpose } from "./movement.js";

function swapLast(x: NdArray): NdArray {
  const order = x.shape.map((_, axis) => axis);
  return transpose(x, [...order.slice(0, -2), x.shape.length - 1, x.shape.length - 2]);
}

/** `[..., M, K] x [..., K, N] -> [..., M, N]`, leading axes broadcast. */
export function matmul(x: NdArray, y: NdArray, { transposeA = false, transposeB = false } = {}): NdArray {
  const [a, b] = [transposeA ? swapLast(x) : x, transposeB ? swapLast(y) : y];
  const inner = a.shape.at(-1) as number;
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return build([...batch, a.shape.at(-2) as number, b.shape.at(-1) as number], (index) => {
    const [lead, row, column] = [index.slice(0, -2), index.at(-2) as number, index.at(-1) as number];
    let total = 0;
    for (let k = 0; k < inner; k++) total += atBroadcast(a, [...lead, row, k]) * atBroadcast(b, [...lead, k, column]);
    return total;
  });
}

/** x W^T + b: `[..., in], [out, in], [out] -> [..., out]`. */
export const linear = (x: NdArray, weight: NdArray, bias: NdArray): NdArray =>
  zip((a, b) => a + b, matmul(x, weight, { transposeB: true }), bias);
