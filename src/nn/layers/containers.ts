import { FormatError, OptionError } from "../../base/errors.js";
import { formatShape } from "../../base/shape.js";
import type { Value } from "../../graph/index.js";
import { add } from "../../ops/index.js";
import { checkLayers, defineLayer, layerFromJson } from "../layer.js";
import type { Layer, LayerJson, LayerOptions } from "../traced.js";
import { layerError } from "./shared.js";

const chain = (x: Value, layers: readonly Layer[]): Value => layers.reduce((value, layer) => layer(value), x);

/** As JSON, a layer that stands a second time is the position of the first, counted through all lists of its owner. */
type Written = LayerJson | number;

/** How the options of a kind that hold lists of layers, the first of them required, are written down and read again. */
function layerLists<K extends string>(kind: string, names: readonly K[]) {
  type Lists = { readonly [Name in K]?: readonly Layer[] };

  /** All lists, changed as one, and parted again; lists of no layers are left out. */
  const change = <T>(options: Lists, body: (all: readonly Layer[]) => readonly T[]): Record<string, T[]> => {
    const all = body(names.flatMap((name) => options[name] ?? []));
    const lists: Record<string, T[]> = {};
    let start = 0;
    for (const name of names) {
      const count = options[name]?.length ?? 0;
      if (count > 0) lists[name] = all.slice(start, start + count);
      start += count;
    }
    return lists;
  };
  const others = (options: object): object =>
    Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name as K)));

  return {
    write: (options: Lists): object => ({
      ...others(options),
      ...change<Written>(options, (all) =>
        all.map((layer, i) => (all.indexOf(layer) < i ? all.indexOf(layer) : layer.toJSON())),
      ),
    }),
    revive: <O extends Lists>(options: O): O => {
      if (names.some((name) => options[name] !== undefined && !Array.isArray(options[name])))
        throw new OptionError(`${names.join(", ")} must be lists of layers.`, { place: kind });
      const lists = change(options, (all) => readLayers(kind, all));
      checkLayers(kind, lists[names[0] as K] ?? []);
      return { ...others(options), ...lists } as unknown as O;
    },
  };
}

function readLayers(kind: string, written: readonly (Layer | Written)[]): Layer[] {
  const layers: Layer[] = [];
  for (const layer of written) {
    const made = typeof layer === "number" ? layers[layer] : typeof layer === "function" ? layer : layerFromJson(layer);
    if (made === undefined) throw new FormatError(`has no layer ${layer} before it.`, { place: kind });
    layers.push(made);
  }
  return layers;
}

/** The layers and the options (the last argument, if it is no layer) that a container was called with. */
function partsOf<O extends object>(kind: string, parts: readonly (Layer | O)[]): { layers: Layer[]; options: O } {
  const last = parts.at(-1);
  const options = (typeof last === "object" ? last : {}) as O;
  const layers = (typeof last === "object" ? parts.slice(0, -1) : parts) as Layer[];
  if (layers.some((part) => typeof part === "object"))
    throw new OptionError("only the last argument may be options.", { place: kind });
  checkLayers(kind, layers);
  return { layers, options };
}

export interface ResidualOptions extends LayerOptions {
  readonly layers: readonly Layer[];
  /** Layers on the way around, for when the shape changes; defaults to none: x itself. */
  readonly shortcut?: readonly Layer[];
  /** Layers behind the sum, e.g. [relu()]; defaults to none. */
  readonly after?: readonly Layer[];
}

const makeResidual = defineLayer<ResidualOptions>({
  kind: "residual",
  options: ["layers", "shortcut", "after"],
  ...layerLists("residual", ["layers", "shortcut", "after"]),
  build: ([x], { layers, shortcut = [], after = [] }, scope) => {
    const inner = chain(x, layers);
    const around = chain(x, shortcut);
    if (formatShape(inner.shape) !== formatShape(around.shape))
      throw layerError(
        `the layers to end in ${formatShape(around.shape)}, as the way around does`,
        inner,
        'Give a shortcut, e.g. { shortcut: [conv2d(filters, 1)] }, or padding "same".',
      );
    return chain(scope.hidden("add", add(inner, around)), after);
  },
});

/**
 * x + layers(x) (He et al. 2016). A last argument may give layers on the way around and behind the sum:
 * `residual(conv2d(64, 3, { padding: "same", stride: 2 }), { shortcut: [conv2d(64, 1, { stride: 2 })], after: [relu()] })`.
 */
export function residual(...parts: (Layer | Omit<ResidualOptions, "layers">)[]): Layer<ResidualOptions> {
  const { layers, options } = partsOf("residual", parts);
  const { shortcut = [], after = [] } = options;
  if (shortcut.length > 0) checkLayers("residual", shortcut, layers.length + 1);
  if (after.length > 0) checkLayers("residual", after, layers.length + shortcut.length + 1);
  return makeResidual({ layers, ...options });
}

export interface BlockOptions extends LayerOptions {
  readonly layers: readonly Layer[];
}

const makeBlock = defineLayer<BlockOptions>({
  kind: "block",
  options: ["layers"],
  ...layerLists("block", ["layers"]),
  build: ([x], { layers }) => chain(x, layers),
});

/**
 * Layers one after another as one layer, whose name stands before theirs: `block_1/conv2d_1`. A last argument may be
 * options: `block(conv2d(8, 3), relu(), { name: "stem" })`.
 */
export function block(...parts: (Layer | Omit<BlockOptions, "layers">)[]): Layer<BlockOptions> {
  const { layers, options } = partsOf("block", parts);
  return makeBlock({ layers, ...options });
}

/**
 * As `block`, but in training only what enters it is kept, and what is inside is worked out again when its gradients
 * are due: less memory, more time, the same numbers (Chen et al. 2016). Several such blocks in a row are what saves; a
 * block around a whole network would save nothing.
 */
export const checkpointed = (
  ...parts: (Layer | Omit<BlockOptions, "layers" | "checkpointed">)[]
): Layer<BlockOptions> => {
  const { layers, options } = partsOf("checkpointed", parts);
  return makeBlock({ layers, ...options, checkpointed: true });
};
