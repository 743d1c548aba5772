import { FormatError, MidstError } from "../base/errors.js";
import { type Attr, type Attrs, applyAll, inputOp, isBody, opNamed, type Value } from "../graph/index.js";
import { type Architecture, architecture, type InputDeclaration } from "./architecture.js";
import { layerFromJson } from "./layer.js";
import type { InputSpec, Layer, LayerJson, Traced } from "./traced.js";

/** A step that makes values from earlier ones, which are named `input name`, `step` or `step.output`. */
interface Step {
  readonly name: string;
  readonly inputs: readonly string[];
}
type LayerStep = Step & LayerJson;
type OpStep = Step & { readonly op: string; readonly attrs: Attrs };
type StepJson = LayerStep | OpStep;

/** A network's architecture as plain JSON: its layers in order, and the ops between them. */
export interface ArchitectureJson {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly steps: readonly StepJson[];
  readonly outputs: Readonly<Record<string, string>>;
  /** Steps that are further calls of an earlier step's layer, with its weights. */
  readonly shared?: Readonly<Record<string, string>>;
}

/**
 * Writes down a network: every call of a layer, in the order in which they were made (on which names depend), and single
 * ops where no layer made a value.
 * @param traced traced for training: there a layer such as dropout is a value of its own
 */
export function architectureToJson(spec: Architecture, traced: Traced): ArchitectureJson {
  const steps: StepJson[] = [];
  const names = new Map<Value, string>(Object.entries(traced.inputs).map(([name, value]) => [value, name]));
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const { op, attrs, outputs, inputs: operands } = value.node;
    if (Object.values(attrs).some(isBody))
      throw new MidstError("a loop outside of layers cannot be written down. Put it into a layer of your own.", {
        place: op.name,
      });
    const inputs = operands.map(nameOf);
    const name = `${op.name}#${steps.length}`;
    outputs.forEach((output, i) => {
      names.set(output, i === 0 ? name : `${name}.${i}`);
    });
    steps.push({ name, inputs, op: op.name, attrs: mapAttrs(attrs, writeNumber) });
    return names.get(value) as string;
  };

  const firstCall = new Map<Layer, string>();
  const shared: Record<string, string> = {};
  for (const { name, layer, inputs, output } of traced.calls) {
    const first = firstCall.get(layer);
    if (first === undefined) firstCall.set(layer, name);
    else shared[name] = first;
    steps.push({ name, inputs: inputs.map(nameOf), ...layer.toJSON() });
    names.set(output, name);
  }
  const outputs = Object.fromEntries(Object.entries(traced.outputs).map(([name, value]) => [name, nameOf(value)]));
  const inputs = Object.fromEntries(
    Object.entries(spec.inputs).map(([name, { shape, dtype }]) => [name, { shape: [...shape], dtype }]),
  );
  return { inputs, steps, outputs, ...(Object.keys(shared).length > 0 && { shared }) };
}

/**
 * The architecture that was written down.
 * @throws FormatError where it is not what `architectureToJson` writes; what its layers refuse shows when it is traced
 */
export function architectureFromJson(json: ArchitectureJson): Architecture {
  const at = "architecture";
  const { inputs, steps, outputs, shared = {} } = record(json, at);
  const made = list(steps, `${at}.steps`).map((step, i) => readStep(step, `${at}.steps[${i}]`));
  const results = Object.entries(record(outputs, `${at}.outputs`)).map(
    ([name, value]) => [name, text(value, `${at}.outputs.${name}`)] as const,
  );
  const layers = layersOf(made, record(shared, `${at}.shared`));
  const declared = Object.entries(record(inputs, `${at}.inputs`)).map(([name, declaration]) => {
    const { shape, dtype } = record(declaration, `${at}.inputs.${name}`);
    list(shape, `${at}.inputs.${name}.shape`);
    return [name, { shape, dtype }];
  });
  return architecture(Object.fromEntries(declared) as Record<string, InputDeclaration>, (given) => {
    const values = new Map<string, Value>(Object.entries(given));
    const keep = (name: string, value: Value): void => {
      if (values.has(name)) throw new FormatError(`two steps are called "${name}".`, { place: at });
      values.set(name, value);
    };
    for (const step of made) {
      const operands = step.inputs.map((name) => find(values, name));
      if ("kind" in step) keep(step.name, (layers.get(step.name) as Layer)(...operands));
      else applyStep(step, operands).forEach((value, i) => void keep(i === 0 ? step.name : `${step.name}.${i}`, value));
    }
    return Object.fromEntries(results.map(([name, value]) => [name, find(values, value)]));
  });
}

