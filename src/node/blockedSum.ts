import { type BlockedWriter, NCHWC } from "./blockedWriter.js";

/**
 * Pictures that are worked out when they are needed: a sum of blocked pictures, each perhaps times a number per
 * channel, of numbers per channel, and of a convolution. A Relu comes for nothing with all but a plain sum.
 */
export interface BlockedSum {
  readonly channels: number;
  /** Blocked pictures, each perhaps times a vector of so many numbers. */
  readonly terms: readonly { readonly x: string; readonly by?: string }[];
  /** Vectors `[channels]`. */
  readonly offsets: readonly string[];
  /** Writes the convolution, given what is to be added to it. */
  readonly convolution?: (sum: string | undefined, relu: boolean) => string;
}

export const sumOf = (channels: number, parts: Partial<BlockedSum>): BlockedSum => ({
  channels,
  terms: [],
  offsets: [],
  ...parts,
});

/** The sum of two, of which only one may hold a convolution. */
export const joined = (a: BlockedSum, b: BlockedSum): BlockedSum => ({
  ...a,
  ...b,
  terms: [...a.terms, ...b.terms],
  offsets: [...a.offsets, ...b.offsets],
});

/**
 * Writes a sum. A number per channel is multiplied by a depthwise convolution of one tap, in ORT's kernels one pass
 * over memory that adds another picture, an offset and the Relu on the way.
 */
export function writeSum(write: BlockedWriter, sum: BlockedSum, relu = false): string {
  const { channels, convolution } = sum;
  const whole = sum.terms.filter(({ by }) => by === undefined).map(({ x }) => x);
  let scaled = sum.terms.filter((term): term is { x: string; by: string } => term.by !== undefined);
  let total: string | undefined = whole.length > 0 ? whole.reduce((a, b) => write.add("Add", [a, b])) : undefined;
  if (scaled.length === 0 && sum.offsets.length === 0) {
    if (convolution !== undefined) return convolution(total, relu);
    return relu ? write.add("Relu", [total as string]) : (total as string);
  }
  if (convolution !== undefined) total = convolution(total, false);
  const ones = () => write.constant(new Array<number>(channels).fill(1), "float32");
  if (scaled.length === 0) {
    scaled = [{ x: total as string, by: ones() }];
    total = undefined;
  }
  const offset = sum.offsets.length > 0 ? sum.offsets.reduce((a, b) => write.add("Add", [a, b])) : "";
  scaled.forEach(({ x, by }, i) => {
    const input = [x, write.reshape(by, [channels, 1, 1, 1]), i === 0 ? offset : "", total ?? ""];
    while (input.at(-1) === "") input.pop();
    const activation = relu && i === scaled.length - 1 ? { activation: "Relu" } : {};
    total = write.add("Conv", input, { kernel_shape: [1, 1], group: channels, ...activation }, { domain: NCHWC });
  });
  return total as string;
}
