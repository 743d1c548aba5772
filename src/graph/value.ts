import type { DType } from "../base/dtype.js";
import type { Shape } from "../base/shape.js";
import type { Attrs, Op } from "./op.js";

/** What is known of a value before the graph runs. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** One result of a node: a symbolic array. */
export interface Value extends ValueType {
  readonly node: Node;
  /** Which of the node's outputs it is. */
  readonly index: number;
}

/** One application of an op to values. Frozen; ids grow with creation, so they order a graph topologically. */
export interface Node<A extends Attrs = Attrs> {
  readonly id: number;
  readonly op: Op<A>;
  readonly inputs: readonly Value[];
  readonly attrs: A;
  readonly outputs: readonly Value[];
  /** The layer it was made in, e.g. `residual_1/conv2d_2`; backward nodes carry `gradient/` before it. */
  readonly scope: string;
}

/** Named values going in (all of them leaves) and coming out. */
export interface Graph {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
}

/** Every node that `outputs` depend on, inputs before users. */
export function nodesOf(outputs: Iterable<Value>): Node[] {
  const found = new Map<number, Node>();
  const open = [...outputs].map((value) => value.node);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node.id)) continue;
    found.set(node.id, node);
    for (const input of node.inputs) open.push(input.node);
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}
