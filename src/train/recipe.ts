import type { Json } from "../base/json.js";
import { decodeText, encodeText } from "../base/text.js";
import { adam } from "../optim/index.js";
import type { Network, OptimizerSpec } from "../runtime/index.js";
import { type FitOptions, withDefaults } from "./options.js";
import { lossName, optimizerName } from "./setting.js";

/**
 * What made a run, as the bytes of a JSON file.
 * @param recipe what the program keeps there
 * @param before the bytes of a run that goes on
 */
export function recipeBytes(made: object, recipe: Json | undefined, before: Uint8Array | undefined): Uint8Array {
  const kept = recipe ?? recipeIn(before);
  return encodeText(`${JSON.stringify({ ...(kept !== undefined && { recipe: kept }), ...made }, null, 2)}\n`);
}

/** How a call of `fit` is written down. */
export function fitRecipe(net: Network, options: FitOptions): object {
  const { loss, optimizer, metrics, validation, epochs, batchSize, seed, monitor } = withDefaults(options);
  const { clip, accumulate, average, frozen, stateful, patience, keep, checkpoint } = options;
  return {
    fit: {
      loss: typeof loss === "function" ? written(loss) : lossName(loss),
      optimizer: writtenOptimizer(optimizer ?? adam()),
      ...{ epochs, batchSize, seed, clip, accumulate, average, frozen, stateful, monitor, patience, keep, checkpoint },
      ...(metrics && { metrics: metrics.map(({ name }) => name) }),
      ...(validation !== undefined && { validation: typeof validation === "number" ? validation : validation.length }),
    },
    architecture: net.toJSON(),
  };
}

export const writtenOptimizer = (optimizer: OptimizerSpec): unknown =>
  typeof optimizer === "function" ? optimizerName(optimizer) : written(optimizer);

/** A loss, an objective or an optimizer, and what it was made with. */
export const written = ({ name, settings }: { readonly name: string; readonly settings?: object }) => ({
  name,
  ...settings,
});

/** What the program kept in the recipe, if it can be read. */
function recipeIn(bytes: Uint8Array | undefined): unknown {
  try {
    return (JSON.parse(decodeText(bytes ?? new Uint8Array()) ?? "") as { recipe?: unknown }).recipe;
  } catch {
    return undefined;
  }
}
