import { formatShape, sameShape } from "../base/shape.js";
import { nodesOf } from "./nodes.js";
import { applyAll, inRegion, inScope, shapeError } from "./trace.js";
import type { Node, Value } from "./types.js";

/**
 * Makes nodes again, on other values: the same function of other inputs, or of other weights. Nodes that do not depend on
 * what is exchanged are shared with the first graph. What was a region is one again.
 * @param outputs what is needed of the graph
 * @param instead what stands for values of it, of their shapes and dtypes
 * @returns for each value of the graph that was needed, what it is now
 * @throws ShapeError for a value that stands for one of another type: ops know the shapes that they were made for
 */
export function rebuild(outputs: Iterable<Value>, instead: ReadonlyMap<Value, Value>): (value: Value) => Value {
  for (const [value, other] of instead) checkSameType(value, other);
  const made = new Map(instead);
  const now = (value: Value): Value => made.get(value) ?? value;
  const again = ({ op, inputs, attrs, outputs, scope }: Node): void => {
    if (!inputs.some((x) => made.has(x)) || outputs.every((y) => made.has(y))) return;
    const values = inScope(scope, () => applyAll(op, inputs.map(now), attrs));
    outputs.forEach((value, i) => {
      if (!made.has(value)) made.set(value, values[i] as Value);
    });
  };
  for (const nodes of stretches(nodesOf(outputs, [...instead.keys()]))) {
    const body = () => nodes.forEach(again);
    if (nodes[0]?.region === undefined) body();
    else inRegion(body);
  }
  return now;
}

function checkSameType(value: Value, other: Value): void {
  if (other.dtype === value.dtype && sameShape(other.shape, value.shape)) return;
  const [theirs, mine] = [value, other].map(({ dtype, shape }) => `${dtype}${formatShape(shape)}`);
  throw shapeError("rebuild", `${mine} cannot stand for ${theirs}. Give a value of the same type.`, theirs, mine);
}

/** Nodes in order, divided where one region ends or another begins. */
function stretches(order: readonly Node[]): Node[][] {
  const found: Node[][] = [];
  for (const node of order) {
    const last = found.at(-1);
    if (last === undefined || last[0]?.region !== node.region) found.push([node]);
    else last.push(node);
  }
  return found;
}
