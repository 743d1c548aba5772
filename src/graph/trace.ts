import { allocate, type DType } from "../base/dtype.js";
import { EngineError, ShapeError } from "../base/errors.js";
import { formatShape, type Shape } from "../base/shape.js";
import { defineOp } from "./op.js";
import type { Attrs, Node, Op, Value, ValueType } from "./types.js";

let nextId = 0;
let scope = "";
let region: number | undefined;
let regions = 0;

/** Runs `body`; the nodes made meanwhile belong to `name`, within the scope already open. */
export function inScope<T>(name: string, body: () => T): T {
  const outer = scope;
  scope = outer === "" ? name : `${outer}/${name}`;
  try {
    return body();
  } finally {
    scope = outer;
  }
}

/** Runs `body`; the nodes made meanwhile are a region of their own, or part of the one already open. */
export function inRegion<T>(body: () => T): T {
  if (region !== undefined) return body();
  region = regions++;
  try {
    return body();
  } finally {
    region = undefined;
  }
}

/** Runs `body`; the nodes made meanwhile are in no region: those within a node, which is in one as a whole. */
export function outsideRegions<T>(body: () => T): T {
  const outer = region;
  region = undefined;
  try {
    return body();
  } finally {
    region = outer;
  }
}

export const currentScope = (): string => scope;

/** Applies an op to values: one new node, its outputs typed by the op's rule. */
export function applyAll<A extends Attrs>(op: Op<A>, inputs: readonly Value[], attrs: A): readonly Value[] {
  const kept = frozenCopy(attrs);
  const types = op.type(inputs, kept);
  const outputs: Value[] = [];
  const node = { id: nextId++, op, inputs: Object.freeze([...inputs]), attrs: kept, outputs, scope, region } as Node;
  for (const type of Array.isArray(types) ? (types as ValueType[]) : [types as ValueType])
    outputs.push(Object.freeze({ node, index: outputs.length, dtype: type.dtype, shape: Object.freeze(type.shape) }));
  Object.freeze(outputs);
  Object.freeze(node);
  return outputs;
}

/** The attributes as they are now, whatever the caller does to its arrays later. */
function frozenCopy<A extends Attrs>(attrs: A): A {
  const kept = Object.entries(attrs).map(([key, attr]) => [
    key,
    Array.isArray(attr) && !Object.isFrozen(attr) ? Object.freeze([...attr]) : attr,
  ]);
  return Object.freeze(Object.fromEntries(kept)) as A;
}

/** As `applyAll`, for ops with one output. */
export function apply<A extends Attrs>(op: Op<A>, inputs: readonly Value[], attrs: A): Value {
  return applyAll(op, inputs, attrs)[0] as Value;
}

/** A ShapeError placed at the layer being traced, or else at the op. */
export function shapeError(op: string, message: string, expected?: unknown, actual?: unknown): ShapeError {
  const place = scope === "" || scope.endsWith(op) ? scope || op : `${scope} (${op})`;
  return new ShapeError(message, { place, expected, actual });
}

interface InputAttrs extends Attrs {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A leaf that is given when the graph runs: data, weights, optimizer state, noise. */
export const inputOp = defineOp<InputAttrs>({
  name: "input",
  type: (_, { shape, dtype }) => ({ shape, dtype }),
  // Inputs that the graph lists are named before anything is lowered: only one that is not listed comes here.
  lower: (_emit, _x, { attrs: { name } }) => {
    throw new EngineError(`the input "${name}" is used but is not among the inputs of the graph.`, { place: name });
  },
});

export const input = (name: string, shape: Shape, dtype: DType = "float32"): Value =>
  apply(inputOp, [], { name, shape, dtype });

interface ConstantAttrs extends Attrs {
  readonly data: readonly number[];
  readonly shape: readonly number[];
  readonly dtype: DType;
}

const constantOp = defineOp<ConstantAttrs>({
  name: "constant",
  type: (_, { shape, dtype }) => ({ shape, dtype }),
  lower: (emit, _, { attrs: { data, shape, dtype } }) => emit.constant(data, dtype, shape),
});

/** A leaf whose numbers are part of the graph. `shape` defaults to a scalar for one number, else to one axis. */
export function constant(data: number | readonly number[], shape?: readonly number[], dtype: DType = "float32"): Value {
  const numbers = typeof data === "number" ? [data] : data;
  const dims = shape ?? (typeof data === "number" ? [] : [numbers.length]);
  if (dims.reduce((n, d) => n * d, 1) !== numbers.length)
    throw shapeError("constant", `${numbers.length} numbers do not fill ${formatShape(dims)}.`);
  const rounded = allocate(dtype, numbers.length);
  rounded.set(numbers);
  const highest = dtype === "bool" ? 1 : Number.POSITIVE_INFINITY;
  const lost = numbers.find((n, i) => dtype !== "float32" && (n !== rounded[i] || n > highest));
  if (lost !== undefined)
    throw shapeError("constant", `${lost} is no ${dtype}. Use cast() to make the value beside it a float32.`);
  return apply(constantOp, [], { data: Object.freeze(Array.from(rounded)), shape: dims, dtype });
}

/** A value, or a number that becomes a scalar constant of its neighbour's dtype. */
export type Operand = Value | number;

export const isValue = (operand: unknown): operand is Value =>
  typeof operand === "object" && operand !== null && "node" in operand && "index" in operand;

export const toValue = (operand: Operand, dtype: DType = "float32"): Value =>
  typeof operand === "number" ? constant(operand, [], dtype) : operand;
