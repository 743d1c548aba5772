export { compile, run } from "./compile.js";
export {
  defaultEngine,
  type Engine,
  type LoadOptions,
  type Program,
  registerDefaultEngine,
  type Tensors,
  useEngine,
} from "./engine.js";
export { bakedModel } from "./export.js";
export { type Example, Network, type NetworkOptions, network, sequential } from "./network.js";
export { concatRows, rowsOf } from "./rows.js";
export { type StepBatch, type StepOptions, type StepResult, TrainingStep } from "./step.js";
export { LOSS, type LossSpec, lossValue, prediction, target } from "./stepGraph.js";
