import { gradients } from "../autodiff/index.js";
import { checkOptions } from "../base/options.js";
import { type Tensor, tensor } from "../base/tensor.js";
import type { Value } from "../graph/index.js";
import { nonSaturating, type Objective } from "../nn/index.js";
import { concatRows, type Game, rowsOf, type Tensors } from "../runtime/index.js";
import { type LatentOptions, latentsFor } from "./gameLatents.js";
import { sizeOf } from "./healthCheck.js";
import { type Checked, PART, type Probe, probe } from "./values.js";

export interface GeneratorArrowsOptions extends LatentOptions {
  /** What the generator plays for; defaults to `nonSaturating()`. */
  readonly objective?: Objective;
}

export interface GeneratorArrows {
  /** What the generator makes, [count, ...example]. */
  readonly examples: Tensor<"float32">;
  /** Where each would go for the generator's loss on it alone to fall: -dL_G/dx, [count, ...example]. */
  readonly arrows: Tensor<"float32">;
}

/**
 * Where the discriminator pulls what the generator makes: the way in which an example would have to change, at first, for the
 * generator's loss to fall. The generator learns by nothing else.
 *
 * The check: how far the loss's slope along all arrows together, from two runs, is from their length, as a share (float32
 * leaves about 0.001).
 * @param options `count` defaults to 200
 */
export async function generatorArrows(
  game: Game,
  options: GeneratorArrowsOptions = {},
): Promise<Checked<GeneratorArrows>> {
  checkOptions("generatorArrows", options, ["objective", "count", "seed", "latents", "conditions"]);
  const { objective = nonSaturating() } = options;
  const { latents, conditions } = latentsFor("generatorArrows", game, options, 200);
  const examples = await game.make(latents, conditions);
  const { inputs, outputs } = game.discriminator.traced(false);
  const loss = objective.generator(Object.values(outputs)[0] as Value);
  const [slope] = gradients(loss, [inputs[game.example] as Value]);
  const given = { [game.example]: examples, ...conditions };
  // The loss too: the slope of a linear critic does not say how many examples there are.
  const found = await timesRows(probe(game.discriminator, { loss, slope: slope as Value }), "slope", given);
  const arrows = tensor(
    found.data.map((x) => -x),
    examples.shape,
  );
  const lossAlone = probe(game.discriminator, { loss });
  return { value: { examples, arrows }, check: await slopeOff(lossAlone, given, game.example, arrows) };
}

/** Runs what is a mean over the batch, times the examples in it, part by part: `[parts]` losses, or slopes example by example. */
async function timesRows(asked: Probe, name: string, given: Tensors): Promise<Tensor<"float32">> {
  const rows = Object.values(given)[0]?.shape[0] as number;
  const parts: Tensors[] = [];
  for (let start = 0; start < rows; start += PART) {
    const own = Object.entries(given).map(([key, value]) => [key, rowsOf(value, start, start + PART)] as const);
    const { data, shape } = (await asked.run(Object.fromEntries(own)))[name] as Tensor<"float32">;
    const count = Math.min(PART, rows - start);
    parts.push({
      [name]: tensor(
        data.map((x) => count * x),
        shape.length === 0 ? [1] : shape,
      ),
    });
  }
  return concatRows(parts)[name] as Tensor<"float32">;
}

/** By which lengths the examples are moved: too far crosses corners, too little drowns in rounding. */
const STEPS = [0.3, 0.1, 0.03, 0.01];

async function slopeOff(loss: Probe, given: Tensors, example: string, arrows: Tensor<"float32">): Promise<number> {
  const length = sizeOf(arrows);
  if (length === 0) return 0;
  const { data, shape } = given[example] as Tensor;
  const lossAt = async (by: number): Promise<number> => {
    const moved = tensor(
      arrows.data.map((arrow, i) => (data[i] as number) + (by * arrow) / length),
      shape,
    );
    const losses = await timesRows(loss, "loss", { ...given, [example]: moved });
    return losses.data.reduce((a, b) => a + b, 0);
  };
  let least = Infinity;
  for (const step of STEPS)
    least = Math.min(least, Math.abs(((await lossAt(-step)) - (await lossAt(step))) / (2 * step * length) - 1));
  return least;
}
