import type { FilterWindow } from "../graph/index.js";
import { type BlockedWriter, NCHWC } from "./blockedWriter.js";

/** Numbers of a filter that stay in the processor's cache, for one block of channels and up to four of filters. */
const LARGEST_FILTER = 2 ** 18;

const product = (lengths: readonly number[]): number => lengths.reduce((n, length) => n * length, 1);

/**
 * `[O, C, height, width]` as the kernels want it: `[O/b, C/b, height, width, b of C, b of O]`. First a block of filters
 * goes innermost, which ORT's reordering does with all threads, then whole rows move. Fewer channels than a block stay
 * in order.
 */
export function blockFilter(write: BlockedWriter, w: string, shape: readonly number[], b: number): string {
  const [outputs, channels, ...kernel] = shape as [number, number, ...number[]];
  const taps = product(kernel);
  const inner = write.add("ReorderInput", [write.reshape(w, [1, outputs, channels, taps])], {}, { domain: NCHWC });
  if (channels < b) return write.reshape(inner, shape);
  const blocks = write.reshape(inner, [(outputs / b) * (channels / b), b, taps, b]);
  return write.reshape(write.transpose(blocks, [0, 2, 1, 3]), shape);
}

/** The blocks of a blocked filter, each turned over, and one of zeros where that is asked for: `[blocks taps, b b]`. */
function turnedBlocks(write: BlockedWriter, blocked: string, count: number, b: number, zeros = false): string {
  const blocks = write.reshape(blocked, [count, b, b, 1]);
  const turned = write.add("ReorderOutput", [blocks], { channels: b }, { domain: NCHWC });
  const rows = write.reshape(turned, [count, b * b]);
  const none = () => write.constant(new Array<number>(b * b).fill(0), "float32", [1, b * b]);
  return zeros ? write.add("Concat", [rows, none()], { axis: 0 }) : rows;
}

/**
 * The blocked filter `[C, O, ...]` of the way back through a convolution of stride 1, from the blocked one `[O, C, ...]`
 * of the way forth: each block of b by b turned over, and the blocks in another order.
 * @param count how many such filters there are, one behind the other
 */
export function turnFilter(
  write: BlockedWriter,
  blocked: string,
  shape: readonly number[],
  b: number,
  count = 1,
): string {
  const [outputs, channels, ...kernel] = shape as [number, number, ...number[]];
  const [filters, inputs, taps] = [outputs / b, channels / b, product(kernel)];
  const each = filters * inputs * taps;
  const rows = turnedBlocks(write, blocked, count * each, b);
  const order: number[] = [];
  for (let i = 0; i < inputs; i++)
    for (let o = 0; o < filters; o++)
      for (let tap = taps - 1; tap >= 0; tap--) order.push((o * inputs + i) * taps + tap);
  const together = [count * channels, outputs, ...kernel];
  if (order.every((at, i) => at === i)) return write.reshape(rows, together);
  const apart = write.reshape(rows, [count, each, b * b]);
  return write.reshape(write.add("Gather", [apart, write.constant(order, "int64")], { axis: 1 }), together);
}

/**
 * What one axis of a strided convolution's way back asks of each remainder of a position by the stride: the taps for the
 * inputs around it, from `before` of them on one side to `after` on the other.
 */
function remainders(kernel: number, stride: number, pad: number) {
  return Array.from({ length: stride }, (_, r) => {
    // Position s q + r gets input q + i through the tap s (q + i) + tap = s q + r + pad.
    const found = Array.from({ length: kernel }, (_, tap) => ({ tap, i: (r + pad - tap) / stride }));
    const taps = new Map(found.filter(({ i }) => Number.isInteger(i)).map(({ tap, i }) => [i, tap]));
    const [first, last] = [Math.min(0, ...taps.keys()), Math.max(0, ...taps.keys())];
    return {
      taps: Array.from({ length: last - first + 1 }, (_, a) => taps.get(first + a)),
      before: -first,
      after: last,
    };
  });
}

/**
 * The way back through a convolution with strides, `[N, O, h, w] -> [N, C, s h, t w]`: for each remainder of a position by
 * the strides a convolution with the taps that reach it (Shi et al. 2016, "Is the deconvolution layer the same as a
 * convolutional layer?"), and the results side by side.
 * @param blocked the blocked filter of the way forth, of the shape `[O, C, ...]`
 * @returns undefined where the window is not of that kind
 */
