export { type Backtest, type BacktestOptions, type BacktestScores, backtest } from "./backtest.js";
export type { Callback, Control, RunStart, StepRecord } from "./callback.js";
export { ConfusionMatrix, f1, precision, recall } from "./confusion.js";
export { type EvaluateOptions, evaluate, type Scores } from "./evaluate.js";
export { fit } from "./fit.js";
export { type ForecastOptions, forecast } from "./forecast.js";
export { type Append, jsonLines, type TensorBoardOptions, tensorBoard } from "./loggers.js";
export type { Counter, Metric } from "./metric.js";
export { accuracy, meanAbsoluteError, perplexity, rocAuc, rSquared, topK } from "./metrics.js";
export type { FitOptions } from "./options.js";
export { type PlateauOptions, reduceOnPlateau } from "./plateau.js";
export { play } from "./play.js";
export type { GameMeasure, PlayOptions, SampleOptions as PlaySampleOptions } from "./playOptions.js";
export {
  type PictureHost,
  type Progress,
  type ProgressReporter,
  registerTrainingHost,
  type TrainingHost,
} from "./progress.js";
export type { EpochRecord, Run } from "./record.js";
export type { RunOptions } from "./runOptions.js";
export type { RunStore } from "./runStore.js";
export { loadBytes, saveBytes } from "./save.js";
