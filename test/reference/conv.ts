import { countOf, eachIndex, flatIndex, type NdArray, zeros } from "./array.js";

/** How a window moves; the defaults are stride 1, no padding, no dilation, one group. */
export interface Window {
  readonly strides?: readonly number[];
  /** `[...begins, ...ends]` */
  readonly pads?: readonly number[];
  readonly dilations?: readonly number[];
  readonly groups?: number;
}

/** One meeting of an output position, a kernel position and an input position, each flat over the spatial axes. */
export interface Tap {
  readonly out: number;
  readonly kernel: number;
  readonly input: number;
}

/** The spatial lengths that a window leaves, counted by moving it until it falls over the edge. */
export function windowedSize(lengths: readonly number[], kernel: readonly number[], window: Window): number[] {
  return lengths.map((length, axis) => {
    const { stride, before, after, dilation } = along(window, axis, lengths.length);
    let count = 0;
    while (count * stride + dilation * ((kernel[axis] as number) - 1) < before + length + after) count++;
    return count;
  });
}

/** Every tap that reads inside the input, output positions first, kernel positions in order. */
export function tapsOf(lengths: readonly number[], kernel: readonly number[], window: Window): Tap[] {
  const size = windowedSize(lengths, kernel, window);
  const taps: Tap[] = [];
  eachIndex(size, (position, out) => {
    eachIndex(kernel, (offset, kernelFlat) => {
      const from = lengths.map((_, axis) => {
        const { stride, before, dilation } = along(window, axis, lengths.length);
        return (position[axis] as number) * stride - before + (offset[axis] as number) * dilation;
      });
      const inside = from.every((i, axis) => i >= 0 && i < (lengths[axis] as number));
      if (inside) taps.push({ out, kernel: kernelFlat, input: flatIndex(lengths, from) });
    });
  });
  return taps;
}

function along({ strides, pads, dilations }: Window, axis: number, rank: number) {
  return {
    stride: strides?.[axis] ?? 1,
    before: pads?.[axis] ?? 0,
    after: pads?.[axis + rank] ?? 0,
    dilation: dilations?.[axis] ?? 1,
  };
}

/** Flat offsets of one product: x [N, C, ...], w [O, C/groups, ...], y [N, O, ...]. */
type Visit = (x: number, w: number, y: number) => void;

/** Every product of a convolution of an x of shape `x` with a w of shape `w`. */
function eachProduct(x: readonly number[], w: readonly number[], window: Window, visit: Visit): void {
  const [batch, channels, ...lengths] = x as [number, number, ...number[]];
  const [outputs, perGroup, ...kernel] = w as [number, number, ...number[]];
  const outputsPerGroup = outputs / (window.groups ?? 1);
  const taps = tapsOf(lengths, kernel, window);
  const [xSize, wSize] = [countOf(lengths), countOf(kernel)];
  const ySize = countOf(windowedSize(lengths, kernel, window));
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outputs; o++)
      for (let c = 0; c < perGroup; c++) {
        const channel = Math.floor(o / outputsPerGroup) * perGroup + c;
        for (const tap of taps)
          visit(
            (n * channels + channel) * xSize + tap.input,
            (o * perGroup + c) * wSize + tap.kernel,
            (n * outputs + o) * ySize + tap.out,
          );
      }
}

/** `[N, C, ...], [O, C/groups, ...kernel], [O]? -> [N, O, ...]` */
export function conv(x: NdArray, w: NdArray, bias?: NdArray, window: Window = {}): NdArray {
  const size = windowedSize(x.shape.slice(2), w.shape.slice(2), window);
  const outputs = w.shape[0] as number;
  const y = zeros([x.shape[0] as number, outputs, ...size]);
  if (bias !== undefined)
    for (let i = 0; i < y.data.length; i++) y.data[i] = bias.data[Math.floor(i / countOf(size)) % outputs] as number;
  eachProduct(x.shape, w.shape, window, (xi, wi, yi) => {
    y.data[yi] = (y.data[yi] as number) + (x.data[xi] as number) * (w.data[wi] as number);
  });
  return y;
}

/** `[N, O, ...], [O, C/groups, ...kernel] -> [N, C, ...size]`: each output spread over the window it came from. */
export function convTranspose(y: NdArray, w: NdArray, size: readonly number[], window: Window = {}): NdArray {
  const x = zeros([y.shape[0] as number, (w.shape[1] as number) * (window.groups ?? 1), ...size]);
  eachProduct(x.shape, w.shape, window, (xi, wi, yi) => {
    x.data[xi] = (x.data[xi] as number) + (y.data[yi] as number) * (w.data[wi] as number);
  });
  return x;
}

/** `[N, C, ...], [N, O, ...] -> [O, C/groups, ...size]` */
export function convFilterGradient(x: NdArray, dy: NdArray, size: readonly number[], window: Window = {}): NdArray {
  const w = zeros([dy.shape[1] as number, (x.shape[1] as number) / (window.groups ?? 1), ...size]);
  eachProduct(x.shape, w.shape, window, (xi, wi, yi) => {
    w.data[wi] = (w.data[wi] as number) + (x.data[xi] as number) * (dy.data[yi] as number);
  });
  return w;
}
