import { FormatError, MidstError } from "../base/errors.js";
import { checkOptions } from "../base/options.js";
import type { Tensor } from "../base/tensor.js";
import { parseEncoding } from "../data/parseEncoding.js";
import { readSafetensors, writeSafetensors } from "../formats/index.js";
import { type ArchitectureJson, architectureFromJson } from "../nn/index.js";
import { Network, type NetworkOptions } from "../runtime/index.js";

/** What midst keeps in a safetensors file's metadata besides the weights. */
const ARCHITECTURE = "midst.architecture";
const ENCODING = "midst.encoding";

/**
 * A network as the bytes of a safetensors file: the weights by name; architecture and data encoding in its metadata.
 * @param tensors what the file holds instead of the network's weights as they are: its weights, and more under names with slashes
 * @param metadata more of it
 */
export function saveBytes(
  net: Network,
  tensors: ReadonlyMap<string, Tensor> = net.weights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return writeSafetensors(Object.fromEntries(tensors), {
    format: "midst",
    [ARCHITECTURE]: JSON.stringify(net),
    ...(net.encoding && { [ENCODING]: JSON.stringify(net.encoding) }),
    ...metadata,
  });
}

/**
 * The network that was saved.
 * @param name the file's name, for errors
 * @throws FormatError when the bytes are no safetensors file, or one without midst's architecture
 */
export function loadBytes(
  bytes: Uint8Array,
  { name = "file", ...options }: { name?: string } & NetworkOptions = {},
): Network {
  checkOptions("load", { name, ...options }, ["name", "seed", "engine"]);
  const { tensors, metadata } = readSafetensors(bytes, { name });
  const written = metadata[ARCHITECTURE];
  if (written === undefined)
    throw new FormatError(
      "it holds weights but no architecture. Build the network in code, then give it the file's weights by net.setWeights(...).",
      { place: name },
    );
  const encoding = metadata[ENCODING] === undefined ? undefined : parseEncoding(metadata[ENCODING], name);
  try {
    const net = new Network(architectureFromJson(parse<ArchitectureJson>(written, ARCHITECTURE)), options);
    // Of what the architecture claims, nothing is made before the file is seen to hold it.
    const missing = [...net.traced(false).parameters.keys()].filter((weight) => tensors[weight] === undefined);
    if (missing.length > 0) throw new FormatError(`${missing.length} weights are missing: ${someOf(missing)}.`);
    // What a checkpoint holds beside the weights has slashes in its names.
    net.setWeights(new Map(Object.entries(tensors).filter(([weight]) => !weight.includes("/"))));
    net.encoding = encoding;
    return net;
  } catch (cause) {
    const message = cause instanceof MidstError ? cause.message : `its architecture makes no network (${cause}).`;
    throw new FormatError(message, { place: name, cause });
  }
}

const someOf = (names: readonly string[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(", ")}, ...` : names.join(", ");

function parse<T>(text: string, key: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new FormatError(`the metadata "${key}" is not JSON.`);
  }
}
