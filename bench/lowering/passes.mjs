// What one pass over memory costs, op by op, with one thread and with two: node bench/lowering/passes.mjs
import { compareWays } from "./ways.mjs";

const [N, C, H] = [64, 32, 26];
const ints = (emit, data) => emit.constant(data, "int64");
const shape = [N, C, H, H];
const half = [N, C, H / 2, H / 2];
const same = {
  "Mul(x, x)": (e, x) => e.node("Mul", [x, x]),
  "Mul(x, z)": (e, x, _y, z) => e.node("Mul", [x, z]),
  "Sub(x, z)": (e, x, _y, z) => e.node("Sub", [x, z]),
  "Mul(x, scalar)": (e, x) => e.node("Mul", [x, e.constant([3], "float32", [])]),
  Relu: (e, x) => e.node("Relu", [x]),
  HardSigmoid: (e, x) => e.node("HardSigmoid", [x], { alpha: { float: 3e38 }, beta: { float: 0 } }),
  Sign: (e, x) => e.node("Sign", [x]),
  Clip: (e, x) => e.node("Clip", [x, e.constant([0], "float32", []), e.constant([1], "float32", [])]),
  "Max(x, z)": (e, x, _y, z) => e.node("Max", [x, z]),
  ThresholdedRelu: (e, x) => e.node("ThresholdedRelu", [x], { alpha: { float: 0 } }),
  "Cast(Equal(x, z))": (e, x, _y, z) => e.node("Cast", [e.node("Equal", [x, z])], { to: 1 }),
  "Cast(Greater(x, 0))": (e, x) => e.node("Cast", [e.node("Greater", [x, e.constant([0], "float32", [])])], { to: 1 }),
  "Where(Equal(x, z), x, 0)": (e, x, _y, z) =>
    e.node("Where", [e.node("Equal", [x, z]), x, e.constant([0], "float32", [])]),
  "Where(Greater(x, 0), z, 0)": (e, x, _y, z) =>
    e.node("Where", [e.node("Greater", [x, e.constant([0], "float32", [])]), z, e.constant([0], "float32", [])]),
  "Resize 2x": (e, _x, y) =>
    e.node("Resize", [y, "", e.constant([1, 1, 2, 2], "float32")], {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    }),
  "ConvTranspose of ones, 2x2": (e, _x, y) =>
    e.node("Reshape", [
      e.node(
        "ConvTranspose",
        [e.node("Reshape", [y, ints(e, [N * C, 1, H / 2, H / 2])]), e.constant([1, 1, 1, 1], "float32", [1, 1, 2, 2])],
        { strides: [2, 2], kernel_shape: [2, 2] },
      ),
      ints(e, shape),
    ]),
  "Expand of [., h, 1, w, 1]": (e, _x, y) =>
    e.node("Reshape", [
      e.node("Expand", [
        e.node("Reshape", [y, ints(e, [N * C, H / 2, 1, H / 2, 1])]),
        ints(e, [N * C, H / 2, 2, H / 2, 2]),
      ]),
      ints(e, shape),
    ]),
  "Slice and Pad": (e, x) =>
    e.node("Pad", [
      e.node("Slice", [x, ints(e, [0, 0]), ints(e, [H - 2, H - 2]), ints(e, [2, 3])]),
      ints(e, [0, 0, 0, 0, 0, 0, 2, 2]),
    ]),
  Pad: (e, x) => e.node("Pad", [x, ints(e, [0, 0, 1, 1, 0, 0, -1, -1])]),
  Concat: (e, x) => {
    const part = e.node("Slice", [x, ints(e, [0]), ints(e, [1]), ints(e, [0])]);
    return e.node("Slice", [e.node("Concat", [part, x], { axis: 0 }), ints(e, [0]), ints(e, [N]), ints(e, [0])]);
  },
  "Transpose there and back": (e, x) =>
    e.node("Transpose", [e.node("Transpose", [x], { perm: [1, 0, 2, 3] })], { perm: [1, 0, 2, 3] }),
  "Transpose to NHWC and back": (e, x) =>
    e.node("Transpose", [e.node("Transpose", [x], { perm: [0, 2, 3, 1] })], { perm: [0, 3, 1, 2] }),
};
const vector = {
  "ReduceSum [0, 2, 3]": (e, x) => e.node("ReduceSum", [x, ints(e, [0, 2, 3])], { keepdims: 0 }),
  "ReduceSum [0], then [1, 2]": (e, x) =>
    e.node("ReduceSum", [e.node("ReduceSum", [x, ints(e, [0])], { keepdims: 0 }), ints(e, [1, 2])], { keepdims: 0 }),
  "ReduceSum [2, 3], then [0]": (e, x) =>
    e.node("ReduceSum", [e.node("ReduceSum", [x, ints(e, [2, 3])], { keepdims: 0 }), ints(e, [0])], { keepdims: 0 }),
  "Gemm with ones, then [0]": (e, x) => {
    const flat = e.node("Reshape", [x, ints(e, [N * C, H * H])]);
    const sums = e.node("Gemm", [flat, e.constant(new Array(H * H).fill(1), "float32", [H * H, 1])]);
    return e.node("ReduceSum", [e.node("Reshape", [sums, ints(e, [N, C])]), ints(e, [0])], { keepdims: 0 });
  },
};
const inputs = { x: shape, y: half, z: shape };
for (const threads of [1, 2]) {
  await compareWays("one pass", inputs, [shape], same, { threads, seconds: 8 });
  await compareWays("sum per channel", inputs, [[C]], vector, { threads, seconds: 2 });
}
