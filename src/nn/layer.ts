import type { DType } from "../base/dtype.js";
import { FormatError, MidstError, OptionError, ShapeError } from "../base/errors.js";
import { checkOptions, nearest } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import { currentScope, inRegion, isValue, type Value } from "../graph/index.js";
import { checkInitializer } from "./initializers.js";
import { checkName } from "./names.js";
import type { Layer, LayerJson, LayerOptions } from "./traced.js";
import { callLayer, type LayerScope } from "./tracing.js";

/** One kind of layer. */
interface LayerKind<O extends LayerOptions> {
  readonly kind: string;
  /** The names of its options, those of every layer aside. */
  readonly options: readonly Exclude<keyof O & string, keyof LayerOptions>[];
  /** How many values it is called on: one (the default), or one or more. */
  readonly takes?: "one" | "many";
  /** What its inputs may hold; defaults to float32 only. */
  readonly dtypes?: readonly DType[];
  /** Throws for option values out of range; called when the layer is made. */
  check?(options: O): void;
  /** What is written of the options, where that is not all of them as they are; layers in them become their JSON. */
  write?(options: O): object;
  /** The options from what was written, or as they are: makes layers of layers' JSON. */
  revive?(options: O): O;
  /** The output, from the inputs (at least one), the options and the layer's scope. */
  build(inputs: readonly [Value, ...Value[]], options: O, scope: LayerScope): Value;
}

const kinds = new Map<string, (options: LayerOptions) => Layer>();

/** The names of all kinds of layers. */
export const layerKinds = (): string[] => [...kinds.keys()];

/**
 * Defines a kind of layer and returns the function that makes one from its options.
 * @throws OptionError when the kind exists
 */
export function defineLayer<O extends LayerOptions>(definition: LayerKind<O>): (options: O) => Layer<O> {
  const { kind, build } = definition;
  if (kinds.has(kind))
    throw new OptionError(`the layer kind "${kind}" is defined already. Give it another name.`, { place: kind });
  const make = (given: O): Layer<O> => {
    checkOptions(kind, given, [...definition.options, "name", "checkpointed"]);
    if (given.name !== undefined) checkName(kind, given.name);
    if (!["undefined", "boolean"].includes(typeof given.checkpointed))
      throw new OptionError(`checkpointed must be true or false, got ${JSON.stringify(given.checkpointed)}.`, {
        place: kind,
        actual: given.checkpointed,
      });
    if ("initializer" in given && given.initializer !== undefined) checkInitializer(kind, given.initializer);
    definition.check?.(given);
    const options = frozenCopy(definition.revive?.(given) ?? given);
    const call = (...inputs: Value[]): Value =>
      callLayer(layer, inputs, (scope) => {
        checkInputs(definition, inputs);
        const body = () => build(inputs as [Value, ...Value[]], options, scope);
        return options.checkpointed === true && scope.training ? inRegion(body) : body();
      });
    const layer: Layer<O> = Object.assign(call, {
      kind,
      options,
      toJSON: (): LayerJson => ({ kind, options: JSON.parse(JSON.stringify(definition.write?.(options) ?? options)) }),
    });
    return layer;
  };
  kinds.set(kind, make as unknown as (options: LayerOptions) => Layer);
  return make;
}

/** The options as they are now, whatever the caller does to its arrays later. */
function frozenCopy<O extends object>(options: O): O {
  const kept = Object.entries(options).map(([key, value]) => {
    if (Array.isArray(value)) return [key, Object.freeze([...value])];
    return [key, typeof value === "object" && value !== null ? Object.freeze({ ...value }) : value];
  });
  return Object.freeze(Object.fromEntries(kept)) as O;
}

/** Throws unless these are values of the number and dtype that the layer takes. */
function checkInputs<O extends LayerOptions>(
  { takes = "one", dtypes = ["float32"] }: LayerKind<O>,
  inputs: readonly unknown[],
): void {
  const place = currentScope();
  for (const x of inputs)
    if (!isValue(x)) throw new MidstError(`takes values, got ${whatInstead(x)}`, { place, actual: x });
  if (takes === "many" ? inputs.length < 1 : inputs.length !== 1)
    throw new MidstError(
      `takes 1 value${takes === "many" ? " or more" : ""}, got ${inputs.length}.${inputs.length > 1 ? " add() and concat() join values." : ""}`,
      { place, expected: 1, actual: inputs.length },
    );
  for (const { dtype, shape } of inputs as readonly Value[]) {
    if (dtypes.includes(dtype)) continue;
    const before: Partial<Record<DType, string>> = { int32: "embedding()", uint8: "normalize()" };
    const instead = before[dtype] === undefined ? "." : `, or put ${before[dtype]} before it.`;
    throw new ShapeError(
      `expected ${dtypes.join(" or ")}, got ${dtype}${formatShape(shape)}. Declare the input as { shape, dtype: "${dtypes[0]}" }${instead}`,
      { place, expected: dtypes, actual: dtype },
    );
  }
}

/** What was given where a value was needed, and the way out if it is a common mistake. */
export function whatInstead(x: unknown): string {
  if (isLayer(x)) return `a layer. Call it first: ${x.kind}()(x).`;
  if (x instanceof Promise) return "a promise. Build networks without await.";
  if (typeof x === "function") return "a function.";
  return typeof x === "object" && x !== null ? "an object." : `${x}.`;
}

const isLayer = (x: unknown): x is Layer => typeof x === "function" && "kind" in x && "toJSON" in x;

/**
 * Throws unless these arguments are layers, at least one.
 * @param place the function they were given to
 * @param first the number of the first of them among its arguments
 */
export function checkLayers(place: string, layers: readonly unknown[], first = 1): void {
  layers.forEach((layer, i) => {
    if (isLayer(layer)) return;
    const hint = typeof layer === "function" ? " Layers are made by a call: relu() with its parentheses." : "";
    throw new OptionError(`argument ${first + i} is not a layer.${hint}`, { place, actual: layer });
  });
  if (layers.length === 0) throw new OptionError("needs a layer at least, e.g. dense(10).", { place });
}

/** A layer made again from its JSON. */
export function layerFromJson({ kind, options }: LayerJson): Layer {
  const make = kinds.get(kind);
  const place = "architecture";
  if (make === undefined) {
    const guess = nearest(String(kind), layerKinds());
    const hint = guess === undefined ? `Known: ${layerKinds().join(", ")}.` : `Did you mean "${guess}"?`;
    throw new FormatError(`"${kind}" is no layer. ${hint} A layer of your own must be defined before.`, { place });
  }
  if (typeof options !== "object" || options === null)
    throw new FormatError(`the options of "${kind}" should be an object, not ${options}.`, { place });
  return make(options);
}