export function writeStridedBack(
  write: BlockedWriter,
  dy: BlockedPictures,
  blocked: () => string,
  shape: readonly number[],
  { strides, pads }: { readonly strides: readonly number[]; readonly pads: readonly number[] },
  size: readonly number[],
  b: number,
): string | undefined {
  const [outputs, channels, height, width] = shape as [number, number, number, number];
  const [s, t] = strides as [number, number];
  if (size[0] !== s * dy.height || size[1] !== t * dy.width) return undefined;
  const [filters, inputs, taps] = [outputs / b, channels / b, height * width];
  const none = filters * inputs * taps;
  const [lines, columns] = [remainders(height, s, pads[0] as number), remainders(width, t, pads[1] as number)];
  const gaps = [...lines, ...columns].some(({ taps: known }) => known.includes(undefined));
  const blocks = turnedBlocks(write, blocked(), none, b, gaps);
  const convolution = (down: Remainder, across: Remainder) => {
    const order: number[] = [];
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < filters; o++)
        for (const row of down.taps)
          for (const column of across.taps) {
            const known = row !== undefined && column !== undefined;
            order.push(known ? (o * inputs + i) * taps + row * width + column : none);
          }
    const kernel = [down.taps.length, across.taps.length];
    const filter = write.reshape(write.add("Gather", [blocks, write.constant(order, "int64")]), [
      channels,
      outputs,
      ...kernel,
    ]);
    const window = { kernel_shape: kernel, pads: [down.before, across.before, down.after, across.after] };
    return write.add("Conv", [dy.name, filter], window, { domain: NCHWC });
  };
  const sideBySide = (parts: readonly string[], length: number) =>
    write.add(
      "Concat",
      parts.map((part) => write.reshape(part, [-1, length])),
      { axis: 1 },
    );
  const rows = lines.map((down) =>
    sideBySide(
      columns.map((across) => convolution(down, across)),
      b,
    ),
  );
  return write.reshape(sideBySide(rows, t * dy.width * b), [-1, channels, s * dy.height, t * dy.width]);
}

type Remainder = ReturnType<typeof remainders>[number];

