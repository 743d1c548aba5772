export { classify, encodedExamples, type Guess, guesses } from "./classify.js";
export { compile, run } from "./compile.js";
export {
  type Engine,
  type LoadOptions,
  type Program,
  registerDefaultEngine,
  type Tensors,
  useEngine,
} from "./engine.js";
export { bakedModel } from "./export.js";
export { Game, type GanOptions, gan } from "./game.js";
export { exampleIn } from "./gameBatch.js";
export { checkGameStepOptions, type GameStepOptions, gameStepOptionNames } from "./gameOptions.js";
export { GameStep, type GameStepResult } from "./gameStep.js";
export { type GenerateOptions, type Generation, generate } from "./generate.js";
export { checkPositions, countRows, type Example, type Examples, inputsOf } from "./inputs.js";
export { checkedLatent, drawLatent, type Latent } from "./latent.js";
export {
  checkTargets,
  checkWeights,
  type LossSpec,
  lossValue,
  ROW_WEIGHTS,
  type TargetTypes,
  target,
  typesOf,
} from "./losses.js";
export { Network, type NetworkOptions, network, type SequentialOptions, sequential } from "./network.js";
export { type Ort, ortEngine } from "./ort.js";
export { concatRows, rowsOf } from "./rows.js";
export { type GeneratorInputs, generatorInputs, type SampleOptions, sample } from "./sample.js";
export { type SamplingOptions, sampleToken, tokenProbabilities } from "./sampling.js";
export { Session } from "./session.js";
export { type StepBatch, type StepResult, TrainingStep } from "./step.js";
export { LOSS, prediction } from "./stepNames.js";
export type { StepOptions } from "./stepOptions.js";
export type { OptimizerSpec } from "./weightGroups.js";
