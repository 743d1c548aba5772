import type { DType } from "../base/dtype.js";
import { FormatError, OptionError } from "../base/errors.js";
import { type Attrs, applyAll, opNamed, type Value } from "../graph/index.js";
import { layerFromJson } from "./layer.js";
import type { InputSpec, Layer, LayerJson, Traced } from "./traced.js";
import { traceNetwork } from "./tracing.js";

/** One example's shape, alone or with a dtype (default "float32"). */
export type InputDeclaration = readonly number[] | { readonly shape: readonly number[]; readonly dtype?: DType };

export type NetworkBody = (inputs: Record<string, Value>) => Value | Record<string, Value>;

/** A network without its weights: how to trace it, and as JSON. */
export interface Architecture {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  trace(training: boolean): Traced;
}

/** The architecture of a function of layers. A single value returned is the output "output". */
export function architecture(inputs: Readonly<Record<string, InputDeclaration>>, body: NetworkBody): Architecture {
  const specs = Object.fromEntries(Object.entries(inputs).map(([name, given]) => [name, inputSpec(name, given)]));
  if (Object.keys(specs).length === 0)
    throw new OptionError("a network needs at least one input.", { place: "network" });
  const named = (values: Record<string, Value>): Record<string, Value> => {
    const result = body(values);
    return "node" in result && "index" in result ? { output: result as Value } : (result as Record<string, Value>);
  };
  return { inputs: specs, trace: (training) => traceNetwork(specs, named, training) };
}

function inputSpec(name: string, given: InputDeclaration): InputSpec {
  const { shape, dtype = "float32" } = "shape" in given ? given : { shape: given };
  if (shape.some((n) => !Number.isInteger(n) || n < 1))
    throw new OptionError(`a shape is whole numbers from 1 without the batch axis, got [${shape}].`, {
      place: `input ${name}`,
      actual: shape,
    });
  return { shape, dtype };
}

/** A step that makes hidden values from earlier ones, which are named `input name`, `step` or `step.output`. */
type StepJson =
  | ({ readonly name: string; readonly inputs: readonly string[] } & LayerJson)
  | { readonly name: string; readonly inputs: readonly string[]; readonly op: string; readonly attrs: Attrs };

/** A network's architecture as plain JSON: its layers in order, and the ops between them. */
export interface ArchitectureJson {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly steps: readonly StepJson[];
  readonly outputs: Readonly<Record<string, string>>;
  /** Steps that are further calls of an earlier step's layer, with its weights. */
  readonly shared?: Readonly<Record<string, string>>;
}

/** Writes down a traced network, from the outputs back: layer calls whole, and single ops where no layer made the value. */
export function architectureToJson(spec: Architecture, traced: Traced): ArchitectureJson {
  const steps: StepJson[] = [];
  const names = new Map<Value, string>(Object.entries(traced.inputs).map(([name, value]) => [value, name]));
  const calls = new Map(traced.calls.map((call) => [call.output, call]));
  const firstCall = new Map<Layer, string>();
  const shared: Record<string, string> = {};

  const visit = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const call = calls.get(value);
    if (call !== undefined && !call.inputs.includes(value)) {
      const inputs = call.inputs.map(visit);
      names.set(value, call.name);
      const first = firstCall.get(call.layer);
      if (first === undefined) firstCall.set(call.layer, call.name);
      else shared[call.name] = first;
      steps.push({ name: call.name, inputs, ...call.layer.toJSON() });
      return call.name;
    }
    const { op, attrs, outputs, inputs: operands } = value.node;
    const inputs = operands.map(visit);
    const name = `${op.name}#${steps.length}`;
    outputs.forEach((output, i) => {
      names.set(output, i === 0 ? name : `${name}.${i}`);
    });
    steps.push({ name, inputs, op: op.name, attrs });
    return names.get(value) as string;
  };
  const outputs = Object.fromEntries(Object.entries(traced.outputs).map(([name, value]) => [name, visit(value)]));
  return { inputs: spec.inputs, steps, outputs, ...(Object.keys(shared).length > 0 && { shared }) };
}

/** The architecture that was written down. Throws a FormatError where it names what does not exist. */
export function architectureFromJson(json: ArchitectureJson): Architecture {
  const { inputs, steps, outputs, shared = {} } = json;
  const layers = new Map<string, Layer>();
  for (const step of steps) {
    if (!("kind" in step)) continue;
    const first = layers.get(shared[step.name] ?? "");
    layers.set(step.name, first ?? layerFromJson({ kind: step.kind, options: step.options }));
  }
  return architecture(inputs, (given) => {
    const values = new Map<string, Value>(Object.entries(given));
    const find = (name: string): Value => {
      const value = values.get(name);
      if (value === undefined)
        throw new FormatError(`nothing before it is called "${name}".`, { place: "architecture" });
      return value;
    };
    for (const step of steps) {
      const operands = step.inputs.map(find);
      if ("kind" in step) {
        values.set(step.name, (layers.get(step.name) as Layer)(...operands));
        continue;
      }
      const op = opNamed(step.op);
      if (op === undefined) throw new FormatError(`"${step.op}" is no op.`, { place: "architecture" });
      applyAll(op, operands, step.attrs).forEach((value, i) => {
        values.set(i === 0 ? step.name : `${step.name}.${i}`, value);
      });
    }
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, find(value)]));
  });
}
