import { MidstError, ShapeError } from "../base/errors.js";
import { nearest } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import { type Tensor, zeros } from "../base/tensor.js";
import { applyAll, type Graph, input, inputOp, inScope, nodesOf, type Value } from "../graph/index.js";
import type { Traced, TraceOptions } from "../nn/index.js";
import { compile, concatRows, type Network, rowsOf, type Tensors } from "../runtime/index.js";

/** What a technique finds, and how far its identity is from holding here: 0 is exact. */
export interface Checked<T> {
  readonly value: T;
  /** The residual of the identity that the technique must satisfy, on this network and this input. */
  readonly check: number;
}

/** A network's values as `look` uses them: dropout off, batch norm as learned. */
export interface World {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
  /** Every hidden layer by name, in order. */
  readonly hidden: ReadonlyMap<string, Value>;
  /** The edited layers as they would have been, from the values before them. */
  readonly unedited: ReadonlyMap<string, Value>;
}

/** How a hidden layer is changed: from its value to the one that the rest of the network gets. */
export type Edit = (value: Value) => Value;

const nothing: ReadonlyMap<string, Edit> = new Map();

/**
 * A network's graph with hidden layers changed by name; the network itself stays as it is. Two names of one value
 * (dropout passes its input on) are edited one after the other.
 */
export function edited(traced: Traced, edits: ReadonlyMap<string, Edit> = nothing): World {
  const editsOf = new Map<Value, Edit[]>();
  for (const [name, edit] of edits) {
    const value = ofLayer(traced.hidden, name);
    editsOf.set(value, [...(editsOf.get(value) ?? []), edit]);
  }
  const copies = new Map<Value, Value>();
  const unedited = new Map<Value, Value>();
  const copyOf = (value: Value): Value => copies.get(value) ?? value;
  for (const node of nodesOf([...Object.values(traced.outputs), ...traced.hidden.values()])) {
    const changed = node.inputs.some((x) => copies.has(x));
    const outputs = changed
      ? inScope(node.scope, () => applyAll(node.op, node.inputs.map(copyOf), node.attrs))
      : node.outputs;
    node.outputs.forEach((value, i) => {
      const now = outputs[i] as Value;
      const own = editsOf.get(value);
      if (own !== undefined) unedited.set(value, now);
      const result = (own ?? []).reduce((v, edit) => edit(v), now);
      if (result !== value) copies.set(value, result);
    });
  }
  const { inputs, outputs, hidden } = traced;
  return {
    inputs,
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, copyOf(value)])),
    hidden: new Map([...hidden].map(([name, value]) => [name, copyOf(value)])),
    unedited: new Map([...edits.keys()].map((name) => [name, unedited.get(ofLayer(traced.hidden, name)) as Value])),
  };
}

/** The name of the graph's input that stands for a replaced hidden layer. */
export const replacement = (name: string): string => `replaced/${name}`;

/** Edits by which hidden layers are given, each as the input `replacement(name)`, instead of worked out. */
export const replacing = (names: Iterable<string>): ReadonlyMap<string, Edit> =>
  new Map([...names].map((name) => [name, ({ shape, dtype }: Value) => input(replacement(name), shape, dtype)]));

/**
 * What is known of a hidden layer, by its name.
 * @throws MidstError naming the layers there are
 */
export function ofLayer<T>(layers: ReadonlyMap<string, T>, name: string): T {
  const found = layers.get(name);
  if (found !== undefined) return found;
  const names = [...layers.keys()];
  const guess = nearest(name, names);
  throw new MidstError(
    `there is no hidden layer of this name. ${guess === undefined ? `The layers are: ${names.join(", ")}.` : `Did you mean "${guess}"?`}`,
    { place: `look at "${name}"`, actual: name, expected: names },
  );
}

/** A graph over a network's values, made ready to run. */
export interface Probe {
  readonly graph: Graph;
  /**
   * Runs it with the network's weights as they are now, in parts where there are many rows.
   * @param given every input used that is no weight, by name; nudges may be left out
   */
  run(given: Tensors): Promise<Tensors>;
}

