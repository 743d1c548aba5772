import { type Dim, formatShape, sizeOf } from "../base/shape.js";
import {
  type Attrs,
  apply,
  applyAll,
  constant,
  defineOp,
  shapeError,
  type Value,
  type ValueType,
  type Window,
} from "../graph/index.js";
import { convAttrs, convTranspose } from "./conv.js";
import { type ConvAttrs, type ConvOptions, windowedSize } from "./convAttrs.js";
import { div, mul, step } from "./elementwise.js";
import { reshape } from "./movement.js";
import { cast, equal, scatterAdd } from "./select.js";
import { pad, slice } from "./window.js";
import { enlarge, routeToLargest as lowerRouting, sumWindows as lowerSum, type Windows } from "./windowLowering.js";

interface PoolAttrs extends Attrs {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
}

/** Strides default to the kernel; pads are `[...begins, ...ends]` and default to 0. */
export type PoolOptions = Pick<ConvOptions, "strides" | "pads">;

const spatial = (x: ValueType): number[] => x.shape.slice(2) as number[];

const convOf = ({ kernel, strides, pads }: PoolAttrs): ConvAttrs => ({
  strides,
  pads,
  dilations: kernel.map(() => 1),
  groups: 1,
});

function pooledType(op: string, x: ValueType, attrs: PoolAttrs): ValueType {
  const size = windowedSize(spatial(x), attrs.kernel, convOf(attrs));
  if (size.some((n) => n < 1))
    throw shapeError(op, `a window of ${formatShape(attrs.kernel)} does not fit into ${formatShape(x.shape)}.`);
  return { dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...size] };
}

function poolAttrs(op: string, x: Value, kernel: readonly number[], options: PoolOptions): PoolAttrs {
  if (x.shape.length !== kernel.length + 2)
    throw shapeError(
      op,
      `a window of ${kernel.length} axes needs [N, C, ...] with as many more, got ${formatShape(x.shape)}.`,
    );
  const { strides, pads } = convAttrs(op, kernel.length, { strides: kernel, ...options });
  if (pads.some((n, i) => n >= (kernel[i % kernel.length] as number)))
    throw shapeError(op, `the pads [${pads}] must be smaller than the window ${formatShape(kernel)}.`);
  return { kernel, strides, pads };
}

/** Windows side by side: each element is in one at most, so that pooling and repeating undo each other. */
const tiles = ({ kernel, strides, pads }: PoolAttrs): boolean =>
  pads.every((n) => n === 0) && kernel.every((k, i) => k === strides[i]);

/** Without the rows and columns at the end that no window reaches. */
const cropTo = (x: Value, lengths: readonly number[]): Value =>
  slice(x, [undefined, undefined, ...lengths.map((n) => [0, n] as const)]);

/** With zeros at the end where no window reached. */
const padTo = (x: Value, lengths: readonly number[]): Value =>
  pad(
    x,
    x.shape.map(() => 0),
    [0, 0, ...lengths.map((n, i) => n - (x.shape[i + 2] as number))],
  );

const areaOf = (kernel: readonly number[]): number => kernel.reduce((n, k) => n * k, 1);

const onnxPool = ({ kernel, strides, pads }: PoolAttrs) => ({ kernel_shape: kernel, strides, pads });

const poolWindow = ({ attrs: { kernel, strides, pads } }: { attrs: PoolAttrs }): Window[] =>
  kernel.map((k, i) => ({ span: k, jump: strides[i] as number, start: -(pads[i] as number) }));

const maxPoolOp = defineOp<PoolAttrs>({
  name: "maxPool",
  window: poolWindow,
  type: ([x], attrs) => pooledType("maxPool", x as ValueType, attrs),
  gradient: ({ x: [x], y: [y], dy: [dy], attrs }) => {
    const [input, output, d] = [x as Value, y as Value, dy as Value];
    if (tiles(attrs)) return [routeToLargest(input, output, d, attrs.kernel)];
    const [, places] = applyAll(maxPoolPlacesOp, [input], attrs);
    const total = sizeOf(input.shape);
    const flat = (v: Value) => reshape(v, [sizeOf(v.shape)]);
    return [reshape(scatterAdd(flat(d), flat(places as Value), total), input.shape)];
  },
  lower: (emit, [x], { attrs }) => emit.node("MaxPool", [x as string], onnxPool(attrs)),
});

