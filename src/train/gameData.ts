import { type Tensor, tensor } from "../base/tensor.js";
import type { Batch, Dataset, Encoding, LatentEncoding } from "../data/index.js";
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
 * Conditions for so many examples: of labels, all classes in turn; else those of examples evenly spread over the data.
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
  const positions = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * data.length) / count));
  return game.batch(await data.batch(positions)).conditions;
}

/** Warns where the generator cannot make numbers as the data has them, or the data leaves half of its range alone. */
export function warnOfRange(game: Game, batch: Batch, warn: (message: string) => void): void {
  const output = Object.values(game.generator.traced(false).outputs)[0];
  const range = output?.node.op.range;
  if (range === undefined) return;
  const { data } = game.batch(batch).examples as Tensor;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of data) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const [least, most] = range;
  const beyond = low < least - 1e-3 || high > most + 1e-3;
  const half = least < 0 && Number.isFinite(least) && low >= 0;
  if (!beyond && !half) return;
  const numbers = `from ${low.toPrecision(3)} to ${high.toPrecision(3)}`;
  warn(
    `the generator makes numbers from ${least} to ${most}, the data has them ${numbers}. Give pictures a mean and a deviation of 0.5: they are from -1 to 1 then.`,
  );
}
