/** The number below which a standard normal one lies with this probability, from 1e-9 to 1 - 1e-9. */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability);
  // Newton's method; from 0 downwards it cannot overshoot where the distribution is convex, but its steps may be large.
  let z = 0;
  for (let turn = 0; turn < 200; turn++) {
    const step = (cumulative(z) - probability) / density(z);
    z -= Math.max(-0.5, Math.min(0.5, step));
    if (Math.abs(step) < 1e-14) break;
  }
  return z;
}

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** P(Z <= z) = 1/2 + density(z) (z + z^3/3 + z^5/(3 5) + ...) (Marsaglia 2004, "Evaluating the Normal Distribution"). */
function cumulative(z: number): number {
  let [sum, term] = [z, z];
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + density(z) * sum;
}
