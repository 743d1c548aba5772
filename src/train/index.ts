export { ConfusionMatrix, f1, precision, recall } from "./confusion.js";
export { type EvaluateOptions, evaluate, type Scores } from "./evaluate.js";
export { type EpochRecord, type FitOptions, fit, type Run } from "./fit.js";
export { type Append, jsonLines, type TensorBoardOptions, tensorBoard } from "./loggers.js";
export type { Counter, Metric } from "./metric.js";
export { accuracy, meanAbsoluteError, rocAuc, rSquared, topK } from "./metrics.js";
export { type Progress, type ProgressReporter, registerTrainingHost, type TrainingHost } from "./progress.js";
export { loadBytes, saveBytes } from "./save.js";
