import { type Dim, formatShape, sameShape } from "../base/shape.js";
import {
  type Attrs,
  applyAll,
  type Body,
  defineOp,
  type GradientRule,
  input,
  inputOp,
  nodesOf,
  outsideRegions,
  shapeError,
  type Value,
  type ValueType,
} from "../graph/index.js";
import { sum } from "./movement.js";
import { emitOperator, type ScanOperator } from "./scanOperator.js";
import { zerosLike } from "./window.js";

/**
 * The body's inputs are states, steps and fixed values, in this order; its outputs are the next states, then what is
 * stacked. The node's inputs are the first states, the steps `[time, ...]` and the fixed values; its outputs are the
 * last states, then what was stacked `[time, ...]`.
 */
interface ScanAttrs extends Attrs {
  readonly body: Body;
  readonly states: number;
  readonly steps: number;
  readonly reverse: boolean;
  readonly operator: ScanOperator | undefined;
}

const scanOp = defineOp<ScanAttrs>({
  name: "scan",
  type: (x, { body, states }) => {
    const time = x[states]?.shape[0] as Dim;
    const stacked = body.outputs.slice(states).map(({ dtype, shape }) => ({ dtype, shape: [time, ...shape] }));
    return [...(x.slice(0, states) as ValueType[]).map(({ dtype, shape }) => ({ dtype, shape })), ...stacked];
  },
  gradient: (rule) => pullBackScan(rule),
  lower: (emit, x, { attrs: { body, states, steps, reverse, operator }, outputs }) => {
    const own = states + steps;
    // What nobody uses is not stacked.
    const kept = body.outputs.map((_, i) => i).filter((i) => i < states || emit.used(outputs[i] as Value));
    if (operator !== undefined && emit.operators && kept.every((i) => i <= states)) {
      const names = { states: x.slice(0, states), steps: x.slice(states, own), fixed: x.slice(own) };
      const units = outputs[0]?.shape[0] as number;
      const { all, last } = emitOperator(emit, operator, names, units, reverse);
      return body.outputs.map((_, i) => last[i] ?? (i === states ? all : ""));
    }
    const outer = new Map(body.inputs.slice(own).map((value, i) => [value, x[own + i] as string]));
    const inner = { inputs: body.inputs.slice(0, own), outputs: kept.map((i) => body.outputs[i] as Value) };
    const directions = (count: number) => new Array<number>(count).fill(Number(reverse));
    const attrs = {
      body: { body: emit.body(inner, outer) },
      num_scan_inputs: steps,
      scan_input_directions: directions(steps),
      ...(kept.length > states && { scan_output_directions: directions(kept.length - states) }),
    };
    const names = emit.nodes("Scan", x.slice(0, own), attrs, kept.length);
    const made = body.outputs.map(() => "");
    kept.forEach((i, at) => {
      made[i] = names[at] as string;
    });
    return made;
  },
});

/** What goes through a scan. */
export interface ScanInputs {
  /** The first states. */
  readonly states: readonly Value[];
  /** `[time, ...]`, at least one: a turn for each place along the first axis. */
  readonly steps: readonly Value[];
  /** What is the same in every turn, e.g. weights; defaults to none. */
  readonly fixed?: readonly Value[];
  /** From the last step to the first, outputs lying where their steps lie; defaults to false. */
  readonly reverse?: boolean;
  /**
   * The ONNX operator that does the same, where only the first output and the last states are used; defaults to none. See
   * `emitOperator` for what it takes.
   */
  readonly operator?: ScanOperator | undefined;
}

/** What a turn of a scan makes. */
export interface Turn {
  /** The next states, of the shapes of the states. */
  readonly states: readonly Value[];
  /** What is stacked. */
  readonly outputs: readonly Value[];
}

export interface Scanned {
  /** The last states. */
  readonly states: readonly Value[];
  /** `[time, ...]` */
  readonly outputs: readonly Value[];
  /** Any value of the turn that depends on states or steps, `[time, ...]`; undefined for one that does not. */
  stacked(value: Value): Value | undefined;
}

/**
 * A loop over time: `turn` is given states, what each of `steps` has in this turn, and the fixed values, and must use no
 * other values. The graph is as large for a thousand steps as for one.
 * @throws ShapeError when there is nothing to step through, the states change, or the turn uses what it was not given
 */
export function scan(
  inputs: ScanInputs,
  turn: (states: readonly Value[], steps: readonly Value[], fixed: readonly Value[]) => Turn,
): Scanned {
  const { states, steps, fixed = [] } = inputs;
  const [first] = steps;
  if (first === undefined) throw shapeError("scan", "needs something to step through.");
  for (const { shape } of steps)
    if (shape.length === 0 || shape[0] !== first.shape[0])
      throw shapeError(
        "scan",
        shape.length === 0 ? "a scalar has no steps." : `steps of ${first.shape[0]} and ${shape[0]} turns.`,
        first.shape,
        shape,
      );
  const { own, made } = outsideRegions(() => {
    const leaf = ({ dtype, shape }: ValueType, from = 0): Value => input("turn", shape.slice(from), dtype);
    const own = [states.map((x) => leaf(x)), steps.map((x) => leaf(x, 1)), fixed.map((x) => leaf(x))] as const;
    const made = turn(...own);
    checkTurn(made, states, own.flat());
    return { own: own.flat(), made };
  });
  return scanBody(inputs, own, made);
}

