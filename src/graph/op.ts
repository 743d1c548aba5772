import type { Attrs, Op } from "./types.js";

const ops = new Map<string, Op>();

/** Registers an op under its name, so that saved graphs find it again. */
export function defineOp<A extends Attrs = Attrs>(op: Op<A>): Op<A> {
  if (ops.has(op.name)) throw new Error(`the op "${op.name}" is defined twice`);
  ops.set(op.name, op as unknown as Op);
  return op;
}

export const opNamed = (name: string): Op | undefined => ops.get(name);
export const opNames = (): string[] => [...ops.keys()];
