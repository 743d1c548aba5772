import { DataError, OptionError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import type { Tensors } from "./engine.js";
import { checkedLatent, drawLatent, type Latent } from "./latent.js";
import type { Network } from "./network.js";

/** What the examples are that a generator makes. */
export interface SampleOptions {
  /** Of the noise; defaults to 0. */
  readonly seed?: number;
  /** Of a conditional game: its conditions by name, one row an example, e.g. `{ label: tensor([3, 3, 3], [3], "int32") }`. */
  readonly conditions?: Tensors;
}

/** What a network makes examples of. */
export interface GeneratorInputs {
  /** The input that is noise. */
  readonly noise: string;
  readonly latent: Required<Latent>;
  /** The other inputs, by name. */
  readonly conditions: readonly string[];
}

/**
 * What a generator makes examples of: its one input is noise, or of several the one called "latent".
 * @param latent defaults to the noise saved with the network, or else to as much as it takes, normal
 * @throws ShapeError when it takes none, or not as much
 */
export function generatorInputs(place: string, net: Network, latent?: number | Latent): GeneratorInputs {
  const { inputs } = net.architecture;
  const names = Object.keys(inputs);
  const noise = oneOf("generator", names, "latent");
  const { shape, dtype } = inputs[noise] as (typeof inputs)[string];
  if (shape.length !== 1 || dtype !== "float32")
    throw new ShapeError(
      `takes ${dtype}${formatShape(["batch", ...shape])} as noise, it should be float32[batch, latent]. Begin with reshape([...]) behind an input [latent].`,
      { place: "generator", actual: shape },
    );
  const { encoding } = net;
  const saved = encoding?.kind === "latent" ? { size: encoding.size, noise: encoding.noise } : undefined;
  const checked = checkedLatent(place, latent ?? saved ?? (shape[0] as number));
  if (checked.size !== shape[0])
    throw new ShapeError(`takes ${shape[0]} numbers of noise, but latent is ${checked.size}. Give the same.`, {
      place: "generator",
      expected: checked.size,
      actual: shape[0],
    });
  return { noise, latent: checked, conditions: names.filter((name) => name !== noise) };
}

/** Of several inputs, the one of this name. */
export function oneOf(place: string, names: readonly string[], name: string): string {
  if (names.length === 1) return names[0] as string;
  if (names.includes(name)) return name;
  throw new OptionError(`has the inputs ${names.join(", ")}. Call one of them "${name}".`, {
    place,
    expected: name,
    actual: names,
  });
}

/** What a generator makes of noise `[batch, latent]`: `[batch, ...example]`. */
export async function makeExamples(
  net: Network,
  { noise, conditions: names }: GeneratorInputs,
  latents: Tensor,
  conditions: Tensors = {},
): Promise<Tensor<"float32">> {
  const rows = latents.shape[0] as number;
  const known = names.length > 0 ? `It has: ${names.join(", ")}.` : "It has none.";
  for (const name of new Set([...names, ...Object.keys(conditions)])) {
    const place = `condition "${name}"`;
    if (!names.includes(name))
      throw new OptionError(`the generator has no such condition. ${known}`, { place, expected: names, actual: name });
    const count = conditions[name]?.shape[0];
    if (count !== rows)
      throw new ShapeError(
        `the generator is told it of each example: give ${rows} rows. There ${count === undefined ? "are none" : `${count === 1 ? "is" : "are"} ${count}`}.`,
        { place, expected: rows, actual: count },
      );
  }
  const outputs = Object.values(await net.predict({ [noise]: latents, ...conditions }));
  return outputs[0] as Tensor<"float32">;
}

/**
 * Examples that a generator makes, `[count, ...example]`, without its discriminator: a game's, or one that was saved. They are
 * what `game.sample(count, { seed, conditions })` gives: the same for the same seed, and more of them begin with the same
 * ones. The noise is what was saved with the network; without that, normal.
 *
 * `decodeImage(net.encoding.of, ...)` gives pictures' bytes, `pictureGrid` draws them.
 * @param options.count how many
 * @throws DataError for a network that was trained on something else than noise, or a label that does not exist
 * @throws ShapeError for a network that takes no noise, or a condition that is missing or has not one row an example
 */
export async function sample(
  net: Network,
  options: SampleOptions & { readonly count: number },
): Promise<Tensor<"float32">> {
  checkOptions("sample", options, ["count", "seed", "conditions"]);
  const { count, seed = 0, conditions } = options;
  checkNumber("sample", "count", count, { low: 0, integer: true });
  checkNumber("sample", "seed", seed, { integer: true });
  const { encoding } = net;
  if (encoding !== undefined && encoding.kind !== "latent")
    throw new DataError(`the network takes ${encoding.kind}, not noise. Give a game's generator.`, {
      place: "sample",
      expected: "latent",
      actual: encoding.kind,
    });
  const inputs = generatorInputs("sample", net);
  return makeExamples(net, inputs, drawLatent(inputs.latent, count, seed), conditions);
}
