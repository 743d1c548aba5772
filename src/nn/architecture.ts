import { byteSize, type DType } from "../base/dtype.js";
import { OptionError, ShapeError } from "../base/errors.js";
import { checkOptions, nearest } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import { inputOp, isValue, nodesOf, type Value } from "../graph/index.js";
import { whatInstead } from "./layer.js";
import { checkName } from "./names.js";
import type { InputSpec, Traced } from "./traced.js";
import { type TraceOptions, traceNetwork } from "./tracing.js";

/** One example's shape, alone or with a dtype (default "float32"). */
export type InputDeclaration = readonly number[] | { readonly shape: readonly number[]; readonly dtype?: DType };

export type NetworkBody = (inputs: Record<string, Value>) => Value | Record<string, Value>;

/** A network without its weights: how to trace it. */
export interface Architecture {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  trace(training: boolean, options?: TraceOptions): Traced;
  /**
   * The same function of inputs of other shapes, e.g. of more time steps; inputs not named stay.
   * @throws OptionError for an input that it does not have
   */
  at(shapes: Readonly<Record<string, readonly number[]>>): Architecture;
}

/** The architecture of a function of layers. A single value returned is the output "output". */
export function architecture(inputs: Readonly<Record<string, InputDeclaration>>, body: NetworkBody): Architecture {
  const specs = Object.fromEntries(Object.entries(inputs).map(([name, given]) => [name, inputSpec(name, given)]));
  if (Object.keys(specs).length === 0)
    throw new OptionError("needs at least one input, e.g. network({ x: [784] }, ...).", { place: "network" });
  const trace = (training: boolean, options: TraceOptions = {}): Traced => {
    const named = (values: Record<string, Value>) => outputsOf(body(values), Object.keys(specs));
    const traced = traceNetwork(specs, named, training, options);
    checkFrozen(traced, options.frozen);
    checkLeaves(traced);
    return traced;
  };
  const at: Architecture["at"] = (shapes) => {
    const stranger = Object.keys(shapes).find((name) => specs[name] === undefined);
    if (stranger !== undefined)
      throw new OptionError(`the network has no such input. It has: ${Object.keys(specs).join(", ")}.`, {
        place: `input "${stranger}"`,
      });
    const changed = Object.entries(shapes).map(([name, shape]) => [name, { ...specs[name], shape }]);
    return architecture({ ...specs, ...Object.fromEntries(changed) }, body);
  };
  return { inputs: specs, trace, at };
}

function inputSpec(name: string, given: InputDeclaration): InputSpec {
  checkName("network", name);
  const place = `input ${name}`;
  const declared = typeof given === "object" && given !== null && !Array.isArray(given);
  if (declared) checkOptions(place, given, ["shape", "dtype"]);
  const { shape, dtype = "float32" } = declared ? (given as Partial<InputSpec>) : { shape: given as readonly number[] };
  if (!Array.isArray(shape) || shape.some((n) => !Number.isInteger(n) || n < 1))
    throw new OptionError(
      `a shape is whole numbers from 1 without the batch axis, got ${Array.isArray(shape) ? formatShape(shape) : shape}.`,
      { place, actual: shape },
    );
  if (!Object.hasOwn(byteSize, dtype))
    throw new OptionError(
      `the dtype must be one of ${Object.keys(byteSize).join(", ")}, got ${JSON.stringify(dtype)}.`,
      {
        place,
        actual: dtype,
      },
    );
  return { shape: [...shape], dtype };
}

/** What a network's function returned, as values by name. */
function outputsOf(result: unknown, inputs: readonly string[]): Record<string, Value> {
  if (isValue(result)) return outputsOf({ output: result }, inputs);
  const refuse = (got: string) =>
    new OptionError(`the function must return a value, or values by name, got ${got}`, { place: "network" });
  if (typeof result !== "object" || result === null || result instanceof Promise) throw refuse(whatInstead(result));
  const outputs = Object.entries(result);
  if (outputs.length === 0) throw refuse("none.");
  for (const [name, value] of outputs) {
    checkName("network", name);
    if (!isValue(value)) throw new OptionError(`is no value, got ${whatInstead(value)}`, { place: `output ${name}` });
    if (inputs.includes(name))
      throw new OptionError("an input and an output have this name. Give one of them another.", { place: name });
    if (value.shape[0] !== "batch")
      throw new ShapeError(
        `must keep the batch as its first axis, got ${formatShape(value.shape)}. Losses and means over the batch belong in fit's options.`,
        { place: `output ${name}`, actual: value.shape },
      );
  }
  return Object.fromEntries(outputs);
}

/** Throws for the name of a layer to freeze that the network does not have. */
function checkFrozen({ parameters, hidden }: Traced, frozen: readonly string[] = []): void {
  if (frozen.length === 0) return;
  const owners = [...parameters.keys()].map((name) => name.split(".").slice(0, -1));
  const known = new Set(owners.flatMap((path) => path.map((_, i) => path.slice(0, i + 1).join("/"))));
  for (const name of frozen) {
    // A layer without weights has a hidden value of its name; a second call's, e.g. dense_1:2, is no name of a layer.
    if (known.has(name) || (hidden.has(name) && !name.includes(":"))) continue;
    const guess = nearest(name, [...known, ...hidden.keys()]);
    const hint = guess === undefined ? `With weights there are: ${[...known].join(", ")}.` : `Did you mean "${guess}"?`;
    throw new OptionError(`the network has no such layer. ${hint}`, { place: `frozen "${name}"`, actual: name });
  }
}

/** Throws when a traced network uses what does not enter by its inputs: a value of another network. */
function checkLeaves({ inputs, parameters, noise, memory, nudges, outputs, hidden }: Traced): void {
  const own = new Set([...Object.values(inputs), ...nudges.values()]);
  for (const { value } of [...parameters.values(), ...noise.values(), ...memory.values()]) own.add(value);
  for (const { op, outputs: leaves } of nodesOf([...Object.values(outputs), ...hidden.values()])) {
    const [leaf] = leaves;
    if (op.name !== inputOp.name || own.has(leaf as Value)) continue;
    throw new OptionError(
      `it uses the value "${leaf?.node.attrs.name}", which is not one of its inputs ${Object.keys(inputs).join(", ")}. ` +
        "Make all values inside its function, from its inputs.",
      { place: "network" },
    );
  }
}
