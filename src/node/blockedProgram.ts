import { parseDim } from "../base/shape.js";
import type { OnnxModel } from "../onnx/index.js";
import type { Engine, LoadOptions, Program, Tensors } from "../runtime/index.js";
import { type BlockedModel, blockChannels } from "./blocked.js";

/**
 * A model in the blocked layout where that is possible, else as it is. Parts of it are made for the lengths given in
 * `options`: a batch of another is run by a second program, made when the first such batch comes.
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
  const { lengths = {} } = options;
  const blocked = blockChannels(model, block, lengths);
  const usual = await load(blocked);
  if (!blocked?.needsLengths) return usual;
  let others: Promise<Program> | undefined;
  return {
    inputs: usual.inputs,
    outputs: usual.outputs,
    run: async (inputs, into) => {
      if (has(model, inputs, lengths)) return usual.run(inputs, into);
      others ??= load(blockChannels(model, block));
      return (await others).run(inputs, into);
    },
  };
}

/** Whether the symbolic lengths of these inputs are those. */
const has = (model: OnnxModel, given: Tensors, lengths: Readonly<Record<string, number>>): boolean =>
  Object.entries(model.inputs).every(([name, { shape }]) =>
    shape.every((dim, axis) => {
      const { symbol, factor } = parseDim(dim);
      return symbol === "" || given[name]?.shape[axis] === factor * (lengths[symbol] ?? 0);
    }),
  );
