import { OptionError } from "../../base/errors.js";
import type { Value } from "../../graph/index.js";
import { constant } from "../../graph/index.js";
import { avgPool, matmul, maxPool, mean, repeat } from "../../ops/index.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import { expectAxes, type Padding, type PerAxis, padsFor, perAxis } from "./shared.js";

export interface PoolOptions extends LayerOptions {
  /** Window length in elements. */
  readonly kernel: PerAxis;
  /** Defaults to the kernel. */
  readonly stride?: PerAxis;
  /** Defaults to "valid". */
  readonly padding?: Padding;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether padded zeros count in the mean; defaults to true, as in PyTorch. */
  readonly countPadding?: boolean;
}

function windowOf(kind: string, rank: number, x: Value, { kernel: k, stride = k, padding = "valid" }: PoolOptions) {
  expectAxes(
    x,
    rank === 1 ? "[batch, channels, length]" : "[batch, channels, height, width]",
    "Pool before flatten().",
  );
  const kernel = perAxis(kind, "kernel", k, rank);
  const strides = perAxis(kind, "stride", stride, rank);
  const dilations = kernel.map(() => 1);
  return {
    kernel,
    strides,
    pads: padsFor(kind, padding, x.shape.slice(2) as number[], { kernel, strides, dilations }),
  };
}

function maxLayer(kind: string, rank: number) {
  const make = defineLayer<PoolOptions>({
    kind,
    options: ["kernel", "stride", "padding"],
    build: ([x], options) => {
      const { kernel, strides, pads } = windowOf(kind, rank, x, options);
      return maxPool(x, kernel, { strides, pads });
    },
  });
  return (kernel: PerAxis, options: Omit<PoolOptions, "kernel"> = {}): Layer<PoolOptions> =>
    make({ kernel, ...options });
}

function avgLayer(kind: string, rank: number) {
  const make = defineLayer<AvgPoolOptions>({
    kind,
    options: ["kernel", "stride", "padding", "countPadding"],
    build: ([x], options) => {
      const { kernel, strides, pads } = windowOf(kind, rank, x, options);
      return avgPool(x, kernel, { strides, pads, countPadding: options.countPadding ?? true });
    },
  });
  return (kernel: PerAxis, options: Omit<AvgPoolOptions, "kernel"> = {}): Layer<AvgPoolOptions> =>
    make({ kernel, ...options });
}

/** The largest element of each window: `[batch, channels, length] -> [batch, channels, length']`. */
export const maxPool1d = maxLayer("maxPool1d", 1);
/** The largest element of each window: `[batch, channels, height, width] -> [batch, channels, height', width']`. */
export const maxPool2d = maxLayer("maxPool2d", 2);
/** The mean of each window: `[batch, channels, length] -> [batch, channels, length']`. */
export const avgPool1d = avgLayer("avgPool1d", 1);
/** The mean of each window: `[batch, channels, height, width] -> [batch, channels, height', width']`. */
export const avgPool2d = avgLayer("avgPool2d", 2);

const makeGlobalAvgPool = defineLayer<LayerOptions>({
  kind: "globalAvgPool",
  options: [],
  build: ([x]) => mean(x, x.shape.map((_, i) => i).slice(2)),
});

/** The mean over all positions: `[batch, channels, ...] -> [batch, channels]` (Lin et al. 2014). */
export const globalAvgPool = (options: LayerOptions = {}): Layer => makeGlobalAvgPool(options);

export interface UpsampleOptions extends LayerOptions {
  /** How many times larger, a whole number. */
  readonly factor: PerAxis;
  /** "nearest" repeats, "bilinear" interpolates between pixel centres (PyTorch's align_corners = false). Defaults to "nearest". */
  readonly mode?: "nearest" | "bilinear";
}

const makeUpsample = defineLayer<UpsampleOptions>({
  kind: "upsample",
  options: ["factor", "mode"],
  check: ({ mode = "nearest" }) => {
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

/** The matrix that enlarges a line: `[length factor, length]`, rows of weights that sum to 1. */
function interpolation(length: number, factor: number): Value {
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
