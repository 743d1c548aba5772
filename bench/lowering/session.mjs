// The Node engine with other session options, its sessions in view.
import { createRequire } from "node:module";
import { built } from "./built.mjs";

const ort = createRequire(new URL("../../package.json", import.meta.url))("onnxruntime-node");
const { ortEngine } = await built("runtime/index.js");
const { channelBlock } = await built("node/blocked.js");
const { loadBlocked } = await built("node/blockedProgram.js");
const { stopWords, writingInPlace } = await built("node/inPlace.js");

/** What the Node engine sets for training. */
export const trainingOptions = {
  graphOptimizationLevel: "extended",
  enableMemPattern: false,
  executionMode: "sequential",
  logSeverityLevel: 3,
  extra: { session: { force_spinning_stop: "1" } },
};

/**
 * An engine whose programs also have `ortSession`.
 * @param options session options, and `blocked` false to leave the layout as it is, `inPlace` false to let results be
 *   copied
 */
export const engineWith = ({ blocked = true, inPlace = true, ...options } = {}) => ({
  name: "node",
  load: async (model, load) => {
    let session;
    const create = async (...args) => {
      session = await ort.InferenceSession.create(...args);
      return session;
    };
    const training = load?.purpose === "training";
    const seen = { ...ort, InferenceSession: { create } };
    const words = inPlace && training ? await stopWords(ort) : undefined;
    const block = blocked && training ? await channelBlock(ort) : undefined;
    const engine = ortEngine(words === undefined ? seen : writingInPlace(seen, model, words), {
      name: "node",
      writesInPlace: true,
      sessionOptions: () => ({ ...trainingOptions, ...options }),
    });
    const program = await (block === undefined ? engine.load(model, load) : loadBlocked(engine, model, load, block));
    return Object.assign(program, { ortSession: session });
  },
});
