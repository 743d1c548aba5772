import { MidstError, OptionError } from "../../base/errors.js";
import { checkNumber } from "../../base/options.js";
import { type Dim, formatShape } from "../../base/shape.js";
import { constant, type Value } from "../../graph/index.js";
import { add, concat, expand, mul, reshape, scan, transpose, where } from "../../ops/index.js";
import { defineLayer } from "../layer.js";
import type { Layer, LayerOptions } from "../traced.js";
import type { LayerScope } from "../tracing.js";
import { type Cell, type CellWeights, gruCell, lstmCell, simpleCell } from "./cells.js";
import { countedSteps, layerError } from "./shared.js";

export interface RecurrentOptions extends LayerOptions {
  /** The length of the hidden state. */
  readonly units: number;
  /** How many stand on each other, each reading the states of the one below; defaults to 1. */
  readonly layers?: number;
  /** Whether a second one reads the time backwards, its states behind the others'; defaults to false. */
  readonly bidirectional?: boolean;
  /** The states of all steps (the default) or of the last one read. */
  readonly returns?: "all" | "last";
  /** The state before the first step: zeros (the default) or learned. */
  readonly initialState?: "zeros" | "learned";
  /** The probability in [0, 1) that a number on the way from one layer to the next is dropped; defaults to 0. */
  readonly dropout?: number;
  /**
   * The probability in [0, 1) that a unit's state is dropped on its way to the next step, the same units in all steps of an
   * example (Gal & Ghahramani 2016); defaults to 0.
   */
  readonly recurrentDropout?: number;
}

const COMMON = ["units", "layers", "bidirectional", "returns", "initialState", "dropout", "recurrentDropout"] as const;

function check(kind: string, options: RecurrentOptions): void {
  const { units, layers = 1, bidirectional = false, returns = "all", initialState = "zeros" } = options;
  checkNumber(kind, "units", units, { low: 1, integer: true });
  checkNumber(kind, "layers", layers, { low: 1, integer: true });
  oneOf(kind, "bidirectional", bidirectional, [true, false]);
  oneOf(kind, "returns", returns, ["all", "last"]);
  oneOf(kind, "initialState", initialState, ["zeros", "learned"]);
  for (const name of ["dropout", "recurrentDropout"] as const) {
    const rate = options[name] ?? 0;
    checkNumber(kind, name, rate, { low: 0, high: 1 });
    if (rate === 1) throw new OptionError(`${name} must be less than 1, got 1.`, { place: kind, actual: 1 });
  }
}

function oneOf(place: string, name: string, given: unknown, known: readonly unknown[]): void {
  if (known.includes(given)) return;
  const words = known.map((word) => JSON.stringify(word)).join(" or ");
  throw new OptionError(`${name} must be ${words}, got ${JSON.stringify(given)}.`, { place, actual: given });
}

/** `[batch, time, features] -> [batch, time, units]`, or `[batch, units]` of the last step. */
function build(
  [x, ...given]: readonly [Value, ...Value[]],
  cell: Cell,
  options: RecurrentOptions,
  scope: LayerScope,
): Value {
  const { layers = 1, bidirectional = false, returns = "all", dropout = 0 } = options;
  const [batch, time] = x.shape as readonly [Dim, number];
  if (x.shape.length !== 3) throw layerError("[batch, time, features]", x, hintFor(x));
  checkGiven(given, cell, [batch, options.units], options, scope);
  const lengths = scope.lengthsOf(time);
  const counts = lengths && countedSteps(lengths, [time, 1, batch], { time: 0, batch: 2 });
  // Within, time is the first axis and the batch is the last.
  let steps = transpose(x, [1, 2, 0]);
  let last: Value[] = [];
  for (let layer = 0; layer < layers; layer++) {
    if (layer > 0 && dropout > 0 && scope.training)
      steps = mul(steps, scope.dropoutMask(`l${layer}/dropout`, steps.shape, dropout));
    const below = steps;
    const ways = bidirectional ? [false, true] : [false];
    const passes = ways.map((reverse) => {
      const own = given.splice(0, cell.states.length);
      return pass(below, counts, { cell, options, scope, layer, reverse, given: own });
    });
    steps = concat(
      passes.map(({ all }) => all),
      1,
    );
    last = passes.map(({ final }) => final);
  }
  return returns === "last" ? concat(last, 1) : examples(steps);
}

const hintFor = ({ shape: { length } }: Value): string =>
  length === 2
    ? "Put embedding() before it for tokens, or reshape([time, features])."
    : "Add reshape([time, features]) before it.";

/** `[time, units, batch] -> [batch, time, units]` */
const examples = (steps: Value): Value => transpose(steps, [2, 0, 1]);

interface Pass {
  readonly cell: Cell;
  readonly options: RecurrentOptions;
  readonly scope: LayerScope;
  /** From 0. */
  readonly layer: number;
  readonly reverse: boolean;
  /** The states before the first step, each [batch, units], where the layer is called on them too. */
  readonly given: readonly Value[];
}

