import { load } from "../node/index.js";
import { type CommonOptions, print } from "./output.js";

/** midst summary NET */
export async function summary(file: string, options: CommonOptions): Promise<void> {
  const net = await load(file);
  const weights = [...net.weights].map(([name, { shape }]) => ({ name, shape }));
  print(options, net.summary(), { parameters: net.parameterCount, weights, encoding: net.encoding, architecture: net });
}