const routeToLargestOp = defineOp<{ readonly kernel: readonly number[] }>({
  name: "routeToLargest",
  largestOf: ({ attrs: { kernel } }) => kernel,
  type: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
  // Linear in dy: each window's dy gets the mean of the gradients where its largest elements are.
  gradient: ({ x: [x, y], dy: [g], attrs: { kernel } }) => {
    const [input, output] = [x as Value, y as Value];
    const covered = spatial(output).map((n, i) => n * (kernel[i] as number));
    const mask = cast(equal(cropTo(input, covered), repeat(output, kernel)), "float32");
    const total = sumWindows(mul(mask, cropTo(g as Value, covered)), kernel);
    return [undefined, undefined, div(total, sumWindows(mask, kernel))];
  },
  lower: (emit, names, { inputs, attrs: { kernel } }) => {
    const [x, y] = inputs as [Value, Value];
    return lowerRouting(emit, names, windowsOf(kernel, x, y));
  },
  keepWherePositive: ({ inputs, attrs: { kernel } }, x) => {
    const [input, output, dy] = inputs as [Value, Value, Value];
    return x === input ? routeToLargest(input, output, mul(dy, step(output)), kernel) : undefined;
  },
});

/**
 * dy to the largest elements of each window of x, in equal shares; y is the largest of each. Windows lie side by side:
 * `[N, C, ...], [N, C, ...small], [N, C, ...small] -> [N, C, ...]`.
 */
const routeToLargest = (x: Value, y: Value, dy: Value, kernel: readonly number[]): Value =>
  apply(routeToLargestOp, [x, y, dy], { kernel });

const windowsOf = (kernel: readonly number[], large: ValueType, small: ValueType): Windows => ({
  kernel,
  large: spatial(large),
  small: spatial(small),
  channels: large.shape[1] as number,
});

/** Max pooling that also says where, as positions in the flattened input; the first of equal elements wins. */
const maxPoolPlacesOp = defineOp<PoolAttrs>({
  name: "maxPoolPlaces",
  type: ([x], attrs) => {
    const { dtype, shape } = pooledType("maxPoolPlaces", x as ValueType, attrs);
    return [
      { dtype, shape },
      { dtype: "int32", shape },
    ];
  },
  gradient: ({ x: [x], y: [, places], dy: [dy] }) => {
    const input = x as Value;
    if (dy === undefined) return [undefined];
    const flat = (v: Value) => reshape(v, [sizeOf(v.shape)]);
    return [reshape(scatterAdd(flat(dy), flat(places as Value), sizeOf(input.shape)), input.shape)];
  },
  lower: (emit, [x], { attrs }) => {
    const [y, places] = emit.nodes("MaxPool", [x as string], onnxPool(attrs), 2);
    return [y as string, emit.node("Cast", [places as string], { to: 6 })];
  },
});

/**
 * The largest element of each window: `[N, C, ...] -> [N, C, ...]`. Where windows lie side by side, equal
 * largest elements share the gradient; where they overlap the first one has it, as in PyTorch.
 */
export const maxPool = (x: Value, kernel: readonly number[], options: PoolOptions = {}): Value =>
  apply(maxPoolOp, [x], poolAttrs("maxPool", x, kernel, options));

interface AveragePoolAttrs extends PoolAttrs {
  readonly countPadding: boolean;
}

