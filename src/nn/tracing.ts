import { MidstError } from "../base/errors.js";
import type { Shape } from "../base/shape.js";
import { input, inScope, type Value } from "../graph/index.js";
import { checkInitializer, type Initializer } from "./initializers.js";
import { type TimeLengths, timeLengths } from "./lengths.js";
import type { Call, InputSpec, Layer, Memory, Noise, Parameter, Positions, Traced } from "./traced.js";

interface Tracing {
  readonly training: boolean;
  readonly options: TraceOptions;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly parameters: Map<string, Parameter>;
  readonly noise: Map<string, Noise>;
  readonly updates: Map<string, Value>;
  readonly hidden: Map<string, Value>;
  readonly memory: Map<string, Memory>;
  readonly nudges: Map<string, Value>;
  readonly calls: Call[];
  readonly rowsNeeded: Map<string, number>;
  readonly positions: Map<string, Positions>;
  readonly lengths: TimeLengths;
  /** The layers that cannot go on from an earlier batch. */
  readonly forgetful: Set<string>;
  /** The layers within each layer (the network itself is ""), and their names there. */
  readonly names: Map<string, Map<Layer, string>>;
  /** How many names with a number were given, by the name in full without it. */
  readonly counts: Map<string, number>;
  /** The one place where a layer has its weights. */
  readonly owners: Map<Layer, string>;
}

let tracing: Tracing | undefined;
/** The layers being built, the outermost first. */
let path: readonly string[] = [];

/** The input that says how many time steps of each example count. */
const LENGTHS = "lengths";

/** What is asked of a trace. */
export interface TraceOptions {
  /**
   * Names of layers whose weights are not to be trained: in training too, they and all layers within compute as in
   * prediction; defaults to none.
   */
  readonly frozen?: readonly string[];
  /** Whether states at the beginning of the time are inputs, and those at its end are known; defaults to false. */
  readonly memory?: boolean;
  /** Whether values inside loops can be nudged; defaults to false. */
  readonly nudges?: boolean;
}

/** Runs a function of layers on symbolic inputs and collects what it makes. */
export function traceNetwork(
  specs: Readonly<Record<string, InputSpec>>,
  body: (inputs: Record<string, Value>) => Record<string, Value>,
  training: boolean,
  options: TraceOptions = {},
): Traced {
  const [outer, outerPath] = [tracing, path];
  const inputs = Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => [name, input(name, ["batch", ...shape], dtype)]),
  );
  const state: Tracing = {
    training,
    options,
    inputs,
    parameters: new Map(),
    noise: new Map(),
    updates: new Map(),
    hidden: new Map(),
    memory: new Map(),
    nudges: new Map(),
    calls: [],
    rowsNeeded: new Map(),
    positions: new Map(),
    lengths: timeLengths(inputs[LENGTHS]),
    forgetful: new Set(),
    names: new Map(),
    counts: new Map(),
    owners: new Map(),
  };
  [tracing, path] = [state, []];
  try {
    const outputs = body({ ...inputs });
    checkRemembering(state);
    const { parameters, noise, updates, hidden, memory, nudges, calls, rowsNeeded, positions } = state;
    return { inputs, outputs, parameters, noise, updates, hidden, memory, nudges, calls, rowsNeeded, positions };
  } finally {
    [tracing, path] = [outer, outerPath];
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
  /** Numbers kept up by the layer itself: `update` sets them, the optimizer leaves them alone. */
  state(name: string, shape: readonly number[], initializer: Initializer): Value;
  /** Sets a state for the next step. A later call of the layer in this step gets it from `state`. */
  update(name: string, value: Value): void;
  /** A dropout mask of this shape: `1 / (1 - rate)` or 0. */
  dropoutMask(name: string, shape: Shape, rate: number): Value;
  /** Names a value inside the layer, so that it can be looked at: `lstm_1/forget`. */
  hidden(name: string, value: Value): Value;
  /**
   * How many of so many time steps count, int32 [batch], from 1: the network's input "lengths", and what layers such as
   * conv1d have made of it. Undefined where it has none, and all steps count.
   */
  lengthsOf(steps: number): Value | undefined;
  /** Says that the layer makes `to` time steps of `from`, and how many of them count where `length` did. */
  carryLengths(from: number, to: number, rule: (length: number) => number): void;
  /** Says that the layer looks along the time, but sees only the steps it is given: it cannot go on from an earlier batch. */
  forgets(): void;
  /** Whether states go from batch to batch: in sessions and stateful training. */
  readonly remembers: boolean;
  /** The layer's name in full, for errors. */
  readonly place: string;
  /**
   * A state at the beginning of the time, e.g. [batch, units]: `begin`, or what the batch before has left where the
   * network is traced to remember.
   */
  memory(name: string, begin: Value): Value;
  /** A state at the end of the time, as the next batch gets it from `memory`. */
  remember(name: string, end: Value): void;
  /**
   * Zeros to be added to a value inside a loop, whose gradient is that value's: every way to the output counts. Only
   * where the network is traced for it; else undefined.
   */
  nudge(name: string, shape: Shape): Value | undefined;
  /** Says that the layer cannot train on batches of fewer examples. */
  needRows(count: number): void;
  /** Says that a value holds positions in [0, count). Checked where it is one of the network's inputs. */
  expectPositions(value: Value, count: number): void;
}

