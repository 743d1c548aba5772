import type { Body, Node, Value } from "./types.js";

/**
 * Every node that `outputs` depend on, inputs before users.
 * @param cut values whose own nodes are left out; defaults to none
 */
export function nodesOf(outputs: Iterable<Value>, cut: readonly Value[] = []): Node[] {
  const given = new Set(cut);
  const found = new Map<number, Node>();
  const open = [...outputs].filter((value) => !given.has(value)).map((value) => value.node);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node.id)) continue;
    found.set(node.id, node);
    for (const input of node.inputs) if (!given.has(input)) open.push(input.node);
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

/** The value that was only given other shapes to become this one: the value itself, where it was not. */
export function beforeReshapes(value: Value): Value {
  let before = value;
  while (before.node.op.onlyReshapes === true) before = before.node.inputs[0] as Value;
  return before;
}

/** Whether an attribute is a graph within the node. */
export const isBody = (attr: unknown): attr is Body =>
  typeof attr === "object" && attr !== null && "inputs" in attr && "outputs" in attr;
