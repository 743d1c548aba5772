import { at, build, countOf, type NdArray } from "./array.js";
import { type Tap, tapsOf, type Window, windowedSize } from "./conv.js";

/** `value(taps of the window, start of the channel in x)` for each window of each channel. */
function pool(
  x: NdArray,
  kernel: readonly number[],
  window: Window,
  value: (taps: readonly Tap[], start: number) => number,
): NdArray {
  const lengths = x.shape.slice(2);
  const size = windowedSize(lengths, kernel, window);
  const windows = Array.from({ length: countOf(size) }, (): Tap[] => []);
  for (const tap of tapsOf(lengths, kernel, window)) (windows[tap.out] as Tap[]).push(tap);
  return build([...x.shape.slice(0, 2), ...size], (_, flat) => {
    const channel = Math.floor(flat / windows.length);
    return value(windows[flat % windows.length] as Tap[], channel * countOf(lengths));
  });
}

/** Where the first of a window's largest elements is, in the flattened input. */
export const maxPoolPlaces = (x: NdArray, kernel: readonly number[], window: Window): NdArray =>
  pool(x, kernel, window, (taps, start) => {
    const places = taps.map((tap) => start + tap.input);
    return places.reduce((best, place) => ((x.data[place] as number) > (x.data[best] as number) ? place : best));
  });

export function maxPool(x: NdArray, kernel: readonly number[], window: Window): NdArray {
  const places = maxPoolPlaces(x, kernel, window);
  return { shape: places.shape, data: places.data.map((place) => x.data[place] as number) };
}

/** The mean of each window; padded zeros count as elements where `countPadding`. */
export const avgPool = (x: NdArray, kernel: readonly number[], window: Window, countPadding: boolean): NdArray =>
  pool(x, kernel, window, (taps, start) => {
    const total = taps.reduce((sum, tap) => sum + (x.data[start + tap.input] as number), 0);
    return total / (countPadding ? countOf(kernel) : taps.length);
  });

/** Each spatial element repeated `factors[i]` times along axis i. */
export const repeat = (x: NdArray, factors: readonly number[]): NdArray =>
  build(
    x.shape.map((length, axis) => length * (factors[axis - 2] ?? 1)),
    (index) =>
      at(
        x,
        index.map((i, axis) => Math.floor(i / (factors[axis - 2] ?? 1))),
      ),
  );

/** The sum of each window of a picture that they tile. */
export const sumWindows = (x: NdArray, kernel: readonly number[]): NdArray =>
  pool(x, kernel, { strides: kernel }, (taps, start) =>
    taps.reduce((sum, tap) => sum + (x.data[start + tap.input] as number), 0),
  );

/** dy to the elements of each window of x that equal y, in equal shares; the windows lie side by side. */
export function routeToLargest(x: NdArray, y: NdArray, dy: NdArray, kernel: readonly number[]): NdArray {
  const windowOf = (index: readonly number[]) => index.map((i, axis) => Math.floor(i / (kernel[axis - 2] ?? 1)));
  const reached = (index: readonly number[]) => windowOf(index).every((i, axis) => i < (y.shape[axis] as number));
  const chosen = build(x.shape, (index) => (reached(index) && at(x, index) === at(y, windowOf(index)) ? 1 : 0));
  const counts = sumWindows(chosen, kernel);
  return build(x.shape, (index) =>
    at(chosen, index) === 0 ? 0 : at(dy, windowOf(index)) / at(counts, windowOf(index)),
  );
}