const avgPoolOp = defineOp<AveragePoolAttrs>({
  name: "avgPool",
  window: poolWindow,
  type: ([x], attrs) => pooledType("avgPool", x as ValueType, attrs),
  gradient: ({ x: [x], dy: [dy], attrs }) => {
    const [input, d] = [x as Value, dy as Value];
    if (tiles(attrs)) return [padTo(mul(repeat(d, attrs.kernel), 1 / areaOf(attrs.kernel)), spatial(input))];
    const shares = div(d, windowCounts(input, attrs));
    const size = spatial(input);
    // Channels become pictures: each is spread by one kernel of ones.
    const [batch, channels] = [input.shape[0] as Dim, input.shape[1] as Dim];
    const single = reshape(shares, [sizeOf([batch, channels]), 1, ...spatial(d)]);
    const ones = constant(new Array<number>(areaOf(attrs.kernel)).fill(1), [1, 1, ...attrs.kernel]);
    return [reshape(convTranspose(single, ones, { ...convOf(attrs), size }), input.shape)];
  },
  lower: (emit, [x], { attrs }) =>
    emit.node("AveragePool", [x as string], {
      ...onnxPool(attrs),
      count_include_pad: attrs.countPadding ? 1 : 0,
    }),
});

/** How many elements each window averages: `[1, 1, ...]`. */
function windowCounts(x: Value, attrs: AveragePoolAttrs): Value {
  const { kernel, strides, pads, countPadding } = attrs;
  const size = windowedSize(spatial(x), kernel, convOf(attrs));
  const alongAxis = size.map((count, axis) =>
    Array.from({ length: count }, (_, i) => {
      const start = i * (strides[axis] as number) - (pads[axis] as number);
      const end = start + (kernel[axis] as number);
      return countPadding ? end - start : Math.min(end, x.shape[axis + 2] as number) - Math.max(start, 0);
    }),
  );
  const counts = alongAxis.reduce((grid, axis) => grid.flatMap((a) => axis.map((b) => a * b)), [1]);
  return constant(counts, [1, 1, ...size]);
}

/** The mean of each window; `countPadding` (default true, as in PyTorch) counts padded zeros. */
export const avgPool = (
  x: Value,
  kernel: readonly number[],
  { countPadding = true, ...options }: PoolOptions & { readonly countPadding?: boolean } = {},
): Value => apply(avgPoolOp, [x], { ...poolAttrs("avgPool", x, kernel, options), countPadding });

const repeatOp = defineOp<{ readonly factors: readonly number[] }>({
  name: "repeat",
  // Output p gets input floor(p / factor).
  window: ({ attrs: { factors } }) => factors.map((f) => ({ span: 2 - 1 / f, jump: 1 / f, start: 1 / f - 1 })),
  type: ([x], { factors }) => {
    const { dtype, shape } = x as ValueType;
    return { dtype, shape: [...shape.slice(0, 2), ...factors.map((f, i) => (shape[i + 2] as number) * f)] };
  },
  gradient: ({ dy: [dy], attrs: { factors } }) => [sumWindows(dy as Value, factors)],
  lower: (emit, [x], { inputs, outputs, attrs: { factors } }) =>
    enlarge(emit, x as string, windowsOf(factors, outputs[0] as Value, inputs[0] as Value)),
});

const sumWindowsOp = defineOp<{ readonly kernel: readonly number[] }>({
  name: "sumWindows",
  window: ({ attrs: { kernel } }) => kernel.map((k) => ({ span: k, jump: k, start: 0 })),
  type: ([x], { kernel }) => {
    const { dtype, shape } = x as ValueType;
    return { dtype, shape: [...shape.slice(0, 2), ...kernel.map((k, i) => (shape[i + 2] as number) / k)] };
  },
  gradient: ({ dy: [dy], attrs: { kernel } }) => [repeat(dy as Value, kernel)],
  lower: (emit, [x], { inputs, outputs, attrs: { kernel } }) =>
    lowerSum(emit, x as string, windowsOf(kernel, inputs[0] as Value, outputs[0] as Value)),
});

/** The sum of each window, windows tiling the picture: the gradient of `repeat`. */
const sumWindows = (x: Value, kernel: readonly number[]): Value => apply(sumWindowsOp, [x], { kernel });

/** Each spatial element repeated `factors[i]` times along axis i: nearest-neighbour enlargement. */
export function repeat(x: Value, factors: readonly number[]): Value {
  const count = x.shape.length - 2;
  if (factors.length !== count || !factors.every((f) => Number.isInteger(f) && f > 0))
    throw shapeError("repeat", `${formatShape(x.shape)} needs ${count} whole factors, got [${factors}].`);
  return apply(repeatOp, [x], { factors });
}
