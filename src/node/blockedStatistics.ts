import { type BlockedWriter, NCHWC } from "./blockedWriter.js";

/** Sums of more numbers than this are made in two steps, for the sake of their last digits. */
const LONGEST_SUM = 1024;

/** How many channels and positions blocked pictures have. */
interface Sizes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

type Reduction = "ReduceSum" | "ReduceMean";

/** `factor` times the sum of blocked pictures over positions, summed or averaged over pictures: `[C]`, called `output`. */
export function channelSums(
  write: BlockedWriter,
  reduction: Reduction,
  x: string,
  { channels, height, width }: Sizes,
  factor: number,
  b: number,
  output?: string,
): string {
  const area = height * width;
  const steps = area > LONGEST_SUM ? [width, height] : [area];
  let rows = area;
  let sums = x;
  for (const [i, length] of steps.entries()) {
    rows /= length;
    const weights = write.constant(new Array<number>(length).fill(i === 0 ? factor : 1), "float32", [1, length]);
    const lengths = rows > 1 ? [rows, length] : [length];
    sums = write.add("MatMul", [weights, write.reshape(sums, [-1, channels / b, ...lengths, b])]);
  }
  const input = [write.reshape(sums, [-1, channels]), write.constant([0], "int64")];
  return write.add(reduction, input, { keepdims: 0 }, { output });
}

/**
 * `factor` times the sum of x z over positions and `count` pictures, `[C]`: a depthwise convolution of x with z as the
 * filter, each picture's channels being channels of their own. Nothing is written but the sums, called `output`.
 */
export function productSums(
  write: BlockedWriter,
  x: string,
  z: string,
  { channels, height, width }: Sizes,
  count: number,
  factor: number,
  b: number,
  output?: string,
): string {
  let rows = height;
  while (rows > 1 && (height % rows !== 0 || rows * width > LONGEST_SUM)) rows--;
  const parts = height / rows;
  const group = count * channels * parts;
  const input = [write.reshape(x, [1, group, rows, width]), write.reshape(z, [group, 1, rows, width])];
  const each = write.add("Conv", input, { group, kernel_shape: [rows, width] }, { domain: NCHWC });
  const inParts = write.reshape(each, [count, channels / b, parts, b]);
  const ofPictures =
    parts === 1 ? each : write.add("ReduceSum", [inParts, write.constant([2], "int64")], { keepdims: 0 });
  const factors = write.constant(new Array<number>(count).fill(factor), "float32");
  return write.add("MatMul", [factors, write.reshape(ofPictures, [count, channels])], {}, { output });
}
