import type { Tensor } from "../base/tensor.js";
import { type Examples, inputsOf, type Network, type Tensors } from "../runtime/index.js";
import { edited, keptProbe, ofLayer, replacement, replacing } from "./values.js";

/**
 * The network's outputs, by name, when hidden layers hold given numbers instead of their own: the rest of the network
 * is run from there on. With a trace's own numbers the outputs come out as they were, bit for bit.
 * @param layers numbers `[batch, ...]` by the layer's name
 * @param examples what enters the network on ways around those layers; may be left out where there are none
 * @throws MidstError for a layer that does not exist
 */
export async function replay(
  net: Network,
  layers: ReadonlyMap<string, Tensor>,
  examples?: Examples,
): Promise<Readonly<Record<string, Tensor>>> {
  const traced = net.traced(false);
  for (const name of layers.keys()) ofLayer(traced.hidden, name);
  const names = [...layers.keys()];
  const asked = keptProbe(net, `from ${JSON.stringify(names)}`, () => edited(traced, replacing(names)).outputs);
  const given: Tensors = examples === undefined ? {} : inputsOf(net.architecture.inputs, examples);
  return asked.run({ ...given, ...Object.fromEntries([...layers].map(([name, value]) => [replacement(name), value])) });
}
