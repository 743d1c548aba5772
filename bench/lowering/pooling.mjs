// Ways back through 2x2 max pooling, equal elements sharing the gradient: node bench/lowering/pooling.mjs [part of a name]
import { compareWays } from "./ways.mjs";

const only = process.argv[2] ?? "";
const threads = Number(process.argv[3] ?? 2);
const cases = [
  { name: "mnist 26x26", N: 64, C: 32, H: 26 },
  { name: "mnist 11x11", N: 64, C: 64, H: 11 },
  { name: "vgg 32x32", N: 32, C: 64, H: 32 },
  { name: "vgg 16x16", N: 32, C: 128, H: 16 },
  { name: "vgg 8x8", N: 32, C: 256, H: 8 },
];
const ints = (emit, data) => emit.constant(data, "int64");
const reshape = (emit, x, shape) => emit.node("Reshape", [x, ints(emit, shape)]);

for (const { name, N, C, H } of cases.filter((c) => c.name.includes(only))) {
  const h = Math.floor(H / 2);
  const whole = H === 2 * h;
  const resize = (emit, y) =>
    emit.node("Resize", [y, "", emit.constant([1, 1, 2, 2], "float32")], {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    });
  const crop = (emit, x) =>
    whole ? x : emit.node("Slice", [x, ints(emit, [0, 0]), ints(emit, [2 * h, 2 * h]), ints(emit, [2, 3])]);
  const uncrop = (emit, x) => (whole ? x : emit.node("Pad", [x, ints(emit, [0, 0, 0, 0, 0, 0, 1, 1])]));
  const maskOf = (emit, x, up) => emit.node("Cast", [emit.node("Equal", [x, up])], { to: 1 });
  const subMask = (emit, x, up) =>
    emit.node("HardSigmoid", [emit.node("Sub", [x, up])], { alpha: { float: 3e38 }, beta: { float: 1 } });
  const average = (emit, mask) =>
    emit.node("Mul", [
      emit.node("AveragePool", [mask], { kernel_shape: [2, 2], strides: [2, 2] }),
      emit.constant([4], "float32", []),
    ]);
  const depthwise = (emit, mask) =>
    emit.node("Conv", [mask, emit.constant(new Array(4 * C).fill(1), "float32", [C, 1, 2, 2])], {
      kernel_shape: [2, 2],
      strides: [2, 2],
      group: C,
    });
  const through = (enlarge, sum, mask) => (emit, x, y, dy) => {
    const m = mask(emit, crop(emit, x), enlarge(emit, y));
    const share = emit.node("Div", [dy, sum(emit, m)]);
    return uncrop(emit, emit.node("Mul", [m, enlarge(emit, share)]));
  };
  // Rows of windows as a matrix: one row of y makes two of x.
  const rows = (across, down) =>
    Array.from({ length: across * down }, (_, i) => {
      const [j, place] = [Math.floor(i / down), i % down];
      return Math.floor((place % (2 * h)) / 2) === j ? 1 : 0;
    });
  const rowMatrix = (emit) => emit.constant(rows(h, 4 * h), "float32", [h, 4 * h]);
  const enlargeRows = (emit, y) =>
    reshape(emit, emit.node("Gemm", [reshape(emit, y, [-1, h]), rowMatrix(emit)]), [-1, C, 2 * h, 2 * h]);
  const sumRows = (emit, mask) =>
    reshape(emit, emit.node("Gemm", [reshape(emit, mask, [-1, 4 * h]), rowMatrix(emit)], { transB: 1 }), [-1, C, h, h]);
  // Whole planes as a matrix, the rest included.
  const plane = Array.from({ length: h * h * H * H }, (_, i) => {
    const [window, place] = [Math.floor(i / (H * H)), i % (H * H)];
    const [r, c] = [Math.floor(Math.floor(place / H) / 2), Math.floor((place % H) / 2)];
    return r < h && c < h && r * h + c === window ? 1 : 0;
  });
  const planeMatrix = (emit) => emit.constant(plane, "float32", [h * h, H * H]);
  const enlargePlane = (emit, y) =>
    reshape(emit, emit.node("Gemm", [reshape(emit, y, [-1, h * h]), planeMatrix(emit)]), [-1, C, H, H]);
  const sumPlane = (emit, mask) =>
    reshape(emit, emit.node("Gemm", [reshape(emit, mask, [-1, H * H]), planeMatrix(emit)], { transB: 1 }), [
      -1,
      C,
      h,
      h,
    ]);
  const ways = {
    "Equal, AveragePool, Resize": through(resize, average, maskOf),
    "Equal, depthwise Conv, Resize": through(resize, depthwise, maskOf),
    "Equal, row matrices": through(enlargeRows, sumRows, maskOf),
    "Sub and HardSigmoid, row matrices": through(enlargeRows, sumRows, subMask),
    "Equal, row sums by matrix, Resize": through(resize, sumRows, maskOf),
    ...(h <= 8 && {
      "Equal, plane matrices": (emit, x, y, dy) => {
        const m = maskOf(emit, x, enlargePlane(emit, y));
        return emit.node("Mul", [m, enlargePlane(emit, emit.node("Div", [dy, sumPlane(emit, m)]))]);
      },
    }),
  };
  const small = [N, C, h, h];
  const { numbers } = await import("./ways.mjs");
  const x = numbers([N, C, H, H]);
  const y = numbers(small);
  for (let i = 0; i < y.data.length; i++) {
    const [plane, r, c] = [Math.floor(i / (h * h)), Math.floor((i % (h * h)) / h), i % h];
    const at = (a, b) => x.data[plane * H * H + (2 * r + a) * H + 2 * c + b];
    y.data[i] = Math.max(at(0, 0), at(0, 1), at(1, 0), at(1, 1));
  }
  await compareWays(`max pooling back, ${name}`, { x: x.shape, y: small, dy: small }, [x.shape], ways, {
    threads,
    given: { x, y },
  });
}
