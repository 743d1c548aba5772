import { FormatError } from "../base/errors.js";

/** Reads a value that may be anything, or says where it is not what it should be. */
export type Read<T> = (value: unknown, at: string) => T;

export function refuse(value: unknown, at: string, expected: string): never {
  throw new FormatError(`should be ${expected}, not ${JSON.stringify(value)?.slice(0, 80)}.`, {
    place: at,
    expected,
    actual: value,
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const record: Read<Record<string, unknown>> = (value, at) =>
  isRecord(value) ? value : refuse(value, at, "an object");
export const text: Read<string> = (value, at) => (typeof value === "string" ? value : refuse(value, at, "a text"));
export const truth: Read<boolean> = (value, at) =>
  typeof value === "boolean" ? value : refuse(value, at, "true or false");
export const number: Read<number> = (value, at) =>
  Number.isFinite(value) ? (value as number) : refuse(value, at, "a number");
export const positive: Read<number> = (value, at) =>
  number(value, at) > 0 ? (value as number) : refuse(value, at, "a number above 0");
export const size: Read<number> = (value, at) =>
  Number.isSafeInteger(positive(value, at)) ? (value as number) : refuse(value, at, "a whole number above 0");

export const listOf =
  <T>(read: Read<T>): Read<T[]> =>
  (value, at) =>
    Array.isArray(value) ? value.map((each, i) => read(each, `${at}[${i}]`)) : refuse(value, at, "a list");

export const texts = listOf(text);

export const oneOf =
  <T extends string>(known: readonly T[]): Read<T> =>
  (value, at) =>
    known.find((one) => one === value) ?? refuse(value, at, `one of ${known.join(", ")}`);
