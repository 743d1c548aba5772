import { OptionError, ShapeError } from "../base/errors.js";
import { checkNumber, checkOptions } from "../base/options.js";
import { formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../base/tensor.js";
import { beforeReshapes, type Value } from "../graph/index.js";
import type { Tensors } from "./engine.js";
import { type GameBatch, gameBatch } from "./gameBatch.js";
import { drawLatent, type Latent } from "./latent.js";
import type { Network } from "./network.js";
import { generatorInputs, makeExamples, oneOf, type SampleOptions } from "./sample.js";
import type { StepBatch } from "./step.js";

export interface GanOptions {
  /**
   * Makes an example of noise: `[batch, latent] -> [batch, ...example]`. With several inputs, the noise is the one called
   * "latent"; the others are conditions, such as "label".
   */
  readonly generator: Network;
  /**
   * Scores examples, `[batch, ...example] -> [batch, 1]` (or a score for each of several places): high for real ones. Without
   * a sigmoid at its end. With several inputs, the example is the one called "input"; the others are the same conditions.
   */
  readonly discriminator: Network;
  /**
   * How many numbers of noise an example is made of, or which noise. Defaults to the noise that was saved with the generator, or
   * else to what it takes, normal.
   */
  readonly latent?: number | Latent;
}

/**
 * Two networks that play against each other (Goodfellow et al. 2014): the generator makes examples of noise, the
 * discriminator tells them from real ones. `play` lets both learn. Like a network it holds plain arrays only.
 */
export class Game {
  readonly generator: Network;
  readonly discriminator: Network;
  readonly latent: Required<Latent>;
  /** The generator's input that is noise. */
  readonly noise: string;
  /** The discriminator's input that is an example, made or real. */
  readonly example: string;
  /** The inputs that both networks are given besides, by name. */
  readonly conditions: readonly string[];

  constructor({ generator, discriminator, latent }: GanOptions) {
    [this.generator, this.discriminator] = [generator, discriminator];
    const inputs = generatorInputs("gan", generator, latent);
    [this.noise, this.latent, this.conditions] = [inputs.noise, inputs.latent, inputs.conditions];
    this.example = oneOf("discriminator", Object.keys(discriminator.architecture.inputs), "input");
    this.checkConditions();
    this.checkExample();
  }

  /** One example's shape, without the batch axis. */
  get exampleShape(): readonly number[] {
    return (this.discriminator.architecture.inputs[this.example] as { shape: readonly number[] }).shape;
  }

  /**
   * So many examples that the generator makes, `[count, ...example]`: the same for the same seed, and more of them begin
   * with the same ones, up to rounding.
   * @throws OptionError for a count or a seed that is none
   * @throws ShapeError or DataError when the conditions are not what the generator takes, one row an example
   */
  async sample(count: number, options: SampleOptions = {}): Promise<Tensor<"float32">> {
    checkOptions("sample", options, ["seed", "conditions"]);
    const { seed = 0, conditions = {} } = options;
    checkNumber("sample", "count", count, { low: 1, integer: true });
    checkNumber("sample", "seed", seed, { integer: true });
    return this.make(drawLatent(this.latent, count, seed), conditions);
  }

  /** What the generator makes of noise `[batch, latent]`: `[batch, ...example]`. */
  make(noise: Tensor, conditions: Tensors = {}): Promise<Tensor<"float32">> {
    return makeExamples(this.generator, this, noise, conditions);
  }

  /** The discriminator's scores of examples `[batch, ...example]`: `[batch, 1]`, high for what seems real. */
  async score(examples: Tensor, conditions: Tensors = {}): Promise<Tensor<"float32">> {
    const outputs = await this.discriminator.predict({ [this.example]: examples, ...conditions });
    return Object.values(outputs)[0] as Tensor<"float32">;
  }

  /**
   * What the game takes of a batch of data: its examples, and their conditions by name.
   * @throws ShapeError when they are not what the networks take
   */
  batch(batch: StepBatch): GameBatch {
    return gameBatch(this, batch);
  }

  private checkConditions(): void {
    const { [this.noise]: _, ...made } = this.generator.architecture.inputs;
    const { [this.example]: __, ...judged } = this.discriminator.architecture.inputs;
    for (const name of new Set([...Object.keys(made), ...Object.keys(judged)])) {
      const [mine, theirs] = [made[name], judged[name]];
      if (mine && theirs && mine.dtype === theirs.dtype && sameShape(mine.shape, theirs.shape)) continue;
      const typed = (spec: typeof mine) => (spec ? `${spec.dtype}${formatShape(["batch", ...spec.shape])}` : "nothing");
      throw new ShapeError(
        `the generator has ${typed(mine)} under this name, the discriminator ${typed(theirs)}. Both must be given the same conditions.`,
        { place: `input "${name}"`, expected: mine?.shape, actual: theirs?.shape },
      );
    }
  }

  private checkExample(): void {
    const made = Object.values(this.generator.traced(false).outputs);
    const scores = Object.values(this.discriminator.traced(false).outputs);
    for (const [place, outputs] of [
      ["generator", made],
      ["discriminator", scores],
    ] as const)
      if (outputs.length !== 1)
        throw new ShapeError(`must have one output, but has ${outputs.length}. Return one value.`, {
          place,
          expected: 1,
          actual: outputs.length,
        });
    const { dtype } = this.discriminator.architecture.inputs[this.example] as { dtype: string };
    if (dtype !== "float32")
      throw new ShapeError(
        `takes examples of ${dtype}, the generator makes float32. Leave out normalize(), and the option dtype.`,
        { place: "discriminator", expected: "float32", actual: dtype },
      );
    const [shape, example] = [made[0]?.shape.slice(1) ?? [], this.exampleShape];
    if (!sameShape(shape, example))
      throw new ShapeError(
        `makes examples of ${formatShape(shape)}, the discriminator takes ${formatShape(example)}. Make both the same.`,
        { place: "generator", expected: example, actual: shape },
      );
    const { op } = beforeReshapes(scores[0] as Value).node;
    if (op.givesProbabilities === true)
      throw new OptionError(`ends with ${op.name}, but the objectives take scores. Leave that last layer out.`, {
        place: "discriminator",
      });
  }
}

/**
 * A game of two networks, to be played by `play`.
 * @throws ShapeError when what the generator makes is not what the discriminator takes, or their conditions differ
 * @throws OptionError for a discriminator that ends in probabilities, noise that cannot be, or inputs that have no clear part
 */
export function gan(options: GanOptions): Game {
  checkOptions("gan", options, ["generator", "discriminator", "latent"]);
  return new Game(options);
}
