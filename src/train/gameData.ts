import { type Tensor, tensor } from "../base/tensor.js";
import type { Batch, Dataset, Encoding, LatentEncoding } from "../data/index.js";
import { beforeReshapes, type Value } from "../graph/index.js";
import type { Game, Tensors } from "../runtime/index.js";

/** What is saved with a generator: its noise, and how what it makes is encoded. */
export function encodingOf({ latent, conditions }: Game, { encoding, classes }: Dataset): LatentEncoding {
  const of = encoding?.kind === "images" || encoding?.kind === "values" ? encoding : undefined;
  return { kind: "latent", ...latent, ...(of && { of }), ...(conditions.length > 0 && classes && { classes }) };
}

/** What is saved with a discriminator: as its data is encoded, but without classes, of which it says nothing. */
export function judgedEncodingOf(encoding: Encoding): Encoding {
  if (encoding.kind !== "images" && encoding.kind !== "values") return encoding;
  const { classes: _, ...plain } = encoding;
  return plain;
}

/**
 * Conditions for so many examples: of labels, all classes in turn; else those of examples evenly spread over the data. More
 * of them begin with the same ones.
 */
export async function conditionsFor(game: Game, data: Dataset, count: number): Promise<Tensors> {
  if (game.conditions.length === 0) return {};
  const [name, ...more] = game.conditions as readonly [string, ...string[]];
  const { shape, dtype } = game.generator.architecture.inputs[name] as { shape: readonly number[]; dtype: string };
  if (more.length === 0 && data.classes && shape.length === 0 && dtype === "int32") {
    const classes = data.classes.length;
    return {
      [name]: tensor(
        Int32Array.from({ length: count }, (_, i) => i % classes),
        [count],
      ),
    };
  }
  const positions = Uint32Array.from({ length: count }, (_, i) => Math.floor(((i * GOLDEN) % 1) * data.length));
  return game.batch(await data.batch(positions)).conditions;
}

/** Multiples of it, whole numbers aside, are spread evenly over 0..1, however many there are (Weyl). */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Warns where the generator cannot make numbers as the data has them, or the data leaves half of its range alone. */
export function warnOfRange(game: Game, batch: Batch, warn: (message: string) => void): void {
  const [output] = Object.values(game.generator.traced(false).outputs);
  const { range } = beforeReshapes(output as Value).node.op;
  if (range === undefined) return;
  const { data } = game.batch(batch).examples as Tensor;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of data) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const [least, most] = range;
  const beyond = low < least - 1e-3 || high > most + 1e-3;
  const signed = least === -1 && most === 1;
  if (!beyond && !(signed && low >= 0)) return;
  const wayOut = signed
    ? "Give pictures a mean and a deviation of 0.5: they are from -1 to 1 then."
    : "End the generator with tanh() for numbers from -1 to 1, or with a layer without bounds.";
  warn(
    `the generator makes numbers from ${least} ${Number.isFinite(most) ? `to ${most}` : "up"}, the data has them from ${low.toPrecision(3)} to ${high.toPrecision(3)}. ${wayOut}`,
  );
}
