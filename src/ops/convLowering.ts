import type { Dim } from "../base/shape.js";
import type { Emit, Node, Value } from "../graph/index.js";
import { onnxWindow, type SizedConvAttrs } from "./convAttrs.js";

type Lowering = (emit: Emit, x: readonly string[], node: Node<SizedConvAttrs>) => string;

const spatial = (x: Value): number[] => x.shape.slice(2) as number[];

/**
 * Stride 1: `Conv` of the output gradient with the flipped, transposed filter, which is 1.6 times faster than ORT's
 * `ConvTranspose`. Otherwise `ConvTranspose`, its output padding worked out from the size asked for.
 */
export const lowerConvTranspose: Lowering = (emit, [y, w], { attrs, inputs }) => {
  const weight = inputs[1] as Value;
  const kernel = spatial(weight);
  const { strides, pads, dilations, groups, size } = attrs;
  const rank = kernel.length;
  const spans = kernel.map((k, i) => (dilations[i] as number) * (k - 1));
  if (strides.every((s) => s === 1)) {
    // A full correlation; where the forward pass padded by more than the kernel reaches, the gradient is cropped.
    const before = spans.map((span, i) => span - (pads[i] as number));
    const after = spans.map((span, i) => span - (pads[i + rank] as number));
    if ([...before, ...after].every((n) => n >= 0))
      return emit.node("Conv", [y as string, flipFilter(emit, w as string, weight, groups)], {
        ...onnxWindow({ strides, pads: [...before, ...after], dilations, groups }, kernel),
      });
  }
  const outputPadding = size.map((length, i) => {
    const reached = ((inputs[0] as Value).shape[i + 2] as number) - 1;
    const whole = (strides[i] as number) * reached + (spans[i] as number) + 1;
    return length - (whole - (pads[i] as number) - (pads[i + rank] as number));
  });
  return emit.node("ConvTranspose", [y as string, w as string], {
    ...onnxWindow({ strides, pads, dilations, groups }, kernel),
    output_padding: outputPadding,
  });
};

/** `[O, C/g, ...k] -> [C, O/g, ...k]`, reversed along the spatial axes by a matrix product (a Slice runs on one thread). */
function flipFilter(emit: Emit, w: string, weight: Value, groups: number): string {
  const kernel = spatial(weight);
  const taps = product(kernel);
  const [outputs, channels] = [weight.shape[0] as number, weight.shape[1] as number];
  const reshape = (name: string, shape: readonly number[]) =>
    emit.node("Reshape", [name, emit.constant(shape, "int64")]);
  const grouped = reshape(w, [groups, outputs / groups, channels, taps]);
  const swapped = emit.node("Transpose", [grouped], { perm: [0, 2, 1, 3] });
  const reversal = Array.from({ length: taps * taps }, (_, i) =>
    Math.floor(i / taps) + (i % taps) === taps - 1 ? 1 : 0,
  );
  const rows = reshape(swapped, [channels * outputs, taps]);
  const reversed = taps === 1 ? rows : emit.node("Gemm", [rows, emit.constant(reversal, "float32", [taps, taps])]);
  return reshape(reversed, [groups * channels, outputs / groups, ...kernel]);
}

/** Numbers that the columns of one picture may have: 8 MiB, a quarter of a gigabyte in a batch of 32. */
const LARGEST_COLUMNS = 2 ** 21;

/**
 * The gradient by the filter as a matrix product with the columns of x (im2col), which `Conv` with filters of a single
 * 1 makes faster than anything else: `columns [N, C k, P]` times `dy [N, O, P]` over the positions P and the pictures.
 * Either a product per picture, summed, or one for all, for which the columns must be transposed: what is smaller, the
 * products or the columns, decides.
 */
