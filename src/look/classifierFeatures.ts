import { MidstError, ShapeError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import { formatShape, isStatic } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import type { Dataset } from "../data/index.js";
import { nodesOf, type Value } from "../graph/index.js";
import type { Traced } from "../nn/index.js";
import { mean } from "../ops/index.js";
import { concatRows, type Examples, inputsOf, type Network, rowsOf, type Tensors } from "../runtime/index.js";
import { isDataset } from "./examples.js";
import { unitAxisOf } from "./healthLayer.js";
import { trace } from "./trace.js";
import { type Checked, keptProbe, ofLayer, PART } from "./values.js";

export interface FeaturesOptions {
  /** The hidden layer; defaults to the last one before the scores. */
  readonly layer?: string;
}

/**
 * What a hidden layer of a classifier holds for some examples, as a row of features each: float32 `[n, features]`. Maps
 * `[n, channels, ...]` are averaged over their places, sequences `[n, time, units]` over time.
 *
 * Unless a layer is named, it is what the last layer with weights makes the scores of; where that are maps laid out in a row
 * by `flatten()`, it is the maps.
 *
 * The check: that of `trace` for the first 64 examples, and how far their features are from the means of what was traced.
 * @throws MidstError for a layer that does not exist, or a network without a hidden one
 * @throws ShapeError for examples that do not have the input's shape
 */
export async function featuresOf(
  classifier: Network,
  examples: Dataset | Examples,
  options: FeaturesOptions = {},
): Promise<Checked<Tensor<"float32">>> {
  checkOptions("featuresOf", options, ["layer"]);
  const layer = options.layer ?? featureLayer(classifier);
  let check = 0;
  const parts: Tensors[] = [];
  for await (const inputs of partsOf(classifier, examples)) {
    const features = await readFeatures(classifier, inputs, layer);
    if (parts.length === 0) check = await difference(classifier, inputs, layer, features);
    parts.push({ features });
  }
  return { value: concatRows(parts).features as Tensor<"float32">, check };
}

/**
 * As `featuresOf`, of one layer, without the check.
 * @param inputs of the classifier, by name
 */
export async function readFeatures(classifier: Network, inputs: Tensors, layer: string): Promise<Tensor<"float32">> {
  const asked = keptProbe(classifier, `features ${layer}`, ({ hidden }) => ({
    features: overPlaces(ofLayer(hidden, layer)),
  }));
  return (await asked.run(inputs)).features as Tensor<"float32">;
}

/** The axes along which a layer's places lie: all but the batch and the units. */
const placesOf = (value: Value): number[] =>
  value.shape.map((_, axis) => axis).filter((axis) => axis > 0 && axis !== unitAxisOf(value));

function overPlaces(value: Value): Value {
  if (value.dtype !== "float32" || value.shape.length < 2 || !isStatic(value.shape.slice(1)))
    throw new ShapeError(
      `holds ${value.dtype}${formatShape(value.shape)}, it should be float32[batch, ...]. Name another layer.`,
      { place: "features", actual: value.shape },
    );
  const places = placesOf(value);
  return places.length === 0 ? value : mean(value, places);
}

/**
 * The last hidden layer before a classifier's scores, by the graph.
 * @throws MidstError for a network whose scores are made of the input at once
 */
export function featureLayer(classifier: Network): string {
  const traced = classifier.traced(false);
  const scores = traced.outputs.output ?? (Object.values(traced.outputs)[0] as Value);
  const weights = new Set([...traced.parameters.values()].map(({ value }) => value));
  // Backwards from the scores to the first layer with weights, and to what enters that.
  const order = nodesOf([scores]).toReversed();
  const head = order.find(({ inputs }) => inputs.some((value) => weights.has(value)));
  const within = order.filter(({ scope }) => scope === head?.scope);
  const own = new Set(within.flatMap(({ outputs }) => outputs));
  const entering = within.flatMap(({ inputs }) => inputs).find((value) => !own.has(value) && isExample(value, weights));
  const name = entering && nameOf(traced, unflattened(entering));
  if (name === undefined)
    throw new MidstError(
      "no hidden layer comes before the scores. Give a classifier with one, e.g. dense() and relu().",
      {
        place: "featuresOf",
        actual: [...traced.hidden.keys()],
      },
    );
  return name;
}

const isBatched = ({ shape }: Value): boolean => typeof shape[0] === "string";
const isExample = (value: Value, weights: ReadonlySet<Value>): boolean => isBatched(value) && !weights.has(value);

/** Maps before they were laid out in a row: the same numbers of each example, with more axes. */
function unflattened(value: Value): Value {
  const [before] = value.node.inputs;
  const laidOut = value.node.op.onlyReshapes === true && before !== undefined && isBatched(before);
  return laidOut && before.shape.length > value.shape.length ? unflattened(before) : value;
}

/** The first name of the value, or of the nearest before it that has one. */
function nameOf({ hidden }: Traced, value: Value): string | undefined {
  const found = [...hidden].find(([, other]) => other === value)?.[0];
  const before = value.node.inputs.find(isBatched);
  return found ?? (before && nameOf({ hidden } as Traced, before));
}

async function* partsOf(classifier: Network, examples: Dataset | Examples): AsyncGenerator<Tensors> {
  const given = isDataset(examples) ? undefined : inputsOf(classifier.architecture.inputs, examples);
  const rows = isDataset(examples) ? examples.length : (Object.values(given ?? {})[0]?.shape[0] as number);
  for (let start = 0; start < rows; start += PART) {
    const stop = Math.min(rows, start + PART);
    if (isDataset(examples)) {
      const { inputs } = await examples.batch(Array.from({ length: stop - start }, (_, i) => start + i));
      yield inputsOf(classifier.architecture.inputs, inputs);
    } else
      yield Object.fromEntries(
        Object.entries(given as Tensors).map(([name, value]) => [name, rowsOf(value, start, stop)]),
      );
  }
}

/** How far features are from the means of the traced layer, worked out on the host; and the trace's own check. */
async function difference(net: Network, inputs: Tensors, layer: string, features: Tensor): Promise<number> {
  const traced = await trace(net, inputs, { layers: [layer] });
  const { data } = traced.get(layer);
  const axis = unitAxisOf(ofLayer(net.traced(false).hidden, layer));
  const width = features.shape[1] as number;
  const places = data.length / features.data.length;
  // [rows, units, places], or [rows, places, units]
  const [alongUnits, alongPlaces] = axis === 1 ? [places, 1] : [1, width];
  let [most, size] = [0, 0];
  features.data.forEach((value, i) => {
    const start = Math.floor(i / width) * width * places + (i % width) * alongUnits;
    let sum = 0;
    for (let place = 0; place < places; place++) sum += data[start + place * alongPlaces] as number;
    most = Math.max(most, Math.abs(value - sum / places));
    size = Math.max(size, Math.abs(value));
  });
  return Math.max(traced.check, most / (size || 1));
}
