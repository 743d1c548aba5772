import type { OnnxAttrs } from "../graph/index.js";

/** How a window moves over the spatial axes, all in elements. */
export interface ConvAttrs {
  readonly strides: readonly number[];
  /** All the begins, then all the ends, as in ONNX: `[top, left, bottom, right]`. */
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  readonly [key: string]: readonly number[] | number;
}

/** A transposed convolution or filter gradient must be told the size it goes back to. */
export interface SizedConvAttrs extends ConvAttrs {
  /** The spatial lengths of the result. */
  readonly size: readonly number[];
}

/** A partly given ConvAttrs; the rest is stride 1, no padding, no dilation, one group. */
export type ConvOptions = { readonly [K in "strides" | "pads" | "dilations"]?: readonly number[] } & {
  readonly groups?: number;
};

/** Spatial lengths after a window of `kernel` has moved over `lengths`. */
export const windowedSize = (
  lengths: readonly number[],
  kernel: readonly number[],
  attrs: Omit<ConvAttrs, "groups">,
): number[] =>
  lengths.map((length, i) => {
    const rank = lengths.length;
    const reach = (attrs.dilations as readonly number[])[i] as number;
    const span = reach * ((kernel[i] as number) - 1) + 1;
    const pads = attrs.pads as readonly number[];
    const whole = length + (pads[i] as number) + (pads[i + rank] as number);
    return Math.floor((whole - span) / ((attrs.strides as readonly number[])[i] as number)) + 1;
  });

export const onnxWindow = ({ strides, pads, dilations, groups }: ConvAttrs, kernel: readonly number[]): OnnxAttrs => ({
  kernel_shape: kernel,
  strides,
  pads,
  dilations,
  group: groups,
});
