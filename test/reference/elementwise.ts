import { atBroadcast, broadcastShape, build, type NdArray } from "./array.js";

export const map = (x: NdArray, f: (x: number) => number): NdArray => ({
  shape: x.shape,
  data: x.data.map((v) => f(v)),
});

/** `f` of the elements of several arrays, broadcast. */
export const zip = (f: (...elements: number[]) => number, ...xs: NdArray[]): NdArray =>
  build(broadcastShape(...xs.map((x) => x.shape)), (index) => f(...xs.map((x) => atBroadcast(x, index))));

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * The error function to about 1e-15: 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!, whose terms are all of one sign
 * (Abramowitz & Stegun 7.1.6).
 */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