/** Blocked pictures `[N, channels, height, width]`. */
export interface BlockedPictures {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Rows of dy that go into the cache together, of which there is a whole number; undefined where one does not fit. */
function rowsTogether({ channels, height, width }: BlockedPictures, b: number): number | undefined {
  const row = Math.min(channels, 4 * b) * b * width;
  for (let rows = height; rows > 0; rows--) if (height % rows === 0 && rows * row <= LARGEST_FILTER) return rows;
  return undefined;
}

/** More rows than this are not worth a constant of their numbers: 2 MB. */
const MOST_ROWS = 2 ** 18;

/**
 * The numbers of the rows of a tensor `[halves, groups, b, filters, area]` in the order of
 * `[halves, filters, groups, area, b]`: all threads move rows by their numbers, one alone those of a Transpose.
 */
function transposedRows(
  write: BlockedWriter,
  halves: number,
  groups: number,
  b: number,
  filters: number,
  area: number,
): string {
  return write.once(`rows ${halves} ${groups} ${b} ${filters} ${area}`, () => {
    const rows: number[] = [];
    for (let half = 0; half < halves; half++)
      for (let filter = 0; filter < filters; filter++)
        for (let group = 0; group < groups; group++)
          for (let at = 0; at < area; at++)
            for (let i = 0; i < b; i++) rows.push((((half * groups + group) * b + i) * filters + filter) * area + at);
    return write.constant(rows, "int64");
  });
}

/**
 * The gradient of a convolution by its filter as one convolution in the blocked layout, pictures taking the place of
 * channels: x `[C/b, N, height, width b]`, a block of channels lying side by side along the width, is correlated with
 * the filter dy `[O, N, ...]`, dilated by b so that it meets each channel by itself. All of the result is used. Where dy
 * is large its rows are divided among more "pictures", and x's with them.
 * @param count the number N of pictures, which must fill whole blocks
 * @returns undefined where the window is not of that kind
 */
export function writeFilterGradient(
  write: BlockedWriter,
  x: BlockedPictures,
  dy: BlockedPictures,
  { strides, pads, dilations, groups, size }: FilterWindow,
  count: number,
  b: number,
): ((output: string) => void) | undefined {
  const [kernelHeight, kernelWidth] = size as [number, number];
  const [down, across] = strides as [number, number];
  const [top, left] = pads as [number, number];
  const rows = rowsTogether(dy, b);
  if (groups > 1 || dilations.some((d) => d > 1) || rows === undefined) return undefined;
  const bottom = kernelHeight + down * (dy.height - 1) - x.height - top;
  const right = kernelWidth + across * (dy.width - 1) - x.width - left;
  if (bottom < 0 || right < 0) return undefined;
  return (output) => {
    const [blocks, filters] = [x.channels / b, dy.channels / b];
    const { height, width } = x;
    const whole = rows === dy.height;
    const blockByBlock = Array.from({ length: blocks * count }, (_, i) => (i % count) * blocks + Math.floor(i / count));
    const ordered = () =>
      write.add("Gather", [write.reshape(x.name, [-1, height * width * b]), write.constant(blockByBlock, "int64")]);
    const wide = write.reshape(blocks === 1 ? x.name : ordered(), [blocks, count, height, width * b]);
    const pictures = write.add("ReorderInput", [wide], {}, { domain: NCHWC });
    // The kernels are slow at the sides of a padded picture, which here are a large part of it. A last row of zeros is
    // for the places above and below. A convolution by 1 pads with all threads.
    const ones = write.constant(new Array<number>(count).fill(1), "float32", [count, 1, 1, 1]);
    const sides = { kernel_shape: [1, 1], group: count, pads: [0, left * b, whole ? 0 : 1, right * b] };
    const padded =
      left + right === 0 && whole ? pictures : write.add("Conv", [pictures, ones], sides, { domain: NCHWC });
    const span = (rows - 1) * down + kernelHeight;
    const parts = Array.from({ length: dy.height / rows }, (_, part) =>
      Array.from({ length: span }, (_, i) => part * rows * down + i - top).map((i) =>
        i >= 0 && i < height ? i : height,
      ),
    );
    const indices = () => write.constant(parts.flat(), "int64", [parts.length, span]);
    const row = (left + width + right) * b;
    const lines = () => write.reshape(padded, [-1, height + 1, row * b]);
    const divided = whole ? padded : write.add("Gather", [lines(), indices()], { axis: 1 });
    const input = whole ? padded : write.reshape(divided, [blocks, -1, span, row]);

    const area = dy.height * dy.width;
    // ORT's threads share the rows of the result. An odd number is made even by taking the pictures in two halves.
    const results = blocks * Math.ceil(filters / 4) * kernelHeight;
    const halves = results % 2 === 1 && count % (2 * b) === 0 ? 2 : 1;
    const groups = count / halves / b;
    const each = () => write.reshape(dy.name, [halves, groups, b, filters, area, b]);
    const slopes =
      count * filters * area > MOST_ROWS
        ? write.transpose(each(), [0, 3, 1, 4, 2, 5])
        : write.add("Gather", [
            write.reshape(dy.name, [-1, b]),
            transposedRows(write, halves, groups, b, filters, area),
          ]);
    const filter = write.reshape(slopes, [halves * dy.channels, -1, rows, dy.width]);
    const window = {
      kernel_shape: [rows, dy.width],
      pads: whole ? [top, 0, bottom, 0] : [0, 0, 0, 0],
      dilations: [down, across * b],
      group: halves,
    };
    const result = write.add("Conv", [input, filter], window, { domain: NCHWC });
    // [C/b, O, taps, b] -> [O, C, ...size]; the product with 1 swaps the last two by all threads.
    const taps = kernelHeight * kernelWidth;
    const own = write.add("ReorderOutput", [result], { channels: halves * dy.channels }, { domain: NCHWC });
    const sums = () => {
      const eachHalf = write.reshape(own, [blocks, halves, dy.channels * taps * b]);
      return write.add("ReduceSum", [eachHalf, write.constant([1], "int64")], { keepdims: 0 });
    };
    const byFilter = write.reshape(halves === 1 ? own : sums(), [blocks * dy.channels, taps, b]);
    const one = Array.from({ length: taps * taps }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0));
    const identity = write.constant(one, "float32", [taps, taps]);
    const swapped = write.add("FusedMatMul", [byFilter, identity], { transA: 1 }, { domain: "com.microsoft" });
    if (blocks === 1) write.reshape(swapped, [dy.channels, x.channels, ...size], output);
    else {
      const byBlock = write.reshape(swapped, [blocks, dy.channels, b * taps]);
      write.reshape(write.transpose(byBlock, [1, 0, 2]), [dy.channels, x.channels, ...size], output);
    }
  };
}
