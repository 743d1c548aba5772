import type { Value } from "../../src/graph/index.js";
import type { NdArray } from "../reference/index.js";
import type { Input } from "./inputs.js";

export type Named<T, Names extends PropertyKey = string> = { readonly [Name in Names]: T };

/** One case of one op, checked by `checkRow`. */
interface Row<Inputs extends Named<Input>, Attrs> {
  /** The op, then what is special here: `"conv: stride 2, one-sided padding"`. */
  readonly name: string;
  /** By the names that failures will call them. An axis of length "batch" is run at two sizes. */
  readonly inputs: Inputs;
  /** Handed to both `op` and `ref`. */
  readonly attrs?: Attrs;
  /** The op under test, on symbolic values. */
  readonly op: (x: Named<Value, keyof Inputs>, attrs: Attrs) => Value | readonly Value[];
  /** The same in plain JavaScript on float64, without midst. */
  readonly ref: (x: Named<NdArray, keyof Inputs>, attrs: Attrs) => NdArray | readonly NdArray[];
  /** Inputs that get no gradient, as the op's docstring says, though `ref` varies with them. */
  readonly noGradient?: readonly (keyof Inputs)[];
}

/** A row with its types forgotten, so that the rows of all ops fit into one list. */
export interface OpRow {
  readonly name: string;
  readonly inputs: Named<Input>;
  readonly op: (x: Named<Value>) => readonly Value[];
  readonly ref: (x: Named<NdArray>) => readonly NdArray[];
  readonly noGradient: readonly string[];
}

export function opRow<const Inputs extends Named<Input>, Attrs = undefined>(row: Row<Inputs, Attrs>): OpRow {
  const attrs = row.attrs as Attrs;
  return {
    name: row.name,
    inputs: row.inputs,
    op: (x) => listOf(row.op(x as Named<Value, keyof Inputs>, attrs)),
    ref: (x) => listOf(row.ref(x as Named<NdArray, keyof Inputs>, attrs)),
    noGradient: (row.noGradient ?? []) as readonly string[],
  };
}

const listOf = <T>(result: T | readonly T[]): readonly T[] => (Array.isArray(result) ? result : [result as T]);

/** `make(name)` by name. */
export const byName = <T>(names: readonly string[], make: (name: string) => T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, make(name)]));