/** Calls a layer on values: opens its scope, builds it, and records the call and its result by name. */
export function callLayer(layer: Layer, inputs: readonly Value[], build: (scope: LayerScope) => Value): Value {
  const state = current(layer.kind);
  const own = ownName(state, layer);
  const before = path;
  path = [...path, own];
  const full = path.join("/");
  try {
    const known = state.parameters.size;
    const output = inScope(own, () => build(scopeOf(state, layer, path)));
    const name = unusedName(state.hidden, full);
    state.hidden.set(name, output);
    if (before.length === 0) {
      const parameters = [...state.parameters.keys()].slice(known);
      state.calls.push({ name, layer, inputs, output, parameters });
    }
    return output;
  } finally {
    path = before;
  }
}

/** The layer's name among its siblings: its `name` option, or its kind with the first number that is free. */
function ownName(state: Tracing, layer: Layer): string {
  const parent = path.join("/");
  const siblings = state.names.get(parent) ?? new Map<Layer, string>();
  state.names.set(parent, siblings);
  const known = siblings.get(layer);
  if (known !== undefined) return known;
  const taken = new Set(siblings.values());
  const name = layer.options.name ?? freeName(state, [...path, layer.kind].join("/"), layer.kind, taken);
  const place = [...path, name].join("/");
  if (taken.has(name)) throw new MidstError("two layers have this name. Give one of them another.", { place });
  if (parent === "" && Object.hasOwn(state.inputs, name))
    throw new MidstError("a layer and an input have this name. Give one of them another.", { place });
  siblings.set(layer, name);
  return name;
}

function freeName(state: Tracing, counted: string, kind: string, taken: ReadonlySet<string>): string {
  let count = state.counts.get(counted) ?? 0;
  do count++;
  while (taken.has(`${kind}_${count}`));
  state.counts.set(counted, count);
  return `${kind}_${count}`;
}

/** A layer called again (shared weights) makes another hidden value: `dense_1:2`. */
function unusedName(taken: ReadonlyMap<string, unknown>, name: string): string {
  let unused = name;
  for (let i = 2; taken.has(unused); i++) unused = `${name}:${i}`;
  return unused;
}

function scopeOf(state: Tracing, layer: Layer, at: readonly string[]): LayerScope {
  const [dotted, slashed] = [at.join("."), at.join("/")];
  const frozen = (state.options.frozen ?? []).some((name) => slashed === name || slashed.startsWith(`${name}/`));
  const weight = (name: string, shape: readonly number[], initializer: Initializer, trainable: boolean): Value => {
    const full = `${dotted}.${name}`;
    const known = state.parameters.get(full);
    if (known !== undefined) {
      if (known.shape.join() !== shape.join())
        throw new MidstError(
          `the layer is used again with other sizes: ${name} is [${known.shape.join(", ")}], now [${shape.join(", ")}] is needed. Make another layer.`,
          { place: slashed, expected: known.shape, actual: shape },
        );
      return known.value;
    }
    checkInitializer(full, initializer);
    own(state, layer, at);
    const value = input(full, shape);
    state.parameters.set(full, { value, shape, initializer, trainable });
    return value;
  };
  const expect = (value: Value, count: number, what: Positions["what"]) => {
    const name = Object.keys(state.inputs).find((input) => state.inputs[input] === value);
    if (name !== undefined && count < (state.positions.get(name)?.count ?? Infinity))
      state.positions.set(name, { layer: slashed, count, what });
  };
  return {
    training: state.training && !frozen,
    parameter: (name, shape, initializer) => weight(name, shape, initializer, !frozen),
    state: (name, shape, initializer) => {
      const value = weight(name, shape, initializer, false);
      return state.updates.get(`${dotted}.${name}`) ?? value;
    },
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
    lengthsOf: (steps) => {
      const lengths = state.lengths.of(steps);
      if (lengths !== undefined && lengths === state.inputs[LENGTHS]) expect(lengths, steps, "time steps");
      return lengths;
    },
    carryLengths: (from, to, rule) => state.lengths.carry(from, to, rule, slashed),
    forgets: () => void state.forgetful.add(slashed),
    remembers: state.options.memory === true,
    place: slashed,
    memory: (name, begin) => {
      const full = `${slashed}/${name}`;
      if (!state.options.memory) return begin;
      if (state.memory.has(full))
        throw new MidstError("a layer that remembers can be called once only. Make another layer.", { place: slashed });
      const value = input(full, begin.shape);
      state.memory.set(full, { value, begin, end: value });
      return value;
    },
    remember: (name, end) => {
      const known = state.memory.get(`${slashed}/${name}`);
      if (known !== undefined) state.memory.set(`${slashed}/${name}`, { ...known, end });
    },
    nudge: (name, shape) => {
      if (!state.options.nudges) return undefined;
      const full = unusedName(state.nudges, `${slashed}/${name}`);
      const value = input(`nudge/${full}`, shape);
      state.nudges.set(full, value);
      return value;
    },
    needRows: (count) => void state.rowsNeeded.set(slashed, count),
    expectPositions: (value, count) => expect(value, count, "vectors"),
  };
}

/** Throws where some layers go on from batch to batch and others cannot. */
function checkRemembering({ memory, forgetful }: Tracing): void {
  const [place] = forgetful;
  if (memory.size === 0 || place === undefined) return;
  throw new MidstError(
    "sees only the time steps it is given, and cannot go on from earlier ones as recurrent layers do. Give the whole sequence at once, without a session or stateful training.",
    { place },
  );
}

/** Throws when the layer has weights elsewhere: here it would get others, though it is the same layer. */
function own(state: Tracing, layer: Layer, at: readonly string[]): void {
  const place = at.join("/");
  const owner = state.owners.get(layer);
  if (owner !== undefined && owner !== place) {
    const outer = owner.split("/").slice(0, -1).join("/") || "the network itself";
    throw new MidstError(
      `the layer has weights in ${outer} already. Make another layer, or call the outer one again.`,
      { place, expected: owner, actual: place },
    );
  }
  state.owners.set(layer, place);
}
