import { decodeText, encodeText } from "../base/text.js";
import { adam } from "../optim/index.js";
import type { Network } from "../runtime/index.js";
import { type FitOptions, withDefaults } from "./options.js";
import { lossName, optimizerName } from "./setting.js";

/** What made a run, as the bytes of a JSON file; `before` are those of a run that goes on. */
export function recipeBytes(net: Network, options: FitOptions, before: Uint8Array | undefined): Uint8Array {
  const { loss, optimizer, metrics, validation, epochs, batchSize, seed, monitor } = withDefaults(options);
  const { clip, accumulate, average, frozen, stateful, patience, keep, checkpoint } = options;
  const recipe = options.recipe ?? recipeIn(before);
  const made = {
    ...(recipe !== undefined && { recipe }),
    fit: {
      loss: typeof loss === "function" ? written(loss) : lossName(loss),
      optimizer: typeof optimizer === "function" ? optimizerName(optimizer) : written(optimizer ?? adam()),
      ...{ epochs, batchSize, seed, clip, accumulate, average, frozen, stateful, monitor, patience, keep, checkpoint },
      ...(metrics && { metrics: metrics.map(({ name }) => name) }),
      ...(validation !== undefined && { validation: typeof validation === "number" ? validation : validation.length }),
    },
    architecture: net.toJSON(),
  };
  return encodeText(`${JSON.stringify(made, null, 2)}\n`);
}

/** A loss or an optimizer, and what it was made with. */
const written = ({ name, settings }: { readonly name: string; readonly settings?: object }) => ({ name, ...settings });

/** What the program kept in the recipe, if it can be read. */
function recipeIn(bytes: Uint8Array | undefined): unknown {
  try {
    return (JSON.parse(decodeText(bytes ?? new Uint8Array()) ?? "") as { recipe?: unknown }).recipe;
  } catch {
    return undefined;
  }
}
