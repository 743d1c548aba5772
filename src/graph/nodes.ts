import type { Node, Value } from "./types.js";

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