/** One layer in one direction: `[time, width, batch] -> [time, units, batch]`, and the last state [batch, units]. */
function pass(steps: Value, counts: Value | undefined, { cell, options, scope, layer, reverse, given }: Pass) {
  const { units, recurrentDropout = 0 } = options;
  const [time, width, batch] = steps.shape as readonly [number, number, Dim];
  const place = `l${layer}${reverse ? "_reverse" : ""}`;
  const weights = weightsOf(place, width, cell, units, scope);
  const first = cell.states.map((name, i) =>
    transpose(given[i] ?? firstState(name, place, [batch, units], reverse, options, scope)),
  );
  const mask =
    recurrentDropout > 0 && scope.training
      ? [transpose(scope.dropoutMask(`${place}/recurrentDropout`, [batch, units], recurrentDropout))]
      : [];
  const fixed = [...cell.fixed(weights), ...mask];
  const nudges = cell.states.map((name) => scope.nudge(`${place}/${name}`, [time, batch, units]));
  const pushed = nudges.flatMap((nudge) => (nudge === undefined ? [] : [transpose(nudge, [0, 2, 1])]));
  let named: Readonly<Record<string, Value>> = {};
  const operator = mask.length + pushed.length === 0 ? cell.operator : undefined;
  const loop = scan(
    { operator, states: first, steps: [steps, ...(counts ? [counts] : []), ...pushed], fixed, reverse },
    (states, [x, ...more], own) => {
      const counted = counts && more.shift();
      const kept = mask.length > 0 ? own.at(-1) : undefined;
      const made = cell.step(states, x as Value, own, (h) => (kept === undefined ? h : mul(h, kept)));
      named = made.hidden;
      const next = made.states.map((state, i) => (nudges[i] === undefined ? state : add(state, more.shift() as Value)));
      // Beyond an example's length the state stays as it is.
      const after = counted ? next.map((state, i) => where(counted, state, states[i] as Value)) : next;
      return { states: after, outputs: [next[0] as Value] };
    },
  );
  const counting = (value: Value) => (counts ? where(counts, value, 0) : value);
  const all = counting(loop.outputs[0] as Value);
  const prefix = layer === 0 && !reverse ? "" : `${place}/`;
  for (const [name, value] of Object.entries(named))
    scope.hidden(`${prefix}${name}`, examples(counting(loop.stacked(value) as Value)));
  scope.hidden(`${prefix}state`, examples(all));
  const final = loop.states.map((state) => transpose(state));
  for (const [i, name] of cell.states.entries()) scope.remember(`${place}/${name}`, final[i] as Value);
  return { all, final: final[0] as Value };
}

function weightsOf(place: string, width: number, cell: Cell, units: number, scope: LayerScope): CellWeights {
  const rows = cell.gates * units;
  const blocks = (kind: "glorot" | "orthogonal") => ({ blocks: new Array(cell.gates).fill(kind) });
  return {
    weightIn: scope.parameter(`weight_ih_${place}`, [rows, width], blocks("glorot")),
    weight: scope.parameter(`weight_hh_${place}`, [rows, units], blocks("orthogonal")),
    biasIn: scope.parameter(`bias_ih_${place}`, [rows], cell.bias),
    bias: scope.parameter(`bias_hh_${place}`, [rows], "zeros"),
  };
}

/** Throws unless the states that the layer is called on are none, or all that it has. */
function checkGiven(
  given: readonly Value[],
  { states }: Cell,
  [batch, units]: readonly [Dim, number],
  { layers = 1, bidirectional = false, initialState }: RecurrentOptions,
  scope: LayerScope,
): void {
  if (given.length === 0) return;
  const places = layers * (bidirectional ? 2 : 1);
  const expected = places * states.length;
  const { place } = scope;
  if (given.length !== expected)
    throw new MidstError(
      `takes the input alone, or with its first states ${states.join(", ")}${places > 1 ? ` of ${places} layers and directions` : ""}: ${expected + 1} values, got ${given.length + 1}.`,
      { place, expected: expected + 1, actual: given.length + 1 },
    );
  for (const state of given)
    if (formatShape(state.shape) !== formatShape([batch, units]))
      throw layerError(`first states ${formatShape([batch, units])}`, state, `Put dense(${units}) before it.`);
  if (initialState === "learned" || scope.remembers)
    throw new MidstError(
      `a first state is given, and ${scope.remembers ? "sessions and stateful steps bring their own" : 'learned too. Leave out initialState: "learned"'}.`,
      { place },
    );
}

