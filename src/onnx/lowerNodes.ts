import type { Emit, Node, Value } from "../graph/index.js";

/**
 * Lowers nodes in topological order, each by its op's own rule.
 * @param names the ONNX names of what the nodes are made from; those of what they make are added
 */
export function lowerNodes(
  emitter: Emit & { open(scope: string, op: string): void },
  nodes: readonly Node[],
  names: Map<Value, string>,
): void {
  for (const node of nodes) {
    if (node.outputs.every((value) => names.has(value))) continue;
    emitter.open(node.scope, node.op.name);
    const x = node.inputs.map((value) => names.get(value) as string);
    const lowered = node.op.lower(emitter, x, node);
    const outputs = typeof lowered === "string" ? [lowered] : lowered;
    node.outputs.forEach((value, i) => {
      if (!names.has(value)) names.set(value, outputs[i] as string);
    });
  }
}

/** What nodes and results need. */
export const neededBy = (nodes: readonly Node[], results: readonly Value[]): Set<Value> =>
  new Set([...nodes.flatMap(({ inputs }) => inputs), ...results]);
