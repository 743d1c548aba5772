import type { Emit, Node, Value } from "../graph/index.js";
import { type ConvAttrs, onnxWindow, type SizedConvAttrs } from "./convAttrs.js";
import { matrixProduct, seesAll } from "./convProducts.js";

type Lowering<A extends ConvAttrs = SizedConvAttrs> = (emit: Emit, x: readonly string[], node: Node<A>) => string;

const spatial = (x: Value): number[] => x.shape.slice(2) as number[];

/** `Conv`, or a matrix product where a filter takes in the whole picture. */
export const lowerConv: Lowering<ConvAttrs> = (emit, x, { attrs, inputs, outputs }) => {
  const [kernel, lengths] = [spatial(inputs[1] as Value), (outputs[0] as Value).shape.slice(1) as number[]];
  if (seesAll(attrs, kernel, spatial(inputs[0] as Value)))
    return matrixProduct(emit, x, inputs, lengths, { transB: 1 });
  return emit.node("Conv", x, onnxWindow(attrs, kernel));
};

/**
 * A matrix product where a filter takes in the whole result. Stride 1: `Conv` of the output gradient with the flipped, transposed filter, which is 1.6 times faster than ORT's
 * `ConvTranspose`. Otherwise `ConvTranspose`, its output padding worked out from the size asked for.
 */
export const lowerConvTranspose: Lowering = (emit, [y, w], { attrs, inputs }) => {
  const weight = inputs[1] as Value;
  const kernel = spatial(weight);
  const { strides, pads, dilations, groups, size } = attrs;
  if (seesAll(attrs, kernel, size))
    return matrixProduct(emit, [y as string, w as string], inputs, weight.shape.slice(1) as number[]);
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

const product = (lengths: readonly number[]): number => lengths.reduce((n, length) => n * length, 1);