/** Throws for a turn that another cannot follow, or that uses what it was not given. */
function checkTurn(made: Turn, states: readonly Value[], own: readonly Value[]): void {
  if (made.states.length !== states.length)
    throw shapeError(
      "scan",
      `a turn is given ${states.length} states and returns ${made.states.length}.`,
      states.length,
      made.states.length,
    );
  const typed = ({ dtype, shape }: ValueType) => `${dtype === "float32" ? "" : dtype}${formatShape(shape)}`;
  for (const [i, after] of made.states.entries()) {
    const before = states[i] as Value;
    if (before.dtype === after.dtype && sameShape(after.shape, before.shape)) continue;
    throw shapeError("scan", `state ${i} is ${typed(before)}, then ${typed(after)}.`, before.shape, after.shape);
  }
  const stranger = nodesOf([...made.states, ...made.outputs], own).find(({ op }) => op === inputOp);
  if (stranger !== undefined)
    throw shapeError(
      "scan",
      `a turn uses "${stranger.attrs.name}" from outside. Give what is the same in every turn as one of "fixed".`,
    );
}

/** A scan of a turn that is there already, a function of `own` states, steps and fixed values. */
function scanBody(
  { states, steps, fixed = [], reverse = false, operator }: ScanInputs,
  own: readonly Value[],
  made: Turn,
): Scanned {
  // Everything that a turn makes can be had: by the one who looks inside, and by the gradient.
  const within = nodesOf([...made.states, ...made.outputs], own).filter(({ inputs }) => inputs.length > 0);
  const before = own.slice(0, states.length);
  const stacked = [...new Set([...made.outputs, ...within.flatMap((node) => node.outputs), ...before])];
  const body = { inputs: own, outputs: [...made.states, ...stacked] };
  const attrs = { body, states: states.length, steps: steps.length, reverse, operator };
  const results = applyAll(scanOp, [...states, ...steps, ...fixed], attrs);
  const places = new Map(stacked.map((value, i) => [value, results[states.length + i] as Value]));
  steps.forEach((step, i) => void places.set(own[states.length + i] as Value, step));
  return {
    states: results.slice(0, states.length),
    outputs: made.outputs.map((value) => places.get(value) as Value),
    stacked: (value) => places.get(value),
  };
}

/**
 * Backwards through time: a scan in the other direction, whose turn is the gradient of the turn. What it needs of the
 * forward turn is stacked there. The gradient of what is fixed is a sum over time: where an op knows how, all turns at
 * once, behind the scan.
 */
function pullBackScan({ x, y, dy, attrs, pullBack }: GradientRule<ScanAttrs>): readonly (Value | undefined)[] {
  const { body, states: count, steps, reverse } = attrs;
  const carried = body.inputs.slice(0, count).map(({ dtype, shape }) => input("gradient", shape, dtype));
  const arriving = dy.map((d, i) => (i < count || d === undefined ? undefined : input("gradient", d.shape.slice(1))));
  const slopes = pullBack(body, [...carried, ...arriving.slice(count)]);
  const outside = new Map<Value, Value>();
  body.inputs.slice(count).forEach((value, i) => void outside.set(value, x[count + i] as Value));
  body.outputs.slice(count).forEach((value, i) => void outside.set(value, y[count + i] as Value));
  const constant = new Set(body.inputs.slice(count + steps));
  const needed = leavesOf(slopes, outside);
  const fixed = needed.filter((value) => constant.has(value));
  const seeds = arriving.flatMap((seed, i) => (seed === undefined ? [] : [{ seed, from: dy[i] as Value }]));
  const varying = needed.filter((value) => !constant.has(value));
  // There must be something to step through.
  const forward = varying.length + seeds.length > 0 ? varying : body.inputs.slice(count, count + 1);
  const outer = (values: readonly Value[]) => values.map((value) => outside.get(value) as Value);
  const back = scanBody(
    {
      states: carried.map((_, i) => dy[i] ?? zerosLike(x[i] as Value)),
      steps: [...outer(forward), ...seeds.map(({ from }) => from)],
      fixed: outer(fixed),
      reverse: !reverse,
    },
    [...carried, ...forward, ...seeds.map(({ seed }) => seed), ...fixed],
    {
      states: outsideRegions(() => carried.map((d, i) => slopes[i] ?? zerosLike(d))),
      outputs: slopes.slice(count).filter((d) => d !== undefined),
    },
  );
  const ofSteps = slopes.slice(count, count + steps).map((d) => d && back.stacked(d));
  const ofFixed = slopes.slice(count + steps).map((d) => d && summed(d, back.stacked));
  return [...back.states, ...ofSteps, ...ofFixed];
}

/** Those of `known` that the values are made from. */
function leavesOf(values: readonly (Value | undefined)[], known: ReadonlyMap<Value, unknown>): Value[] {
  const found = new Set<Value>();
  const seen = new Set<Value>();
  const open = values.filter((value) => value !== undefined);
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (known.has(value)) found.add(value);
    else open.push(...value.node.inputs);
  }
  return [...found].sort((a, b) => a.node.id - b.node.id || a.index - b.index);
}

/** The sum over all turns of a value of the turn. */
function summed(value: Value, stacked: (value: Value) => Value | undefined): Value | undefined {
  const { op } = value.node;
  const better = op.sumOfTurns?.(value.node, stacked, (x) => summed(x, stacked));
  if (better !== undefined) return better;
  const all = stacked(value);
  return all && sum(all, 0);
}
