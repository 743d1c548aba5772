import * as midst from "../index.js";
import { type Layer, type Network, sequential } from "../index.js";
import { resnet } from "../nets/index.js";
import { load } from "../node/index.js";
import type { LayerName } from "./call.js";
import type { NetRecipe, Recipe } from "./recipe.js";

const makers = {
  batchNorm: midst.batchNorm,
  conv2d: midst.conv2d,
  dense: midst.dense,
  dropout: midst.dropout,
  embedding: midst.embedding,
  flatten: midst.flatten,
  globalAvgPool: midst.globalAvgPool,
  gru: midst.gru,
  lstm: midst.lstm,
  maxPool2d: midst.maxPool2d,
  relu: midst.relu,
  reshape: midst.reshape,
} satisfies Record<LayerName, unknown>;

/** The network of a recipe. */
export async function buildNet({ net, input, fit: { seed } }: Recipe): Promise<Network> {
  if ("saved" in net) return load(net.saved);
  if ("depth" in net) return resnet({ ...net, input: input.input as [number, number, number], seed });
  const built = net.layers.map(([name, ...args]) => (makers[name] as (...args: unknown[]) => Layer)(...args));
  return sequential({ ...input, seed }, ...built);
}

/** What a network's TypeScript imports, by entry. */
export function netImports(net: NetRecipe): Record<string, readonly string[]> {
  if ("saved" in net) return { "midst/node": ["load"] };
  if ("depth" in net) return { "midst/nets": ["resnet"] };
  return { midst: ["sequential", ...net.layers.map(([name]) => name)] };
}