/** Rows in one run: every hidden layer of a run is in memory at once. */
export const PART = 64;

/** Makes values of a network's graph (and more graph on top of them) ready to be read. */
export function probe(net: Network, outputs: Readonly<Record<string, Value>>): Probe {
  const leaves = nodesOf(Object.values(outputs)).filter(({ op }) => op === inputOp);
  const inputs = Object.fromEntries(
    leaves.map(({ attrs, outputs: [value] }) => [attrs.name as string, value as Value]),
  );
  const graph: Graph = { inputs, outputs };
  const isBatched = (value: Value | undefined): boolean => typeof value?.shape[0] === "string";
  const batched = Object.keys(inputs).filter((name) => isBatched(inputs[name]));
  const nudges = new Set(net.traced(false, { nudges: true }).nudges.values());
  const idle = Object.entries(inputs).filter(([, value]) => nudges.has(value));
  /** Nudges of nothing, where none are given, for so many rows. */
  const unmoved = (given: Tensors, rows: number): Tensors =>
    Object.fromEntries(
      idle
        .filter(([name]) => given[name] === undefined)
        .map(([name, { shape }]) => [name, zeros(shape.map((d) => (typeof d === "string" ? rows : d)))]),
    );
  return {
    graph,
    run: async (given) => {
      // The same few optimisations for every probe, so that a value comes out the same to the bit whichever reads it.
      const program = await compile(graph, { purpose: "training" }, await net.engine());
      const feeds = Object.fromEntries(
        Object.entries(inputs)
          .filter(([name, value]) => given[name] !== undefined || !nudges.has(value))
          .map(([name, value]) => [name, fitting(name, value, given[name] ?? net.weights.get(name))]),
      );
      const rows = Math.max(0, ...batched.map((name) => feeds[name]?.shape[0] as number));
      if (rows <= PART) return program.run({ ...feeds, ...unmoved(given, rows) });
      const parts: Tensors[] = [];
      for (let start = 0; start < rows; start += PART) {
        const part = batched.map((name) => [name, rowsOf(feeds[name] as Tensor, start, start + PART)] as const);
        const own = Object.fromEntries(part);
        const count = Object.values(own)[0]?.shape[0] as number;
        parts.push(await program.run({ ...feeds, ...own, ...unmoved(given, count) }));
      }
      return concatRows(parts);
    },
  };
}

/** @throws ShapeError unless a tensor is there and fits the value it is given for */
function fitting(name: string, { shape, dtype }: Value, given: Tensor | undefined): Tensor {
  const fits =
    given?.shape.length === shape.length && shape.every((d, i) => typeof d === "string" || d === given.shape[i]);
  if (given === undefined || !fits || given.dtype !== dtype)
    throw new ShapeError(
      `expected ${dtype}${formatShape(shape)}, got ${given ? `${given.dtype}${formatShape(given.shape)}` : "nothing"}.`,
      { place: `look: "${name}"`, expected: shape, actual: given?.shape },
    );
  return given;
}

const probes = new WeakMap<Traced, Map<string, Probe>>();

/** How many probes of one network are kept. */
const KEPT = 16;

/**
 * As `probe`, kept for the next time that the same question is put to the network.
 * @param key names the question
 * @param options how the network is traced for it; defaults to plainly
 */
export function keptProbe(
  net: Network,
  key: string,
  make: (traced: Traced) => Readonly<Record<string, Value>>,
  options: TraceOptions = {},
): Probe {
  const traced = net.traced(false, options);
  const known = probes.get(traced) ?? new Map<string, Probe>();
  probes.set(traced, known);
  const found = known.get(key) ?? probe(net, make(traced));
  // The most recently used goes last; the first is the one to forget.
  known.delete(key);
  known.set(key, found);
  const [oldest] = known.keys();
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return found;
}
