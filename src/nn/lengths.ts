import { MidstError, ShapeError } from "../base/errors.js";
import { formatShape } from "../base/shape.js";
import { constant, type Value } from "../graph/index.js";
import { gather } from "../ops/index.js";

/** How many time steps of each example count, wherever layers have made fewer or more of them. */
export interface TimeLengths {
  /** Of so many steps, int32 [batch]: the network's own lengths where no layer made that number of steps. */
  of(steps: number): Value | undefined;
  /** `to` steps are made of `from`, of which `rule(length)` count. */
  carry(from: number, to: number, rule: (length: number) => number, place: string): void;
}

/** @param given the network's lengths, int32 [batch]; undefined where all steps count */
export function timeLengths(given: Value | undefined): TimeLengths {
  /** By the number of steps: how many of them count where 0, 1, 2 ... steps of the input do. */
  const tables = new Map<number, readonly number[]>();
  const own = (steps: number) => Array.from({ length: steps + 1 }, (_, length) => length);
  return {
    of(steps) {
      checkDeclared(given);
      const table = tables.get(steps);
      if (given === undefined || table === undefined || table.every((length, i) => length === i)) return given;
      return gather(constant(table, [table.length], "int32"), given);
    },
    carry(from, to, rule, place) {
      if (given === undefined) return;
      const before = tables.get(from) ?? own(from);
      tables.set(from, before);
      const after = before.map((length) => Math.min(to, rule(length)));
      // A length of 0 is none: position 0 of a table is never asked for.
      after[0] = 0;
      const known = tables.get(to);
      if (known?.some((length, i) => i < after.length && length !== after[i]))
        throw new MidstError(
          `makes ${to} time steps, as a layer before, but other lengths of them. Choose another stride, padding or kernel.`,
          { place },
        );
      if (known === undefined || known.length < after.length) tables.set(to, after);
    },
  };
}

/** Throws for an input of this name that is something else. */
function checkDeclared(given: Value | undefined): void {
  if (given === undefined || (given.dtype === "int32" && given.shape.length === 1)) return;
  throw new ShapeError(
    `says how many time steps of each example count: expected int32[batch], got ${given.dtype}${formatShape(given.shape)}. Declare it as { shape: [], dtype: "int32" }, or give the input another name.`,
    { place: 'input "lengths"', expected: ["batch"], actual: given.shape },
  );
}
