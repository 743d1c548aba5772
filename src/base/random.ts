/**
 * The one source of randomness: a counter-based generator, so that a number depends on (seed, stream, step, index)
 * and on nothing else. Threefry-2x32 with 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
 */
export interface Random {
  /** Fills with whole numbers in [0, 2^32). */
  words(out: Uint32Array): Uint32Array;
  /** `count` numbers, uniform in [low, high); defaults to [0, 1). */
  uniform(count: number, low?: number, high?: number): Float32Array;
  /** `count` numbers, normally distributed. */
  normal(count: number, mean?: number, deviation?: number): Float32Array;
  /** `count` numbers, each `1 / (1 - rate)` with probability `1 - rate` and else 0: a dropout mask. */
  dropout(count: number, rate: number): Float32Array;
  /** One number in [0, 1) with 32 random bits. */
  next(): number;
  /** A whole number in [0, bound). */
  below(bound: number): number;
  /** The numbers 0 .. count-1 in random order (Fisher-Yates). */
  permutation(count: number): Uint32Array;
}

/**
 * @param seed a whole number; its low 32 bits are used
 * @param stream names what the numbers are for, e.g. `"shuffle"` or `"dropout_1"`
 * @param step numbers of different steps are independent
 */
export function random(seed: number, stream = "", step = 0): Random {
  const key0 = seed >>> 0;
  const key1 = hash(stream);
  const block = new Uint32Array(2);
  let counter = 0;
  let spare = -1;

  const words = (out: Uint32Array): Uint32Array => {
    let i = 0;
    if (spare >= 0 && out.length > 0) {
      out[i++] = spare;
      spare = -1;
    }
    for (; i < out.length; i += 2) {
      threefry(key0, key1, counter++, step, block);
      out[i] = block[0] as number;
      if (i + 1 < out.length) out[i + 1] = block[1] as number;
      else spare = block[1] as number;
    }
    return out;
  };
  const one = new Uint32Array(1);
  const next = () => (words(one)[0] as number) / 2 ** 32;
  const below = (bound: number) => Math.floor(next() * bound);

  const uniform = (count: number, low = 0, high = 1) => {
    const bits = words(new Uint32Array(count));
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      // 24 bits fill a float32 in [0, 1) exactly; elsewhere rounding may reach `high`, and that sliver goes to `low`.
      out[i] = low + (high - low) * (((bits[i] as number) >>> 8) / 2 ** 24);
      if ((out[i] as number) >= high) out[i] = low;
    }
    return out;
  };
  const normal = (count: number, mean = 0, deviation = 1) => {
    const bits = words(new Uint32Array(count + (count & 1)));
    const out = new Float32Array(count);
    for (let i = 0; i < count; i += 2) {
      // Box-Muller: u in (0, 1] keeps the logarithm finite.
      const radius = deviation * Math.sqrt(-2 * Math.log(((bits[i] as number) + 1) / 2 ** 32));
      const angle = (2 * Math.PI * (bits[i + 1] as number)) / 2 ** 32;
      out[i] = mean + radius * Math.cos(angle);
      if (i + 1 < count) out[i + 1] = mean + radius * Math.sin(angle);
    }
    return out;
  };
  const dropout = (count: number, rate: number) => {
    const bits = words(new Uint32Array(count));
    const out = new Float32Array(count);
    const threshold = rate * 2 ** 32;
    const kept = 1 / (1 - rate);
    for (let i = 0; i < count; i++) out[i] = (bits[i] as number) >= threshold ? kept : 0;
    return out;
  };
  const permutation = (count: number) => {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = below(i + 1);
      const swap = order[i] as number;
      order[i] = order[j] as number;
      order[j] = swap;
    }
    return order;
  };
  return { words, uniform, normal, dropout, next, below, permutation };
}

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/** One block of Threefry-2x32-20: counter (c0, c1) under key (k0, k1). */
export function threefry(k0: number, k1: number, c0: number, c1: number, out: Uint32Array): void {
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  let x = (c0 + k0) | 0;
  let y = (c1 + k1) | 0;
  for (let round = 0; round < 20; round++) {
    const r = rotations[round & 7] as number;
    x = (x + y) | 0;
    y = ((y << r) | (y >>> (32 - r))) ^ x;
    if ((round & 3) === 3) {
      const injection = (round >> 2) + 1;
      const phase = injection % 3;
      x = (x + (phase === 0 ? k0 : phase === 1 ? k1 : k2)) | 0;
      y = (y + (phase === 0 ? k1 : phase === 1 ? k2 : k0) + injection) | 0;
    }
  }
  out[0] = x;
  out[1] = y;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
