/** Where to take a function between 0 and 1, and how much each value counts: the weights sum to 1. */
export interface Quadrature {
  readonly places: readonly number[];
  readonly weights: readonly number[];
}

/** Gauss-Legendre between 0 and 1: exact for polynomials of degree `2 points - 1`. */
export function gaussLegendre(points: number): Quadrature {
  const [places, weights]: [number[], number[]] = [[], []];
  for (let i = points; i >= 1; i--) {
    // Newton's method, from close to the i-th root of the Legendre polynomial.
    let root = Math.cos((Math.PI * (i - 0.25)) / (points + 0.5));
    for (let turn = 0; turn < 100; turn++) {
      const { value, slope } = legendre(points, root);
      root -= value / slope;
      if (Math.abs(value / slope) < 1e-15) break;
    }
    places.push((1 + root) / 2);
    weights.push(1 / ((1 - root * root) * legendre(points, root).slope ** 2));
  }
  return { places, weights };
}

/** P_n(x) by k P_k = (2 k - 1) x P_(k-1) - (k - 1) P_(k-2), and its slope. */
function legendre(degree: number, x: number): { value: number; slope: number } {
  let [before, value] = [1, x];
  for (let k = 2; k <= degree; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return { value, slope: (degree * (x * value - before)) / (x * x - 1) };
}
