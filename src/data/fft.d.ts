/** The part of fft.js that midst uses; the package has no types. */
export default class FFT {
  /** @param size a power of two, at least 2 */
  constructor(size: number);
  /** Room for `size` complex numbers: real and imaginary part in turn. */
  createComplexArray(): number[];
  /** The transform of real numbers; only the first half of `out` is filled (frequencies 0 .. size / 2). */
  realTransform(out: number[], data: ArrayLike<number>): void;
}
