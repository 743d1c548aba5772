import { OptionError, ShapeError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import { formatShape } from "../../base/shape.js";
import { currentScope, type Value } from "../../graph/index.js";
import { add, conv, convTranspose, reshape, where } from "../../ops/index.js";
import type { Initializer } from "../initializers.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import type { LayerScope } from "../tracing.js";
import {
  carriedLength,
  countedIn,
  expectAxes,
  type Padding,
  type PerAxis,
  padsFor,
  perAxis,
  windowOf,
} from "./shared.js";
import { checkSpectral, type SpectralOptions, weightOf } from "./spectral.js";

export interface ConvLayerOptions extends LayerOptions, SpectralOptions {
  /** How many kernels, that is, output channels. */
  readonly filters: number;
  /** Kernel length in elements, for all axes or one per axis. */
  readonly kernel: PerAxis;
  /** In elements; defaults to 1. */
  readonly stride?: PerAxis;
  /** Defaults to "valid". */
  readonly padding?: Padding;
  /** Distance between the kernel's elements; defaults to 1. */
  readonly dilation?: PerAxis;
  /** Channels are convolved in this many groups of their own; the number of channels makes it depthwise. Defaults to 1. */
  readonly groups?: number;
  /** Defaults to true. */
  readonly bias?: boolean;
  /** Of the weight; defaults to "he". */
  readonly initializer?: Initializer;
}

type ConvExtras = Omit<ConvLayerOptions, "filters" | "kernel">;

function checkCounts(kind: string, { filters, groups = 1 }: { filters: number; groups?: number }): void {
  checkNumber(kind, "filters", filters, { low: 1, integer: true });
  checkNumber(kind, "groups", groups, { low: 1, integer: true });
}

function checkGroups(channels: number, filters: number, groups: number): void {
  if (channels % groups !== 0 || filters % groups !== 0)
    throw new OptionError(
      `${groups} groups do not divide ${channels} input channels and ${filters} filters. Choose a number that divides both.`,
      { place: currentScope() },
    );
}

const checkConv = (kind: string, rank: number) => (options: ConvLayerOptions) => {
  checkCounts(kind, options);
  checkSpectral(kind, options);
  windowOf(kind, rank, options);
};

function buildConv(kind: string, rank: number, x: Value, options: ConvLayerOptions, scope: LayerScope): Value {
  const { filters, groups = 1, bias = true, initializer = "he", spectralNorm = false } = options;
  const window = windowOf(kind, rank, options);
  const channels = x.shape[1] as number;
  checkGroups(channels, filters, groups);
  const shape = [filters, channels / groups, ...window.kernel];
  const weight = weightOf(scope, { shape, initializer, spectralNorm });
  const offset = bias ? scope.parameter("bias", [filters], "zeros") : undefined;
  const pads = padsFor(window, x.shape.slice(2) as number[]);
  const attrs = { strides: window.strides, dilations: window.dilations, pads, groups };
  if (rank > 1) return conv(x, weight, offset, attrs);
  const counted = countedIn(x, scope, 2);
  const y = conv(counted ? where(counted, x, 0) : x, weight, offset, attrs);
  scope.carryLengths(x.shape[2] as number, y.shape[2] as number, carriedLength(window, pads));
  return y;
}

const common = [
  "filters",
  "kernel",
  "stride",
  "padding",
  "dilation",
  "groups",
  "bias",
  "initializer",
  "spectralNorm",
] as const;

const makeConv1d = defineLayer<ConvLayerOptions>({
  kind: "conv1d",
  options: common,
  check: checkConv("conv1d", 1),
  build: ([x], options, scope) => {
    expectAxes(x, "[batch, channels, length]", "Channels come before the length.");
    return buildConv("conv1d", 1, x, options, scope);
  },
});

/**
 * 1-D convolution: `[batch, channels, length] -> [batch, filters, length']`. `weight` [filters, channels/groups, kernel],
 * `bias` [filters]; with `spectralNorm` also `weight_u` [filters].
 * Where the network has lengths, what stands beyond an example's counts as zeros.
 */
export const conv1d = (filters: number, kernel: PerAxis, options: ConvExtras = {}): Layer<ConvLayerOptions> =>
  makeConv1d({ filters, kernel, ...options });

const makeConv2d = defineLayer<ConvLayerOptions>({
  kind: "conv2d",
  options: common,
  check: checkConv("conv2d", 2),
  build: ([x], options, scope) => {
    expectAxes(x, "[batch, channels, height, width]", "Use reshape([channels, height, width]) before it.");
    return buildConv("conv2d", 2, x, options, scope);
  },
});

/**
 * 2-D convolution (LeCun et al. 1989): `[batch, channels, height, width] -> [batch, filters, height', width']`.
 * Weights: `weight` [filters, channels/groups, kernel height, kernel width], `bias` [filters]; with `spectralNorm` also
 * `weight_u` [filters].
 */
export const conv2d = (filters: number, kernel: PerAxis, options: ConvExtras = {}): Layer<ConvLayerOptions> =>
  makeConv2d({ filters, kernel, ...options });

export interface ConvTransposeOptions extends LayerOptions, SpectralOptions {
  readonly filters: number;
  readonly kernel: PerAxis;
  /** How far the output moves per input element; defaults to 1. */
  readonly stride?: PerAxis;
  /** How many elements are cut off the output on both sides; defaults to 0. */
  readonly padding?: PerAxis;
  /** Elements added at the end of the output, fewer than the stride; defaults to 0. */
  readonly outputPadding?: PerAxis;
  /** Defaults to 1. */
  readonly dilation?: PerAxis;
  /** Defaults to 1. */
  readonly groups?: number;
  /** Defaults to true. */
  readonly bias?: boolean;
  /** Of the weight; defaults to "he". */
  readonly initializer?: Initializer;
}

/** The options per axis, checked. */
function transposeWindow(options: ConvTransposeOptions) {
  const list = (name: "kernel" | "stride" | "padding" | "outputPadding" | "dilation", low: number) =>
    perAxis("convTranspose2d", name, name === "kernel" ? options.kernel : (options[name] ?? low), 2, low) as [
      number,
      number,
    ];
  const [strides, extra] = [list("stride", 1), list("outputPadding", 0)];
  const over = extra.findIndex((n, i) => n >= (strides[i] as number));
  if (over >= 0)
    throw new OptionError(
      `outputPadding must be less than the stride, got ${extra[over]} at a stride of ${strides[over]}.`,
      { place: "convTranspose2d", expected: strides, actual: extra },
    );
  return { kernel: list("kernel", 1), strides, extra, padding: list("padding", 0), dilations: list("dilation", 1) };
}

const makeConvTranspose2d = defineLayer<ConvTransposeOptions>({
  kind: "convTranspose2d",
  options: [...common, "outputPadding"],
  check: (options) => {
    checkCounts("convTranspose2d", options);
    checkSpectral("convTranspose2d", options);
    transposeWindow(options);
  },
  build: ([x], options, scope) => {
    expectAxes(x, "[batch, channels, height, width]", "Use reshape([channels, height, width]) before it.");
    const { filters, groups = 1, bias = true, initializer = "he", spectralNorm = false } = options;
    const { kernel, strides, padding, extra, dilations } = transposeWindow(options);
    const channels = x.shape[1] as number;
    checkGroups(channels, filters, groups);
    const size = ([0, 1] as const).map(
      (i) =>
        ((x.shape[i + 2] as number) - 1) * strides[i] - 2 * padding[i] + dilations[i] * (kernel[i] - 1) + 1 + extra[i],
    );
    if (size.some((n) => n < 1))
      throw new ShapeError(`a padding of [${padding.join(", ")}] would leave nothing of ${formatShape(x.shape)}.`, {
        place: currentScope(),
        actual: padding,
      });
    const shape = [channels, filters / groups, ...kernel];
    const weight = weightOf(scope, { shape, initializer, spectralNorm, outputs: 1 });
    const y = convTranspose(x, weight, { strides, pads: [...padding, ...padding], dilations, groups, size });
    return bias ? add(y, reshape(scope.parameter("bias", [filters], "zeros"), [filters, 1, 1])) : y;
  },
});

/**
 * Transposed 2-D convolution, which enlarges (Zeiler et al. 2010):
 * `[batch, channels, height, width] -> [batch, filters, (height-1) stride - 2 padding + dilation (kernel-1) + outputPadding + 1, ...]`.
 * Weights: `weight` [channels, filters/groups, kernel height, kernel width], `bias` [filters]; with `spectralNorm` also
 * `weight_u` [filters/groups].
 */
export const convTranspose2d = (
  filters: number,
  kernel: PerAxis,
  options: Omit<ConvTransposeOptions, "filters" | "kernel"> = {},
): Layer<ConvTransposeOptions> => makeConvTranspose2d({ filters, kernel, ...options });
