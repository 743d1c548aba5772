import { MidstError } from "../base/errors.js";
import type { Shape } from "../base/shape.js";
import { input, inScope, type Value } from "../graph/index.js";
import type { Initializer } from "./initializers.js";
import type { Call, InputSpec, Layer, Noise, Parameter, Traced } from "./traced.js";

interface Tracing {
  readonly training: boolean;
  readonly parameters: Map<string, Parameter>;
  readonly noise: Map<string, Noise>;
  readonly updates: Map<string, Value>;
  readonly hidden: Map<string, Value>;
  readonly calls: Call[];
  readonly names: Map<Layer, string>;
  readonly counts: Map<string, number>;
}

let tracing: Tracing | undefined;
let path: readonly string[] = [];

/** Runs a function of layers on symbolic inputs and collects what it makes. */
export function traceNetwork(
  specs: Readonly<Record<string, InputSpec>>,
  body: (inputs: Record<string, Value>) => Record<string, Value>,
  training: boolean,
): Traced {
  const outer = tracing;
  const state: Tracing = {
    training,
    parameters: new Map(),
    noise: new Map(),
    updates: new Map(),
    hidden: new Map(),
    calls: [],
    names: new Map(),
    counts: new Map(),
  };
  tracing = state;
  try {
    const inputs = Object.fromEntries(
      Object.entries(specs).map(([name, { shape, dtype }]) => [name, input(name, ["batch", ...shape], dtype)]),
    );
    return { inputs, outputs: body(inputs), ...state };
  } finally {
    tracing = outer;
  }
}

function current(what: string): Tracing {
  if (tracing === undefined)
    throw new MidstError(
      `layers can be called only while a network is built. Write network({ x: [...] }, ({ x }) => ...) or sequential(...).`,
      { place: what },
    );
  return tracing;
}

/** What a layer's `build` is given. */
export interface LayerScope {
  /** Whether the graph is for training: dropout drops, batch norm uses the batch. */
  readonly training: boolean;
  /** A weight of the layer. The same name asked for again is the same weight. */
  parameter(name: string, shape: readonly number[], initializer: Initializer): Value;
  /** A number kept up by the layer itself: `update` sets it, the optimizer leaves it alone. */
  state(name: string, shape: readonly number[], initializer: Initializer): Value;
  /** Sets a state for the next step. */
  update(name: string, value: Value): void;
  /** A dropout mask of this shape: `1 / (1 - rate)` or 0. */
  dropoutMask(name: string, shape: Shape, rate: number): Value;
  /** Names a value inside the layer, so that it can be looked at: `lstm_1/forget`. */
  hidden(name: string, value: Value): Value;
}

/** Calls a layer on values: opens its scope, builds it, and records the call and its result by name. */
export function callLayer(layer: Layer, inputs: readonly Value[], build: (scope: LayerScope) => Value): Value {
  const state = current(layer.kind);
  const own = ownName(state, layer);
  const before = path;
  path = [...path, own];
  const full = path.join("/");
  try {
    const found = new Set(state.parameters.keys());
    const output = inScope(own, () => build(scopeOf(state, path.join("."), full)));
    const name = unusedName(state.hidden, full);
    state.hidden.set(name, output);
    if (before.length === 0) {
      const parameters = [...state.parameters.keys()].filter((p) => !found.has(p));
      state.calls.push({ name, layer, inputs, output, parameters });
    }
    return output;
  } finally {
    path = before;
  }
}

/** The layer's name among its siblings: its `name` option, or its kind with a number. */
function ownName(state: Tracing, layer: Layer): string {
  const known = state.names.get(layer);
  if (known !== undefined) return known;
  const place = (name: string) => [...path, name].join("/");
  const count = (state.counts.get(place(layer.kind)) ?? 0) + 1;
  state.counts.set(place(layer.kind), count);
  const name = layer.options.name ?? `${layer.kind}_${count}`;
  if (state.hidden.has(place(name)))
    throw new MidstError("two layers have this name. Give one of them another.", { place: place(name) });
  state.names.set(layer, name);
  return name;
}

/** A layer called again (shared weights) makes another hidden value: `dense_1:2`. */
function unusedName(taken: ReadonlyMap<string, unknown>, name: string): string {
  let unused = name;
  for (let i = 2; taken.has(unused); i++) unused = `${name}:${i}`;
  return unused;
}

function scopeOf(state: Tracing, dotted: string, slashed: string): LayerScope {
  const weight = (name: string, shape: readonly number[], initializer: Initializer, trainable: boolean): Value => {
    const full = `${dotted}.${name}`;
    const known = state.parameters.get(full);
    if (known !== undefined) {
      if (known.shape.join() !== shape.join())
        throw new MidstError(
          `the layer is used again with other sizes: ${name} is [${known.shape}], now [${shape}] is needed.`,
          { place: slashed, expected: known.shape, actual: shape },
        );
      return known.value;
    }
    const value = input(full, shape);
    state.parameters.set(full, { value, shape, initializer, trainable });
    return value;
  };
  return {
    training: state.training,
    parameter: (name, shape, initializer) => weight(name, shape, initializer, true),
    state: (name, shape, initializer) => weight(name, shape, initializer, false),
    update: (name, value) => void state.updates.set(`${dotted}.${name}`, value),
    dropoutMask: (name, shape, rate) => {
      const full = unusedName(state.noise, `${slashed}/${name}`);
      const value = input(full, shape);
      state.noise.set(full, { value, kind: "dropout", rate });
      return value;
    },
    hidden: (name, value) => {
      state.hidden.set(unusedName(state.hidden, `${slashed}/${name}`), value);
      return value;
    },
  };
}
