// How fast ORT multiplies matrices of the shapes that gradients need: node bench/lowering/gemm.mjs [threads]
import { compareWays } from "./ways.mjs";

const threads = Number(process.argv[2] ?? 2);
const cases = [
  [1024, 1024, 1024],
  [64, 64, 32768],
  [64, 192, 32768],
  [64, 576, 32768],
  [128, 128, 8192],
  [128, 1152, 8192],
  [256, 256, 2048],
  [256, 2304, 2048],
  [64, 32768, 576],
  [256, 2048, 2304],
];
for (const [M, N, K] of cases)
  for (const [transA, transB] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]) {
    const gemm = (emit, a, b) => emit.node("Gemm", [a, b], { transA, transB });
    const inputs = { a: transA ? [K, M] : [M, K], b: transB ? [N, K] : [K, N] };
    await compareWays(
      `${M} x ${N}, ${K} deep`,
      inputs,
      [[M, N]],
      { [`A${transA ? "'" : ""} B${transB ? "'" : ""}`]: gemm },
      { threads, flop: 2 * M * N * K },
    );
  }
