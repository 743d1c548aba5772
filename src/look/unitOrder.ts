/** How units are put in order for a picture. */
export type UnitOrder = "peak" | "cluster" | "none";

/**
 * Units in an order in which a picture of them can be read: by the step at which each is furthest from zero ("peak"), or
 * with those beside each other that rise and fall together ("cluster": average linkage by 1 - correlation).
 * @param values [time, units]
 */
export function orderOf(values: Float32Array, units: number, order: UnitOrder): number[] {
  const all = Array.from({ length: units }, (_, unit) => unit);
  const time = values.length / units;
  const at = (t: number, unit: number): number => values[t * units + unit] as number;
  if (order === "none") return all;
  if (order === "cluster") return clustered(all.map((unit) => Array.from({ length: time }, (_, t) => at(t, unit))));
  const peaks = all.map((unit) => {
    let peak = 0;
    for (let t = 1; t < time; t++) if (Math.abs(at(t, unit)) > Math.abs(at(peak, unit))) peak = t;
    return peak;
  });
  return all.sort((a, b) => (peaks[a] as number) - (peaks[b] as number));
}

/** Series of equal length, similar ones beside each other. */
function clustered(series: readonly number[][]): number[] {
  const scaled = series.map(standardised);
  const distances = scaled.map((a) => scaled.map((b) => 1 - a.reduce((sum, x, i) => sum + x * (b[i] as number), 0)));
  let groups = series.map((_, i) => ({ at: i, members: [i] }));
  const between = (a: number, b: number): number => (distances[a] as number[])[b] as number;
  while (groups.length > 1) {
    let [first, second, least] = [0, 1, Infinity];
    groups.forEach(({ at: a }, i) => {
      for (let j = i + 1; j < groups.length; j++) {
        const distance = between(a, (groups[j] as { at: number }).at);
        if (distance < least) [first, second, least] = [i, j, distance];
      }
    });
    const [one, other] = [groups[first], groups[second]] as [(typeof groups)[0], (typeof groups)[0]];
    // The mean distance of all pairs (Lance & Williams 1967).
    const [n, m] = [one.members.length, other.members.length];
    for (const { at } of groups) {
      const mean = (n * between(one.at, at) + m * between(other.at, at)) / (n + m);
      (distances[one.at] as number[])[at] = mean;
      (distances[at] as number[])[one.at] = mean;
    }
    one.members.push(...other.members);
    groups = groups.filter((group) => group !== other);
  }
  return groups[0]?.members ?? [];
}

/** Mean 0 and length 1; all zeros where nothing varies. */
function standardised(series: readonly number[]): number[] {
  const mean = series.reduce((a, b) => a + b, 0) / series.length;
  const off = series.map((x) => x - mean);
  const length = Math.hypot(...off);
  return off.map((x) => (length > 0 ? x / length : 0));
}
