import { bakedModel, type Network, type NetworkOptions } from "../runtime/index.js";
import { loadBytes, saveBytes } from "../train/index.js";
import { readBytes, writeBytes } from "./files.js";

/** Saves a network as a safetensors file: weights, architecture and data encoding. Written beside and renamed. */
export const save = (net: Network, path: string): Promise<void> => writeBytes(path, saveBytes(net));

/** The network saved in a file. Throws a FormatError where the file is damaged or not midst's. */
export async function load(path: string, options: NetworkOptions = {}): Promise<Network> {
  return loadBytes(await readBytes(path), { name: path, ...options });
}

/** Writes a network for inference as an ONNX file, the batch size symbolic. Written beside and renamed. */
export const exportOnnx = (net: Network, path: string): Promise<void> => writeBytes(path, bakedModel(net).bytes);
