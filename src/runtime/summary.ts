import { countOf, formatShape } from "../base/shape.js";
import { textTable } from "../base/textTable.js";
import type { Value } from "../graph/index.js";
import { type Architecture, type Call, receptiveField, type Traced } from "../nn/index.js";

/** What a summary is made from. */
interface Summarised {
  readonly architecture: Architecture;
  traced(training: boolean): Traced;
}

/**
 * A network as a table: each layer with its output's shape, its parameters and, where the input has spatial axes, how
 * much of it one cell sees; then how many parameters there are.
 */
export function summary(net: Summarised): string {
  const traced = net.traced(false);
  const inputs = Object.entries(traced.inputs);
  const fields = inputs.filter(([, x]) => x.shape.length > 2);
  const sources = sourcesOf(traced);
  const branches = traced.calls.some((call, i) => sources.get(call) !== (traced.calls[i - 1]?.name ?? inputs[0]?.[0]));
  const columns: readonly Column[] = [
    { title: "layer", cell: ({ name }) => name },
    { title: "kind", cell: ({ call }) => call?.layer.kind ?? "input" },
    ...(branches ? [{ title: "from", cell: ({ call }: Row) => (call && sources.get(call)) ?? "" }] : []),
    { title: "output", cell: ({ output }) => formatShape(output.shape) },
    { title: "parameters", right: true, cell: ({ call }) => (call ? parametersOf(traced, call) : "") },
    ...fields.map(([name, x]) => ({
      title: fields.length === 1 ? "sees" : `sees of ${name}`,
      cell: ({ call, output }: Row) => (call ? fieldText(output, x) : ""),
    })),
  ];
  const rows: Row[] = [
    ...inputs.map(([name, output]) => ({ name, output })),
    ...traced.calls.map((call) => ({ name: call.name, call, output: call.output })),
  ];
  const table = textTable(
    columns.map(({ title }) => title),
    rows.map((row) => columns.map(({ cell }) => cell(row))),
    columns.map(({ right }) => (right === true ? "right" : "left")),
  );
  return `${table}\n\n${totals(traced)}`;
}

interface Row {
  readonly name: string;
  readonly output: Value;
  /** Absent for an input. */
  readonly call?: Call;
}

interface Column {
  readonly title: string;
  readonly right?: boolean;
  cell(row: Row): string;
}

/** Where each layer's inputs come from, by name: `conv2d_1, add_1`; a value that no layer made by its op. */
function sourcesOf(traced: Traced): Map<Call, string> {
  const names = new Map<Value, string>(Object.entries(traced.inputs).map(([name, value]) => [value, name]));
  const sources = new Map<Call, string>();
  for (const call of traced.calls) {
    sources.set(call, call.inputs.map((x) => names.get(x) ?? x.node.op.name).join(", "));
    // A layer that passes its input on (dropout, when evaluating) stands for it from here on.
    names.set(call.output, call.name);
  }
  return sources;
}

const count = (n: number): string => n.toLocaleString("en-US");

const sizeOf = (traced: Traced, names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + countOf(traced.parameters.get(name)?.shape ?? [0]), 0);

function parametersOf(traced: Traced, { layer, parameters, name }: Call): string {
  const first = traced.calls.find((call) => call.layer === layer);
  if (first !== undefined && first.name !== name && first.parameters.length > 0) return `of ${first.name}`;
  return count(
    sizeOf(
      traced,
      parameters.filter((parameter) => traced.parameters.get(parameter)?.trainable),
    ),
  );
}

function fieldText(value: Value, input: Value): string {
  const axes = receptiveField(value, input);
  if (axes.every((axis) => axis === "whole")) return "everything";
  if (axes.every((axis) => axis === "none")) return "nothing";
  return axes.map((axis) => (typeof axis === "string" ? axis : count(axis.size))).join(" x ");
}

function totals(traced: Traced): string {
  const names = [...traced.parameters.keys()];
  const kept = names.filter((name) => traced.parameters.get(name)?.trainable === false);
  const all = sizeOf(traced, names);
  const trained = all - sizeOf(traced, kept);
  const statistics = all === trained ? "" : `, and ${count(all - trained)} running statistics`;
  return `${count(trained)} parameters${statistics} (${bytes(4 * all)})`;
}

function bytes(n: number): string {
  if (n < 1000) return `${n} bytes`;
  return n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}
