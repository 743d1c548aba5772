import * as nn from "../../src/nn/index.js";
import type { LayerFixture } from "../fixtures/read.js";
import type { LayerCase } from "./layerCase.js";

type Options = Readonly<Record<string, unknown>>;

/** Fixtures write a layer's options as one record; midst takes some of them as arguments, and names some differently. */
const makers: Readonly<Record<string, (options: never) => nn.Layer>> = {
  dense: ({ units, ...rest }: { units: number }) => nn.dense(units, rest),
  embedding: ({ count, size, ...rest }: { count: number; size: number }) => nn.embedding(count, size, rest),
  conv1d: ({ filters, kernel, ...rest }: { filters: number; kernel: nn.PerAxis }) => nn.conv1d(filters, kernel, rest),
  conv2d: ({ filters, kernel, ...rest }: { filters: number; kernel: nn.PerAxis }) => nn.conv2d(filters, kernel, rest),
  convTranspose2d: ({ filters, kernel, ...rest }: { filters: number; kernel: nn.PerAxis }) =>
    nn.convTranspose2d(filters, kernel, rest),
  maxPool1d: ({ size, ...rest }: { size: number }) => nn.maxPool1d(size, rest),
  maxPool2d: ({ size, ...rest }: { size: number }) => nn.maxPool2d(size, rest),
  avgPool2d: ({ size, countIncludePad, ...rest }: { size: number; countIncludePad?: boolean }) =>
    nn.avgPool2d(size, { ...rest, ...(countIncludePad !== undefined && { countPadding: countIncludePad }) }),
  globalAvgPool: nn.globalAvgPool,
  subsample: ({ stride, ...rest }: { stride: nn.PerAxis }) => nn.subsample(stride, rest),
  upsample: ({ factor, ...rest }: { factor: number }) => nn.upsample(factor, rest),
  flatten: nn.flatten,
  batchNorm: nn.batchNorm,
  layerNorm: ({ shape, ...rest }: { shape: number[] }) => nn.layerNorm({ axes: shape.length, ...rest }),
  groupNorm: ({ groups, ...rest }: { groups: number }) => nn.groupNorm(groups, rest),
  relu: nn.relu,
  leakyRelu: ({ slope, ...rest }: { slope: number }) => nn.leakyRelu(slope, rest),
  elu: ({ alpha, ...rest }: { alpha: number }) => nn.elu(alpha, rest),
  gelu: nn.gelu,
  silu: nn.silu,
  sigmoid: nn.sigmoid,
  tanh: nn.tanh,
  softmax: nn.softmax,
  add: nn.add,
  permute: ({ axes, ...rest }: { axes: number[] }) => nn.permute(...axes, rest),
  timePool: ({ what, ...rest }: { what: "mean" | "max" | "last" }) => nn.timePool(what, rest),
  attention: ({ heads, ...rest }: { heads: number }) => nn.attention(heads, rest),
  positionalEncoding: nn.positionalEncoding,
  transformerBlock: ({ heads, ...rest }: { heads: number }) => nn.transformerBlock(heads, rest),
  dropout: ({ rate, ...rest }: { rate: number }) => nn.dropout(rate, rest),
};

/** A midst layer of a fixture's kind and options. */
export function layerOf(kind: string, options: Options): nn.Layer {
  const make = makers[kind];
  if (make === undefined) throw new Error(`test/nn/rows.ts does not know how to make the layer ${kind}`);
  return make(options as never);
}

/** The row of a fixture. */
export const rowOf = (fixture: LayerFixture): LayerCase => ({
  ...fixture,
  layer: layerOf(fixture.layer, fixture.options),
});