/** The state before the first step, [batch, units]. */
function firstState(
  name: string,
  place: string,
  [batch, units]: readonly [Dim, number],
  reverse: boolean,
  { initialState = "zeros" }: RecurrentOptions,
  scope: LayerScope,
): Value {
  const learned = initialState === "learned";
  if (reverse && scope.remembers)
    throw new MidstError("a layer that reads backwards begins at the end of the time: it cannot remember.", {
      place: scope.place,
    });
  if (learned && scope.remembers && scope.training)
    throw new MidstError('a learned initialState is not trained in "stateful" steps. Leave out one of both.', {
      place: scope.place,
    });
  const start = learned ? scope.parameter(`initial_${name}_${place}`, [units], "zeros") : constant([0], [1, 1]);
  return scope.memory(`${place}/${name}`, expand(learned ? reshape(start, [1, units]) : start, [batch, units]));
}

export interface SimpleRnnOptions extends RecurrentOptions {
  /** Of the hidden state; defaults to "tanh". */
  readonly activation?: "tanh" | "relu" | "linear";
}

const makeSimpleRnn = defineLayer<SimpleRnnOptions>({
  kind: "simpleRnn",
  options: [...COMMON, "activation"],
  check: (options) => {
    check("simpleRnn", options);
    oneOf("simpleRnn", "activation", options.activation ?? "tanh", ["tanh", "relu", "linear"]);
  },
  takes: "many",
  build: (inputs, options, scope) => build(inputs, simpleCell(options.activation ?? "tanh"), options, scope),
});

/**
 * A recurrent layer without gates (Elman 1990): h' = tanh(W_ih x + b_ih + W_hh h + b_hh),
 * `[batch, time, features] -> [batch, time, units]`. Weights as PyTorch's RNN: `weight_ih_l0` [units, features],
 * `weight_hh_l0` [units, units], `bias_ih_l0`, `bias_hh_l0` [units]; further layers `_l1`, backwards `_l0_reverse`.
 * Hidden value: `state`. Called on first states as well, `layer(x, h)`, it begins with them: [batch, units], of all layers
 * and directions in turn.
 */
export const simpleRnn = (units: number, options: Omit<SimpleRnnOptions, "units"> = {}): Layer<SimpleRnnOptions> =>
  makeSimpleRnn({ units, ...options });

const makeLstm = defineLayer<RecurrentOptions>({
  kind: "lstm",
  options: COMMON,
  check: (options) => check("lstm", options),
  takes: "many",
  build: (inputs, options, scope) => build(inputs, lstmCell, options, scope),
});

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997): `[batch, time, features] -> [batch, time, units]`. Weights as
 * PyTorch's LSTM, gates in the order input, forget, candidate, output: `weight_ih_l0` [4 * units, features],
 * `weight_hh_l0` [4 * units, units] (each block orthogonal at first), `bias_ih_l0` (1 for the forget gate at first,
 * Jozefowicz et al. 2015), `bias_hh_l0` [4 * units]; further layers `_l1`, backwards `_l0_reverse`. Hidden values,
 * each [batch, time, units]: `input`, `forget`, `candidate`, `output`, `cell` and `state`; of further layers `l1/input`,
 * backwards `l0_reverse/input`. Called on first states as well, `layer(x, h, c)`, it begins with them: [batch, units], of all
 * layers and directions in turn.
 */
export const lstm = (units: number, options: Omit<RecurrentOptions, "units"> = {}): Layer<RecurrentOptions> =>
  makeLstm({ units, ...options });

export interface GruOptions extends RecurrentOptions {
  /**
   * Whether the reset gate acts behind the recurrent product (true, the default, as cuDNN and PyTorch have it) or before it
   * (as Cho et al. have it).
   */
  readonly resetAfter?: boolean;
}

const makeGru = defineLayer<GruOptions>({
  kind: "gru",
  options: [...COMMON, "resetAfter"],
  check: (options) => {
    check("gru", options);
    oneOf("gru", "resetAfter", options.resetAfter ?? true, [true, false]);
  },
  takes: "many",
  build: (inputs, options, scope) => build(inputs, gruCell(options.resetAfter ?? true), options, scope),
});

/**
 * Gated recurrent units (Cho et al. 2014): `[batch, time, features] -> [batch, time, units]`. Weights as PyTorch's GRU,
 * gates in the order reset, update, candidate: `weight_ih_l0` [3 * units, features], `weight_hh_l0` [3 * units, units]
 * (each block orthogonal at first), `bias_ih_l0`, `bias_hh_l0` [3 * units]; further layers `_l1`, backwards
 * `_l0_reverse`. Hidden values, each [batch, time, units]: `reset`, `update`, `candidate` and `state`; of further layers
 * `l1/reset`, backwards `l0_reverse/reset`. Called on first states as well, `layer(x, h)`, it begins with them: [batch,
 * units], of all layers and directions in turn.
 */
export const gru = (units: number, options: Omit<GruOptions, "units"> = {}): Layer<GruOptions> =>
  makeGru({ units, ...options });
