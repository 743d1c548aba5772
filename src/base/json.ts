/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const odd = ["NaN", "Infinity", "-Infinity"];

/** For JSON.stringify: NaN and the infinities, which JSON has not, as texts that `Number` reads. */
export const writeOddNumbers = (_: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;

/** For JSON.parse: those texts as numbers. */
export const readOddNumbers = (_: string, value: unknown): unknown =>
  typeof value === "string" && odd.includes(value) ? Number(value) : value;
