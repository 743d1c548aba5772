// Ways to compute a convolution and its gradient by its input, 3x3, stride 1: node bench/lowering/inputGradient.mjs
import { compareWays } from "./ways.mjs";

const only = process.argv[2];
const threads = Number(process.argv[3] ?? 2);
const cases = [
  { name: "vgg 64-64 32x32", N: 32, C: 64, O: 64, H: 32, p: 1 },
  { name: "vgg 64-128 16x16", N: 32, C: 64, O: 128, H: 16, p: 1 },
  { name: "vgg 128-128 16x16", N: 32, C: 128, O: 128, H: 16, p: 1 },
  { name: "vgg 128-256 8x8", N: 32, C: 128, O: 256, H: 8, p: 1 },
  { name: "vgg 256-256 8x8", N: 32, C: 256, O: 256, H: 8, p: 1 },
  { name: "resnet 16-16 32x32", N: 32, C: 16, O: 16, H: 32, p: 1 },
  { name: "resnet 32-32 16x16", N: 32, C: 32, O: 32, H: 16, p: 1 },
  { name: "resnet 64-64 8x8", N: 32, C: 64, O: 64, H: 8, p: 1 },
  { name: "mnist 32-64 13x13", N: 64, C: 32, O: 64, H: 13, p: 0 },
];
const taps = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => [i, j]));
const ints = (emit, data) => emit.constant(data, "int64");
const reshape = (emit, x, shape) => emit.node("Reshape", [x, ints(emit, shape)]);
const swap = (emit, x) => emit.node("Transpose", [x], { perm: [1, 0, 2, 3] });
const ends = -(2 ** 31);
const flip = (emit, w) =>
  swap(
    emit,
    emit.node("Slice", [w, ints(emit, [-1, -1]), ints(emit, [ends, ends]), ints(emit, [2, 3]), ints(emit, [-1, -1])]),
  );

/** Convolution of x [N, C, H, H] by w [O, C, 3, 3], by a Gemm over im2col columns in CNHW. */
const byGemm = (emit, x, w, { N, C, O, H, p }) => {
  const G = H + 2 * p - 2;
  const padded = emit.node("Pad", [swap(emit, x), ints(emit, [0, 0, p, p, 0, 0, p, p])]);
  const parts = taps.map(([i, j]) =>
    reshape(emit, emit.node("Slice", [padded, ints(emit, [i, j]), ints(emit, [i + G, j + G]), ints(emit, [2, 3])]), [
      C,
      1,
      -1,
    ]),
  );
  const columns = reshape(emit, emit.node("Concat", parts, { axis: 1 }), [9 * C, -1]);
  const y = emit.node("Gemm", [reshape(emit, w, [O, 9 * C]), columns]);
  return swap(emit, reshape(emit, y, [O, N, G, G]));
};
/** The same in the blocked layout, channels by 16. */
const blocked = (emit, x, w, { C, O, p }) => {
  const filter = reshape(
    emit,
    emit.node("Transpose", [reshape(emit, w, [O / 16, 16, C / 16, 16, 3, 3])], { perm: [0, 2, 4, 5, 3, 1] }),
    [O, C, 3, 3],
  );
  const input = emit.node("com.microsoft.nchwc.ReorderInput", [x]);
  const y = emit.node("com.microsoft.nchwc.Conv", [input, filter], { kernel_shape: [3, 3], pads: [p, p, p, p] });
  return emit.node("com.microsoft.nchwc.ReorderOutput", [y], { channels: O });
};

for (const { name, N, C, O, H, p } of cases.filter(
  (c) => only === undefined || only === "all" || c.name.includes(only),
)) {
  const G = H + 2 * p - 2;
  const flop = 2 * N * G * G * O * C * 9;
  const size = { N, C, O, H, p };
  const back = { N, C: O, O: C, H: G, p: 2 - p };
  await compareWays(
    `forward, ${name}`,
    { x: [N, C, H, H], w: [O, C, 3, 3] },
    [[N, O, G, G]],
    {
      Conv: (emit, x, w) => emit.node("Conv", [x, w], { kernel_shape: [3, 3], pads: [p, p, p, p] }),
      "CNHW, im2col by Slice and Concat, Gemm": (emit, x, w) => byGemm(emit, x, w, size),
      "blocked layout": (emit, x, w) => blocked(emit, x, w, size),
    },
    { threads, flop },
  );
  await compareWays(
    `input gradient, ${name}`,
    { dy: [N, O, G, G], w: [O, C, 3, 3] },
    [[N, C, H, H]],
    {
      "Conv with the flipped filter": (emit, dy, w) =>
        emit.node("Conv", [dy, flip(emit, w)], { kernel_shape: [3, 3], pads: [2 - p, 2 - p, 2 - p, 2 - p] }),
      ConvTranspose: (emit, dy, w) => emit.node("ConvTranspose", [dy, w], { kernel_shape: [3, 3], pads: [p, p, p, p] }),
      "CNHW, im2col by Slice and Concat, Gemm": (emit, dy, w) => byGemm(emit, dy, flip(emit, w), back),
      "blocked layout": (emit, dy, w) => blocked(emit, dy, flip(emit, w), back),
      "MatMul, Col2Im": (emit, dy, w) => {
        const columns = emit.node("MatMul", [
          emit.node("Transpose", [reshape(emit, w, [O, 9 * C])], { perm: [1, 0] }),
          reshape(emit, dy, [0, O, G * G]),
        ]);
        return emit.node("Col2Im", [columns, ints(emit, [H, H]), ints(emit, [3, 3])], { pads: [p, p, p, p] });
      },
    },
    { threads, flop },
  );
}
