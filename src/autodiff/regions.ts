import { applyAll, inScope, type Node, type Value } from "../graph/index.js";
import { barrier } from "../ops/index.js";

/** What a gradient rule is given of a node: its inputs and outputs. */
export interface Operands {
  readonly x: readonly Value[];
  readonly y: readonly Value[];
}

/**
 * The regions of a graph in its backward pass (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): when
 * the first gradient arrives at a region, its nodes are made a second time, from what enters it, and the gradient rules
 * of its nodes see those. Only what enters a region, and what others use of it, is kept from the forward pass.
 *
 * Two barriers keep the engine to it. The second nodes wait for that first gradient: else they would be the same as the
 * first, or made as early. And the gradients that leave the region wait for those of its weights: else the engine might
 * go on, and keep all the second nodes of many regions for weights whose turn comes late.
 */
export class Regions {
  private readonly nodes = new Map<number, Node[]>();
  /** Values that are used outside the region they are made in. */
  private readonly escaping = new Set<Value>();
  private open:
    | { readonly region: number; readonly copies: ReadonlyMap<Value, Value>; readonly since: number }
    | undefined;

  /** @param order inputs before users */
  constructor(order: readonly Node[]) {
    for (const node of order) {
      for (const x of node.inputs) if (x.node.region !== node.region) this.escaping.add(x);
      if (node.region === undefined || node.inputs.length === 0) continue;
      const nodes = this.nodes.get(node.region) ?? [];
      this.nodes.set(node.region, nodes);
      nodes.push(node);
    }
  }

  /** What the gradient rule of a node sees, when `dy` is the first gradient known at its outputs. */
  operands(node: Node, dy: Value): Operands {
    const { region } = node;
    if (region === undefined) return { x: node.inputs, y: node.outputs };
    if (this.open?.region !== region) {
      const copies = this.again(this.nodes.get(region) ?? [], dy);
      this.open = { region, copies, since: dy.node.id };
    }
    const { copies } = this.open;
    const copyOf = (value: Value) => copies.get(value) ?? value;
    return { x: node.inputs.map(copyOf), y: node.outputs.map(copyOf) };
  }

  /**
   * To be called before each node of the backward pass: one outside the open region closes it.
   * @param collected the gradients so far
   */
  leave(node: Node, collected: Map<Value, Value>): void {
    if (this.open === undefined || this.open.region === node.region) return;
    const { region, since } = this.open;
    this.open = undefined;
    const entering = this.entering(this.nodes.get(region) ?? []);
    const leaves = entering.filter((x) => x.node.inputs.length === 0).flatMap((x) => collected.get(x) ?? []);
    for (const x of entering) {
      const gradient = collected.get(x);
      if (gradient === undefined || x.node.inputs.length === 0) continue;
      const known = madeSince(gradient, since);
      collected.set(
        x,
        barrier(
          gradient,
          leaves.filter((leaf) => !known.has(leaf.node)),
        ),
      );
    }
  }

  /** The nodes of a region made again, by the values they stand for. */
  private again(nodes: readonly Node[], signal: Value): Map<Value, Value> {
    const copies = new Map<Value, Value>();
    for (const x of this.entering(nodes)) if (x.node.inputs.length > 0) copies.set(x, barrier(x, [signal]));
    for (const { op, inputs, attrs, outputs, scope } of nodes) {
      const made = inScope(scope, () =>
        applyAll(
          op,
          inputs.map((x) => copies.get(x) ?? x),
          attrs,
        ),
      );
      outputs.forEach((value, i) => {
        if (!this.escaping.has(value)) copies.set(value, made[i] as Value);
      });
    }
    return copies;
  }

  private entering(nodes: readonly Node[]): Value[] {
    const inside = new Set(nodes);
    return [...new Set(nodes.flatMap(({ inputs }) => inputs.filter((x) => !inside.has(x.node))))];
  }
}

/** The nodes that a value depends on, down to those made no later than `since`. */
function madeSince(value: Value, since: number): Set<Node> {
  const found = new Set<Node>();
  const open = [value.node];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node) || node.id <= since) continue;
    found.add(node);
    for (const x of node.inputs) open.push(x.node);
  }
  return found;
}
