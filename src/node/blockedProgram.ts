import { parseDim } from "../base/shape.js";
import type { OnnxModel } from "../onnx/index.js";
import type { Engine, LoadOptions, Program, Tensors } from "../runtime/index.js";
import { type BlockedModel, blockChannels } from "./blocked.js";

/**
 * A model in the blocked layout where that is possible, else as it is. Parts of it need batches that fill whole blocks:
 * a batch that does not is run by a second program, made when the first such batch comes.
 */
export async function loadBlocked(
  engine: Engine,
  model: OnnxModel,
  options: LoadOptions,
  block: number,
): Promise<Program> {
  // Where this build of ORT has no such kernel after all, the plain graph does.
  const load = (blocked: BlockedModel | undefined): Promise<Program> =>
    blocked === undefined
      ? engine.load(model, options)
      : engine.load({ ...model, bytes: blocked.bytes }, options).catch(() => engine.load(model, options));
  const blocked = blockChannels(model, block, true);
  const whole = await load(blocked);
  if (!blocked?.needsWholeBatches) return whole;
  let others: Promise<Program> | undefined;
  return {
    inputs: whole.inputs,
    outputs: whole.outputs,
    run: async (inputs, into) => {
      if (fills(model, inputs, block)) return whole.run(inputs, into);
      others ??= load(blockChannels(model, block, false));
      return (await others).run(inputs, into);
    },
  };
}

/** Whether every symbolic length is a multiple of the block. */
const fills = (model: OnnxModel, given: Tensors, block: number): boolean =>
  Object.entries(model.inputs).every(([name, { shape }]) =>
    shape.every((dim, axis) => {
      const { symbol, factor } = parseDim(dim);
      return symbol === "" || ((given[name]?.shape[axis] ?? 0) / factor) % block === 0;
    }),
  );
