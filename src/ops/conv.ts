import { type Dim, divideDims, formatShape, sameShape } from "../base/shape.js";
import { apply, defineOp, shapeError, type Value, type ValueType } from "../graph/index.js";
import { type ConvAttrs, type ConvOptions, type SizedConvAttrs, windowedSize } from "./convAttrs.js";
import { lowerConv, lowerConvTranspose } from "./convLowering.js";
import { seesAll } from "./convProducts.js";
import { lowerFilterGradient } from "./filterGradientLowering.js";
import { sum } from "./movement.js";

const spatial = (x: ValueType): number[] => x.shape.slice(2) as number[];

const convOp = defineOp<ConvAttrs>({
  name: "conv",
  window: ({ attrs: { strides, pads, dilations }, inputs }) =>
    spatial(inputs[1] as Value).map((k, i) => ({
      span: (dilations[i] as number) * (k - 1) + 1,
      jump: strides[i] as number,
      start: -(pads[i] as number),
    })),
  type: ([x, w, b], attrs) => {
    const [input, weight] = [x as ValueType, w as ValueType];
    const channels = weight.shape[1] as number;
    if (input.shape[1] !== channels * attrs.groups)
      throw shapeError(
        "conv",
        `input ${formatShape(input.shape)} has ${input.shape[1]} channels, weight ${formatShape(weight.shape)} in ${attrs.groups} group(s) needs ${channels * attrs.groups}.`,
        channels * attrs.groups,
        input.shape[1],
      );
    if ((weight.shape[0] as number) % attrs.groups !== 0)
      throw shapeError("conv", `${weight.shape[0]} filters do not divide into ${attrs.groups} groups.`);
    if (b !== undefined && !sameShape(b.shape, [weight.shape[0] as Dim]))
      throw shapeError("conv", `bias ${formatShape(b.shape)} does not match weight ${formatShape(weight.shape)}.`);
    const size = windowedSize(spatial(input), spatial(weight), attrs);
    if (size.some((n) => n < 1))
      throw shapeError(
        "conv",
        `a kernel of ${formatShape(spatial(weight))} does not fit into ${formatShape(input.shape)} with pads [${attrs.pads}]. Use padding "same" or fewer layers.`,
      );
    return { dtype: input.dtype, shape: [input.shape[0] as Dim, weight.shape[0] as Dim, ...size] };
  },
  gradient: ({ x: [x, w, b], dy: [dy], attrs }) => {
    const [input, weight, d] = [x as Value, w as Value, dy as Value];
    const dx = convTranspose(d, weight, { ...attrs, size: spatial(input) });
    const dw = convFilterGradient(input, d, { ...attrs, size: spatial(weight) });
    return b === undefined ? [dx, dw] : [dx, dw, sum(d, [0, ...spatial(d).map((_, i) => i + 2)])];
  },
  lower: (emit, x, node) => lowerConv(emit, x, node),
});

/** Fills in the defaults, checks the numbers and their count. */
export function convAttrs(op: string, rank: number, options: ConvOptions): ConvAttrs {
  const ones = new Array<number>(rank).fill(1);
  const { strides = ones, pads = new Array<number>(2 * rank).fill(0), dilations = ones, groups = 1 } = options;
  if (strides.length !== rank || dilations.length !== rank || pads.length !== 2 * rank)
    throw shapeError(op, `${rank} spatial axes need ${rank} strides and dilations and ${2 * rank} pads.`);
  const steps = [...strides, ...dilations, groups];
  if (!steps.every((n) => Number.isInteger(n) && n > 0) || !pads.every((n) => Number.isInteger(n) && n >= 0))
    throw shapeError(
      op,
      `strides [${strides}], dilations [${dilations}] and groups ${groups} must be whole numbers from 1, pads [${pads}] from 0.`,
    );
  return { strides, pads, dilations, groups };
}

function checkRanks(op: string, x: Value, w: Value): number {
  const rank = x.shape.length - 2;
  if (rank < 1 || w.shape.length !== x.shape.length)
    throw shapeError(
      op,
      `needs [N, C, ...spatial] and [O, C, ...kernel], got ${formatShape(x.shape)} and ${formatShape(w.shape)}.`,
    );
  return rank;
}

