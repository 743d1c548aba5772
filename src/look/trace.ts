import { MidstError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import { input, type Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { mul, sum } from "../ops/index.js";
import { type Examples, inputsOf, type Network, type Tensors } from "../runtime/index.js";
import { slopesBy } from "./slopes.js";
import { outputName, scoresOf, type Target, targetMask } from "./target.js";
import { type Checked, edited, keptProbe, ofLayer, replacement, replacing } from "./values.js";

export interface TraceOptions {
  /** Which hidden layers, by name; defaults to all. */
  readonly layers?: readonly string[];
  /** Whether the gradients of `of` by the layers are worked out; defaults to whether `of` is given. */
  readonly gradients?: boolean;
  /** The output whose gradients are wanted; defaults to each example's largest score. */
  readonly of?: Target;
}

/** Hidden layers' numbers, by name in the order of the network: `[batch, ...]`, e.g. [batch, 64, 32, 32]. */
export interface Trace extends Checked<ReadonlyMap<string, Tensor>> {
  /**
   * The gradients of the chosen score by each layer, example by example; empty unless asked for. Gates and cells of a
   * recurrent layer have none, its state has: every way from each step to the score counts.
   */
  readonly gradients: ReadonlyMap<string, Tensor>;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  /** A layer's numbers. @throws MidstError naming the layers traced */
  get(layer: string): Tensor;
  /** The gradients of the chosen score by a layer. @throws MidstError when they were not asked for, or it has none */
  gradient(layer: string): Tensor;
}

/**
 * What the hidden layers hold for some examples. A layer's numbers are its output: those of `conv2d_1` are before the
 * activation, those of `relu_1` after it. Dropout is off and batch norm as learned; the network stays as it was.
 *
 * The check: every layer, and the output, worked out again from the captured layers before it. 0 means that going on
 * from any captured layer gives the network's own output bit for bit.
 * @throws MidstError for a layer that does not exist
 * @throws ShapeError for examples that do not have the input's shape
 */
export async function trace(net: Network, examples: Examples, options: TraceOptions = {}): Promise<Trace> {
  checkOptions("trace", options, ["layers", "gradients", "of"]);
  const traced = net.traced(false);
  const names = [...(options.layers ?? traced.hidden.keys())];
  for (const name of names) ofLayer(traced.hidden, name);
  const { of = "largest", gradients: wanted = options.of !== undefined } = options;
  const key = JSON.stringify(names);
  const inputs = inputsOf(net.architecture.inputs, examples);

  const read = await keptProbe(net, `read ${key}`, () => reading(traced, names)).run(inputs);
  const again = await keptProbe(net, `replay ${key}`, () => replaying(traced, names)).run({
    ...inputs,
    ...prefixed(replacement, pick(read, names, layer)),
  });
  const outputs = pick(read, Object.keys(traced.outputs), output);
  const value = new Map(Object.entries(pick(read, names, layer)));
  let slopes = new Map<string, Tensor>();
  if (wanted) {
    const name = outputName(net, of);
    const make = (nudged: Traced) => differentiating(nudged, name, names);
    const asked = keptProbe(net, `gradients ${name} ${key}`, make, { nudges: true });
    const found = await asked.run({ ...inputs, [MASK]: targetMask(net, outputs, of) });
    const known = names.filter((n) => found[layer(n)] !== undefined);
    slopes = new Map(Object.entries(pick(found, known, layer)));
  }
  return {
    value,
    check: largestDifference(read, again),
    gradients: slopes,
    inputs,
    outputs,
    get: (name) => ofLayer(value, name),
    gradient: (name) => {
      if (!wanted)
        throw new MidstError("the trace has no gradients. Ask for them: { gradients: true }.", { place: name });
      if (value.has(name) && !slopes.has(name))
        throw new MidstError(
          "it is a copy of what is within a recurrent layer, by which nothing can be differentiated. The layer's state has gradients.",
          { place: name },
        );
      return ofLayer(slopes, name);
    },
  };
}

/** Names in the graphs: a layer may be called as an output is. */
const layer = (name: string): string => `layer/${name}`;
const output = (name: string): string => `output/${name}`;
const MASK = "target-mask";

const prefixed = <T>(name: (key: string) => string, values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [name(key), value]));

/** The results of these names, without their prefix. */
const pick = (results: Tensors, names: readonly string[], prefix: (name: string) => string): Record<string, Tensor> =>
  Object.fromEntries(names.map((name) => [name, results[prefix(name)] as Tensor]));

const all = (of: ReadonlyMap<string, Value>, names: readonly string[]): Record<string, Value> =>
  Object.fromEntries(names.map((name) => [layer(name), of.get(name) as Value]));

const reading = ({ hidden, outputs }: Traced, names: readonly string[]): Record<string, Value> => ({
  ...all(hidden, names),
  ...prefixed(output, outputs),
});

/** Every layer from the captured ones before it, and the outputs from the captured ones. */
function replaying(traced: Traced, names: readonly string[]): Record<string, Value> {
  // A value with two names is replaced once.
  const first = names.filter(
    (name, i) => names.findIndex((n) => traced.hidden.get(n) === traced.hidden.get(name)) === i,
  );
  const world = edited(traced, replacing(first));
  return { ...all(world.unedited, first), ...prefixed(output, world.outputs) };
}

/** The chosen score, differentiated by each layer; one example's score does not depend on another's numbers. */
function differentiating(traced: Traced, name: string, names: readonly string[]): Record<string, Value> {
  const scores = scoresOf(traced, name);
  const total = sum(mul(scores, input(MASK, scores.shape)));
  return Object.fromEntries([...slopesBy(traced, total, names)].map(([n, slope]) => [layer(n), slope]));
}

/** The largest difference between results of the same name; 0 when they are the same to the bit, NaN included. */
export function largestDifference(some: Tensors, others: Tensors): number {
  let most = 0;
  for (const [name, { data }] of Object.entries(others)) {
    const beside = (some[name] as Tensor).data;
    for (let i = 0; i < data.length; i++) {
      const [a, b] = [data[i] as number, beside[i] as number];
      if (Object.is(a, b)) continue;
      const difference = Math.abs(a - b);
      // Different bits of equal size (0 and -0) count as the smallest difference there is.
      most = Math.max(most, Number.isNaN(difference) ? Infinity : difference || Number.MIN_VALUE);
    }
  }
  return most;
}
