import { formatShape } from "../base/shape.js";
import { isBody, nodesOf } from "./nodes.js";
import type { Attr, Graph, Node, Value } from "./types.js";

/**
 * A graph as text, one node a line:
 * `%4 = conv(x, conv2d_1.weight) {strides: [1, 1]} : float32[batch, 32, 26, 26]  # conv2d_1`
 */
export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>();
  let count = 0;
  const nameOf = (value: Value): string => names.get(value) ?? "?";
  const lines: string[] = [];
  for (const [name, value] of Object.entries(graph.inputs)) {
    names.set(value, name);
    lines.push(`input ${name} : ${typeOf(value)}`);
  }
  for (const node of nodesOf(Object.values(graph.outputs))) {
    const outputs = node.outputs.map((value) => {
      if (!names.has(value)) names.set(value, `%${count++}`);
      return nameOf(value);
    });
    if (outputs.every((name) => !name.startsWith("%"))) continue;
    const types = node.outputs.map(typeOf).join(", ");
    const call = `${node.op.name}(${node.inputs.map(nameOf).join(", ")})`;
    const scope = node.scope === "" ? "" : `  # ${node.scope}`;
    lines.push(`${outputs.join(", ")} = ${call}${printAttrs(node)} : ${types}${scope}`);
  }
  for (const [name, value] of Object.entries(graph.outputs)) lines.push(`output ${name} = ${nameOf(value)}`);
  return lines.join("\n");
}

const typeOf = (value: Value): string => `${value.dtype}${formatShape(value.shape)}`;

function printAttrs(node: Node): string {
  const parts = Object.entries(node.attrs)
    .filter(([, attr]) => attr !== undefined)
    .map(([key, attr]) => `${key}: ${printAttr(attr)}`);
  return parts.length === 0 ? "" : ` {${parts.join(", ")}}`;
}

function printAttr(attr: Attr): string {
  if (isBody(attr)) return `body of ${nodesOf(attr.outputs, attr.inputs).length} nodes`;
  if (!Array.isArray(attr)) return String(attr);
  const shown = attr.slice(0, 8).join(", ");
  return attr.length > 8 ? `[${shown}, ... ${attr.length} in all]` : `[${shown}]`;
}
