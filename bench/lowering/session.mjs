// The Node engine with other session options, its sessions in view.
import { createRequire } from "node:module";
import { built } from "./built.mjs";

const ort = createRequire(new URL("../../package.json", import.meta.url))("onnxruntime-node");
const { ortEngine } = await built("runtime/index.js");
const { blockChannels, channelBlock } = await built("node/blocked.js");

/** What the Node engine sets for training. */
export const trainingOptions = {
  graphOptimizationLevel: "extended",
  enableMemPattern: false,
  executionMode: "sequential",
  logSeverityLevel: 3,
  extra: { session: { force_spinning_stop: "1" } },
};

/** An engine whose programs also have `session`; `blocked` false leaves the layout as it is. */
export const engineWith = ({ blocked = true, ...options } = {}) => {
  let session;
  const create = async (...args) => {
    session = await ort.InferenceSession.create(...args);
    return session;
  };
  const engine = ortEngine(
    { ...ort, InferenceSession: { create } },
    { name: "node", writesInPlace: true, sessionOptions: () => ({ ...trainingOptions, ...options }) },
  );
  return {
    ...engine,
    load: async (model, load) => {
      const block = blocked && load?.purpose === "training" ? await channelBlock(ort) : undefined;
      const bytes = block === undefined ? model.bytes : blockChannels(model.bytes, block);
      return Object.assign(await engine.load({ ...model, bytes }, load), { session });
    },
  };
};
