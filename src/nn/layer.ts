import { FormatError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import type { Value } from "../graph/index.js";
import type { Layer, LayerJson, LayerOptions } from "./traced.js";
import { callLayer, type LayerScope } from "./tracing.js";

/** One kind of layer. */
interface LayerKind<O extends LayerOptions> {
  readonly kind: string;
  /** The names of its options, `name` aside. */
  readonly options: readonly Exclude<keyof O & string, "name">[];
  /** Throws for option values out of range; called when the layer is made. */
  check?(options: O): void;
  /** The options with layers that came as JSON made into layers. */
  revive?(options: O): O;
  /** The output, from the inputs (at least one), the options and the layer's scope. */
  build(inputs: readonly [Value, ...Value[]], options: O, scope: LayerScope): Value;
}

const kinds = new Map<string, (options: LayerOptions) => Layer>();

/** Defines a kind of layer and returns the function that makes one from its options. */
export function defineLayer<O extends LayerOptions>(definition: LayerKind<O>): (options: O) => Layer<O> {
  const { kind, build } = definition;
  const make = (given: O): Layer<O> => {
    checkOptions(kind, given, [...definition.options, "name"]);
    definition.check?.(given);
    const options = Object.freeze(definition.revive?.(given) ?? { ...given });
    const call = (...inputs: Value[]): Value =>
      callLayer(layer, inputs, (scope) => build(inputs as [Value, ...Value[]], options, scope));
    const layer: Layer<O> = Object.assign(call, {
      kind,
      options,
      toJSON: (): LayerJson => ({ kind, options: options as LayerOptions }),
    });
    return layer;
  };
  kinds.set(kind, make as unknown as (options: LayerOptions) => Layer);
  return make;
}

/** A layer made again from its JSON. */
export function layerFromJson(json: LayerJson): Layer {
  const make = kinds.get(json.kind);
  if (make === undefined)
    throw new FormatError(`"${json.kind}" is no layer. Known: ${[...kinds.keys()].join(", ")}.`, {
      place: "architecture",
    });
  return make(json.options);
}