export const lowerFilterGradient: Lowering = (emit, x, node) => {
  const { attrs, inputs } = node;
  const [channels, filters] = inputs.map((v) => v.shape[1]) as [number, number];
  const { groups, size } = attrs;
  const taps = product(size);
  const positions = product(spatial(inputs[1] as Value));
  if (channels * taps * positions > LARGEST_COLUMNS) return lowerBySwapping(emit, x, node);
  const int64 = (data: readonly number[]) => emit.constant(data, "int64");
  const reshape = (name: string, shape: readonly number[]) => emit.node("Reshape", [name, int64(shape)]);
  const transpose = (name: string, perm: readonly number[]) => emit.node("Transpose", [name], { perm });
  const columns = emit.node("Conv", [x[0] as string, oneHotFilters(emit, channels, size)], {
    ...onnxWindow({ ...attrs, groups: channels }, size),
  });
  const shape = [filters, channels / groups, ...size];
  if (groups === 1 && positions < filters) {
    const across = (name: string, rows: number) =>
      reshape(transpose(reshape(name, [0, rows, positions]), [1, 0, 2]), [rows, -1]);
    const sides = [across(x[1] as string, filters), across(columns, channels * taps)];
    return reshape(emit.node("Gemm", sides, { transB: 1 }), shape);
  }
  const left = reshape(columns, [0, groups, (channels / groups) * taps, positions]);
  const right = transpose(reshape(x[1] as string, [0, groups, filters / groups, positions]), [0, 1, 3, 2]);
  const sums = emit.node("ReduceSum", [emit.node("MatMul", [left, right]), int64([0])], { keepdims: 0 });
  return reshape(transpose(sums, [0, 2, 1]), shape);
};

/** `[C k, 1, ...kernel]`: for each channel and each place of the kernel a filter that is 1 there. */
function oneHotFilters(emit: Emit, channels: number, kernel: readonly number[]): string {
  const taps = product(kernel);
  const filters = new Float32Array(channels * taps * taps);
  for (let row = 0; row < channels * taps; row++) filters[row * taps + (row % taps)] = 1;
  return emit.constant(filters, "float32", [channels * taps, 1, ...kernel]);
}

const product = (lengths: readonly number[]): number => lengths.reduce((n, length) => n * length, 1);

/**
 * The gradient by the filter without columns, for large pictures: a `Conv` with batch and channels swapped, x
 * `[C, N, ...]` correlated with dy `[O, N, ...]`, strides and dilations trading places.
 */
const lowerBySwapping: Lowering = (emit, [x, dy], { attrs, inputs }) => {
  const [input, output] = [inputs[0] as Value, inputs[1] as Value];
  const { strides, pads, dilations, groups, size } = attrs;
  const rank = size.length;
  const axes = size.map((_, i) => i + 2);
  const perm = [1, 0, ...axes];
  const channels = (input.shape[1] as number) / groups;
  // Rows that no window reached (stride not dividing the length) make the result longer than the kernel.
  const reached = spatial(output).map((n, i) => (n - 1) * (strides[i] as number) + 1);
  const lengths = spatial(input).map((n, i) => n + (pads[i] as number) + (pads[i + rank] as number));
  const natural = lengths.map((n, i) => Math.floor((n - (reached[i] as number)) / (dilations[i] as number)) + 1);
  const window = { kernel_shape: spatial(output), strides: dilations, pads, dilations: strides };
  const crop = (name: string): string =>
    natural.every((n, i) => n === size[i])
      ? name
      : emit.node("Slice", [
          name,
          emit.constant(
            axes.map(() => 0),
            "int64",
          ),
          emit.constant(size, "int64"),
          emit.constant(axes, "int64"),
        ]);
  if (groups === 1) {
    const swap = (name: string) => emit.node("Transpose", [name], { perm });
    const result = crop(emit.node("Conv", [swap(x as string), swap(dy as string)], { ...window, group: 1 }));
    return emit.node("Transpose", [result], { perm });
  }
  // Groups go to the front of the channels of one picture: [N, g c, ...] -> [c, g N, ...], and dy -> [g o, N, ...].
  const shape = (dims: readonly Dim[]) => emit.shape(dims);
  const batch = input.shape[0] as Dim;
  const split = emit.node("Reshape", [x as string, shape([batch, groups, channels, ...spatial(input)])]);
  const front = emit.node("Transpose", [split], { perm: [2, 1, 0, ...axes.map((a) => a + 1)] });
  const merged = emit.node("Reshape", [front, emit.constant([channels, -1, ...spatial(input)], "int64")]);
  const filters = emit.node("Transpose", [dy as string], { perm });
  const result = crop(emit.node("Conv", [merged, filters], { ...window, group: groups }));
  return emit.node("Transpose", [result], { perm });
};
