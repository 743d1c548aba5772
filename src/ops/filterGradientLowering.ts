import type { Dim } from "../base/shape.js";
import type { Emit, Node, Value } from "../graph/index.js";
import { type ConvAttrs, onnxWindow, type SizedConvAttrs } from "./convAttrs.js";
import { matrixProduct, seesAll } from "./convProducts.js";

type Lowering = (emit: Emit, x: readonly string[], node: Node<SizedConvAttrs>) => string;

/** Numbers that the columns of one picture may have: 8 MiB, a quarter of a gigabyte in a batch of 32. */
const LARGEST_COLUMNS = 2 ** 21;

const spatial = (x: Value): number[] => x.shape.slice(2) as number[];
const product = (lengths: readonly number[]): number => lengths.reduce((n, length) => n * length, 1);
const int64 = (emit: Emit, data: readonly number[]): string => emit.constant(data, "int64");
const reshape = (emit: Emit, x: string, shape: readonly number[]): string =>
  emit.node("Reshape", [x, int64(emit, shape)]);
const transpose = (emit: Emit, x: string, perm: readonly number[]): string => emit.node("Transpose", [x], { perm });

/** Maps `[N, rows, ...]`: for each channel one for every place that it was moved by. */
interface Maps {
  readonly name: string;
  readonly rows: number;
  readonly places: number;
}

/**
 * The gradient of `conv` by its filter, `[N, C, ...], [N, O, ...] -> [O, C/groups, ...size]`, as a matrix product over
 * pictures and positions: that alone where a filter takes in a whole picture. Else one side moves by the places of the
 * kernel, which a `Conv` with filters of a single 1 does faster than anything else: x by all of them (im2col), or, where
 * that makes fewer numbers, x by the kernel's rows and dy by its columns.
 */
export const lowerFilterGradient: Lowering = (emit, [x, dy], node) => {
  const { attrs, inputs } = node;
  const [channels, filters] = inputs.map((v) => v.shape[1]) as [number, number];
  const { groups, size } = attrs;
  if (seesAll(attrs, size, spatial(inputs[0] as Value)))
    return matrixProduct(emit, [dy as string, x as string], [...inputs].reverse(), [channels, ...size], { transA: 1 });
  const positions = product(spatial(inputs[1] as Value));
  if (channels * product(size) * positions > LARGEST_COLUMNS)
    return lowerBySwapping(emit, [x as string, dy as string], node);
  const [picture, slope] = [
    { name: x as string, rows: channels, places: 1 },
    { name: dy as string, rows: filters, places: 1 },
  ];
  const finish = (sums: string) =>
    reshape(emit, transpose(emit, reshape(emit, sums, [-1, filters]), [1, 0]), [filters, channels / groups, ...size]);
  if (splits(channels, filters, attrs)) {
    const [height, width] = size as [number, number];
    const [top, left, bottom, right] = attrs.pads as [number, number, number, number];
    const [down, across] = attrs.dilations as [number, number];
    const reach = across * (width - 1);
    const rows = moved(emit, picture, [height, 1], { ...attrs, pads: [top, 0, bottom, 0], dilations: [down, 1] });
    // dy moves the other way, over the whole width of x.
    const window = { ...attrs, pads: [0, reach - left, 0, reach - right], dilations: [1, across] };
    const columns = moved(emit, slope, [1, width], window, true);
    const area = product([...spatial(inputs[1] as Value).slice(0, 1), ...spatial(inputs[0] as Value).slice(1)]);
    return finish(contract(emit, rows, columns, area, 1));
  }
  return finish(contract(emit, moved(emit, picture, size, attrs), slope, positions, groups));
};

/** Whether moving x by rows and dy by columns is possible, and makes fewer numbers. */
function splits(
  channels: number,
  filters: number,
  { strides, pads, dilations, groups, size }: SizedConvAttrs,
): boolean {
  const [height, width] = size as [number, number];
  if (size.length !== 2 || groups > 1 || strides.some((s) => s > 1)) return false;
  const reach = (dilations[1] as number) * (width - 1);
  const fits = (pads[1] as number) <= reach && (pads[3] as number) <= reach;
  return fits && channels * height + filters * width < channels * height * width;
}

/**
 * Each map at every place of a kernel, `[N, rows, ...] -> [N, rows k, ...]`; `backwards` from the kernel's last place
 * to its first.
 */
function moved(
  emit: Emit,
  { name, rows }: Maps,
  kernel: readonly number[],
  { strides, pads, dilations }: ConvAttrs,
  backwards = false,
): Maps {
  const taps = product(kernel);
  const filters = new Float32Array(rows * taps * taps);
  for (let row = 0; row < rows * taps; row++)
    filters[row * taps + (backwards ? taps - 1 - (row % taps) : row % taps)] = 1;
  const oneHot = emit.constant(filters, "float32", [rows * taps, 1, ...kernel]);
  return {
    name: emit.node("Conv", [name, oneHot], onnxWindow({ strides, pads, dilations, groups: rows }, kernel)),
    rows: rows * taps,
    places: taps,
  };
}

/**
 * The products of every left map with every right map of its group, summed over pictures and positions:
 * `[N, L, ...], [N, R k, ...] -> [L / groups, k R]`, k being the right side's places. Either a product per picture,
 * summed, or one for all, for which the maps must be transposed: what moves fewer numbers.
 */
function contract(emit: Emit, left: Maps, right: Maps, positions: number, groups: number): string {
  const { places } = right;
  const filters = right.rows / places;
  const products = left.rows * right.rows;
  if (groups === 1 && products > (left.rows + right.rows) * positions) {
    const across = ({ name, rows, places }: Maps, perm: readonly number[]) =>
      reshape(emit, transpose(emit, reshape(emit, name, [0, rows / places, places, positions]), perm), [rows, -1]);
    return emit.node("Gemm", [across(left, [1, 2, 0, 3]), across(right, [2, 1, 0, 3])], { transB: 1 });
  }
  const [a, b] = [left, right].map(({ name, rows }) => reshape(emit, name, [0, groups, rows / groups, positions]));
  const perPicture = emit.node("MatMul", [a as string, transpose(emit, b as string, [0, 1, 3, 2])]);
  const sums = emit.node("ReduceSum", [perPicture, int64(emit, [0])], { keepdims: 0 });
  // [groups, L / groups, R k / groups] -> [L / groups, k R]
  const split = reshape(emit, sums, [groups, left.rows / groups, filters / groups, places]);
  return reshape(emit, transpose(emit, split, [1, 3, 0, 2]), [left.rows / groups, right.rows]);
}

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
