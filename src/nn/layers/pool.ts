import { OptionError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import { constant, currentScope, type Value } from "../../graph/index.js";
import { avgPool, cast, div, matmul, maximum, maxPool, mean, pad, repeat, slice, where } from "../../ops/index.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import type { LayerScope } from "../tracing.js";
import {
  carriedLength,
  countedIn,
  expectAxes,
  layerError,
  type Padding,
  type PerAxis,
  padsFor,
  perAxis,
  type Window,
  windowOf,
} from "./shared.js";
import { LOWEST, meanOfSteps } from "./timePool.js";

export interface PoolOptions extends LayerOptions {
  /** Window length in elements. */
  readonly kernel: PerAxis;
  /** Defaults to the kernel. */
  readonly stride?: PerAxis;
  /** Less than the kernel, so that every window holds an element; defaults to "valid". */
  readonly padding?: Padding;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether padded zeros count in the mean; defaults to true, as in PyTorch. */
  readonly countPadding?: boolean;
}

const checkPool = (kind: string, rank: number) => (options: PoolOptions) => void poolWindow(kind, rank, options);

function poolWindow(kind: string, rank: number, { kernel, stride = kernel, padding = "valid" }: PoolOptions): Window {
  const window = windowOf(kind, rank, { kernel, stride, padding });
  const over = Array.isArray(window.padding)
    ? window.padding.findIndex((n, i) => n >= (window.kernel[i] as number))
    : -1;
  if (over >= 0)
    throw new OptionError(
      `padding must be less than the kernel, got ${window.padding[over]} at a kernel of ${window.kernel[over]}.`,
      { place: kind, expected: window.kernel, actual: window.padding },
    );
  return window;
}

function poolAttrs(kind: string, rank: number, x: Value, options: PoolOptions) {
  expectAxes(
    x,
    rank === 1 ? "[batch, channels, length]" : "[batch, channels, height, width]",
    "Pool before flatten().",
  );
  const window = poolWindow(kind, rank, options);
  return {
    window,
    kernel: window.kernel,
    strides: window.strides,
    pads: padsFor(window, x.shape.slice(2) as number[]),
  };
}

/** Pools sequences of which some steps count, others not; steps beyond those that count then are 0. */
function poolSteps(
  x: Value,
  scope: LayerScope,
  { window, pads }: ReturnType<typeof poolAttrs>,
  pool: (x: Value, counted: Value | undefined) => Value,
): Value {
  const counted = countedIn(x, scope, 2);
  const y = pool(x, counted);
  scope.carryLengths(x.shape[2] as number, y.shape[2] as number, carriedLength(window, pads));
  const kept = counted && countedIn(y, scope, 2);
  return kept ? where(kept, y, 0) : y;
}

function maxLayer(kind: string, rank: number) {
  const make = defineLayer<PoolOptions>({
    kind,
    options: ["kernel", "stride", "padding"],
    check: checkPool(kind, rank),
    build: ([x], options, scope) => {
      const attrs = poolAttrs(kind, rank, x, options);
      const { kernel, strides, pads } = attrs;
      const pool = (from: Value) => maxPool(from, kernel, { strides, pads });
      if (rank > 1) return pool(x);
      return poolSteps(x, scope, attrs, (all, counted) => pool(counted ? where(counted, all, LOWEST) : all));
    },
  });
  return (kernel: PerAxis, options: Omit<PoolOptions, "kernel"> = {}): Layer<PoolOptions> =>
    make({ kernel, ...options });
}

function avgLayer(kind: string, rank: number) {
  const make = defineLayer<AvgPoolOptions>({
    kind,
    options: ["kernel", "stride", "padding", "countPadding"],
    check: checkPool(kind, rank),
    build: ([x], options, scope) => {
      const attrs = poolAttrs(kind, rank, x, options);
      const { kernel, strides, pads } = attrs;
      const { countPadding = true } = options;
      const pool = (from: Value, all = countPadding) => avgPool(from, kernel, { strides, pads, countPadding: all });
      if (rank > 1) return pool(x);
      return poolSteps(x, scope, attrs, (all, counted) => {
        if (counted === undefined) return pool(all);
        const sum = pool(where(counted, all, 0), true);
        // The share of each window that counts; a window of none is put to 0 later.
        return countPadding ? sum : div(sum, maximum(pool(cast(counted, "float32"), true), 1e-6));
      });
    },
  });
  return (kernel: PerAxis, options: Omit<AvgPoolOptions, "kernel"> = {}): Layer<AvgPoolOptions> =>
    make({ kernel, ...options });
}

/**
 * The largest element of each window: `[batch, channels, length] -> [batch, channels, length']`. Where the network has
 * lengths, what stands beyond an example's is never the largest.
 */
export const maxPool1d = maxLayer("maxPool1d", 1);
/** The largest element of each window: `[batch, channels, height, width] -> [batch, channels, height', width']`. */
export const maxPool2d = maxLayer("maxPool2d", 2);
/**
 * The mean of each window: `[batch, channels, length] -> [batch, channels, length']`. Where the network has lengths, what
 * stands beyond an example's counts as padded zeros do.
 */
export const avgPool1d = avgLayer("avgPool1d", 1);
/** The mean of each window: `[batch, channels, height, width] -> [batch, channels, height', width']`. */
export const avgPool2d = avgLayer("avgPool2d", 2);

const makeGlobalAvgPool = defineLayer<LayerOptions>({
  kind: "globalAvgPool",
  options: [],
  build: ([x], _, scope) => {
    if (x.shape.length < 3) throw layerError("[batch, channels, ...]", x, "Use it before flatten().");
    if (x.shape.length === 3) return meanOfSteps(x, scope, 2);
    return mean(x, x.shape.map((_, i) => i).slice(2));
  },
});

/**
 * The mean over all positions: `[batch, channels, ...] -> [batch, channels]` (Lin et al. 2014); of `[batch, channels,
 * length]` over those that count.
 */
export const globalAvgPool = (options: LayerOptions = {}): Layer => makeGlobalAvgPool(options);

export interface SubsampleOptions extends LayerOptions {
  /** Every how many positions one is kept, beginning with the first. */
  readonly stride: PerAxis;
  /** How many there are then, no fewer than before: channels of zeros come after those of x. Defaults to x's own. */
  readonly channels?: number;
}

const makeSubsample = defineLayer<SubsampleOptions>({
  kind: "subsample",
  options: ["stride", "channels"],
  check: ({ stride, channels = 1 }) => {
    perAxis("subsample", "stride", stride, 2);
    checkNumber("subsample", "channels", channels, { low: 1, integer: true });
  },
  build: ([x], { stride, channels }) => {
    expectAxes(x, "[batch, channels, height, width]", "Subsample pictures, not vectors.");
    const more = (channels ?? (x.shape[1] as number)) - (x.shape[1] as number);
    if (more < 0) throw layerError(`at most ${channels} channels`, x, "Give as many channels as there are, or more.");
    const steps = perAxis("subsample", "stride", stride, 2);
    const kept = slice(x, [undefined, undefined, ...steps.map((step) => [undefined, undefined, step] as const)]);
    return pad(kept, [0, 0, 0, 0], [0, more, 0, 0]);
  },
});

/**
 * Every few positions one, and channels of zeros added: `[batch, channels, height, width] -> [batch, channels',
 * ceil(height / stride), ceil(width / stride)]`. The way around without weights of He et al. 2016 (their option A).
 */
export const subsample = (stride: PerAxis, options: Omit<SubsampleOptions, "stride"> = {}): Layer<SubsampleOptions> =>
  makeSubsample({ stride, ...options });

export interface UpsampleOptions extends LayerOptions {
  /** How many times larger, a whole number or one per axis. */
  readonly factor: PerAxis;
  /** "nearest" repeats, "bilinear" interpolates between pixel centres (PyTorch's align_corners = false). Defaults to "nearest". */
  readonly mode?: "nearest" | "bilinear";
}

const makeUpsample = defineLayer<UpsampleOptions>({
  kind: "upsample",
  options: ["factor", "mode"],
  check: ({ factor, mode = "nearest" }) => {
    perAxis("upsample", "factor", factor, 2);
    if (mode !== "nearest" && mode !== "bilinear")
      throw new OptionError(`mode must be "nearest" or "bilinear", got "${mode}".`, {
        place: "upsample",
        actual: mode,
      });
  },
  build: ([x], { factor, mode = "nearest" }) => {
    expectAxes(x, "[batch, channels, height, width]", "Upsample pictures, not vectors.");
    const factors = perAxis("upsample", "factor", factor, 2);
    if (mode === "nearest") return repeat(x, factors);
    const [height, width] = x.shape.slice(2) as [number, number];
    const wider = matmul(x, interpolation(width, factors[1] as number), { transposeB: true });
    return matmul(interpolation(height, factors[0] as number), wider);
  },
});

/** Numbers in the matrix that enlarges a line; past it, "nearest" and a convolution do it in less. */
const LARGEST = 2 ** 24;

/** The matrix that enlarges a line: `[length factor, length]`, rows of weights that sum to 1. */
function interpolation(length: number, factor: number): Value {
  if (length * factor * length > LARGEST)
    throw new OptionError(`bilinear from ${length} to ${length * factor} is too large. Use mode "nearest".`, {
      place: currentScope(),
    });
  const rows = Array.from({ length: length * factor }, (_, i) => {
    const at = Math.min(length - 1, Math.max(0, (i + 0.5) / factor - 0.5));
    const left = Math.floor(at);
    const row = new Array<number>(length).fill(0);
    row[left] = 1 - (at - left);
    if (at > left) row[left + 1] = at - left;
    return row;
  });
  return constant(rows.flat(), [length * factor, length]);
}

/** Enlarges pictures: `[batch, channels, height, width] -> [batch, channels, height factor, width factor]`. */
export const upsample = (factor: PerAxis, options: Omit<UpsampleOptions, "factor"> = {}): Layer<UpsampleOptions> =>
  makeUpsample({ factor, ...options });