/**
 * Cross-correlation, as every framework's "convolution": `[N, C, ...], [O, C/groups, ...kernel], [O]? -> [N, O, ...]`.
 * One or two spatial axes.
 */
export function conv(x: Value, weight: Value, bias?: Value, options: ConvOptions = {}): Value {
  const attrs = convAttrs("conv", checkRanks("conv", x, weight), options);
  return apply(convOp, bias === undefined ? [x, weight] : [x, weight, bias], attrs);
}

const convTransposeOp = defineOp<SizedConvAttrs>({
  name: "convTranspose",
  flipsKernel: true,
  // Output p gets input i through tap m where p = stride i - pad + dilation m.
  window: ({ attrs: { strides, pads, dilations }, inputs }) =>
    spatial(inputs[1] as Value).map((k, i) => {
      const [stride, reach] = [strides[i] as number, (dilations[i] as number) * (k - 1)];
      return { span: reach / stride + 1, jump: 1 / stride, start: ((pads[i] as number) - reach) / stride };
    }),
  type: ([y, w], { groups, size }) => {
    const [input, weight] = [y as ValueType, w as ValueType];
    if (input.shape[1] !== weight.shape[0])
      throw shapeError(
        "convTranspose",
        `input ${formatShape(input.shape)} has ${input.shape[1]} channels, weight ${formatShape(weight.shape)} needs ${weight.shape[0]}.`,
        weight.shape[0],
        input.shape[1],
      );
    return { dtype: input.dtype, shape: [input.shape[0] as Dim, (weight.shape[1] as number) * groups, ...size] };
  },
  gradient: ({ x: [y, w], dy: [dx], attrs }) => [
    conv(dx as Value, w as Value, undefined, attrs),
    convFilterGradient(dx as Value, y as Value, { ...attrs, size: spatial(w as Value) }),
  ],
  lower: (emit, x, node) => lowerConvTranspose(emit, x, node),
});

/**
 * Transposed convolution, the gradient of `conv` by its input: `[N, O, ...], [O, C/groups, ...kernel] -> [N, C, ...size]`.
 * `size` must be one from which `conv` with the same options leads to the input's size.
 */
export function convTranspose(
  y: Value,
  weight: Value,
  options: ConvOptions & { readonly size: readonly number[] },
): Value {
  const attrs = convAttrs("convTranspose", checkRanks("convTranspose", y, weight), options);
  const back = windowedSize(options.size, spatial(weight), attrs);
  if (back.some((n, i) => n !== y.shape[i + 2]))
    throw shapeError(
      "convTranspose",
      `a result of ${formatShape(options.size)} would come from ${formatShape(back)}, not from ${formatShape(spatial(y))}.`,
    );
  return apply(convTransposeOp, [y, weight], { ...attrs, size: options.size });
}

const filterGradientOp = defineOp<SizedConvAttrs>({
  name: "convFilterGradient",
  filterWindow: ({ attrs, inputs }) => (seesAll(attrs, attrs.size, spatial(inputs[0] as Value)) ? undefined : attrs),
  type: ([x, dy], { groups, size }) => {
    const [input, output] = [x as ValueType, dy as ValueType];
    const channels = divideDims(input.shape[1] as Dim, groups) as Dim;
    return { dtype: input.dtype, shape: [output.shape[1] as Dim, channels, ...size] };
  },
  gradient: ({ x: [x, y], dy: [dw], attrs }) => [
    convTranspose(y as Value, dw as Value, { ...attrs, size: spatial(x as Value) }),
    conv(x as Value, dw as Value, undefined, attrs),
  ],
  lower: (emit, x, node) => lowerFilterGradient(emit, x, node),
});

/** The gradient of `conv` by its weight: `[N, C, ...], [N, O, ...] -> [O, C/groups, ...size]`. */
export const convFilterGradient = (x: Value, dy: Value, attrs: SizedConvAttrs): Value =>
  apply(filterGradientOp, [x, dy], attrs);
