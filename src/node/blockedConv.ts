import type { FilterWindow } from "../graph/index.js";
import { type BlockedWriter, NCHWC } from "./blockedWriter.js";

/** Rows and columns of an output gradient that, as a filter, stays in the processor's cache. */
const LARGEST_FILTER = 32 * 32;

const product = (lengths: readonly number[]): number => lengths.reduce((n, length) => n * length, 1);

/**
 * `[O, C, height, width]` as the kernels want it: `[O/b, C/b, height, width, b of C, b of O]`. Two steps that move
 * whole rows are four times faster than one that moves single numbers. Fewer channels than a block stay as they are.
 */
export function blockFilter(write: BlockedWriter, w: string, shape: readonly number[], b: number): string {
  const [outputs, channels, ...kernel] = shape as [number, number, ...number[]];
  const taps = product(kernel);
  const rows = write.reshape(w, [outputs / b, b, channels * taps]);
  const inner = write.transpose(rows, [0, 2, 1]);
  if (channels < b) return write.reshape(inner, shape);
  const blocks = write.reshape(inner, [(outputs / b) * (channels / b), b, taps, b]);
  return write.reshape(write.transpose(blocks, [0, 2, 1, 3]), shape);
}

/** Blocked pictures `[N, channels, height, width]`. */
export interface BlockedPictures {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * The gradient of a convolution by its filter as one convolution in the blocked layout, pictures taking the place of
 * channels: x `[C/b, N, height, width b]`, a block of channels lying side by side along the width, is correlated with
 * the filter dy `[O, N, ...]`, dilated by b so that it meets each channel by itself. All of the result is used.
 * N must fill whole blocks.
 * @returns undefined where the window is not of that kind
 */
export function writeFilterGradient(
  write: BlockedWriter,
  x: BlockedPictures,
  dy: BlockedPictures,
  { strides, pads, dilations, groups, size }: FilterWindow,
  b: number,
): ((output: string) => void) | undefined {
  const [kernelHeight, kernelWidth] = size as [number, number];
  const [down, across] = strides as [number, number];
  const [top, left] = pads as [number, number];
  if (groups > 1 || dilations.some((d) => d > 1) || dy.height * dy.width > LARGEST_FILTER) return undefined;
  const bottom = kernelHeight + down * (dy.height - 1) - x.height - top;
  const right = kernelWidth + across * (dy.width - 1) - x.width - left;
  if (bottom < 0 || right < 0) return undefined;
  return (output) => {
    const [blocks, filters] = [x.channels / b, dy.channels / b];
    const { height, width } = x;
    const perBlock = write.reshape(x.name, [-1, blocks, height * width * b]);
    const ordered = blocks === 1 ? perBlock : write.transpose(perBlock, [1, 0, 2]);
    const wide = write.reshape(ordered, [blocks, -1, height, width * b]);
    const pictures = write.add("ReorderInput", [wide], {}, { domain: NCHWC });
    // The kernels are slow at the sides of a padded picture, which here are a large part of it.
    const rows = write.reshape(pictures, [-1, width * b * b]);
    const sides = write.constant([0, left * b * b, 0, right * b * b], "int64");
    const padded = left + right === 0 ? rows : write.add("Pad", [rows, sides]);
    const input = write.reshape(padded, [blocks, -1, height, (left + width + right) * b]);

    const area = dy.height * dy.width;
    const slopes = write.transpose(write.reshape(dy.name, [-1, b, filters, area, b]), [2, 0, 3, 1, 4]);
    const filter = write.reshape(slopes, [dy.channels, -1, dy.height, dy.width]);
    const window = {
      kernel_shape: [dy.height, dy.width],
      pads: [top, 0, bottom, 0],
      dilations: [down, across * b],
    };
    const result = write.add("Conv", [input, filter], window, { domain: NCHWC });
    // [C/b, O/b, taps, b of C, b of O] -> [O, C, ...size], whole rows of taps moving in the second step.
    const taps = kernelHeight * kernelWidth;
    const inner = write.transpose(write.reshape(result, [blocks * filters, taps, b * b]), [0, 2, 1]);
    const byOutput = write.transpose(write.reshape(inner, [blocks, filters, b, b, taps]), [1, 3, 0, 2, 4]);
    write.reshape(byOutput, [dy.channels, x.channels, ...size], output);
  };
}
