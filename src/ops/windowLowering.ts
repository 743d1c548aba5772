import type { Emit } from "../graph/index.js";

/**
 * What lowering needs of windows that lie side by side, of k = `kernel` over a picture of the lengths `large`: there
 * are `small` of them, and at the end a rest that no window reaches.
 */
export interface Windows {
  readonly kernel: readonly number[];
  readonly large: readonly number[];
  readonly small: readonly number[];
  readonly channels: number;
}

/** A matrix this wide costs less than the passes over memory that it saves. */
const LARGEST_INNER = 32;
/** Numbers in a matrix. */
const LARGEST_MATRIX = 2 ** 13;

/** `[N, C, ...small] -> [N, C, ...large]`: each element at every place of its window; 0 in the rest. */
export function enlarge(emit: Emit, x: string, windows: Windows): string {
  const { kernel, large, small, channels } = windows;
  const matrix = windowMatrix(emit, windows);
  if (matrix !== undefined) {
    const rows = emit.node("Gemm", [flat(emit, x, matrix.inner), matrix.name]);
    return emit.node("Reshape", [rows, int64(emit, [-1, channels, ...large])]);
  }
  const scales = emit.constant([1, 1, ...kernel], "float32");
  const covered = emit.node("Resize", [x, "", scales], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
  const rest = large.map((n, i) => n - (small[i] as number) * (kernel[i] as number));
  if (rest.every((n) => n === 0)) return covered;
  return emit.node("Pad", [covered, int64(emit, [0, 0, ...kernel.map(() => 0), 0, 0, ...rest])]);
}

/** `[N, C, ...large] -> [N, C, ...small]`: the sum of each window. */
export function sumWindows(emit: Emit, x: string, windows: Windows): string {
  const { kernel, small, channels } = windows;
  const matrix = windowMatrix(emit, windows);
  if (matrix !== undefined) {
    const rows = emit.node("Gemm", [flat(emit, x, matrix.outer), matrix.name], { transB: 1 });
    return emit.node("Reshape", [rows, int64(emit, [-1, channels, ...small])]);
  }
  const means = emit.node("AveragePool", [x], { kernel_shape: kernel, strides: kernel });
  return emit.node("Mul", [means, emit.constant([product(kernel)], "float32", [])]);
}

/**
 * dy `[N, C, ...small]` to the largest elements of each window of x `[N, C, ...large]`, in equal shares; y is the
 * largest of each.
 */
export function routeToLargest(emit: Emit, [x, y, dy]: readonly string[], windows: Windows): string {
  const isLargest = emit.node("Equal", [x as string, enlarge(emit, y as string, windows)]);
  const mask = emit.node("Cast", [isLargest], { to: 1 });
  const share = emit.node("Div", [dy as string, sumWindows(emit, mask, windows)]);
  return emit.node("Mul", [mask, enlarge(emit, share, windows)]);
}

/**
 * The windows as a matrix of 0 and 1, `[inner, outer]`, when that is small: over a row of windows, or over the whole
 * picture. A product with it is a pass that all threads share, which Resize and AveragePool are not.
 */
function windowMatrix(emit: Emit, { kernel, large, small }: Windows) {
  const last = large.length - 1;
  const rowsFit = last === 1 && large[0] === (small[0] as number) * (kernel[0] as number);
  const blocks = [
    ...(rowsFit ? [{ outer: [kernel[0] as number, large[1] as number], inner: [1, small[1] as number] }] : []),
    { outer: large, inner: small },
  ];
  const fits = blocks.find(({ outer, inner }) => {
    const count = product(inner);
    return count <= LARGEST_INNER && count * product(outer) <= LARGEST_MATRIX;
  });
  if (fits === undefined) return undefined;
  const [inner, outer] = [product(fits.inner), product(fits.outer)];
  const data = new Float32Array(inner * outer);
  for (let place = 0; place < outer; place++) {
    const window = windowOf(place, fits.outer, kernel, fits.inner);
    if (window !== undefined) data[window * outer + place] = 1;
  }
  return { name: emit.constant(data, "float32", [inner, outer]), inner, outer };
}

/** Which window a place is in, both counted in row-major order; undefined in the rest. */
function windowOf(
  place: number,
  outer: readonly number[],
  kernel: readonly number[],
  inner: readonly number[],
): number | undefined {
  let window = 0;
  let stride = 1;
  for (let axis = outer.length - 1, left = place; axis >= 0; axis--) {
    const at = Math.floor((left % (outer[axis] as number)) / (kernel[axis] as number));
    if (at >= (inner[axis] as number)) return undefined;
    window += at * stride;
    stride *= inner[axis] as number;
    left = Math.floor(left / (outer[axis] as number));
  }
  return window;
}

const flat = (emit: Emit, x: string, columns: number): string => emit.node("Reshape", [x, int64(emit, [-1, columns])]);
const int64 = (emit: Emit, data: readonly number[]): string => emit.constant(data, "int64");
const product = (lengths: readonly number[]): number => lengths.reduce((n, length) => n * length, 1);