/** What is called by this name so far. */
function find<T>(known: ReadonlyMap<string, T>, name: string): T {
  const found = known.get(name);
  if (found === undefined) throw new FormatError(`nothing before it is called "${name}".`, { place: "architecture" });
  return found;
}

/** The layers of all steps by step; shared ones are one layer. */
function layersOf(steps: readonly StepJson[], shared: Readonly<Record<string, unknown>>): Map<string, Layer> {
  const layers = new Map<string, Layer>();
  for (const step of steps) {
    if (!("kind" in step)) continue;
    const first = Object.hasOwn(shared, step.name) ? shared[step.name] : undefined;
    const layer =
      first === undefined
        ? layerFromJson({ kind: step.kind, options: step.options })
        : find(layers, text(first, `architecture.shared.${step.name}`));
    layers.set(step.name, layer);
  }
  return layers;
}

function readStep(json: unknown, at: string): StepJson {
  const { name, inputs, kind, options, op, attrs } = record(json, at);
  const step = {
    name: text(name, `${at}.name`),
    inputs: list(inputs, `${at}.inputs`).map((input, i) => text(input, `${at}.inputs[${i}]`)),
  };
  if (kind !== undefined) return { ...step, kind: text(kind, `${at}.kind`), options: record(options, `${at}.options`) };
  return { ...step, op: text(op, `${at}.op`), attrs: record(attrs, `${at}.attrs`) as Attrs };
}

function applyStep({ name, op: opName, attrs }: OpStep, operands: readonly Value[]): readonly Value[] {
  const place = `architecture: ${name}`;
  const op = opNamed(opName);
  if (op === undefined || op.name === inputOp.name) throw new FormatError(`"${opName}" is no op.`, { place });
  try {
    return applyAll(op, operands, mapAttrs(attrs, readNumber));
  } catch (cause) {
    if (cause instanceof MidstError) throw cause;
    throw new FormatError(`its inputs and attributes do not fit the op "${opName}" (${cause}).`, { place, cause });
  }
}

/** Numbers that JSON does not have, as texts that no shape uses. */
const odd = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0];
const written = ["Infinity", "-Infinity", "NaN", "-0"];

const writeNumber = (value: unknown): unknown => {
  const i = odd.findIndex((n) => Object.is(n, value));
  return i < 0 ? value : written[i];
};

const readNumber = (value: unknown): unknown => {
  const i = written.indexOf(value as string);
  return i < 0 ? value : odd[i];
};

function mapAttrs(attrs: Attrs, change: (value: unknown) => unknown): Attrs {
  const kept = Object.entries(attrs).filter(([, attr]) => attr !== undefined);
  return Object.fromEntries(
    kept.map(([key, attr]) => [key, (Array.isArray(attr) ? attr.map(change) : change(attr)) as Attr]),
  );
}

const refuse = (value: unknown, at: string, expected: string): never => {
  throw new FormatError(`should be ${expected}, not ${JSON.stringify(value)?.slice(0, 80)}.`, {
    place: at,
    expected,
    actual: value,
  });
};

const record = (value: unknown, at: string): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse(value, at, "an object");

const list = (value: unknown, at: string): readonly unknown[] =>
  Array.isArray(value) ? value : refuse(value, at, "a list");

const text = (value: unknown, at: string): string => (typeof value === "string" ? value : refuse(value, at, "a text"));
