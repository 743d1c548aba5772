// Ways to compute a convolution's gradient by its filter, 3x3, stride 1: node bench/lowering/filterGradient.mjs
import { compareWays } from "./ways.mjs";

const only = process.argv[2];
const threads = Number(process.argv[3] ?? 2);
const cases = [
  { name: "vgg 64-64 32x32", N: 32, C: 64, O: 64, H: 32, p: 1 },
  { name: "vgg 64-128 16x16", N: 32, C: 64, O: 128, H: 16, p: 1 },
  { name: "vgg 128-128 16x16", N: 32, C: 128, O: 128, H: 16, p: 1 },
  { name: "vgg 128-256 8x8", N: 32, C: 128, O: 256, H: 8, p: 1 },
  { name: "vgg 256-256 8x8", N: 32, C: 256, O: 256, H: 8, p: 1 },
  { name: "vgg 3-64 32x32", N: 32, C: 3, O: 64, H: 32, p: 1 },
  { name: "mnist 32-64 13x13", N: 64, C: 32, O: 64, H: 13, p: 0 },
  { name: "mnist 1-32 28x28", N: 64, C: 1, O: 32, H: 28, p: 0 },
];

for (const { name, N, C, O, H, p } of cases.filter(
  (c) => only === undefined || only === "all" || c.name.includes(only),
)) {
  const G = H + 2 * p - 2; // the output's side
  const _P = H + 2 * p; // the padded input's side
  const taps = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => [i, j]));
  const ints = (emit, data) => emit.constant(data, "int64");
  const reshape = (emit, x, shape) => emit.node("Reshape", [x, ints(emit, shape)]);
  const swap = (emit, x) => emit.node("Transpose", [x], { perm: [1, 0, 2, 3] });
  const pad = (emit, x) => (p === 0 ? x : emit.node("Pad", [x, ints(emit, [0, 0, p, p, 0, 0, p, p])]));
  const cut = (emit, x, [i, j]) =>
    emit.node("Slice", [x, ints(emit, [i, j]), ints(emit, [i + G, j + G]), ints(emit, [2, 3])]);
  const ways = {
    "Conv, batch and channels swapped": (emit, x, dy) =>
      swap(emit, emit.node("Conv", [swap(emit, x), swap(emit, dy)], { kernel_shape: [G, G], pads: [p, p, p, p] })),
    "CNHW, im2col by Slice and Concat, Gemm": (emit, x, dy) => {
      const padded = pad(emit, swap(emit, x));
      const parts = taps.map((tap) => reshape(emit, cut(emit, padded, tap), [1, C, N * G * G]));
      const columns = reshape(emit, emit.node("Concat", parts, { axis: 0 }), [9 * C, N * G * G]);
      const dw = emit.node("Gemm", [reshape(emit, swap(emit, dy), [O, -1]), columns], { transB: 1 });
      return reshape(emit, emit.node("Transpose", [reshape(emit, dw, [O, 9, C])], { perm: [0, 2, 1] }), [O, C, 3, 3]);
    },
    "CNHW, a Gemm per tap": (emit, x, dy) => {
      const padded = pad(emit, swap(emit, x));
      const flat = reshape(emit, swap(emit, dy), [O, -1]);
      const parts = taps.map((tap) => {
        const shifted = reshape(emit, cut(emit, padded, tap), [C, -1]);
        return reshape(emit, emit.node("Gemm", [flat, shifted], { transB: 1 }), [O, C, 1]);
      });
      return reshape(emit, emit.node("Concat", parts, { axis: 2 }), [O, C, 3, 3]);
    },
    "NCHW, im2col by a one-hot Conv, MatMul, sum": (emit, x, dy) => {
      const columns = imageColumns(emit, x);
      const per = emit.node(
        "com.microsoft.FusedMatMul",
        [reshape(emit, dy, [0, O, -1]), reshape(emit, columns, [0, 9 * C, -1])],
        { transB: 1 },
      );
      return reshape(emit, emit.node("ReduceSum", [per, ints(emit, [0])], { keepdims: 0 }), [O, C, 3, 3]);
    },
    "CNHW, three x three shifts, nine Gemms": (emit, x, dy) => {
      const [xs, dys] = shifts(emit, swap(emit, x), swap(emit, dy));
      const parts = taps.map(([i, j]) =>
        reshape(
          emit,
          emit.node("Gemm", [reshape(emit, dys[j], [O, -1]), reshape(emit, xs[i], [C, -1])], { transB: 1 }),
          [O, C, 1],
        ),
      );
      return reshape(emit, emit.node("Concat", parts, { axis: 2 }), [O, C, 3, 3]);
    },
    "NCHW, three x three shifts, nine MatMuls, sum": (emit, x, dy) => {
      const [xs, dys] = shifts(emit, x, dy);
      const parts = taps.map(([i, j]) => {
        const per = emit.node(
          "com.microsoft.FusedMatMul",
          [reshape(emit, dys[j], [0, O, G * H]), reshape(emit, xs[i], [0, C, G * H])],
          { transB: 1 },
        );
        return emit.node("ReduceSum", [per, ints(emit, [0])], { keepdims: 0 });
      });
      return reshape(
        emit,
        emit.node(
          "Concat",
          parts.map((part) => reshape(emit, part, [O, C, 1])),
          { axis: 2 },
        ),
        [O, C, 3, 3],
      );
    },
    "NCHW, shifts by one-hot Convs, MatMul, sum": (emit, x, dy) => {
      const xs = oneHot(emit, x, C, [3, 1], [p, 0, p, 0]);
      const dys = oneHot(emit, dy, O, [1, 3], [0, H - G + p, 0, 2 - p], true);
      const per = emit.node(
        "com.microsoft.FusedMatMul",
        [reshape(emit, dys, [0, 3 * O, G * H]), reshape(emit, xs, [0, 3 * C, G * H])],
        { transB: 1 },
      );
      const all = reshape(emit, emit.node("ReduceSum", [per, ints(emit, [0])], { keepdims: 0 }), [O, 3, C, 3]);
      return emit.node("Transpose", [all], { perm: [0, 2, 3, 1] });
    },
    "NCHW, rows by a one-hot Conv, three shifts, MatMuls, sum": (emit, x, dy) => {
      const xs = oneHot(emit, x, C, [3, 1], [p, 0, p, 0]);
      const [, dys] = shifts(emit, x, dy);
      const parts = dys.map((part) => {
        const per = emit.node(
          "com.microsoft.FusedMatMul",
          [reshape(emit, xs, [0, 3 * C, G * H]), reshape(emit, part, [0, O, G * H])],
          { transB: 1 },
        );
        return reshape(emit, emit.node("ReduceSum", [per, ints(emit, [0])], { keepdims: 0 }), [C, 3, 1, O]);
      });
      return emit.node("Transpose", [emit.node("Concat", parts, { axis: 2 })], { perm: [3, 0, 1, 2] });
    },
  };
  /** x moved by each kernel row, dy by each kernel column, so that dw[i, j] = dys[j] . xs[i]; both [., ., G, H]. */
  const shifts = (emit, x, dy) => {
    const move = (v, [top, left, bottom, right]) =>
      [top, left, bottom, right].every((n) => n === 0)
        ? v
        : emit.node("Pad", [v, ints(emit, [top, left, bottom, right]), "", ints(emit, [2, 3])]);
    return [
      [0, 1, 2].map((i) => move(x, [p - i, 0, G - H - p + i, 0])),
      [0, 1, 2].map((j) => move(dy, [0, j - p, 0, H - G - j + p])),
    ];
  };
  /** Each channel moved by each place of the kernel (backwards: from the last to the first): [N, channels, ...] -> [N, k channels, ...]. */
  const oneHot = (emit, v, channels, kernel, pads, backwards = false) => {
    const k = kernel[0] * kernel[1];
    const eye = Array.from({ length: k * k * channels }, (_, n) => {
      const [tap, place] = [Math.floor(n / k) % k, n % k];
      return (backwards ? k - 1 - tap : tap) === place ? 1 : 0;
    });
    const filter = emit.constant(eye, "float32", [k * channels, 1, ...kernel]);
    return emit.node("Conv", [v, filter], { kernel_shape: kernel, pads, group: channels });
  };
  /** [N, 9 C, G, G] by a grouped convolution with one-hot filters. */
  const imageColumns = (emit, x) => {
    const eye = Array.from({ length: 81 * C }, (_, i) => (Math.floor(i / 9) % 9 === i % 9 ? 1 : 0));
    return emit.node("Conv", [x, emit.constant(eye, "float32", [9 * C, 1, 3, 3])], {
      kernel_shape: [3, 3],
      pads: [p, p, p, p],
      group: C,
    });
  };
  const flop = 2 * N * G * G * O * C * 9;
  await compareWays(`filter gradient, ${name}`, { x: [N, C, H, H], dy: [N, O, G, G] }, [[O, C, 3, 3]], ways, {
    threads,
    flop,
  });
}
