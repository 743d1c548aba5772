import { formatShape } from "../base/shape.js";
import { constant, inScope, type Node, nodesOf, shapeError, type Value } from "../graph/index.js";
import { add, sumTo, zerosLike } from "../ops/index.js";
import { type Operands, Regions } from "./regions.js";

/**
 * The gradients of a scalar by other values of its graph, as more graph (so they can be differentiated again).
 * Reverse accumulation (Linnainmaa 1970) over the nodes between `loss` and `wrt`.
 * @param loss float32, shape []
 * @param wrt values that `loss` may depend on; one that it does not depend on gets zeros
 * @returns one value per entry of `wrt`, of its shape
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length > 0 || loss.dtype !== "float32")
    throw shapeError(
      "gradients",
      `only a float32 scalar can be differentiated, got ${loss.dtype}${formatShape(loss.shape)}. Take sum() or mean() of it.`,
      [],
      loss.shape,
    );
  const order = nodesOf([loss]);
  const wanted = dependents(order, wrt);
  const collected = new Map<Value, Value>([[loss, constant(1)]]);
  const regions = new Regions(order);
  for (const node of order.reverse()) {
    if (!wanted.has(node) || node.inputs.length === 0) continue;
    regions.leave(node, collected);
    const dy = node.outputs.map((y) => collected.get(y));
    const first = dy.find((d) => d !== undefined);
    if (first === undefined) continue;
    inScope(backwardScope(node.scope), () => passBack(node, dy, regions.operands(node, first), wanted, collected));
  }
  return wrt.map((value) => collected.get(value) ?? zerosLike(value));
}

const backwardScope = (scope: string): string => (scope === "" ? "gradient" : `gradient/${scope}`);

/** The nodes that depend on any of `values`. */
function dependents(order: readonly Node[], values: readonly Value[]): Set<Node> {
  const found = new Set(values.map((value) => value.node));
  for (const node of order) if (node.inputs.some((x) => found.has(x.node))) found.add(node);
  return found;
}

/** Applies a node's gradient rule and adds the results to what its inputs have collected. */
function passBack(
  node: Node,
  dy: readonly (Value | undefined)[],
  { x, y }: Operands,
  wanted: ReadonlySet<Node>,
  collected: Map<Value, Value>,
): void {
  const dx = node.op.gradient?.({ x, y, dy, attrs: node.attrs }) ?? [];
  node.inputs.forEach((x, i) => {
    const gradient = dx[i];
    if (gradient === undefined || !wanted.has(x.node) || x.dtype !== "float32") return;
    // Broadcasting is undone here and nowhere else.
    const fitted = sumTo(gradient, x.shape);
    const before = collected.get(x);
    collected.set(x, before === undefined ? fitted : add(before, fitted));
  });
}
