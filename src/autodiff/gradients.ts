import { formatShape } from "../base/shape.js";
import {
  type Attrs,
  type Body,
  constant,
  type GradientRule,
  inScope,
  type Node,
  nodesOf,
  outsideRegions,
  shapeError,
  type Value,
} from "../graph/index.js";
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
  const found = pullBack({ inputs: [], outputs: [loss] }, [constant(1)], wrt);
  return wrt.map((value, i) => found[i] ?? zerosLike(value));
}

/** The gradients by `wrt`, given those by the outputs of a graph; undefined where there is none. */
function pullBack(
  { inputs, outputs }: Body,
  seeds: readonly (Value | undefined)[],
  wrt: readonly Value[],
): (Value | undefined)[] {
  const order = nodesOf(outputs, inputs);
  const wanted = dependents(order, wrt);
  const collected = new Map<Value, Value>();
  outputs.forEach((output, i) => {
    const seed = seeds[i];
    if (seed !== undefined) collect(collected, output, seed);
  });
  const regions = new Regions(order);
  for (const node of order.reverse()) {
    if (!wanted.has(node) || node.inputs.length === 0) continue;
    regions.leave(node, collected);
    const dy = node.outputs.map((y) => collected.get(y));
    const first = dy.find((d) => d !== undefined);
    if (first === undefined) continue;
    inScope(backwardScope(node.scope), () => passBack(node, dy, regions.operands(node, first), wanted, collected));
  }
  return wrt.map((value) => collected.get(value));
}

function collect(collected: Map<Value, Value>, x: Value, gradient: Value): void {
  const before = collected.get(x);
  collected.set(x, before === undefined ? gradient : add(before, gradient));
}

/** What gradient rules are given to differentiate the graph within their node. */
const pullBackBody: GradientRule<Attrs>["pullBack"] = (body, dy) =>
  outsideRegions(() => pullBack(body, dy, body.inputs));

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
  const dx = node.op.gradient?.({ x, y, dy, attrs: node.attrs, pullBack: pullBackBody }) ?? [];
  node.inputs.forEach((x, i) => {
    const gradient = dx[i];
    if (gradient === undefined || !wanted.has(x.node) || x.dtype !== "float32") return;
    // Broadcasting is undone here and nowhere else.
    collect(collected, x, sumTo(gradient, x.shape));
  });
}
