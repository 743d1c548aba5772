import { type BlockedWriter, NCHWC } from "./blockedWriter.js";

/** 1 where a picture plus another is 0 or more, else 0; a fraction for what lies 3.4e-39 below 0. */
const ATLEAST_0 = { activation: "HardSigmoid", activation_params: { floats: [3e38, 1] } };

/**
 * The way back through max pooling in blocks: dy in equal shares to the largest elements of each window of x, windows of
 * `kernel` covering x whole; y is the largest of each.
 */
export function writeRouteToLargest(
  write: BlockedWriter,
  { x, y, dy }: { readonly x: string; readonly y: string; readonly dy: string },
  channels: number,
  kernel: readonly number[],
): string {
  const domain = NCHWC;
  const area = kernel.reduce((n, length) => n * length, 1);
  const enlarge = (name: string) => write.add("Upsample", [name], { scales: [1, 1, ...kernel] }, { domain });
  const ones = write.constant(new Array<number>(channels).fill(1), "float32", [channels, 1, 1, 1]);
  const below = enlarge(write.add("Neg", [y]));
  const pointwise = { kernel_shape: [1, 1], group: channels };
  const mask = write.add("Conv", [x, ones, "", below], { ...pointwise, ...ATLEAST_0 }, { domain });
  const shares = write.add("AveragePool", [mask], { kernel_shape: kernel, strides: kernel }, { domain });
  const mean = write.add("Mul", [dy, write.constant([1 / area], "float32", [])]);
  return write.add("Mul", [mask, enlarge(write.add("Div", [mean, shares]))]);
}
